"""Files that are whole or not there: written under a temporary name, and renamed when all is in them and on the disk.

Whatever ends the writer, and be it the power, leaves the old file or the new one.
"""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; it becomes ``path`` when the block ends well, and is removed if it fails.

    Raises:
        OSError: if it cannot be written; the message names the file, and of a full disk says how much is free.

    Examples:
        >>> import tempfile
        >>> target = Path(tempfile.mkdtemp()) / "a.txt"
        >>> with replacing(target) as temporary:
        ...     _ = temporary.write_text("whole")
        >>> target.read_text()
        'whole'
    """
    # The suffix is kept, for writers choose the format by it.
    temporary = path.with_name(f".{path.stem}.{uuid4().hex}{path.suffix}")
    with written(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            flush(temporary)
            temporary.replace(path)
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all; see ``replacing``."""
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8, whole or not at all; see ``replacing``."""
    write_bytes(path, text.encode())


def flush(path: Path) -> None:
    """Wait until what was written to a file, or to the listing of a folder, is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def written(path: Path) -> Iterator[None]:
    """Say of a disk that is full while ``path`` is written which file it is, how much is free, and what helps."""
    try:
        yield
    except OSError as error:
        if not is_full(error):
            raise
        raise OSError(full_disk(path)) from error


def is_full(error: OSError) -> bool:
    """Return whether it is for want of room on a disk."""
    return error.errno in _FULL


def full_disk(path: Path) -> str:
    """Return what to say where there is no room for a file."""
    there = next(folder for folder in path.absolute().parents if folder.exists())
    free_mb = shutil.disk_usage(there).free / 1e6
    return (
        f"{path}: the disk is full, {free_mb:.0f} MB free; what is done is kept, and with more room the same command "
        "goes on"
    )
