"""Where the work runs: processes of one thread each, so that results do not depend on how many there are."""

import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import active_children, get_context, parent_process
from typing import TypeVar

from bench.store.machine import cores, memory_gb

Item = TypeVar("Item")
Job = TypeVar("Job")
Result = TypeVar("Result")


# torch, Whisper twice, MiniLM and a block of speech; measured: 1.2.
WORKER_GB = 2.0


def default_workers(device: str) -> int:
    """Return how many processes to use when nobody says: one for a GPU, or one a core, as far as memory goes."""
    return 1 if device == "cuda" else max(1, min(cores(), int(memory_gb() / WORKER_GB)))


@contextmanager
def worker_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Yield a pool whose processes end with this one, however it ends; on an error their jobs are dropped."""
    others = active_children()
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_prepare_worker)
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in set(active_children()).difference(others):
            worker.terminate()  # nobody waits for what is under way: what is written is written whole
        pool.shutdown()  # the pool's own thread ends before the interpreter asks it to
        raise
    pool.shutdown()


def run_jobs(
    pool: ProcessPoolExecutor, function: Callable[[Job], Result], jobs: Iterable[Job]
) -> Iterator[tuple[Job, Result]]:
    """Yield each job with what ``function`` made of it, as they end.

    Raises:
        Exception: whatever a job raised first.
    """
    waiting = {pool.submit(function, job): job for job in jobs}
    for future in as_completed(list(waiting)):
        yield waiting.pop(future), future.result()


def in_blocks(items: Sequence[Item], size: int) -> list[tuple[Item, ...]]:
    """Return the items in blocks of ``size``, in their order; the last may be smaller.

    Examples:
        >>> in_blocks([1, 2, 3], 2)
        [(1, 2), (3,)]
    """
    return [tuple(items[start : start + size]) for start in range(0, len(items), size)]


def _prepare_worker() -> None:
    # Numeric libraries read these when they are first imported, which a worker does with its first job.
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which then drops the pool
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
