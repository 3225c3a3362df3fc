"""Batches of items of similar size, as large as memory allows.

What is padded is computed for nothing, so items are sorted by size and neighbours go together. The largest come first:
if memory is too small, the first batch says so, and later ones reuse what it has allocated.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_batches(
    compute: Callable[[list[Item]], Sequence[Result]], items: Sequence[Item], sizes: Sequence[int], budget: int
) -> list[Result]:
    """Return the result of each item, in the order of ``items``.

    Args:
        compute: returns a result per item of a batch, whose items are sorted by falling size.
        items: what to compute; in memory all at once.
        sizes: of the items, at least 1 each.
        budget: largest size of a batch when every item is padded to the longest. An item that is larger by itself is
            a batch of its own, so a budget of 0 means one item at a time. A batch that does not fit into the memory
            of the GPU is tried again in halves, and no later one is larger than what fitted.

    Raises:
        torch.OutOfMemoryError: if a single item does not fit.

    Examples:
        >>> batches = []
        >>> def shout(words):
        ...     batches.append(words)
        ...     return [word.upper() for word in words]
        >>> in_batches(shout, ["a", "bcd", "ef"], [1, 3, 2], budget=4), batches
        (['A', 'BCD', 'EF'], [['bcd'], ['ef', 'a']])
    """
    order = sorted(range(len(items)), key=lambda index: -sizes[index])
    results: dict[int, Result] = {}
    start = 0
    while start < len(order):
        largest = sizes[order[start]]
        batch = order[start : start + max(1, budget // largest)]
        found = _unless_out_of_memory(compute, [items[index] for index in batch])
        if found is None:
            budget = largest * (len(batch) // 2)
        else:
            results.update(zip(batch, found, strict=True))
            start += len(batch)
    return [results[index] for index in range(len(items))]


def _unless_out_of_memory(
    compute: Callable[[list[Item]], Sequence[Result]], batch: list[Item]
) -> Sequence[Result] | None:
    """Return the results, or None if memory is too small and the batch can be split."""
    import torch

    try:
        return compute(batch)
    except torch.OutOfMemoryError:
        if len(batch) == 1:
            raise
    torch.cuda.empty_cache()  # after the handler, for the error holds on to the tensors of the frames it passed
    return None
