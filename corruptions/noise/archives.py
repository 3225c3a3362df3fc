"""Archives of corpora: unpacked where they belong, or refused before anything of them is written.

No corpus needs links, devices, or names that lead elsewhere: an archive that holds one is refused outright.
"""

import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from corruptions.ground.files import flush, written
from corruptions.ground.progress import Stage, in_megabytes, megabytes, unseen

# Of an encrypted zip a RuntimeError, of names and numbers that are none a ValueError.
_DAMAGE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, ValueError)
_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}
_TAR_KINDS = {
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.LNKTYPE: "a hard link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
}


class ArchiveError(ValueError):
    """An archive that is not unpacked; the message says which, and why."""


@dataclass(frozen=True)
class _Member:
    """A file or a folder in an archive; ``foreign`` says what it is if it is neither."""

    name: str
    n_bytes: int
    foreign: str | None
    extract: Callable[[], object]


def unpack(path: Path, folder: Path, stage: Stage = unseen) -> None:
    """Unpack a ``.zip``, or a tar of any compression. When this returns, all of it is on the disk.

    A file that is there already is written over, and so an unpacking that was cut short begins again.

    Args:
        path: the archive.
        folder: where its names begin; nothing is written elsewhere.
        stage: shows how far it is, in MB of the archive.

    Raises:
        ArchiveError: if it is no such archive; if it holds links, devices or names that lead outside, or unpacks to
            more than is free; if it is damaged, or two names in it are one file where the case of letters does not
            count. Only the last two may be found when some files are written.
    """
    try:
        with written(folder), path.open("rb") as file:
            if path.suffix == ".zip":
                with zipfile.ZipFile(file) as archive:
                    members = [_in_zip(archive, one, folder) for one in archive.infolist()]
                    _unpack(members, path, folder, file, stage)
            else:
                with tarfile.open(fileobj=file) as archive:
                    members = _listed(archive, path, folder, file, stage)
                    _unpack(members, path, folder, file, stage)
    except ArchiveError:
        raise
    except (*_DAMAGE, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the disk; gzip's and bz2's own have no number
        raise ArchiveError(f"{path}: cannot be unpacked: {error}") from error


def _in_zip(archive: zipfile.ZipFile, one: zipfile.ZipInfo, folder: Path) -> _Member:
    foreign = _KINDS.get(stat.S_IFMT(one.external_attr >> 16))
    return _Member(one.filename, one.file_size, foreign, lambda: archive.extract(one, folder))


def _listed(archive: tarfile.TarFile, path: Path, folder: Path, file: BinaryIO, stage: Stage) -> list[_Member]:
    """Return what is in a tar, which must be read from end to end for that."""

    def member(one: tarfile.TarInfo) -> _Member:
        foreign = None if one.isreg() or one.isdir() else _TAR_KINDS.get(one.type, f"of the unknown type {one.type!r}")
        return _Member(one.name, one.size, foreign, lambda: archive.extract(one, folder, filter="data"))

    members = []
    with _through("Listing", path, file, stage) as follow:
        for one in archive:
            members.append(member(one))
            follow()
    return members


def _unpack(members: Sequence[_Member], path: Path, folder: Path, file: BinaryIO, stage: Stage) -> None:
    for member in members:
        _check(member, path, folder)
    _check_room(members, path, folder)
    names: dict[tuple[int, int], str] = {}  # of the files that were written, by what the file system knows them by
    with _through("Unpacking", path, file, stage) as follow:
        for member in members:
            target = folder / member.name
            other = names.get(_identity(target), member.name) if target.is_file() else member.name
            if other != member.name:
                raise ArchiveError(f"{path}: refused: {other!r} and {member.name!r} in it are one file in {folder}")
            member.extract()
            if target.is_file():
                names[_identity(target)] = member.name
                follow()
    for name in names.values():
        flush(folder / name)


def _check(member: _Member, path: Path, folder: Path) -> None:
    if member.foreign is not None:
        raise ArchiveError(
            f"{path}: refused: it holds {member.name!r}, which is {member.foreign}; need files and folders"
        )
    name = PurePosixPath(member.name)
    # A link in the folder, which the user made, may lead outside as well.
    inside = (folder / name).resolve().is_relative_to(folder.resolve())
    if name.is_absolute() or ".." in name.parts or not inside:
        raise ArchiveError(f"{path}: refused: it holds {member.name!r}, which would lie outside {folder}")


def _check_room(members: Sequence[_Member], path: Path, folder: Path) -> None:
    """Refuse what unpacks to more than is free; what is written over makes room for itself."""
    targets = [(one.n_bytes, folder / one.name) for one in members]
    needed = sum(max(0, n_bytes - (there.stat().st_size if there.is_file() else 0)) for n_bytes, there in targets)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise ArchiveError(
            f"{path}: unpacks to {megabytes(needed):,} MB more than is there, but {megabytes(free):,} MB are free in "
            f"{folder}: make room, or take a folder on another disk"
        )


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_dev, status.st_ino


@contextmanager
def _through(doing: str, path: Path, file: BinaryIO, stage: Stage) -> Iterator[Callable[[], None]]:
    """Yield a function that moves a bar to where ``file``, the archive at ``path``, is read."""
    done = 0

    def follow() -> None:
        nonlocal done
        before, done = done, max(done, file.tell())
        moved(done - before)

    with stage(f"{doing} {path.name}", megabytes(path.stat().st_size), "MB") as advance:
        moved = in_megabytes(advance)
        yield follow
