"""What a speech corpus is to the benchmark: utterances with labels on the corpus's own scale."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from corruptions.sound.public import Split

DIMENSIONS = ("activation", "valence", "dominance")


@dataclass(frozen=True)
class Utterance:
    """One recording and what raters said of it.

    ``transcript`` is the reference text and ``emotion`` the category that raters agreed on, such as "angry"; None where
    the corpus has none.
    """

    id: str
    corpus: str
    split: Split
    speaker: str
    path: Path
    activation: float
    valence: float
    dominance: float
    transcript: str | None = None
    emotion: str | None = None


@dataclass(frozen=True)
class Corpus:
    """A corpus as it was read: validated utterances, sorted by id.

    ``scale`` is the lowest and highest possible label. ``note`` is a sentence every report of the corpus must show.
    ``best_possible_ccc`` is, by dimension, what the raters' noise leaves of the test labels, where that is known.
    """

    name: str
    scale: tuple[float, float]
    utterances: tuple[Utterance, ...]
    synthetic: bool = False
    note: str = ""
    best_possible_ccc: Mapping[str, float] | None = None

    def split(self, name: Split) -> tuple[Utterance, ...]:
        """Return the utterances of one split, sorted by id."""
        return tuple(utterance for utterance in self.utterances if utterance.split == name)
