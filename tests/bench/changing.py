"""Files that somebody changes while emonoise works on them, and what a folder holds before and after."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import soundfile

from bench.store.folders import LOCK
from bench.store.progress import Advance, Stages


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file under a folder but locks, by its path."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != LOCK}


def soften(path: Path) -> None:
    """Rewrite a recording in place, at half its amplitude: its size and its time of change stay as they are."""
    before = path.stat()
    audio, rate = soundfile.read(path)
    soundfile.write(path, audio * 0.5, rate)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


class Meddling(Stages):
    """Stages at the begin of one of which something happens."""

    def __init__(self, at: str, happens: Callable[[], object]) -> None:
        super().__init__()
        self.at, self.happens = at, happens

    @contextmanager
    def stage(self, name: str, total: int, unit: str) -> Iterator[Advance]:
        if name == self.at:
            self.happens()
        with super().stage(name, total, unit) as advance:
            yield advance
