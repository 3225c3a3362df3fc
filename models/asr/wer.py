"""How many words a recogniser got wrong: counts, of which rates are made.

A rate over a corpus is the sum of its errors over the sum of its words, never a mean of rates, so a text has counts and
no rate. Both texts are normalised as Whisper's authors do it (lower case, no punctuation, contractions spelled out,
numbers as digits, British spelling made American), or spelling would be counted as hearing. What is no word in either,
an event in brackets or dots at an end, is left out first (``models.text.words``).
"""

import functools
import warnings
from dataclasses import dataclass
from typing import Any

from models.text.words import said


@dataclass(frozen=True)
class WordErrors:
    """Word errors against a reference."""

    substitutions: int
    deletions: int
    insertions: int
    reference_words: int

    @property
    def errors(self) -> int:
        """Substitutions, deletions and insertions together."""
        return self.substitutions + self.deletions + self.insertions


def word_error_counts(reference: str, hypothesis: str) -> WordErrors:
    """Return the fewest word errors that turn ``reference`` into ``hypothesis``, after both are normalised.

    Either may be empty: without a reference every word is an insertion, without a hypothesis every word is a deletion.

    Examples:
        >>> word_error_counts("It's two o'clock, isn't it?", "it is 2 o'clock is it").errors
        1
        >>> word_error_counts("", "you")
        WordErrors(substitutions=0, deletions=0, insertions=1, reference_words=0)
        >>> word_error_counts("[sobs] I know...", "I know").errors
        0
    """
    import jiwer

    expected, heard = _normalised(reference), _normalised(hypothesis)
    if not expected:  # jiwer refuses an empty reference
        return WordErrors(0, 0, len(heard.split()), 0)
    counts = jiwer.process_words(expected, heard)
    return WordErrors(
        counts.substitutions, counts.deletions, counts.insertions, counts.hits + counts.substitutions + counts.deletions
    )


NO_ERRORS = WordErrors(0, 0, 0, 0)
"""What adds nothing to a sum of errors nor to one of words."""


def _normalised(text: str) -> str:
    """Return the words that are compared; the library keeps dots at the end of a text as one."""
    return " ".join(word for word in _normaliser()(said(text)).split() if any(map(str.isalnum, word)))


@functools.cache
def _normaliser() -> Any:
    from whisper.normalizers import EnglishTextNormalizer

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "unclosed file", ResourceWarning)  # it leaves its table of spellings open
        return EnglishTextNormalizer()
