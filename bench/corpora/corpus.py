"""What a speech corpus is to the benchmark: utterances with labels on the corpus's own scale."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from corruptions.sound.public import Split
from corruptions.sound.segments import Clip, sample_at

DIMENSIONS = ("activation", "valence", "dominance")


@dataclass(frozen=True)
class Utterance:
    """One recording and what raters said of it.

    The recording is the file at ``path``, or of that what lies between ``start_s`` and ``end_s``: from its beginning or
    to its end where only the other is known, and all of it where neither is.
    ``transcript`` is the reference text and ``emotion`` the category that raters agreed on, such as "angry"; None where
    the corpus has none. ``sha256`` is that of the file when it was looked at (``bench.corpora.inventory``).
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
    start_s: float | None = None
    end_s: float | None = None
    sha256: str | None = None

    @property
    def clip(self) -> Clip:
        """What to read of the recording, and all that may be read."""
        end = None if self.end_s is None else sample_at(self.end_s)
        return Clip(self.path, sample_at(self.start_s or 0.0), end, self.sha256)


@dataclass(frozen=True)
class LeftOut:
    """An utterance whose recording cannot be used, which split it is of, and why."""

    id: str
    split: Split
    why: str


@dataclass(frozen=True)
class Corpus:
    """A corpus as it was read: validated utterances, sorted by id.

    ``scale`` is the lowest and highest possible label. ``note`` is a sentence every report of the corpus must show.
    ``best_possible_ccc`` is, by dimension, what the raters' noise leaves of the test labels, where that is known.
    ``left_out`` are utterances that would be among the others if their recordings could be used.
    """

    name: str
    scale: tuple[float, float]
    utterances: tuple[Utterance, ...]
    synthetic: bool = False
    note: str = ""
    best_possible_ccc: Mapping[str, float] | None = None
    left_out: tuple[LeftOut, ...] = ()

    def split(self, name: Split) -> tuple[Utterance, ...]:
        """Return the utterances of one split, sorted by id."""
        return tuple(utterance for utterance in self.utterances if utterance.split == name)
