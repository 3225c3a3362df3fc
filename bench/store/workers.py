"""The processes of a pool: how they start, how they end with their parent, and what to say of one that died."""

import ctypes
import os
import resource
import signal
import sys
import threading
from collections.abc import Sequence
from multiprocessing import parent_process
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.process import BaseProcess
from textwrap import shorten
from typing import Any

from bench.store.machine import cores, memory_gb
from bench.store.stopping import undisturbed

# torch, Whisper twice, MiniLM and a block of speech; measured: 1.2.
WORKER_GB = 2.0

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_CAUSES: dict[int, str] = {
    signal.SIGKILL: "was killed (SIGKILL), most often because memory ran out",
    signal.SIGSEGV: "crashed (SIGSEGV): a fault of a library, or of one that got no memory",
    signal.SIGABRT: "was aborted (SIGABRT), as by a library that gets no memory",
    signal.SIGBUS: "crashed (SIGBUS), as when a file that is read is cut short, or a disk is full",
}


class WorkersError(RuntimeError):
    """A process of a pool died, or could not be started. The message says why, as far as one knows, and what helps."""


class Worker(SpawnProcess):
    """A process of a pool. It never outlives its parent, and leaves Ctrl-C to it."""

    def start(self) -> None:
        """Start the process; see ``bench.store.stopping.undisturbed``."""
        with undisturbed():
            super().start()

    def run(self) -> None:
        """Work until there is nothing more to do; what cannot be sent to the parent is said on standard error."""
        try:
            _prepare()
            super().run()
        except BaseException as error:
            print(f"a worker process ended: {type(error).__name__}: {error}", file=sys.stderr)
            sys.exit(1)


class Context(SpawnContext):
    """Starts the processes of one pool, and remembers them."""

    def __init__(self) -> None:
        super().__init__()
        self.workers: list[Worker] = []

    def Process(self, *args: Any, **kwargs: Any) -> Worker:  # type: ignore[override]  # noqa: N802 - its name in the standard library
        """Return a new process of the pool."""
        self.workers.append(Worker(*args, **kwargs))
        return self.workers[-1]


def why_lost(workers: Sequence[Worker], at_work: int, under_way: Sequence[str]) -> str:
    """Return what is to be said of a pool one of whose processes died.

    Args:
        workers: all that were started; none is alive.
        at_work: how many processes the pool has.
        under_way: what they were doing. Who did what is not known.
    """
    codes = [worker.exitcode for worker in workers if worker.exitcode]
    # The pool ends the others with SIGTERM when one dies.
    causes = dict.fromkeys(_cause(code) for code in codes if code != -signal.SIGTERM) or [_cause(-signal.SIGTERM)]
    doing = "".join(f"\n  {shorten(one, 200, placeholder=' ...')}" for one in under_way)
    what = f"Under way:{doing}\n" if doing else ""
    return f"a worker process {' and one '.join(causes)}. {what}{_what_helps(at_work)}"


def cannot_start(error: BaseException | None, at_work: int) -> WorkersError:
    """Return the error of a pool of so many processes that cannot start one, or a thread, because of ``error``."""
    return WorkersError(
        f"a process to work in, or a thread that looks after it, cannot be started ({error}). {_what_helps(at_work)}"
    )


def memory_here() -> str:
    """Return how much memory this machine has, and a process may have, in words."""
    most, _ = resource.getrlimit(resource.RLIMIT_AS)
    limit = "" if most == resource.RLIM_INFINITY else f", of which a process may have {most / 1e9:.1f} (ulimit -v)"
    return f"Memory here: {memory_gb():.1f} GB{limit}"


def _what_helps(at_work: int) -> str:
    cure = "`--workers 1` needs least" if at_work > 1 else "Close other programs, or take a larger machine"
    return (
        f"{memory_here()}; cores: {cores()}; processes at work: {at_work}, of up to {WORKER_GB:g} GB each. {cure}. "
        "What is done is kept: the same command goes on."
    )


def _cause(code: int) -> str:
    if code < 0:
        return _CAUSES.get(-code) or f"was ended by signal {-code} ({signal.strsignal(-code)})"
    return f"ended with status {code}"


def _prepare() -> None:
    # Numeric libraries read these when they are first imported, which a worker does with its first job.
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then drops the pool
    parent = parent_process()
    if parent is None:
        return
    if not _killed_with_parent():
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()
    elif not parent.is_alive():
        os._exit(1)


def _killed_with_parent() -> bool:
    """Return whether the system ends this process with its parent, whatever holds Python's lock by then."""
    return sys.platform == "linux" and not ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _end_after(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)
