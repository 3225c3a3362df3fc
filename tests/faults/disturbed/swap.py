"""Inputs that change while a run lasts: all speech of a split or all noise is swapped when a stage has begun."""

import shutil
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from corruptions import read_audio, write_audio
from tests.faults.scene import Scene, checked
from tests.faults.tools.command import Ended, Running, ran, stage_of
from tests.faults.tools.content import Content, content, differences
from tests.faults.tools.counts import Outcome
from tests.faults.tools.trials import Trial, together

INPUTS = {
    "speech of training": "audio/train-*.wav",
    "speech of test and babble": "audio/test-*.wav",
    "noise": "street/*.wav",
}
STAGES = ("Reading noise", "Simulating rooms", "Encoding clean speech", "Training", "Testing under noise")
LATEST_S = 0.5
REFUSED = "changed since it was listed"


def swaps(scene: Scene, folder: Path, rng: np.random.Generator, share: float = 1.0) -> Iterator[Outcome]:
    """Yield what came of every input that was swapped, at five moments each."""
    stages = STAGES[-max(1, round(len(STAGES) * share)) :]
    for kind, pattern in INPUTS.items():
        expected = content(scene.run, scene.folder), _of_swapped(scene, pattern, folder / f"swapped-{pattern[:9]}")
        trials: list[Trial] = [
            partial(_swapped, scene, kind, stage, rng.uniform(0, LATEST_S), expected) for stage in stages
        ]
        yield from together(trials, folder)


def _of_swapped(scene: Scene, pattern: str, place: Path) -> Content:
    """Return what a run leaves that nothing disturbs, on the files that are swapped in."""
    shutil.rmtree(place, ignore_errors=True)
    own = _copied(scene, place)
    _swap(own, pattern)
    checked(_ran(own, place / "run"))
    return content(place / "run", place)


def _swapped(
    scene: Scene, kind: str, stage: str, after_s: float, expected: tuple[Content, Content], trial: Path
) -> list[Outcome]:
    own, pattern = _copied(scene, trial), INPUTS[kind]
    running = Running(own.arguments("run", own.run), trial / "log", own.cache)
    try:
        running.until(lambda: any(stage_of(line) == stage for line in running.output().splitlines()))
        since = running.seconds
        running.until(lambda: running.seconds > since + after_s)
        _swap(own, pattern)
        ended = running.wait()
    finally:
        running.end()
    wrong = [] if ended.status else _unlike(content(own.run, trial), expected)
    said = REFUSED if REFUSED in ended.output else ended.said or "not noticed"
    _restore(scene, own, pattern)
    again = [_ran(own, own.run)]
    wrong += [f"old files: {one}" for one in differences(content(own.run, trial), expected[0])]
    _swap(own, pattern)
    again.append(_ran(own, trial / "new" / "run"))
    wrong += [f"new files: {one}" for one in differences(content(trial / "new" / "run", trial), expected[1])]
    lost = any(one.status for one in again)
    return [
        Outcome(
            f"{kind} swapped during `run`",
            lost=lost,
            wrong=bool(wrong) and not lost,
            raw=any(one.raw for one in (ended, *again)),
            said=f"{said}; then {', '.join(wrong[:3])} differ" if wrong else said,
        )
    ]


def _unlike(found: Content, expected: Sequence[Content]) -> list[str]:
    """Return what differs if a folder is like none of those that there may be."""
    each = [differences(found, one) for one in expected]
    return min(each, key=len)


def _copied(scene: Scene, place: Path) -> Scene:
    shutil.copytree(scene.corpus, place / "corpus")
    own = Scene(place)
    own.suite.write_text(own.suite.read_text().replace(str(scene.folder), str(place)))
    return own


def _ran(own: Scene, out: Path) -> Ended:
    return ran(own.arguments("run", out), out.parent / "logs" / "log", own.cache)


def _swap(own: Scene, pattern: str) -> None:
    """Put other recordings of the same length in the places of all of a pattern, each at once."""
    for path in sorted(own.corpus.glob(pattern)):
        other = own.folder / "other.wav"
        write_audio(other, (0.5 * read_audio(path)[::-1]).astype(np.float32))
        other.replace(path)


def _restore(scene: Scene, own: Scene, pattern: str) -> None:
    for path in sorted(scene.corpus.glob(pattern)):
        shutil.copyfile(path, own.corpus / path.relative_to(scene.corpus))
