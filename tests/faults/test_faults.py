"""Whether the harness notices harm, finds what is left behind, and keeps its table."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.faults.disturbed.kill import Victim, moments
from tests.faults.parts import BENCH, PARTS, Section, title_of
from tests.faults.table import NOT_RUN, write_section
from tests.faults.tools.clock import CALLS, ENVIRONMENT
from tests.faults.tools.command import Ended, Running, ran, stage_of
from tests.faults.tools.content import content, differences
from tests.faults.tools.counts import Outcome, counted
from tests.faults.tools.harm import HARMS, with_a_flip
from tests.faults.tools.trials import tried

linux = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked up in /proc")
PYTHON = (sys.executable, "-c")


@linux
def test_what_a_command_leaves_behind_is_found_and_ended(tmp_path: Path):
    child = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])"
    running = Running([child], tmp_path / "log", tmp_path, program=PYTHON)
    assert running.wait().status == 0
    assert len(running.marked()) == 1
    running.end()
    assert running.until(lambda: not running.marked()) is False
    assert running.orphans() == 0


def test_a_command_that_shows_a_traceback_is_raw_and_says_what(tmp_path: Path):
    ended = ran(["raise KeyError('seeds')"], tmp_path / "log", tmp_path, program=PYTHON)
    assert (ended.status, ended.raw, ended.said) == (1, True, "KeyError: 'seeds'")


@pytest.mark.parametrize(
    ("frame", "never_began"), [("<frozen site>", True), ("/x/python3.11/enum.py", True), ("/x/bench/store/a.py", False)]
)
def test_what_interrupts_python_before_it_comes_to_us_is_told_apart(frame: str, never_began: bool):
    traceback = f'Traceback (most recent call last):\n  File "{frame}", line 1, in <module>\nKeyboardInterrupt\n'
    assert Ended(1, traceback, 0.1).never_began is never_began
    assert not Ended(1, f"Training               2 heads ...\n{traceback}", 9.0).never_began


def test_what_is_said_is_the_error_and_no_stage():
    output = (
        "Training               2 heads ...\nerror: out: the disk is full\nReading noise          3 recordings in 0 s\n"
    )
    assert Ended(1, output, 1.0).said == "error: out: the disk is full"
    assert stage_of("Testing under noise    3 of 32 utterances, about 40 s left") == "Testing under noise"


@pytest.mark.parametrize("harm", HARMS)
def test_every_harm_changes_the_file(harm: str, tmp_path: Path):
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_bytes(b"emonoise" * 9)
    other.write_bytes(b"another")
    assert HARMS[harm](path, np.random.default_rng(0), [path, other])
    assert path.read_bytes() != b"emonoise" * 9
    assert not HARMS["swapped"](other, np.random.default_rng(0), [other])


def test_a_flip_is_one_bit():
    whole = bytes(range(200))
    changed = with_a_flip(whole, np.random.default_rng(0))
    assert sum((a ^ b).bit_count() for a, b in zip(whole, changed, strict=True)) == 1


def test_folders_differ_in_the_last_bit_and_not_in_times(tmp_path: Path):
    for name, value in (("a", 0.1), ("b", np.nextafter(0.1, 1))):
        folder = tmp_path / name
        folder.mkdir()
        pd.DataFrame({"value": [value], "path": [str(folder / "x.wav")]}).to_parquet(folder / "results.parquet")
        (folder / "provenance.json").write_text(name)
    left, right = (content(tmp_path / name, tmp_path / name) for name in ("a", "b"))
    assert differences(left, right) == ["results.parquet"]
    left["results.parquet"] = right["results.parquet"]
    assert differences(left, right) == []
    assert differences({}, right) == ["results.parquet"]


def test_moments_lie_in_every_stage_and_are_the_same_for_a_seed(tmp_path: Path):
    stages = {"Training": (1.0, 2.0), "Scoring": (2.0, 5.0)}
    victim = Victim("run", lambda _: pytest.fail("not started"), lambda _: None, stages, 5.0, lambda _: [])
    found = moments(victim, 8, np.random.default_rng(3))
    assert {one.stage for one in found} == {None, "Training", "Scoring"}
    assert all(0 <= one.after_s <= 5 for one in found)
    assert found == moments(victim, 8, np.random.default_rng(3))
    workers = moments(victim, 8, np.random.default_rng(3), with_workers=True)
    assert {one.stage for one in workers} == {None, "Training"}


def test_a_trial_that_cannot_be_made_is_counted_as_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def broken(_: Path) -> list[Outcome]:
        raise RuntimeError("no disk")

    (row,) = counted(tried(broken, tmp_path))
    assert (row.lost, row.said, row.is_clean) == (1, "RuntimeError: no disk", False)
    assert "no disk" in capsys.readouterr().err


def test_a_part_that_is_run_again_replaces_its_section_alone(tmp_path: Path):
    path = tmp_path / "faults.md"
    first, second = map(title_of, PARTS[:2])
    write_section(Section(first, ("| old |",)), 13, 1.0, 60.0, path)
    write_section(Section(second, ("| other |",)), 13, 1.0, 60.0, path)
    write_section(Section(first, ("| new |",)), 13, 0.5, 60.0, path)
    text = path.read_text(encoding="utf-8")
    assert ("| new |" in text, "| other |" in text, "| old |" in text) == (True, True, False)
    assert text.count(NOT_RUN) == text.count("\n## ") - 2


TIMED = """
from tests.faults.tools.clock import take_times
take_times()
from pathlib import Path
from corruptions.ground.files import write_bytes
import sys
write_bytes(Path(sys.argv[1]), b"old")
"""


def test_the_clock_sums_what_is_inside_fsync(tmp_path: Path):
    times = tmp_path / "times"
    times.mkdir()
    ended = ran(
        [TIMED, tmp_path / "a"], tmp_path / "log", tmp_path, program=PYTHON, environment={ENVIRONMENT: str(times)}
    )
    assert ended.status == 0, ended.output
    (found,) = (json.loads(path.read_text()) for path in times.glob("*.json"))
    assert found.keys() == CALLS.keys()
    assert 0 < found["fsync"] < ended.seconds


def test_every_part_has_a_title_of_its_own():
    parts = (*PARTS, BENCH)
    assert len({title_of(part) for part in parts}) == len(parts)
