import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bench.store.engine import run_jobs, worker_pool
from bench.store.machine import cores, memory_gb
from bench.store.progress import Stages
from bench.store.stopping import STOPPING
from bench.store.workers import WorkersError

from ..terminal import AS_IN_A_TERMINAL

ROOT = Path(__file__).parents[3]

# A command in which both workers are busy with what never lets another thread of theirs run.
BUSY = """
import ctypes, os, sys
from pathlib import Path
from resource import RLIMIT_CORE, setrlimit

def note_pid_then_hold_the_lock(folder):
    Path(folder, str(os.getpid())).touch()
    ctypes.PyDLL(None).sleep(600)

if __name__ == "__main__":
    setrlimit(RLIMIT_CORE, (0, 0))
    from bench.store.engine import run_jobs, worker_pool
    from bench.store.stopping import stop_on_signals
    stop_on_signals()
    try:
        with worker_pool(2) as pool:
            list(run_jobs(pool, note_pid_then_hold_the_lock, [sys.argv[1]] * 3))
    except KeyboardInterrupt as stopped:
        sys.exit(stopped.status)
"""
# Its worker is still importing this file when the test goes on.
STARTING = """
import os, sys, time
from pathlib import Path

def wait(seconds):
    time.sleep(seconds)

if __name__ == "__main__":
    from bench.store.engine import run_jobs, worker_pool
    with worker_pool(1) as pool:
        list(run_jobs(pool, wait, [600]))
else:
    Path(sys.argv[1], str(os.getpid())).touch()
    time.sleep(0.3)
"""
# Its address space suffices for so many MB more than there are at the beginning: too few for the stack of a thread.
CRAMPED = """
import resource, sys
from pathlib import Path

if __name__ == "__main__":
    from bench.store.engine import run_jobs, worker_pool
    from bench.store.workers import WorkersError
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + int(sys.argv[1]) * 1_000_000
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    try:
        with worker_pool(2) as pool:
            list(run_jobs(pool, abs, range(3)))
    except WorkersError as error:
        sys.exit(str(error))
"""


def square(number: int) -> int:
    if number < 0:
        raise ValueError(f"{number} is negative")
    return number * number


def test_every_job_comes_back_with_its_result():
    with worker_pool(2) as pool:
        assert dict(run_jobs(pool, square, range(5))) == {0: 0, 1: 1, 2: 4, 3: 9, 4: 16}


def test_what_a_job_raises_reaches_the_caller():
    with pytest.raises(ValueError, match="-1 is negative"), worker_pool(1) as pool:
        list(run_jobs(pool, square, [1, -1]))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_no_worker_is_left_when_a_signal_ends_its_parent_whatever_it_is_at(number: signal.Signals, tmp_path: Path):
    parent = start(BUSY, tmp_path, tmp_path / "pids")
    try:
        pids = until_noted(tmp_path / "pids", 2)
        parent.send_signal(number)
        status = parent.wait(60)
    finally:
        parent.kill()
    until(lambda: not any(is_alive(pid) for pid in pids), 2)
    assert status == (128 + number if number in STOPPING else -number)


def test_a_worker_whose_parent_is_killed_while_it_starts_ends_too(tmp_path: Path):
    parent = start(STARTING, tmp_path, tmp_path / "pids")
    try:
        (pid,) = until_noted(tmp_path / "pids", 1)
    finally:
        parent.kill()
        parent.wait()
    until(lambda: not is_alive(pid), 2)


def test_ctrl_c_in_a_terminal_reaches_workers_that_are_just_starting_and_they_say_nothing(tmp_path: Path):
    parent = start(STARTING, tmp_path, tmp_path / "pids", stderr=subprocess.PIPE, start_new_session=True)
    (pid,) = until_noted(tmp_path / "pids", 1)
    os.killpg(parent.pid, signal.SIGINT)
    said = parent.communicate(timeout=60)[1].decode()
    assert said.count("Traceback") == 1  # that of the parent, which has no net here
    assert said.rstrip().endswith("KeyboardInterrupt")
    assert not is_alive(pid)


@pytest.mark.parametrize(
    ("number", "why"),
    [
        (signal.SIGKILL, "was killed (SIGKILL), most often because memory ran out."),
        (signal.SIGTERM, "was ended by signal 15 (Terminated)."),
        (None, "ended with status 3."),
    ],
)
def test_of_a_worker_that_dies_the_message_says_why_what_was_under_way_and_what_helps(
    number: signal.Signals | None, why: str
):
    stages = Stages(Console(file=StringIO()))
    with (
        pytest.raises(WorkersError) as lost,
        worker_pool(2) as pool,
        stages.stage("Testing under noise", 3, "utterances"),
    ):
        list(run_jobs(pool, end, [number] * 3, what="u{} to u24".format))
    job, message = f"u{number} to u24", str(lost.value)
    assert message.startswith(f"a worker process {why} Under way:\n  {job}\n  {job}\nMemory here: ")
    assert f"{memory_gb():.1f} GB" in message
    assert f"cores: {cores()}; processes at work: 2" in message
    assert message.endswith("`--workers 1` needs least. What is done is kept: the same command goes on.")
    assert lost.value.__notes__ == ["in the stage: Testing under noise"]


@pytest.mark.skipif(sys.platform != "linux", reason="no other system holds a process to its address space")
@pytest.mark.parametrize("spare_mb", [4, 14])
def test_where_no_thread_or_process_can_be_started_a_message_says_so(spare_mb: int, tmp_path: Path):
    cramped = start(CRAMPED, tmp_path, spare_mb, stderr=subprocess.PIPE)
    said = cramped.communicate(timeout=60)[1].decode()
    assert cramped.returncode == 1
    assert said.startswith("a process to work in, or a thread that looks after it, cannot be started (")
    assert "(ulimit -v)" in said
    assert "Traceback" not in said


WITHOUT_MAIN = """
from bench.store.engine import run_jobs, worker_pool
with worker_pool(1) as pool:
    list(run_jobs(pool, abs, [1], what=str))
"""


def test_a_script_without_a_main_is_told_so(tmp_path: Path):
    script = start(WITHOUT_MAIN, tmp_path, stderr=subprocess.PIPE)
    said = script.communicate(timeout=60)[1].decode()
    assert "if __name__ == '__main__':" in said
    assert "AttributeError" not in said


def end(number: signal.Signals | None) -> None:
    if number is None:
        os._exit(3)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.kill(os.getpid(), number)
    time.sleep(60)


def start(code: str, folder: Path, *arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    (folder / "pids").mkdir()
    (folder / "script.py").write_text(AS_IN_A_TERMINAL + code)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    return subprocess.Popen([sys.executable, folder / "script.py", *map(str, arguments)], env=environment, **options)


def until_noted(folder: Path, count: int) -> list[int]:
    until(lambda: len([*folder.iterdir()]) == count, 60)
    return [int(path.name) for path in folder.iterdir()]


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        stat = Path(f"/proc/{pid}/stat")  # a process that has ended is there until somebody asks how
        return not stat.is_file() or stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def until(happened: Callable[[], bool], seconds: float) -> None:
    end_s = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end_s, f"it did not happen within {seconds:g} s"
        time.sleep(0.02)
