"""Whether what a system learns from is heard again in the test: one file in several splits.

Segments of one file may be in several splits, as the two people of a dialogue are where each is tested in turn, if the
segments have no sample in common and everybody who speaks in them is known by name (that nobody is in two splits is
looked at elsewhere). Still they share a room and a microphone: ``n_shared_files`` counts them, for a warning.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

from bench.corpora.corpus import Utterance
from corruptions.noise.talk import UNKNOWN


@dataclass(frozen=True)
class Part:
    """What an utterance takes of a file: ``file`` is what names the file, ``name`` what a message calls the part.

    ``start`` and ``end`` are samples at 16 kHz.
    """

    file: str
    name: str
    split: str
    speaker: str
    start: int = 0
    end: float = inf

    @property
    def whole(self) -> bool:
        """Whether it is all of the file."""
        return (self.start, self.end) == (0, inf)


def part_of(utterance: Utterance, file: str) -> Part:
    """Return what an utterance takes of its file."""
    clip = utterance.clip
    end = inf if clip.end is None else clip.end
    return Part(file, str(clip), utterance.split, utterance.speaker, clip.start, end)


def leaks(parts: Iterable[Part]) -> list[str]:
    """Return for each file that may not be in several splits, and is, which parts of it are.

    Examples:
        >>> leaks([Part("a", "a", "test", "Al"), Part("a", "a", "train", "Bo")])
        ['a in test, train']
        >>> leaks([Part("a", "a to 2 s", "test", "Al", 0, 2), Part("a", "a from 1 s", "dev", "Bo", 1, 3)])
        ['a to 2 s (test) overlaps a from 1 s (dev)']
    """
    return [leak for of in _in_several_splits(parts) if (leak := _leak(of)) is not None]


def n_shared_files(parts: Iterable[Part]) -> int:
    """Return how many files are in several splits."""
    return len(_in_several_splits(parts))


def _in_several_splits(parts: Iterable[Part]) -> list[list[Part]]:
    files: dict[str, list[Part]] = {}
    for part in parts:
        files.setdefault(part.file, []).append(part)
    return [of for of in files.values() if len({part.split for part in of}) > 1]


def _leak(parts: Sequence[Part]) -> str | None:
    """Return what is wrong with parts of one file, of several splits."""
    if any(part.whole for part in parts):
        names = {part.split: part.name for part in reversed(parts)}
        if len({*names.values()}) == 1:
            return f"{parts[0].name} in {', '.join(sorted(names))}"
        return " is ".join(f"{name} ({split})" for split, name in reversed(names.items()))
    last: dict[str, Part] = {}  # of each split, the part that ends last of those so far
    for part in sorted(parts, key=lambda one: one.start):
        for split, before in last.items():
            if split != part.split and before.end > part.start:
                return f"{before.name} ({split}) overlaps {part.name} ({part.split})"
        if part.split not in last or part.end > last[part.split].end:
            last[part.split] = part
    if unknown := next((part for part in parts if part.speaker == UNKNOWN), None):
        other = next(part for part in parts if part.split != unknown.split)
        return f"{unknown.name} ({unknown.split}), where {UNKNOWN} may be who speaks in {other.name} ({other.split})"
    return None
