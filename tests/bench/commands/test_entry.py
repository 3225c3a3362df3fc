"""The door itself: each test is a process of its own, as a user starts it."""

import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ..terminal import AS_IN_A_TERMINAL

DOOR = "import sys; sys.argv[0] = 'emonoise'; from bench.commands.entry import main; main()"
HELP = DOOR.replace("; from", "; sys.argv.append('--help'); from")
# Does something in the moment in which a module is first asked for.
WHEN = """
import importlib.abc, signal, sys
class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {name!r}:
            {what}
sys.meta_path.insert(0, Finder())
"""


def started(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", AS_IN_A_TERMINAL + code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_the_command_is_still_imported_is_no_traceback(number: signal.Signals):
    done = started(WHEN.format(name="typer", what=f"signal.raise_signal({number.value})") + DOOR)
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "", "Stopped.\n")


def test_a_signal_to_a_command_that_has_ended_is_no_traceback():
    done = started("import atexit, signal; atexit.register(signal.raise_signal, signal.SIGINT);" + HELP)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_error_while_the_command_is_still_imported_is_no_traceback():
    done = started(WHEN.format(name="typer", what="raise MemoryError('none left')") + DOOR)
    assert (done.returncode, done.stderr) == (1, "error: MemoryError: none left\n")


def test_a_reader_who_has_gone_away_is_no_traceback():
    ours, theirs = os.pipe()
    os.close(ours)
    with os.fdopen(theirs, "w") as gone:
        done = subprocess.run(
            [sys.executable, "-c", DOOR, "--help"], stdout=gone, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (1, "")


def test_it_is_what_is_installed():
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"emonoise": "bench.commands.entry:main"}
