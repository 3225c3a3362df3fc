"""Sheets: a figure that would not fit a page is drawn on several."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from matplotlib.figure import Figure

T = TypeVar("T")
# Of a panel and what stands beside it, in inches, and the part of it that a title may fill.
WIDTH, TITLE_WIDTH = 2.35, 2.1
# As high as the panels of a sheet may be together, in inches: with titles and legend that is a page of A4 or Letter.
HEIGHT = 8.0


@dataclass(frozen=True)
class Sheet:
    """One page of a figure.

    Attributes:
        title: which part of the run it shows; "" if it shows all, or a part that speaks for itself.
        draw: makes it.
    """

    title: str
    draw: "Callable[[], Figure]"


def evenly(things: Sequence[T], per_sheet: int) -> list[tuple[T, ...]]:
    """Return the things in as few parts as ``per_sheet`` allows, of about the same size.

    Examples:
        >>> evenly("abcde", 4)
        [('a', 'b'), ('c', 'd', 'e')]
        >>> evenly("", 4)
        []
    """
    count = -(-len(things) // per_sheet)
    return [tuple(things[part * len(things) // count : (part + 1) * len(things) // count]) for part in range(count)]
