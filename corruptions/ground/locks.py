"""Locks: what one process holds while it writes, and another is refused, told by whom.

The kernel keeps them and releases them when the process is gone, however it ended: there are no stale ones. What a lock
file says is for people alone. It stays when it is released, for to delete it is a race: who has opened it already would
lock a file that is no longer there, beside one who makes it anew. A process that is spawned inherits none.
"""

import errno
import fcntl
import os
import platform
import shlex
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from corruptions.ground.files import written

_KNOWS_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
_LONGEST = 200  # characters of a command line
_TO_SIGN_S = 0.1  # from having a lock to having said so


class HeldError(ValueError):
    """Another process holds a lock; the message says which, since when, and what it was called for."""


@contextmanager
def held(path: Path, what: str) -> Iterator[None]:
    """Hold the lock file ``path`` while the block runs; it is made if it is not there, with its folder.

    Where the file system knows no locks, as on some network shares, the block runs without one, with a warning.

    Args:
        path: of the lock file, in the folder that is written to.
        what: the name for people of what is locked.

    Raises:
        HeldError: at once, if another process holds it, or another block of this one.
        OSError: if the lock file cannot be made or opened.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / ".lock"
        >>> with held(path, "my/results"), held(path, "my/results"):
        ...     pass
        Traceback (most recent call last):
        corruptions.ground.locks.HeldError: my/results is in use by process ... on ... since ... UTC (...); wait for...
    """
    with written(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        _lock(handle, path, what)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, path: Path, what: str) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise HeldError(f"{what} is in use by {_holder(handle)}; wait for it, or stop it") from None
    except OSError as error:
        if error.errno not in _KNOWS_NO_LOCKS:
            raise
        warnings.warn(
            f"{path}: this file system knows no locks ({error.strerror}): see that no other process writes there",
            stacklevel=4,
        )
    else:
        _sign(handle, path)


def _sign(handle: int, path: Path) -> None:
    """Write down who holds the lock, in place; whoever may write to the folder may hold it next."""
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])[:_LONGEST]
    since = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    with suppress(OSError):  # of a full disk, or of another's file: the lock holds all the same
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {os.getpid()} on {platform.node()} since {since} ({command})\n".encode(), 0)
        os.fchmod(handle, path.parent.stat().st_mode & 0o666)


def _holder(handle: int) -> str:
    time.sleep(_TO_SIGN_S)  # it may have begun this very moment
    text = os.pread(handle, 4096, 0).decode(errors="replace")
    return "".join(char for char in text if char.isprintable()) or "another process"
