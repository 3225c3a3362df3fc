"""Files of weights: the SHA-256 of each, computed once for each state of it, and the states that files were hashed in.

A state is device, inode, size and times of change. It may stay as it is when a file changes twice within one tick of
its file system's clock, so that one which has just changed is hashed whenever it is looked at.
"""

import functools
import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_TICK_NS = 2_000_000_000
"""The longest there is, that of FAT."""

State = tuple[int, ...]

_hashed: ContextVar[dict[Path, State] | None] = ContextVar("hashed", default=None)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, read once per process while its state stays the same."""
    state = state_of(path)
    if (hashed := _hashed.get()) is not None:
        hashed.setdefault(path, state)
    just_changed = max(state[-2:]) > time.time_ns() - _TICK_NS
    return (_sha256 if just_changed else _remembered)(path, state)


@contextmanager
def hashed_files() -> Iterator[dict[Path, State]]:
    """Yield the files that ``file_sha256`` is asked for in the block, each with its state when it first was."""
    found: dict[Path, State] = {}
    token = _hashed.set(found)
    try:
        yield found
    finally:
        _hashed.reset(token)


def state_of(path: Path) -> State:
    """Return what changes whenever a file does: device, inode, size, and the times when content and file changed."""
    now = path.stat()
    return now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns


def _sha256(path: Path, _state: State) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


_remembered = functools.cache(_sha256)
