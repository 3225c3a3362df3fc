"""Output folders: what made them and of what, that nothing else is replaced in them, and that one process writes there.

A folder is the tool's by its mark, a hidden file that is written before all others. Where there is none, what lies
under a name that would be written is somebody's, and stays. A ``provenance.json`` counts as the mark of a run, or of
scores, that an older version left.
"""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bench.store.strict import Strict
from corruptions.ground.locks import held
from corruptions.ground.seals import BLANK, check_seal, sealing

MARK = ".emonoise"
LOCK = ".emonoise.lock"
RECORD = "provenance.json"

Maker = Literal["run", "score", "corrupt", "replay", "compare"]
Facts = Mapping[str, str | int | None]
_MADE: Mapping[Maker, str] = {
    "run": "a run",
    "score": "scores",
    "corrupt": "an export",
    "replay": "a replay",
    "compare": "a comparison",
}
# What a report is made of.
_REPORTED: tuple[Maker, ...] = ("run", "score", "compare")


class FolderError(ValueError):
    """A folder that cannot be written to as asked; the message names it, what lies there, and what helps."""


@dataclass(frozen=True)
class Claim:
    """What a command is about to make of a folder.

    Attributes:
        made_by: the command.
        of: what tells one thing that it makes from another; what may change without being another is not in it.
        files: the names that are written.
        folders: those that are written as folders of the tool's own.
    """

    made_by: Maker
    of: Facts
    files: tuple[str, ...]
    folders: tuple[str, ...] = ()


class Mark(Strict):
    """What a folder says of itself.

    Attributes:
        made_by: the command.
        of: as in a ``Claim``.
        manifests: SHA-256 that a manifest has, which its user may edit, if nobody did.
    """

    seal: str = BLANK
    made_by: Maker
    of: Facts
    manifests: tuple[str, ...] = ()


@contextmanager
def holding(out: Path) -> Iterator[None]:
    """Hold a folder, which is made if need be, so that no other process writes there.

    If nothing is written, nothing stays that was not there.

    Raises:
        HeldError: at once, if another process holds it.
    """
    before = _names(out)
    made = [folder for folder in (out, *out.parents) if not folder.exists()]
    with held(out / LOCK, str(out)):
        try:
            yield
        finally:
            if LOCK not in before and _names(out) == before | {LOCK}:
                (out / LOCK).unlink()
                with suppress(OSError):  # others may have come to lie there
                    for folder in made:
                        folder.rmdir()


def check_claim(out: Path, claim: Claim, *, overwrite: bool = False) -> None:
    """Refuse a folder in which something would be replaced that is not what the same command made of the same.

    Args:
        out: the folder; it need not be there.
        claim: what is to be made of it.
        overwrite: whether what is there may be replaced: files, and what the same command made of something else.

    Raises:
        FolderError: naming the first that would be replaced, or what was made and what is to be.
    """
    there = read_mark(out)
    if there is None:
        _check_strange(out, claim, overwrite=overwrite)
    elif there.made_by != claim.made_by:
        raise FolderError(f"{out}: holds {_MADE[there.made_by]}, and not {_MADE[claim.made_by]}: take another folder")
    elif not overwrite and any(there.of[key] != claim.of[key] for key in there.of.keys() & claim.of.keys()):
        raise FolderError(
            f"{out}: holds {_MADE[there.made_by]} of something else: take another folder, or --overwrite it\n"
            f"  there: {_told(there.of)}\n  asked: {_told(claim.of)}"
        )


def mark(out: Path, claim: Claim, manifests: Iterable[str] = ()) -> None:
    """Make a folder the tool's; do it before anything else is written there.

    Args:
        out: the folder.
        claim: what is made of it.
        manifests: as in a ``Mark``.
    """
    one = Mark(made_by=claim.made_by, of=claim.of, manifests=tuple(manifests))
    with sealing(out / MARK, MARK) as temporary:
        temporary.write_text(json.dumps(one.model_dump(), indent=2, ensure_ascii=False), encoding="utf-8")


def read_mark(out: Path) -> Mark | None:
    """Return what a folder says of itself; None if it is not the tool's, or its mark is not as it was written."""
    with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError):
        check_seal(out / MARK, MARK)
        return Mark.model_validate_json((out / MARK).read_bytes())
    with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError, ValueError, KeyError, TypeError):
        return _mark_of_before(json.loads((out / RECORD).read_bytes()))
    return None


def check_report(out: Path) -> None:
    """Refuse a folder with a ``report`` that the tool did not make, for that is removed when one is made.

    Raises:
        FolderError: naming it.
    """
    there = read_mark(out)
    if os.path.lexists(out / "report") and (there is None or there.made_by not in _REPORTED):
        raise FolderError(f"{out / 'report'}: nothing says that emonoise made it: move it away, or take another folder")


def check_inputs(out: Path, claim: Claim, inputs: Iterable[Path], recordings: Iterable[Path] = ()) -> None:
    """Refuse to write where something is read from.

    Args:
        out: the folder that is written to.
        claim: what is written there.
        inputs: files and folders that are read.
        recordings: folders of which everything is read, whatever its name.

    Raises:
        FolderError: naming what is read, and what would be written there. Links are followed.
    """
    written = {(out / name).resolve() for name in (MARK, *claim.files, *claim.folders) if os.path.lexists(out / name)}
    folders = list(recordings)
    for path in dict.fromkeys([*inputs, *folders]) if written else ():
        real = Path(os.path.realpath(path))
        if not written.isdisjoint((real, *real.parents)):
            raise FolderError(f"{path}: is read, and {out} would be written over it: take another folder to write to")
    real = out.resolve()
    for folder in folders:
        if folder.resolve() in {real, *real.parents}:
            raise FolderError(
                f"{folder}: every recording in it is read, and {out}, which is written, lies in it: take another "
                "folder to write to"
            )


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def _check_strange(out: Path, claim: Claim, *, overwrite: bool) -> None:
    there = [name for name in (MARK, *claim.files, *claim.folders) if os.path.lexists(out / name)]
    if there and not overwrite:
        raise FolderError(
            f"{out}: {there[0]} lies there, and nothing says that emonoise made it: take another folder, or "
            "--overwrite to replace it; with that, what an older version left unfinished is gone on with, too"
        )
    for name in there:
        if name in claim.folders:
            raise FolderError(
                f"{out / name}: nothing says that emonoise made it, and a folder is not replaced, not even with "
                "--overwrite: move it away, or take another folder"
            )


def _mark_of_before(record: Any) -> Mark:
    """Return the mark that a ``provenance.json`` stands for; relative paths in it are those of the working folder."""
    corpus = record["corpus"]["name"]
    if "predictions" in record:
        files = {key: str(Path(record[key]["file"]).resolve()) for key in ("predictions", "manifest")}
        return Mark(made_by="score", of=files)
    return Mark(made_by="run", of={"suite": record["suite"], "corpus": corpus, "limit": record["corpus"]["limit"]})


def _told(facts: Facts) -> str:
    return ", ".join(f"{key} {'none' if value is None else value}" for key, value in facts.items())
