"""What of a noise corpus is there, what is missing, and what cannot be used."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from corruptions.ground.problems import counted
from corruptions.ground.progress import Stage, unseen
from corruptions.noise.corpora import NOISE_CORPORA
from corruptions.noise.recordings import Fault, Recording, examine
from corruptions.sound.audio import SAMPLE_RATE, audio_names
from corruptions.sound.promises import AudioError
from corruptions.sound.public import SPLITS, Member, PublicCorpus, Split, Table, find_corpus, members_of


@dataclass(frozen=True)
class SplitSize:
    """How much of a split is there: recordings that can be used, their sources, and their length in seconds."""

    split: Split
    n_recordings: int
    n_sources: int
    duration_s: float


@dataclass(frozen=True)
class NoiseCheck:
    """What was found of a corpus.

    Attributes:
        sizes: of each split.
        problems: what is wrong, by kind: ``missing``, ``too many``, and the kinds of ``Fault``. No problem: no key.
        others: audio files under the root that are not of the corpus.
    """

    sizes: tuple[SplitSize, ...]
    problems: dict[str, tuple[str, ...]]
    others: int


def check_noise_corpus(name: str, root: Path, stage: Stage = unseen) -> NoiseCheck:
    """Return what of a corpus is under ``root``, after reading every recording of it to its end.

    What is missing is found from the corpus's own tables where it has some, and from its parts and their number.

    Args:
        name: a key of ``NOISE_CORPORA``.
        root: the folder it lies in, or any folder above.
        stage: shows how far the reading is.

    Raises:
        AudioError: if there is no such folder.
        ValueError: for an unknown name.
    """
    corpus = find_corpus(NOISE_CORPORA, name)
    names = audio_names(root)
    members = members_of(corpus, names)
    examined = examine(root, [member.name for member in members], stage)
    problems = {
        "missing": tuple(_missing(corpus, root, members)),
        "too many": tuple(_too_many(corpus, members)),
        **_faults(examined),
    }
    usable = [(member, one) for member, one in zip(members, examined, strict=True) if isinstance(one, Recording)]
    return NoiseCheck(
        tuple(_size(split, usable) for split in SPLITS),
        {kind: found for kind, found in problems.items() if found},
        len(names) - len(members),
    )


def _size(split: Split, usable: Iterable[tuple[Member, Recording]]) -> SplitSize:
    within = [(member.source, one.n_samples) for member, one in usable if member.split == split]
    n_samples = sum(length for _, length in within)
    return SplitSize(split, len(within), len({source for source, _ in within}), n_samples / SAMPLE_RATE)


def _faults(examined: Iterable[Recording | Fault]) -> dict[str, tuple[str, ...]]:
    faults = [one for one in examined if isinstance(one, Fault)]
    return {
        kind: tuple(one.message for one in faults if one.kind == kind) for kind in sorted({one.kind for one in faults})
    }


def _missing(corpus: PublicCorpus, root: Path, members: list[Member]) -> Iterable[str]:
    if not members:
        yield f"{root}: no recordings are laid out as {corpus.layout}"
        return
    there = {member.place for member in members}
    named = False
    for table in corpus.tables:
        for place in _listed(table, root):
            if place.rpartition(".")[0] not in there:
                named = True
                yield place
    for part in sorted(set(corpus.splits or ()) - {member.part for member in members}):
        named = True
        yield f"all of {part}"
    if not named and corpus.n_recordings is not None and len(members) < corpus.n_recordings:
        yield f"{corpus.n_recordings - len(members)} of {counted(corpus.n_recordings, 'recording')}; nothing says which"


def _too_many(corpus: PublicCorpus, members: list[Member]) -> Iterable[str]:
    if corpus.n_recordings is not None and len(members) > corpus.n_recordings:
        yield f"{counted(len(members), 'recording')} where there should be {corpus.n_recordings}: is it there twice?"


def _listed(table: Table, root: Path) -> list[str]:
    """Return where the recordings of a table should lie, or where the table itself should where it is missing."""
    found = sorted(path for path in root.rglob(Path(table.path).name) if path.as_posix().endswith(f"/{table.path}"))
    if not found:
        return [table.path]
    with found[0].open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        try:
            return [_with_suffix(table.recording.format_map(row)) for row in rows]
        except KeyError as error:
            raise AudioError(f"{found[0]}: has no column {error}; is it the table of this corpus?") from error


def _with_suffix(place: str) -> str:
    return place if place.endswith(".wav") else f"{place}.wav"
