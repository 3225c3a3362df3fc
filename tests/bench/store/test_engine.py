import os
import signal
import subprocess
import sys
import time

import pytest

from bench.store.engine import run_jobs, worker_pool

STARTS_WORKERS = """
import os, sys, time
from bench.store.engine import run_jobs, worker_pool
if __name__ == "__main__":
    with worker_pool(2) as pool:
        for _, pid in run_jobs(pool, __import__("tests_engine_jobs").pid_then_wait, [0, 1]):
            pass
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


def test_workers_end_when_their_parent_is_killed(tmp_path):
    (tmp_path / "tests_engine_jobs.py").write_text(
        "import os, pathlib, time\n"
        "def pid_then_wait(number):\n"
        f"    pathlib.Path({str(tmp_path)!r}, f'pid{{number}}').write_text(str(os.getpid()))\n"
        "    time.sleep(600)\n"
    )
    script = tmp_path / "start.py"
    script.write_text(STARTS_WORKERS)
    path = os.pathsep.join([os.getcwd(), str(tmp_path)])  # noqa: PTH109
    parent = subprocess.Popen([sys.executable, script], env=os.environ | {"PYTHONPATH": path})
    try:
        pids = [_read(tmp_path / f"pid{number}") for number in range(2)]
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    _until(lambda: not any(_alive(pid) for pid in pids))


def _read(path) -> int:
    _until(lambda: path.exists() and path.read_text() != "")
    return int(path.read_text())


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123
        return stat.read().rsplit(")", 1)[1].split()[0] != "Z"


def _until(happened) -> None:
    for _ in range(600):
        if happened():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen within a minute")
