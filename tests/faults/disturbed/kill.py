"""Signals at random moments: to a command, to all of its processes as Ctrl-C in a terminal does, or to one worker."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from tests.faults.scene import Scene, checked
from tests.faults.tools.command import LAUNCHED, Ended, Running, stage_of
from tests.faults.tools.content import Content, content, differences
from tests.faults.tools.counts import Outcome
from tests.faults.tools.hub import Hub, hub
from tests.faults.tools.trials import Trial, together

FETCH = "fetch"
SIGKILLS = {"run": 26, "export": 4, "score": 3, "report": 3, "compare": 3, FETCH: 4}
"""How many SIGKILLs each command gets: 43."""

OTHERS = {"run": 4, "export": 2, "score": 1, "report": 1, "compare": 1, FETCH: 2}
"""How many of each of the other signals."""

WORKERS_KILLED = {"run": 4, "export": 2}
EARLY_S, N_EARLY = 2.0, 4
_WITHOUT_WORKERS = ("Scoring", "Report")
_SHORTEST_S = 0.05
TITLES = {name: name for name in SIGKILLS} | {"export": "corrupt", FETCH: "noise fetch"}


@dataclass(frozen=True)
class Moment:
    """So many seconds after the start, or after a stage began."""

    stage: str | None
    after_s: float


@dataclass(frozen=True)
class Victim:
    """A command that will be disturbed, and an undisturbed run of it.

    Attributes:
        name: of the command.
        start: starts it in the folder of a trial.
        prepare: lays there what it needs.
        stages: the moments at which its stages began and ended, in seconds after the start.
        seconds: how long it took.
        differs: what lies otherwise in the folder of a trial than it must leave it.
    """

    name: str
    start: Callable[[Path], Running]
    prepare: Callable[[Path], None]
    stages: dict[str, tuple[float, float]]
    seconds: float
    differs: Callable[[Path], list[str]]


def kills(scene: Scene, folder: Path, rng: np.random.Generator, share: float = 1.0) -> Iterator[Outcome]:
    """Yield what came of every signal; ``share`` of the trials are made, at least one of each kind."""
    with hub() as offered:
        for name in SIGKILLS:
            victim = observe(name, scene, folder, offered)
            yield from together(list(_trials(victim, rng, share)), folder)


def early_ends(scene: Scene, folder: Path, rng: np.random.Generator, share: float = 1.0) -> Iterator[Outcome]:
    """Yield what came of every Ctrl-C before a command has begun."""
    with hub() as offered:
        for name in [one for one in SIGKILLS if one != FETCH]:
            victim = observe(name, scene, folder, offered)
            moments = [Moment(None, float(after_s)) for after_s in rng.uniform(0, EARLY_S, _some(N_EARLY, share))]
            trials = [partial(killed, victim, signal.SIGINT, _everything, one, "Ctrl-C") for one in moments]
            yield from together(trials, folder)


def _some(n: int, share: float) -> int:
    return max(1, round(n * share)) if n else 0


def _trials(victim: Victim, rng: np.random.Generator, share: float) -> Iterator[Trial]:
    some = partial(_some, share=share)
    for moment in moments(victim, some(SIGKILLS[victim.name]), rng):
        yield partial(killed, victim, signal.SIGKILL, _command, moment, "SIGKILL")
    for number in (signal.SIGTERM, signal.SIGHUP):
        for moment in moments(victim, some(OTHERS[victim.name]), rng):
            yield partial(killed, victim, number, _command, moment, number.name)
    for moment in moments(victim, some(OTHERS[victim.name]), rng):
        yield partial(killed, victim, signal.SIGINT, _everything, moment, "Ctrl-C")
    for moment in moments(victim, some(WORKERS_KILLED.get(victim.name, 0)), rng, with_workers=True):
        yield partial(killed, victim, signal.SIGKILL, _one_worker, moment, "SIGKILL to a worker")


def observe(name: str, scene: Scene, folder: Path, offered: Hub) -> Victim:
    """Return a command with what an undisturbed run of it showed."""
    start, prepare = _starts(name, scene, offered), _prepares(name, scene)
    place = folder / f"observed-{name}"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    prepare(place)
    running = start(place)
    began: dict[str, float] = {}
    ended: dict[str, float] = {}

    def look() -> bool:
        for line in running.output().splitlines():
            if stage := stage_of(line):
                (began if line.endswith("...") else ended).setdefault(stage, running.seconds)
        return False

    running.until(look)
    whole = checked(running.wait())
    running.end()
    stages = {name: (start_s, ended.get(name, whole.seconds)) for name, start_s in began.items()}
    expected = offered.unpacked if name == FETCH else scene.expected(name)
    if bad := differences(content(place / name) if name != FETCH else fetched(place / name), expected):
        raise RuntimeError(f"{name}: undisturbed, but not the same: {bad}")
    return Victim(
        *(name, start, prepare, stages, whole.seconds),
        lambda trial: differences(fetched(trial / name) if name == FETCH else content(trial / name), expected),
    )


def moments(victim: Victim, n: int, rng: np.random.Generator, *, with_workers: bool = False) -> list[Moment]:
    """Return moments of which every other lies anywhere, and the rest in one stage after the other."""
    stages = {name: one for name, one in victim.stages.items() if not (with_workers and name in _WITHOUT_WORKERS)}
    # What launches a fetch is the harness's own, and no user meets it.
    first_s = min(began for began, _ in stages.values()) if stages and (with_workers or victim.name == FETCH) else 0.0
    last_s = max(ended for _, ended in stages.values()) if stages and with_workers else 0.95 * victim.seconds
    found: list[Moment] = []
    for number in range(n):
        if stages and number % 2:
            name = list(stages)[number // 2 % len(stages)]
            began, ended = stages[name]
            found.append(Moment(name, float(rng.uniform(0, max(ended - began, _SHORTEST_S)))))
        else:
            found.append(Moment(None, float(rng.uniform(first_s, last_s))))
    return found


def killed(
    victim: Victim, number: signal.Signals, whom: "Whom", moment: Moment, title: str, trial: Path
) -> list[Outcome]:
    """Send a signal at a moment, and run the same command again."""
    fault = f"{title} in `{TITLES[victim.name]}`"
    victim.prepare(trial)
    running = victim.start(trial)
    try:
        _wait_for(running, moment)
        hit = whom(running, number)
        ended = running.wait() if hit else None
        left = running.orphans()
    finally:
        running.end()
    if ended is None:
        return [Outcome(fault, skipped="it had ended before")]
    if ended.never_began:
        return [Outcome(fault, skipped="Python itself was still starting, and no command can answer for it")]
    again = _again(victim, trial)
    raw = ended.raw or again.raw or bool(left)
    said = f"{left} processes left alive; {ended.said}" if left else ended.said
    if again.status:
        return [Outcome(fault, lost=True, raw=raw, said=again.said)]
    bad = victim.differs(trial)
    return [Outcome(fault, wrong=bool(bad), raw=raw, said=f"differs: {', '.join(bad)}" if bad else said)]


def _again(victim: Victim, trial: Path) -> Ended:
    running = victim.start(trial)
    try:
        return running.wait()
    finally:
        running.end()


def _wait_for(running: Running, moment: Moment) -> None:
    if moment.stage is not None:
        begins = moment.stage
        running.until(lambda: any(stage_of(line) == begins for line in running.output().splitlines()))
    since = running.seconds if moment.stage is not None else 0.0
    running.until(lambda: running.seconds >= since + moment.after_s)


Whom = Callable[[Running, signal.Signals], bool]


def _command(running: Running, number: signal.Signals) -> bool:
    if running.process.poll() is not None:
        return False
    running.process.send_signal(number)
    return True


def _everything(running: Running, number: signal.Signals) -> bool:
    if running.process.poll() is not None:
        return False
    os.killpg(running.process.pid, number)
    return True


def _one_worker(running: Running, number: signal.Signals) -> bool:
    running.until(lambda: bool(running.workers()))
    workers = running.workers()
    if running.process.poll() is not None or not workers:
        return False
    os.kill(workers[0], number)
    return True


def _starts(name: str, scene: Scene, offered: Hub) -> Callable[[Path], Running]:
    def start(trial: Path) -> Running:
        cache = trial / "cache"
        if name == FETCH:
            return fetching(offered, trial / name, trial / "log", cache)
        return Running(scene.arguments(name, trial / name), trial / "log", cache)

    return start


def _prepares(name: str, scene: Scene) -> Callable[[Path], None]:
    def prepare(trial: Path) -> None:
        if name == "report":
            shutil.copytree(scene.run, trial / name)

    return prepare


def fetching(offered: Hub, out: Path, log: Path, cache: Path) -> Running:
    """Start a fetch of the corpus that is offered."""
    arguments = ["noise", "fetch", "tiny", "--to", out]
    return Running(arguments, log, cache, program=LAUNCHED, environment=offered.environment)


def fetched(folder: Path) -> Content:
    """Return what of a fetched corpus lies in a folder."""
    return {name: what for name, what in content(folder).items() if name.startswith("top/")}
