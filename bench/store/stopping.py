"""How a command ends when it is told to: by Ctrl-C, by SIGTERM (``kill``, ``timeout``, a batch system), or by SIGHUP.

Python ends at once at the last two, and leaves behind what it has started. Here all three are an exception in the main
thread, so that whatever is to be cleaned up is.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any

_AGAIN_S = 0.02

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(KeyboardInterrupt):
    """A signal that tells the command to end.

    Attributes:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.number = number

    @property
    def status(self) -> int:
        """What a shell reports for a command that this signal ended."""
        return 128 + self.number


def stop_on_signals() -> None:
    """Let the signals of ``STOPPING`` raise ``Stopped`` in the main thread; those that are ignored (nohup) stay so.

    Python drops what is raised where nobody can catch it, as in a destructor: such a signal is sent once more.
    """
    for number in STOPPING:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _stop)
    sys.unraisablehook = partial(_once_more, sys.unraisablehook)


def stop_no_more() -> None:
    """Ignore the signals of ``STOPPING``: the command is on its way out."""
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Put off what a signal of ``STOPPING`` does until the block ends; what is started in it never sees a SIGINT.

    Ctrl-C is sent to every process of the terminal, and one that is just starting would answer with a traceback.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in STOPPING}
    ours = {number: handler for number, handler in before.items() if handler not in (None, signal.SIG_IGN)}
    # Other threads let a signal in that is blocked in this one, so that it needs both.
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    for number in ours:
        signal.signal(number, lambda number, _frame: came.append(number))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        for number, handler in ours.items():
            signal.signal(number, handler)
        for late in dict.fromkeys(came):
            signal.raise_signal(late)


def _once_more(before: Callable[[Any], object], dropped: Any) -> None:
    if isinstance(dropped.exc_value, Stopped):
        # From another thread, and later: by then this one has left what nobody can catch an exception in.
        threading.Timer(_AGAIN_S, os.kill, (os.getpid(), dropped.exc_value.number)).start()
    else:
        before(dropped)


def _stop(number: int, _frame: FrameType | None) -> None:
    raise Stopped(number)
