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
