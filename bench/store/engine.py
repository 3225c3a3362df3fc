"""Where the work runs: processes of one thread each, so that results do not depend on how many there are."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any, TypeVar
from weakref import WeakSet

from bench.store.machine import cores, memory_gb
from bench.store.stopping import undisturbed
from bench.store.workers import WORKER_GB, Context, WorkersError, cannot_start, why_lost

Item = TypeVar("Item")
Job = TypeVar("Job")
Result = TypeVar("Result")


def default_workers(device: str) -> int:
    """Return how many processes to use when nobody says: one for a GPU, or one a core, as far as memory goes."""
    return 1 if device == "cuda" else max(1, min(cores(), int(memory_gb() / WORKER_GB)))


@contextmanager
def worker_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Yield a pool whose processes end with this one, however it ends; on an error their jobs are dropped.

    What a process was doing that dies is not tried again: what was killed for memory would be killed once more, until
    there are fewer processes, and that is for the user to say. What others have done is kept.

    Raises:
        WorkersError: if a process dies, or none can be started; the message says why as far as it can be known, what
            was under way and what helps.
    """
    context = Context()
    pool = _Pool(workers, context)
    try:
        with _told_of_threads(pool):
            yield pool
    except BrokenProcessPool as error:
        pool.shutdown()  # it has ended the others itself
        # They are begun in their order, so that those under way are the first that have not ended.
        under_way = list(islice(error.unfinished, workers)) if isinstance(error, _JobsLost) else []
        lost = WorkersError(why_lost(context.workers, workers, under_way))
        for note in getattr(error, "__notes__", ()):
            lost.add_note(note)
        raise lost from error
    except BaseException:
        with undisturbed():
            for worker in context.workers:
                if worker.pid is not None:  # of one that could not be started
                    worker.terminate()  # nobody waits for what is under way: what is written is written whole
            with suppress(RuntimeError):  # of a thread that could not be started
                pool.shutdown(cancel_futures=True)  # the pool's own thread ends before the interpreter asks it to
        raise
    pool.shutdown()


def run_jobs(
    pool: ProcessPoolExecutor,
    function: Callable[[Job], Result],
    jobs: Iterable[Job],
    *,
    what: Callable[[Job], str] = str,
) -> Iterator[tuple[Job, Result]]:
    """Yield each job with what ``function`` made of it, as they end.

    Args:
        pool: of ``worker_pool``.
        function: of a module, so that another process finds it.
        jobs: what it is called with.
        what: says what a job is about, for the message on a process that died.

    Raises:
        Exception: whatever a job raised first.
        BrokenProcessPool: if a process died; ``worker_pool`` makes a ``WorkersError`` of it.
    """
    waiting: dict[Future[Result], Job] = {}
    try:
        for job in jobs:
            waiting[pool.submit(function, job)] = job
        for future in as_completed(list(waiting)):
            result = future.result()
            yield waiting.pop(future), result
    except BrokenProcessPool as error:
        raise _JobsLost(map(what, waiting.values())) from error


def in_blocks(items: Sequence[Item], size: int) -> list[tuple[Item, ...]]:
    """Return the items in blocks of ``size``, in their order; the last may be smaller.

    Examples:
        >>> in_blocks([1, 2, 3], 2)
        [(1, 2), (3,)]
    """
    return [tuple(items[start : start + size]) for start in range(0, len(items), size)]


def first_to_last(names: Sequence[object]) -> str:
    """Return how a block is called in a message.

    Examples:
        >>> first_to_last(["u1", "u2", "u3"]), first_to_last(["u1"])
        ('u1 to u3', 'u1')
    """
    return str(names[0]) if len(names) == 1 else f"{names[0]} to {names[-1]}"


class _JobsLost(BrokenProcessPool):
    def __init__(self, unfinished: Iterator[str]) -> None:
        super().__init__("a worker process died")
        self.unfinished = unfinished


class _Pool(ProcessPoolExecutor):
    """A pool that gives up where the standard library's would wait for ever: when its own threads cannot work."""

    def __init__(self, workers: int, context: Context) -> None:
        super().__init__(workers, mp_context=context)
        self.workers = workers
        self.promised: WeakSet[Future[Any]] = WeakSet()
        self.failed: WorkersError | None = None

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        try:
            future = super().submit(function, *args, **kwargs)
        except BrokenProcessPool:
            raise
        except (OSError, MemoryError, RuntimeError) as error:  # no process, or no thread
            raise cannot_start(error, self.workers) from error
        self.promised.add(future)
        if self.failed is not None:  # before it was promised
            raise self.failed
        return future

    def give_up(self, error: BaseException | None) -> None:
        """Fail every job that has not ended."""
        if (queue := getattr(self, "_call_queue", None)) is not None:
            queue.cancel_join_thread()  # nobody reads what is still in it
        self.failed = cannot_start(error, self.workers)
        for future in list(self.promised):
            if not future.done():
                future.set_exception(self.failed)


@contextmanager
def _told_of_threads(pool: _Pool) -> Iterator[None]:
    before = threading.excepthook

    def hook(died: threading.ExceptHookArgs) -> None:
        if died.thread is not None and died.thread is getattr(pool, "_executor_manager_thread", None):
            pool.give_up(died.exc_value)
        else:
            before(died)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = before
