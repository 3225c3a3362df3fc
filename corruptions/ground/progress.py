"""How work that takes minutes tells how far it is, without knowing who looks on."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Advance = Callable[[int], None]
# Name of the stage, how much there is to do, and its unit in; in the block, a function that moves on by a number.
Stage = Callable[[str, int, str], AbstractContextManager[Advance]]


@contextmanager
def unseen(_name: str, _total: int, _unit: str) -> Iterator[Advance]:
    """Yield a function for ``Stage`` that shows nothing."""
    yield lambda _done: None


def megabytes(n_bytes: float) -> int:
    """Return a size in MB, rounded."""
    return round(n_bytes / 1e6)


def in_megabytes(advance: Advance) -> Advance:
    """Return a function that takes bytes and moves a bar on by whole megabytes."""
    done = 0

    def moved(n_bytes: int) -> None:
        nonlocal done
        before, done = done, done + n_bytes
        advance(megabytes(done) - megabytes(before))

    return moved
