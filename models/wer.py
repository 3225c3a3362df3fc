"""How many words a recogniser got wrong: counts, from which rates are derived.

A rate over a corpus is the sum of its errors over the sum of its words, never a mean of rates, so counts are what is
kept and added. Both texts are normalised as Whisper's authors do it (lower case, no punctuation, contractions spelled
out, numbers as digits, British spelling made American), or spelling would be counted as hearing.
"""

import functools
import warnings
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class WordErrors:
    """Word errors against a reference; they can be added."""

    substitutions: int
    deletions: int
    insertions: int
    reference_words: int

    @property
    def errors(self) -> int:
        """Substitutions, deletions and insertions together."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float:
        """Word error rate; above 1 where more words were invented than spoken, NaN where none was spoken."""
        return self.errors / self.reference_words if self.reference_words else float("nan")

    def __add__(self, other: "WordErrors") -> "WordErrors":
        """Return the errors of both texts together."""
        return WordErrors(
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
            self.reference_words + other.reference_words,
        )


def word_error_counts(reference: str, hypothesis: str) -> WordErrors:
    """Return the fewest word errors that turn ``reference`` into ``hypothesis``, after both are normalised.

    Either may be empty: without a reference every word is an insertion, without a hypothesis every word is a deletion.

    Examples:
        >>> word_error_counts("It's two o'clock, isn't it?", "it is 2 o'clock is it").errors
        1
        >>> sum([word_error_counts("good morning", "good"), word_error_counts("", "you")], NO_ERRORS).rate
        1.0
    """
    import jiwer

    normalise = _normaliser()
    expected, heard = normalise(reference), normalise(hypothesis)
    if not expected:  # jiwer refuses an empty reference
        return WordErrors(0, 0, len(heard.split()), 0)
    counts = jiwer.process_words(expected, heard)
    return WordErrors(
        counts.substitutions, counts.deletions, counts.insertions, counts.hits + counts.substitutions + counts.deletions
    )


NO_ERRORS = WordErrors(0, 0, 0, 0)
"""Where a sum starts."""


@functools.cache
def _normaliser() -> Any:
    from whisper.normalizers import EnglishTextNormalizer

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "unclosed file", ResourceWarning)  # it leaves its table of spellings open
        return EnglishTextNormalizer()
