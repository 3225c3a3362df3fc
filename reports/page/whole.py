"""A folder that is whole or as it was before: made beside its place, flushed to the disk, and put there by renaming."""

import errno
import fcntl
import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from reports.run.files import ReportError

# What is only a beginning, or was replaced. It is removed when it is so old and no process holds it any more.
UNFINISHED = ".report."
STALE_S = 600
# How often others may put theirs into the place between two steps of ours.
ATTEMPTS = 100
FULL = (errno.ENOSPC, errno.EDQUOT)
TAKEN = (errno.ENOTEMPTY, errno.EEXIST)


@contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder beside ``target``; it takes that place when the block ends well, else it is removed.

    Of several processes that do so at once, each makes its own, and that of the last stays.

    Raises:
        ReportError: if what is at ``target`` is no folder.
        OSError: if it cannot be written; of a full disk the message says how much is free.
    """
    # One look: between two, another process may move what is there.
    with suppress(FileNotFoundError):
        if not stat.S_ISDIR(target.lstat().st_mode):
            raise ReportError(f"{target}: is no folder, so no report can take its place; move it away")
    _sweep_up(target.parent)
    made = _beside(target)
    try:
        made.mkdir()
        with _opened(made) as handle:
            with suppress(OSError):  # where nothing can be held, nothing is swept up either
                _hold(handle)
            yield made
            for path in (*sorted(made.rglob("*")), made):
                _flush(path)
            _publish(made, target)
    except OSError as error:
        if error.errno not in FULL:
            raise
        free = shutil.disk_usage(target.parent).free / 1e6
        raise OSError(f"{target}: the disk is full, {free:.0f} MB free; nothing was replaced: make room") from error
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _publish(made: Path, target: Path) -> None:
    """Rename ``made`` to ``target``, and remove what was there before."""
    for _ in range(ATTEMPTS):
        before = _beside(target)
        with suppress(FileNotFoundError):
            target.replace(before)
        try:
            made.replace(target)
        except OSError as error:
            if error.errno not in TAKEN:
                with suppress(OSError):
                    before.replace(target)
                raise
            shutil.rmtree(before, ignore_errors=True)  # a newer one is there
        else:
            _flush(target.parent)
            shutil.rmtree(before, ignore_errors=True)
            return
    raise OSError(f"{target}: others replace it all the time; end them")


def _beside(target: Path) -> Path:
    return target.with_name(f"{UNFINISHED}{uuid4().hex}")


def _sweep_up(folder: Path) -> None:
    """Remove what processes that were killed have left."""
    for left in folder.glob(f"{UNFINISHED}*"):
        with suppress(OSError):  # somebody holds it, or was faster
            if time.time() - left.stat().st_mtime > STALE_S:
                with _opened(left) as handle:
                    _hold(handle)
                    shutil.rmtree(left, ignore_errors=True)


def _hold(handle: int) -> None:
    """Hold what is open until it is closed or the process ends, however it ends; an ``OSError`` if another does."""
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _flush(path: Path) -> None:
    """Wait until what was written to a file, or to the listing of a folder, is on the disk."""
    with _opened(path) as handle:
        os.fsync(handle)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDONLY)
    try:
        yield handle
    finally:
        os.close(handle)
