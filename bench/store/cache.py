"""What lies in the cache folder: every file of it by its place, and how files are removed.

Links are neither followed nor removed, and what lies in no known place is left alone.
"""

import os
import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.store.store import NOTE

FOREIGN = "not emonoise's"
TEMPORARY = "temporary files"


@dataclass(frozen=True)
class Place:
    """Where files of a kind lie.

    Attributes:
        kind: what it is called; if None, the pattern has a group ``kind``.
        pattern: of a path under the cache folder, with slashes.
        usable: ``(match of the pattern, time of the last change in seconds)`` -> whether this version can use the file.
        remade: whether what lies there is made again when it is needed.
    """

    kind: str | None
    pattern: re.Pattern[str]
    usable: Callable[[re.Match[str], float], bool]
    remade: bool = True


@dataclass(frozen=True)
class Cached:
    """A file in the cache: its kind, its size, and as a ``Place`` has it whether it can be used and made again."""

    path: Path
    kind: str
    n_bytes: int
    usable: bool
    remade: bool


@dataclass(frozen=True)
class Sum:
    """So many files of so many bytes in all."""

    n_files: int
    n_bytes: int


def survey(root: Path, places: Sequence[Place]) -> list[Cached]:
    """Return every file under ``root`` but links, sorted by path; the first place whose pattern fits has it.

    Raises:
        OSError: if a folder cannot be read, or ``root`` is none.
    """
    if not root.exists():
        return []
    if not root.is_dir():
        raise NotADirectoryError(f"{root}: the cache is a folder, and this is none")
    found = []
    for folder, _, names in os.walk(root, onerror=_raise):
        for name in names:
            path = Path(folder, name)
            if path.is_symlink():
                continue
            try:
                status = path.stat()
            except FileNotFoundError:
                continue  # a run goes on beside us: what was a temporary file has its name now
            found.append(_placed(path, path.relative_to(root).as_posix(), status, places))
    return sorted(found, key=lambda one: one.path)


def added_up(files: Iterable[Cached]) -> Sum:
    """Return how many files there are, and their size."""
    sizes = [one.n_bytes for one in files]
    return Sum(len(sizes), sum(sizes))


def remove(files: Iterable[Cached], root: Path, stay: Collection[str]) -> list[Cached]:
    """Remove files, and the folders under ``root`` that are empty then, but those directly in it whose names ``stay``.

    Notes go last, so that what an interrupted removal leaves is still known for what it is. The folder of a temporary
    file stays, for a run may be about to write into it. Files that cannot be removed are returned.
    """
    kept, left = {root, *(root / name for name in stay)}, []
    for one in sorted(files, key=lambda one: one.path.name == NOTE):
        try:
            one.path.unlink(missing_ok=True)
        except OSError:
            left.append(one)
            continue
        folder = one.path.parent
        while one.kind != TEMPORARY and folder not in kept and _removed_if_empty(folder):
            folder = folder.parent
    return left


def _raise(error: OSError) -> None:
    raise error


def _placed(path: Path, name: str, status: os.stat_result, places: Sequence[Place]) -> Cached:
    for place in places:
        match = place.pattern.fullmatch(name)
        if match is not None:
            usable = place.usable(match, status.st_mtime)
            return Cached(path, place.kind or match["kind"], status.st_size, usable, place.remade)
    return Cached(path, FOREIGN, status.st_size, usable=True, remade=False)


def _removed_if_empty(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:
        return False
    return True
