"""Every kind of stored file, damaged: the command is run again and must end in the same tables.

One file of every kind is damaged at once, so that one run tells of all of them. Where it ends otherwise, each kind is
tried alone, to know which it is.
"""

import re
import shutil
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from tests.faults.scene import Scene
from tests.faults.tools.command import Ended, ran
from tests.faults.tools.content import content, differences
from tests.faults.tools.counts import Outcome
from tests.faults.tools.harm import HARMS
from tests.faults.tools.kinds import IN_CACHE, IN_EXPORT, IN_RUN, files_of
from tests.faults.tools.trials import Trial, together

ROUNDS = 5
DONE = "Everything is done"

Damaged = dict[str, Path]


def damages(scene: Scene, folder: Path, rng: np.random.Generator, share: float = 1.0) -> Iterator[Outcome]:
    """Yield what came of every damage; so many rounds of each harm."""
    rounds = max(1, round(ROUNDS * share))
    several: list[tuple[Mapping[str, str], str]] = [(IN_CACHE, "cache"), (IN_RUN, "run"), (IN_EXPORT, "export")]
    trials: list[Trial] = [
        partial(_batch, scene, kinds, where, harm, _seed(rng))
        for kinds, where in several
        for harm in HARMS
        for _ in range(rounds)
    ]
    # In a batch one file that is noticed hides another that is not.
    trials += [
        partial(_one, scene, kinds, where, "bit flipped", _seed(rng), kind)
        for kinds, where in several[1:]
        for kind in kinds
    ]
    trials += [partial(_named, scene, harm, _seed(rng)) for harm in HARMS]
    yield from together(trials, folder)


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))


def _batch(scene: Scene, kinds: Mapping[str, str], where: str, harm: str, seed: int, trial: Path) -> list[Outcome]:
    damaged = _damaged(scene, kinds, where, harm, seed, trial / "all")
    outcomes = _again(scene, where, damaged, harm, trial / "all")
    if not any(one.is_bad for one in outcomes):
        return outcomes
    alone = [_one(scene, kinds, where, harm, seed, kind, trial / str(n))[0] for n, kind in enumerate(kinds)]
    return alone if any(one.is_bad for one in alone) else outcomes


def _one(
    scene: Scene, kinds: Mapping[str, str], where: str, harm: str, seed: int, kind: str, trial: Path
) -> list[Outcome]:
    damaged = _damaged(scene, {kind: kinds[kind]}, where, harm, seed, trial)
    if not damaged:
        return [Outcome(_title(kind, harm), skipped="there is none, or no other of its kind")]
    return _again(scene, where, damaged, harm, trial)


def _damaged(scene: Scene, kinds: Mapping[str, str], where: str, harm: str, seed: int, trial: Path) -> Damaged:
    """Copy what is there into a trial's folder, and damage one file of each kind; return which."""
    shutil.copytree(scene.cache, trial / "cache")
    if where != "cache":
        shutil.copytree(scene.folder / where, trial / "out")
    root, rng = trial / ("cache" if where == "cache" else "out"), np.random.default_rng(seed)
    found: Damaged = {}
    for kind, pattern in kinds.items():
        files = files_of(root, pattern)
        path = files[int(rng.integers(len(files)))] if files else None
        if path is not None and HARMS[harm](path, rng, files):
            found[kind] = path
    return found


def _again(scene: Scene, where: str, damaged: Damaged, harm: str, trial: Path) -> list[Outcome]:
    """Run the command once more; return what came of it, for each kind."""
    name = "export" if where == "export" else "run"
    ended = ran(scene.arguments(name, trial / "out"), trial / "log", trial / "cache")
    bad = [] if ended.status else differences(content(trial / "out"), scene.expected(name))
    if where == "run" and DONE in ended.output:  # over a table whose values are the same by luck, too
        wholes = {path: scene.run / path.relative_to(trial / "out") for path in damaged.values()}
        bad += [path.name for path, whole in wholes.items() if path.read_bytes() != whole.read_bytes()]
    return [_outcome(_title(kind, harm), ended, sorted(set(bad))) for kind in damaged]


def _outcome(fault: str, ended: Ended, bad: list[str]) -> Outcome:
    said = ended.said
    if bad:
        said = f"{DONE if DONE in ended.output else 'ends well'}, but {', '.join(bad)} differ"
    elif mended := re.findall(r"^warning: \S+: (is not as it was written.*)$", ended.output, re.MULTILINE):
        said = f"warning: FILE: {mended[0]}"
    return Outcome(fault, lost=bool(ended.status), wrong=bool(bad), raw=ended.raw, said=said)


def _title(kind: str, harm: str) -> str:
    return f"{kind}: {harm}"


def _named(scene: Scene, harm: str, seed: int, trial: Path) -> list[Outcome]:
    """Damage one file of every kind of a run and its cache; ``status --check`` must name each."""
    fault = f"damaged files that `status --check` does not name: {harm}"
    shutil.copytree(scene.run, trial / "out")
    # From its suite follows what a run should hold: without it there is nothing to check.
    in_run = {kind: pattern for kind, pattern in IN_RUN.items() if kind not in {"run: suite.yaml", "run: mark"}}
    rng, damaged = np.random.default_rng(seed), []
    shutil.copytree(scene.cache, trial / "cache")
    for root, kinds in ((trial / "cache", IN_CACHE), (trial / "out", in_run)):
        for kind, pattern in kinds.items():
            files = files_of(root, pattern)
            path = files[int(rng.integers(len(files)))]
            # Notes and rooms are looked after by every command that reads them.
            if not kind.startswith(("notes", "rooms", "table of")) and HARMS[harm](path, rng, files):
                damaged.append(path)
    ended = ran(["status", trial / "out", "--check"], trial / "log", trial / "cache")
    missed = [path.name for path in damaged if path.name not in ended.output]
    said = f"not named: {', '.join(missed)}" if missed else f"{len(damaged)} files, all named"
    return [Outcome(fault, lost=bool(missed), raw=ended.raw, said=said)]
