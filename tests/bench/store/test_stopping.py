import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bench.store.stopping import STOPPING, Stopped, stop_no_more, stop_on_signals, undisturbed


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in STOPPING}
    for number in STOPPING:  # what runs tests in the background may have let some be ignored
        signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_a_command_as_ctrl_c_does_and_the_status_says_which(number: signal.Signals, status: int):
    stop_on_signals()
    with pytest.raises(KeyboardInterrupt) as stopped:
        signal.raise_signal(number)
    assert isinstance(stopped.value, Stopped)
    assert stopped.value.status == status


def test_what_nohup_ignores_stays_ignored():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stop_on_signals()
    signal.raise_signal(signal.SIGHUP)


def test_a_command_on_its_way_out_is_not_stopped_again():
    stop_on_signals()
    stop_no_more()
    for number in STOPPING:
        signal.raise_signal(number)


def test_what_must_not_be_disturbed_is_finished_first():
    stop_on_signals()
    done = []

    def work() -> None:
        with undisturbed():
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGINT)
            done.append("all of it")

    with pytest.raises(Stopped):
        work()
    assert done == ["all of it"]
    with pytest.raises(Stopped):
        signal.raise_signal(signal.SIGINT)


DROPPED = """
import signal, sys, time
from bench.store.stopping import Stopped, stop_on_signals
class Held:
    def __del__(self):
        signal.raise_signal(signal.SIGTERM)
stop_on_signals()
try:
    held = Held()
    del held
    time.sleep(10)
except Stopped as stopped:
    sys.exit(stopped.status)
"""


def test_a_signal_in_a_destructor_is_neither_dropped_nor_a_traceback():
    done = subprocess.run([sys.executable, "-c", DROPPED], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (128 + signal.SIGTERM, "")
