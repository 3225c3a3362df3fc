"""How much a recogniser got wrong: counts, of which rates are made.

A rate over a corpus is the sum of its errors over the sum of its words, never a mean of rates, so a text has counts and
no rate. Both texts are normalised first, or spelling would be counted as hearing. What is no word in either, an event
in brackets or dots at an end, is left out (``models.text.words``). The rest depends on the language:

- English is normalised as Whisper's authors do it: lower case, no punctuation, contractions spelled out, numbers as
  digits, British spelling made American.
- Other languages keep their words as ``models.text.words`` has them: in small letters, without punctuation, with the
  marks that Hindi, Thai or Arabic have on their letters. (Whisper's own normaliser takes marks for spaces, which tears
  words apart.) Letters of full and half width are the same, and what is invisible, such as the joiners within words of
  Persian or Sinhala, is left out.
- Languages that are written without spaces between words (``models.asr.languages.UNSPACED``) are counted in characters,
  code points in composed form: a text does not say what its words are. Simplified and traditional characters differ.
"""

import functools
import unicodedata
import warnings
from dataclasses import dataclass
from typing import Any

from models.asr.languages import ENGLISH, UNSPACED
from models.text.words import said, words_of


@dataclass(frozen=True)
class WordErrors:
    """Errors against a reference, in words, or in characters where the language has no spaces between words."""

    substitutions: int
    deletions: int
    insertions: int
    reference_words: int

    @property
    def errors(self) -> int:
        """Substitutions, deletions and insertions together."""
        return self.substitutions + self.deletions + self.insertions


def word_error_counts(reference: str, hypothesis: str, language: str = ENGLISH) -> WordErrors:
    """Return the fewest errors that turn ``reference`` into ``hypothesis``, after both are normalised.

    Either may be empty: without a reference every word is an insertion, without a hypothesis every word is a deletion.

    Args:
        reference: what was said.
        hypothesis: what was heard.
        language: of both, a code of ``models.asr.languages``.

    Examples:
        >>> word_error_counts("It's two o'clock, isn't it?", "it is 2 o'clock is it").errors
        1
        >>> word_error_counts("", "you")
        WordErrors(substitutions=0, deletions=0, insertions=1, reference_words=0)
        >>> word_error_counts("[sobs] I know...", "I know").errors
        0
        >>> word_error_counts("今天很好。", "今天 不好", "zh")
        WordErrors(substitutions=1, deletions=0, insertions=0, reference_words=4)
    """
    import jiwer

    expected, heard = _units(reference, language), _units(hypothesis, language)
    if not expected:  # jiwer refuses an empty reference
        return WordErrors(0, 0, len(heard), 0)
    counts = jiwer.process_words(" ".join(expected), " ".join(heard))
    return WordErrors(
        counts.substitutions, counts.deletions, counts.insertions, counts.hits + counts.substitutions + counts.deletions
    )


NO_ERRORS = WordErrors(0, 0, 0, 0)
"""What adds nothing to a sum of errors nor to one of words."""


def _units(text: str, language: str) -> list[str]:
    """Return the words, or characters, that are compared; Whisper's library keeps dots at the end of a text as one."""
    if language == ENGLISH:
        return [word for word in _english()(said(text)).split() if any(map(str.isalnum, word))]
    words = words_of(_alike(text, language)).replace("_", " ").split()
    return [*"".join(words)] if language in UNSPACED else words


_DOTLESS = str.maketrans({"I": "\N{LATIN SMALL LETTER DOTLESS I}", "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}": "i"})
_DOTLESS_LANGUAGES = ("az", "tr")


def _alike(text: str, language: str) -> str:
    """Return a text without invisible characters, its letters of one width, and with the small i of the language."""
    seen = "".join(one for one in text if unicodedata.category(one) != "Cf")
    wide = "".join(unicodedata.normalize("NFKC", one) if _has_a_width(one) else one for one in seen)
    return unicodedata.normalize("NFC", wide).translate(_DOTLESS) if language in _DOTLESS_LANGUAGES else wide


def _has_a_width(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "FH"


@functools.cache
def _english() -> Any:
    from whisper.normalizers import EnglishTextNormalizer

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "unclosed file", ResourceWarning)  # it leaves its table of spellings open
        return EnglishTextNormalizer()
