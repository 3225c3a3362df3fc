"""Damaged files of the probe corpus in the cache: what is not as it was spoken is spoken again."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np

from tests.faults.scene import Scene, checked
from tests.faults.tools.command import Ended, ran
from tests.faults.tools.counts import Outcome
from tests.faults.tools.harm import HARMS
from tests.faults.tools.kinds import PROBE, files_of
from tests.faults.tools.trials import Trial, together

ROUNDS = 5
SIZES = {"train": 4, "dev": 2, "test": 2}


def damaged_probe(scene: Scene, folder: Path, rng: np.random.Generator, share: float = 1.0) -> Iterator[Outcome]:
    """Yield what came of every damage: the corpus must be whole once more, to the bit."""
    whole = folder / "whole-probe"
    if not whole.exists():
        checked(_build(whole, folder))
    rounds = max(1, round(ROUNDS * share))
    trials: list[Trial] = [
        partial(_damaged, whole, harm, int(rng.integers(2**31))) for harm in HARMS for _ in range(rounds)
    ]
    yield from together(trials, folder)


def _build(cache: Path, folder: Path) -> Ended:
    sizes = [one for split, n in SIZES.items() for one in (f"--{split}", n)]
    return ran(["corpus", "build", "probe", *sizes, "--workers", 1], folder / f"{cache.name}.log", cache)


def _damaged(whole: Path, harm: str, seed: int, trial: Path) -> list[Outcome]:
    cache, rng = trial / "cache", np.random.default_rng(seed)
    shutil.copytree(whole, cache)
    damaged = []
    for kind, pattern in PROBE.items():
        files = files_of(cache, pattern)
        if HARMS[harm](files[int(rng.integers(len(files)))], rng, files):
            damaged.append(kind)
    ended = _build(cache, trial)
    bad = [
        kind
        for kind in damaged
        if any(
            path.read_bytes() != (whole / path.relative_to(cache)).read_bytes() for path in files_of(cache, PROBE[kind])
        )
    ]
    return [
        Outcome(
            f"{kind}: {harm}",
            lost=bool(ended.status),
            wrong=kind in bad,
            raw=ended.raw,
            said=ended.said if ended.status else "mended",
        )
        for kind in damaged
    ]
