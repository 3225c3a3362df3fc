"""Files that are read while a run lasts: what is decoded is what was listed, byte for byte, or an error.

A file is what its SHA-256 says. That is computed once for each state of a file, which is known by its device, inode,
size and times of change. Those may stay as they are when a file changes twice within one tick of its file system's
clock, so that one which has just changed is hashed whenever it is looked at.
"""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from stat import S_ISREG

from corruptions.sound.promises import AudioError

_TICK_NS = 2_000_000_000
"""The longest there is, that of FAT."""

_REMEMBERED = 1 << 16

_State = tuple[int, ...]


class ChangedError(AudioError):
    """A file is not what it was when it was listed; the message names it."""


@contextmanager
def unchanged(path: Path, sha256: str | None) -> Iterator[None]:
    """Refuse a file that is not, before and after it is read in the block, the one with this SHA-256.

    Args:
        path: the file.
        sha256: 64 hexadecimal digits; None where nothing is known, and then nothing is checked.

    Raises:
        ChangedError: if it is another.
        AudioError: if it is not there or cannot be read.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.wav"
        >>> path.write_bytes(b"RIFF")
        4
        >>> with unchanged(path, file_sha256(path)):
        ...     path.read_bytes()
        b'RIFF'
    """
    if sha256 is None:
        yield
        return
    before = _looked_at(path)
    if before[1] != sha256:
        raise ChangedError(f"{path}: changed since it was listed: run again")
    try:
        yield
    finally:  # whatever went wrong, a file that changed meanwhile is why
        if _looked_at(path) != before:
            raise ChangedError(f"{path}: changed while it was read: run again")


@contextmanager
def hashed(path: Path) -> Iterator[str]:
    """Yield the SHA-256 of a file for a block that reads it: that of the very bytes that are read.

    Raises:
        ChangedError: if the file changes before the block ends.
        AudioError: if it is not there or cannot be read.
    """
    sha256 = file_sha256(path)
    with unchanged(path, sha256):
        yield sha256


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, as 64 hexadecimal digits.

    Raises:
        ChangedError: if the file changes meanwhile.
        AudioError: if it is not there or cannot be read.
    """
    return _looked_at(path)[1]


def is_there(path: Path, sha256: str) -> bool:
    """Return whether there is a file with this SHA-256.

    Raises:
        AudioError: if it cannot be read, or changes meanwhile.
    """
    return path.is_file() and file_sha256(path) == sha256


def _looked_at(path: Path) -> tuple[_State, str]:
    """Return the state of a file, and the SHA-256 that it has in this state."""
    state = _state(path)
    just_changed = max(state[-2:]) > time.time_ns() - _TICK_NS
    return state, (_hash if just_changed else _remembered)(str(path), state)


def _state(path: Path) -> _State:
    try:
        now = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error
    if not S_ISREG(now.st_mode):
        raise AudioError(f"{path}: no such file")
    return now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns


def _hash(name: str, state: _State) -> str:
    path = Path(name)
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from error
    if _state(path) != state:
        raise ChangedError(f"{path}: changed while it was read: run again")
    return sha256


_remembered = lru_cache(_REMEMBERED)(_hash)


def _unreadable(path: Path, error: OSError) -> AudioError:
    gone = isinstance(error, FileNotFoundError | NotADirectoryError)
    return AudioError(f"{path}: {'no such file' if gone else f'cannot be read: {error.strerror}'}")
