"""What safety costs: the seconds inside the calls that digest, lock and wait for the disk, summed in every process."""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from functools import wraps
from multiprocessing.util import Finalize
from pathlib import Path
from threading import local
from typing import Any

ENVIRONMENT = "EMONOISE_FAULTS_TIMES"
"""The folder that takes one file a process."""

CALLS = {
    "fsync": [("corruptions.ground.files", "flush")],
    "seals": [("corruptions.ground.seals", "sealing"), ("corruptions.ground.seals", "is_sealed")],
    "digests of inputs": [
        ("corruptions.sound.inputs", "unchanged"),
        ("corruptions.sound.inputs", "hashed"),
        ("corruptions.sound.inputs", "file_sha256"),
        ("models.weights.files", "file_sha256"),
    ],
    "locks": [("corruptions.ground.locks", "held")],
}
"""What is timed, as far as it is there: modules and their functions."""

_inside = local()


class _Sum:
    """Seconds by kind, of this process."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(CALLS, 0.0)

    def write(self, folder: Path) -> None:
        (folder / f"{os.getpid()}.json").write_text(json.dumps(self.seconds), encoding="utf-8")


def take_times() -> None:
    """Wrap what is timed wherever it is known, and write the sums down when the process ends."""
    total = _Sum()
    for kind, functions in CALLS.items():
        for module, name in functions:
            _wrap(module, name, kind, total)
    Finalize(None, total.write, (Path(os.environ[ENVIRONMENT]),), exitpriority=1)


def _wrap(module: str, name: str, kind: str, total: _Sum) -> None:
    try:
        original = getattr(importlib.import_module(module), name)
    except (ModuleNotFoundError, AttributeError):
        return
    timed = _timed(original, kind, total)
    for other in list(sys.modules.values()):
        for known, value in list(getattr(other, "__dict__", {}).items()):
            if value is original:
                setattr(other, known, timed)


def _timed(function: Callable[..., Any], kind: str, total: _Sum) -> Callable[..., Any]:
    @wraps(function)
    def timed(*arguments: Any, **named: Any) -> Any:
        with _Span(kind, total):
            value = function(*arguments, **named)
        return _TimedBlock(value, kind, total) if hasattr(value, "__enter__") else value

    return timed


class _TimedBlock:
    """A context manager of which entering and leaving are timed, and not what runs between."""

    def __init__(self, block: Any, kind: str, total: _Sum) -> None:
        self.block, self.span = block, _Span(kind, total)

    def __enter__(self) -> Any:
        with self.span:
            return self.block.__enter__()

    def __exit__(self, *error: object) -> Any:
        with self.span:
            return self.block.__exit__(*error)


class _Span:
    """A stretch of time that counts, unless it lies in another that does."""

    def __init__(self, kind: str, total: _Sum) -> None:
        self.kind, self.total = kind, total

    def __enter__(self) -> None:
        self.outer = getattr(_inside, "span", False)
        _inside.span, self.began = True, time.perf_counter()

    def __exit__(self, *_: object) -> None:
        _inside.span = self.outer
        if not self.outer:
            self.total.seconds[self.kind] += time.perf_counter() - self.began
