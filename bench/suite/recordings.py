"""Noises and rooms that a suite brings along: a folder of recordings, or a public corpus."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Discriminator, Tag

from bench.store.progress import Stages
from bench.store.strict import Strict
from corruptions import CORRUPTIONS, NoiseFolder, Step, read_noise_folder
from corruptions.ground.problems import those_there_are
from corruptions.ground.progress import Stage
from corruptions.noise.corpora import NOISE_CORPORA, overlaps, read_noise_corpus
from corruptions.room.corpora import ROOM_CORPORA, read_room_corpus
from corruptions.room.responses import Response, read_responses
from corruptions.sound.promises import AudioError
from corruptions.sound.public import Split, find_corpus


def _noise_corpus(name: str) -> str:
    find_corpus(NOISE_CORPORA, name)
    return name


def _room_corpus(name: str) -> str:
    find_corpus(ROOM_CORPORA, name)
    return name


class CorpusNoise(Strict):
    """A split of a public noise corpus: ``{corpus: esc-50, root: /data/ESC-50, split: test}``."""

    corpus: Annotated[str, AfterValidator(_noise_corpus)]
    root: Path
    split: Split = "test"


class MarkedNoise(Strict):
    """An own folder that is all of one split: ``{root: my/noises, split: train}``. Only ``train`` may be trained on."""

    root: Path
    split: Split


class CorpusRooms(Strict):
    """A split of a public corpus of rooms: ``{corpus: but-reverbdb, root: /data/ReverbDB, split: test}``."""

    corpus: Annotated[str, AfterValidator(_room_corpus)]
    root: Path
    split: Split = "test"


def _kind(value: object) -> str:
    if isinstance(value, str | Path):
        return "folder"
    keys = value if isinstance(value, dict) else getattr(value, "__dict__", {})
    return "corpus" if "corpus" in keys else "marked"


OwnNoise = Annotated[
    Annotated[Path, Tag("folder")] | Annotated[CorpusNoise, Tag("corpus")] | Annotated[MarkedNoise, Tag("marked")],
    Discriminator(_kind),
]
OwnRooms = Annotated[
    Annotated[Path, Tag("folder")] | Annotated[CorpusRooms, Tag("corpus")],
    Discriminator(lambda value: "folder" if isinstance(value, str | Path) else "corpus"),
]


def check_own_names(noises: Collection[str], rooms: Collection[str]) -> None:
    """Refuse names that are taken: by a corruption, by clean speech, or by a noise where a room is to have them, too.

    Raises:
        ValueError: naming them.
    """
    built_in = {*CORRUPTIONS, "clean"}
    for kind, own, taken in (("noises", noises, built_in), ("rooms", rooms, {*built_in, *noises})):
        if shadowed := sorted(taken.intersection(own)):
            raise ValueError(f"{kind}: a name that is taken: {', '.join(shadowed)}; call yours something else")


def unknown_corruption(step: Step, known: Collection[str]) -> str:
    """Return what to say of a step that is none of ``known``: what there is, and how own recordings get its name."""
    name = step.corruption
    key, option = ("rooms", "--rooms") if step.level is None else ("noises", "--noise")
    return (
        f"no corruption is called {name!r}; {those_there_are(name, known)}; your own {key} need a folder: in a suite "
        f"{key}: {{{name}: FOLDER}}, for `emonoise corrupt` {option} {name}=FOLDER"
    )


def check_folders(noises: Mapping[str, OwnNoise], rooms: Mapping[str, OwnRooms]) -> None:
    """Refuse folders that are not there, before anything is read.

    Raises:
        AudioError: naming the first of them.
    """
    for kind, own in (("noises", noises), ("rooms", rooms)):
        for name, one in sorted(own.items()):
            root = folder_of(one)
            if not root.is_dir():
                raise AudioError(f"{kind}.{name}: {root}: no such folder")


def folder_of(own: OwnNoise | OwnRooms) -> Path:
    """Return where recordings lie."""
    return own if isinstance(own, Path) else own.root


def read_noises(
    noises: Mapping[str, OwnNoise], stages: Stages, *, allow_missing: bool = False
) -> dict[str, NoiseFolder]:
    """Return the listing of every noise, each recording of which was read to its end.

    Recordings that two corpora share are warned about; so are, with ``allow_missing``, those that cannot be used and
    are left out.

    Raises:
        AudioError: as in ``read_noise_folder`` and ``read_noise_corpus``.
    """
    for sentence in overlaps(one.corpus for one in noises.values() if isinstance(one, CorpusNoise)):
        stages.warn(sentence)
    leave_out = (lambda problem: stages.warn(f"left out: {problem}")) if allow_missing else None
    return {name: _read_noise(noise, stages.stage, leave_out) for name, noise in sorted(noises.items())}


def _read_noise(noise: OwnNoise, stage: Stage, leave_out: Callable[[str], None] | None) -> NoiseFolder:
    if isinstance(noise, CorpusNoise):
        return read_noise_corpus(noise.corpus, noise.root, noise.split, stage, leave_out)
    if isinstance(noise, MarkedNoise):
        return replace(read_noise_folder(noise.root, stage, leave_out), split=noise.split)
    return read_noise_folder(noise, stage, leave_out)


def read_rooms(rooms: Mapping[str, OwnRooms], stages: Stages) -> dict[str, tuple[Response, ...]]:
    """Return the impulse responses by the names that conditions give them.

    Raises:
        AudioError: as in ``read_responses`` and ``read_room_corpus``.
    """
    return {
        name: read_responses(one, stages.stage)
        if isinstance(one, Path)
        else read_room_corpus(one.corpus, one.root, one.split, stages.stage)
        for name, one in sorted(rooms.items())
    }
