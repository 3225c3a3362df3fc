"""The commands that are disturbed: each in a session of its own, marked so that whatever is left of it is found.

Linux only: what is left is looked up in ``/proc``.
"""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

ROOT = Path(__file__).parents[3]
EMONOISE = (str(Path(sys.executable).with_name("emonoise")),)
LAUNCHED = (sys.executable, "-m", "tests.faults.tools.launched")
PATHS = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH"), str(ROOT)]))
MARK = "EMONOISE_FAULTS_TRIAL"
LONGEST_S = 600.0
ORPHAN_S = 2.0

_POLL_S = 0.01
_SESSION = f"{os.getpid()}-"
# What stages say when they begin and end, and warnings, is no answer to a fault.
_STAGE = re.compile(r"^(?P<name>\S.*?) +\d+(?: of \d+)? \w+(?: \.\.\.| in \d+ s|, about .* left)$")
_PYTHON_STARTS = ("Traceback (most recent call last)", "Error processing line", "Exception ignored in", "Fatal Python")
_OURS = re.compile(r'File "[^"]*/(?:bench|corruptions|models|reports)/')


@dataclass(frozen=True)
class Ended:
    """How a command ended: its status (negative for a signal), what it printed, and how many seconds it took."""

    status: int
    output: str
    seconds: float

    @property
    def raw(self) -> bool:
        """Whether a user was shown a traceback, or the command had to be ended because it hung."""
        return "Traceback (most recent call last)" in self.output or self.seconds >= LONGEST_S

    @property
    def never_began(self) -> bool:
        """Whether a traceback is all there is, and no line of ours is in it: Python itself was still starting."""
        return self.output.startswith(_PYTHON_STARTS) and not _OURS.search(self.output)

    @property
    def said(self) -> str:
        """The line that says how it ended: the last but those of stages and of the report's place."""
        lines = [line.strip() for line in self.output.splitlines()]
        lines = [line for line in lines if line and not _STAGE.match(line) and not line.startswith("Report: ")]
        errors = [line for line in lines if line.startswith("error:")]
        return (errors or lines or [""])[-1]


class Running:
    """A command that runs.

    Args:
        arguments: of ``program``.
        log: the file that takes down what it prints.
        cache: its ``EMONOISE_CACHE``.
        program: what is started.
        environment: more variables.
    """

    def __init__(
        self,
        arguments: Sequence[object],
        log: Path,
        cache: Path,
        *,
        program: Sequence[str] = EMONOISE,
        environment: Mapping[str, str] = {},
    ) -> None:
        self.token, self.log = f"{_SESSION}{uuid4().hex}", log
        log.parent.mkdir(parents=True, exist_ok=True)
        cache.mkdir(parents=True, exist_ok=True)
        own = {"EMONOISE_CACHE": str(cache), MARK: self.token, "PYTHONPATH": PATHS, "COLUMNS": "200"}
        self.started = time.monotonic()
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [*program, *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=log.parent,
                env=os.environ | own | environment,
            )

    @property
    def seconds(self) -> float:
        """How long ago it was started."""
        return time.monotonic() - self.started

    def output(self) -> str:
        """Return what it has printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def until(self, reached: Callable[[], bool]) -> bool:
        """Wait until something is reached; return whether it was, before the command ended."""
        while not reached():
            if self.process.poll() is not None or self.seconds > LONGEST_S:
                return False
            time.sleep(_POLL_S)
        return self.process.poll() is None

    def marked(self) -> list[int]:
        """Return the processes that descend from it, itself among them, as long as they are alive."""
        return _marked(self.token)

    def workers(self) -> list[int]:
        """Return the processes of its pools."""
        return [pid for pid in self.marked() if b"spawn_main" in _command_line(pid)]

    def wait(self) -> Ended:
        """Return how it ended; one that hangs is ended, with all that belongs to it."""
        try:
            self.process.wait(max(0.0, LONGEST_S - self.seconds))
        except subprocess.TimeoutExpired:
            self.end()
        return Ended(self.process.wait(), self.output(), self.seconds)

    def orphans(self) -> int:
        """Return how many of its processes are alive two seconds after now, and end them."""
        limit = time.monotonic() + ORPHAN_S
        while (left := self.marked()) and time.monotonic() < limit:
            time.sleep(_POLL_S)
        self.end()
        return len(left)

    def end(self) -> None:
        """End everything that is left of it."""
        _end(self.token)


def end_all() -> None:
    """End every command of this process, and all that is left of them."""
    _end(_SESSION)


def ran(
    arguments: Sequence[object],
    log: Path,
    cache: Path,
    *,
    program: Sequence[str] = EMONOISE,
    environment: Mapping[str, str] = {},
) -> Ended:
    """Return how an undisturbed command ended."""
    running = Running(arguments, log, cache, program=program, environment=environment)
    try:
        return running.wait()
    finally:
        running.end()


def stage_of(line: str) -> str | None:
    """Return the stage that a line speaks of.

    Examples:
        >>> stage_of("Training               2 heads ..."), stage_of("error: the disk is full")
        ('Training', None)
    """
    match = _STAGE.match(line.strip())
    return match["name"] if match else None


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _marked(token: str) -> list[int]:
    """Return the living processes whose mark begins with a token."""
    wanted, found = f"{MARK}={token}".encode(), []
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            try:
                if any(one.startswith(wanted) for one in (place / "environ").read_bytes().split(b"\0")):
                    found.append(int(place.name))
            except OSError:
                continue
    return sorted(found)


def _end(token: str) -> None:
    for pid in _marked(token):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
