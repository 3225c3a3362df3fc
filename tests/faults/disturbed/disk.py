"""Full disks: a small file system for the cache, the output or temporary files, at twelve sizes each."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from tests.faults.scene import Scene
from tests.faults.tools.command import Ended, ran
from tests.faults.tools.content import content, differences
from tests.faults.tools.counts import Outcome
from tests.faults.tools.trials import Trial, together

MOUNT, UMOUNT = "/usr/bin/mount", "/usr/bin/umount"
LEVELS = 12
LARGE_KB = 1 << 20
TEMPORARY_KB = 512
PLACES = ("cache", "out", "temporary folder")
FULL = "the disk is full"


def full_disks(scene: Scene, folder: Path, rng: np.random.Generator, share: float = 1.0) -> Iterator[Outcome]:
    """Yield what came of every full disk: of `run`, and where the output is full of the other commands."""
    if why := _cannot_mount():
        yield from (Outcome(f"full disk: {place}", skipped=why) for place in PLACES)
        return
    sizes_kb = {
        "cache": _size_kb(scene.cache),
        "out": _size_kb(scene.run),
        "temporary folder": TEMPORARY_KB,
    }
    n = max(1, round(LEVELS * share))
    trials: list[Trial] = [
        partial(_full, scene, "run", place, max(4, round(sizes_kb[place] * level)))
        for place in PLACES
        for level in (np.arange(n) + rng.uniform(size=n)) / n
    ]
    for name in ("export", "score", "compare"):
        size_kb, few = _size_kb(scene.folder / name), max(1, n // 3)
        levels = (np.arange(few) + rng.uniform(size=few)) / few
        trials += [partial(_full, scene, name, "out", max(4, round(size_kb * level))) for level in levels]
    yield from together(trials, folder)


def _full(scene: Scene, name: str, place: str, size_kb: int, trial: Path) -> list[Outcome]:
    small = trial / "small"
    places = {"cache": trial / "cache", "out": trial / "out", "temporary folder": Path(tempfile.gettempdir())}
    with _mounted(small, size_kb):
        places[place] = small / name
        if place == "temporary folder":
            places[place].mkdir()
        if place != "cache":
            shutil.copytree(scene.cache, places["cache"])
        first = _ran(scene, name, places, trial)
        subprocess.run([MOUNT, "-o", f"remount,size={LARGE_KB}k", str(small)], check=True, capture_output=True)
        again = _ran(scene, name, places, trial)
        bad = [] if again.status else differences(content(places["out"]), scene.expected(name))
    silent = bool(first.status) and FULL not in first.output
    said = first.said if first.status else "ends well"
    title = f"full disk: {place} of `{'corrupt' if name == 'export' else name}`"
    return [Outcome(title, lost=bool(again.status), wrong=bool(bad), raw=first.raw or again.raw or silent, said=said)]


def _ran(scene: Scene, name: str, places: dict[str, Path], trial: Path) -> Ended:
    environment = {"TMPDIR": str(places["temporary folder"])}
    arguments = scene.arguments(name, places["out"])
    return ran(arguments, trial / "logs" / "log", places["cache"], environment=environment)


@contextmanager
def _mounted(place: Path, size_kb: int) -> Iterator[None]:
    place.mkdir(parents=True)
    options = f"size={size_kb}k,mode=0777"
    subprocess.run([MOUNT, "-t", "tmpfs", "-o", options, "tmpfs", str(place)], check=True, capture_output=True)
    try:
        yield
    finally:
        subprocess.run([UMOUNT, "--lazy", str(place)], check=True, capture_output=True)


def _cannot_mount() -> str:
    """Return why no file system can be mounted here; nothing if one can."""
    if os.geteuid() != 0:
        return "only root may mount a small file system"
    with tempfile.TemporaryDirectory() as folder:
        try:
            with _mounted(Path(folder) / "small", 64):
                return ""
        except (OSError, subprocess.CalledProcessError):
            return "no small file system can be mounted here"


def _size_kb(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) // 1024
