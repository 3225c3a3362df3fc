"""The words of a text: what a text encoder reads of it, and what is compared when errors are counted.

Conventions, the same on both sides, whoever wrote the text down:

- Unicode is composed (NFC), and marks belong to the letter that they stand on: Hindi, Thai and Arabic keep their words.
- What is in brackets is no word but an event: ``[sobs]``, ``(laughs)``, ``<noise>``.
- An apostrophe, straight or curled, belongs to a word that goes on behind it.
"""

import re
import unicodedata

# Left and right quotation mark, modifier letter, full width.
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\uff07", "'"))
_EVENT = re.compile(r"\[[^\[\]]*\]|<[^<>]*>|\([^()]*\)")
_WORD_CATEGORIES = "LMN"  # letters, marks, numbers


def said(text: str) -> str:
    """Return a text without events, composed, and with straight apostrophes.

    Examples:
        >>> said("[sobs] I don\N{RIGHT SINGLE QUOTATION MARK}t know (laughs)").split()
        ['I', "don't", 'know']
    """
    return _EVENT.sub(" ", unicodedata.normalize("NFC", text).translate(_APOSTROPHES))


def words_of(text: str) -> str:
    """Return the words of ``text`` without punctuation and capitals, which in a transcript are guesses from the voice.

    Examples:
        >>> words_of("Don\N{RIGHT SINGLE QUOTATION MARK}t -- they're sitting by the DOOR!")
        "don't they're sitting by the door"
    """
    letters = "".join(one if _is_of_a_word(one) else " " for one in said(text).lower())
    return " ".join(word for part in letters.split() if (word := part.strip("'")))


def _is_of_a_word(character: str) -> bool:
    return character in "'_" or unicodedata.category(character)[0] in _WORD_CATEGORIES
