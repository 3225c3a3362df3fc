"""The same at once: two runs on one cache, two of a command into one folder, two fetches of one corpus."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import yaml

from tests.faults.disturbed.kill import FETCH, fetched, fetching
from tests.faults.scene import Scene, checked
from tests.faults.tools.command import Ended, Running
from tests.faults.tools.content import Content, content, differences
from tests.faults.tools.counts import Outcome
from tests.faults.tools.hub import Hub, hub
from tests.faults.tools.trials import Trial, together

TIMES = {
    "runs on one cache": 10,
    "suites into one folder": 10,
    "fetches": 10,
    "exports": 10,
    "scores": 5,
    "comparisons": 5,
}
HELD = ("in use by", "another suite", "--overwrite")
"""What the second may answer: who holds the folder, or that another suite's run is in it already."""
LATEST_S = 3.0


def pairs(scene: Scene, folder: Path, rng: np.random.Generator, share: float = 1.0) -> Iterator[Outcome]:
    """Yield what came of every pair of commands at once."""
    other = _other_suite(scene)
    with hub() as offered:
        of: Mapping[str, Callable[[float, Path], list[Outcome]]] = {
            "runs on one cache": partial(_runs_on_one_cache, scene),
            "suites into one folder": partial(_suites_into_one, scene, other),
            "fetches": partial(_into_one, FETCH, offered.unpacked, partial(_fetch, offered)),
            "exports": partial(_into_one, "export", scene.expected("export"), partial(_start, scene, "export")),
            "scores": partial(_into_one, "score", scene.expected("score"), partial(_start, scene, "score")),
            "comparisons": partial(_into_one, "compare", scene.expected("compare"), partial(_start, scene, "compare")),
        }
        trials: list[Trial] = [
            partial(of[name], float(rng.uniform(0, LATEST_S)))
            for name, times in TIMES.items()
            for _ in range(max(1, round(times * share)))
        ]
        yield from together(trials, folder)


def _other_suite(scene: Scene) -> Path:
    """Return another suite on the same corpus, whose tables hold less."""
    path = scene.corpus / "other.yaml"
    whole = yaml.safe_load(scene.suite.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump(whole | {"name": "other", "conditions": ["clean"]}), encoding="utf-8")
    return path


def _start(scene: Scene, name: str, out: Path, trial: Path, log: str, suite: Path | None = None) -> Running:
    return Running(scene.arguments(name, out, suite), trial / log / "log", trial / "cache")


def _fetch(offered: Hub, out: Path, trial: Path, log: str) -> Running:
    return fetching(offered, out, trial / log / "log", trial / "cache")


def _both(first: Running, later: Callable[[], Running], after_s: float) -> list[Ended]:
    """Return how two commands ended, of which one was started so many seconds after the other."""
    started = [first]
    try:
        first.until(lambda: first.seconds > after_s)
        started.append(later())
        return [one.wait() for one in started]
    finally:
        for one in started:
            one.end()


def _runs_on_one_cache(scene: Scene, after_s: float, trial: Path) -> list[Outcome]:
    outs = [trial / name / "run" for name in ("a", "b")]
    ended = _both(
        _start(scene, "run", outs[0], trial, "first"),
        lambda: _start(scene, "run", outs[1], trial, "second"),
        after_s,
    )
    lost = any(one.status for one in ended)
    again = [_start(scene, "run", out, trial, "again").wait() for out in outs] if lost else ended
    bad = [name for out in outs for name in differences(content(out), scene.expected("run"))]
    return [_outcome("two runs on one cache", ended, again, bad, lost=lost)]


def _suites_into_one(scene: Scene, other: Path, after_s: float, trial: Path) -> list[Outcome]:
    """Whoever has the folder, all in it is of one suite, and the command of that suite ends well once more."""
    suites, out = (scene.suite, other), trial / "run"
    ended = _both(
        _start(scene, "run", out, trial, "first", suites[0]),
        lambda: _start(scene, "run", out, trial, "second", suites[1]),
        after_s,
    )
    winners = [suite for suite, one in zip(suites, ended, strict=True) if not one.status]
    again = [_start(scene, "run", out, trial, "again", suite).wait() for suite in winners[-1:]]
    alone = _start(scene, "run", trial / "alone" / "run", trial, "alone", (winners or [scene.suite])[-1])
    checked(alone.wait())
    bad = differences(content(out), content(trial / "alone" / "run"))
    refused = sum(bool(one.status) and any(word in one.output for word in HELD) for one in ended)
    lost = not winners or refused + len(winners) < len(ended)
    return [_outcome("two suites into one folder", ended, again, bad, lost=lost)]


def _into_one(
    name: str, expected: Content, start: Callable[[Path, Path, str], Running], after_s: float, trial: Path
) -> list[Outcome]:
    out = trial / name  # scores are called after their folder
    ended = _both(start(out, trial, "first"), lambda: start(out, trial, "second"), after_s / 2)
    helped = all(not one.status or any(word in one.output for word in HELD) for one in ended)
    again = [start(out, trial, "again").wait()]
    bad = differences(fetched(out) if name == FETCH else content(out), expected)
    both = "fetches" if name == FETCH else f"{name}s"
    return [_outcome(f"two {both} into one folder", ended, again, bad, lost=not helped)]


def _outcome(fault: str, ended: Sequence[Ended], again: Sequence[Ended], bad: Sequence[str], *, lost: bool) -> Outcome:
    refusals = [one.said for one in ended if one.status]
    said = refusals[0] if refusals else "both end well"
    failed = any(one.status for one in again)
    return Outcome(
        fault,
        lost=lost or failed,
        wrong=bool(bad),
        raw=any(one.raw for one in (*ended, *again)),
        said=f"{said}; {', '.join(sorted(set(bad))[:3])} differ" if bad else said,
    )
