"""The figure of paired differences: dots and intervals around zero.

Pairs that somebody named have a row of panels each. Where all are compared with the same, a row of panels is a place,
and every pair has a dot there: one picture for the group, of clean speech and all noise alone where more would not fit.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from reports.figures import style
from reports.figures.marks import Dot, dots_and_intervals
from reports.figures.panels import grid, headings, inches, signed
from reports.figures.sheets import HEIGHT, TITLE_WIDTH, WIDTH, Sheet, evenly
from reports.figures.style import Look, plain
from reports.run.paired import HIGHER, LOWER, UNSURE, Compared, Difference, Group, Pair, Place, groups
from reports.run.run import MEAN

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {HIGHER: style.ABOVE, LOWER: style.BELOW, UNSURE: style.UNSURE}
# Small differences are shown large, but not larger than this.
NARROWEST = 0.1
# More dots below each other than these are on another sheet.
MOST_DOTS = 40
# A heading, and below it the dots of a row of panels: their labels, and a difference by dimension.
Panels = tuple[str, Sequence[tuple[str, Mapping[str, Difference]]]]


def forest(run: Compared) -> list[Sheet]:
    """Return the paired differences, on at least one sheet for each group of comparisons."""
    return [sheet for group in groups(run) for sheet in (_by_place if group.references else _by_pair)(run, group)]


def _by_pair(run: Compared, group: Group) -> list[Sheet]:
    rows = [
        (pair.name, tuple((place.words, pair.differences.get(place, {})) for place in group.places))
        for pair in group.pairs
    ]
    return [Sheet(group.name, partial(_forest, run, group, part)) for part in evenly(rows, _per_sheet(group.places))]


def _by_place(run: Compared, group: Group) -> list[Sheet]:
    parts = evenly(group.pairs, MOST_DOTS)
    per_sheet = _per_sheet(parts[0])
    places = group.places if len(group.places) <= per_sheet else group.headline
    return [
        Sheet(group.name, partial(_forest, run, group, [_at(place, pairs) for place in some]))
        for pairs in parts
        for some in evenly(places, per_sheet)
    ]


def _at(place: Place, pairs: Sequence[Pair]) -> Panels:
    alone = len({pair.against for pair in pairs}) == 1
    names = [pair.system if alone else pair.name for pair in pairs]
    return place.words, tuple((name, pair.differences.get(place, {})) for name, pair in zip(names, pairs, strict=True))


def _per_sheet(dots: Sequence[object]) -> int:
    return max(1, int(HEIGHT / _height(len(dots))))


def _height(dots: int) -> float:
    return 0.45 + 0.165 * dots


def _forest(run: Compared, group: Group, rows: Sequence[Panels]) -> "Figure":
    limits = _limits(run)
    with style.paper():
        height = _height(max(len(dots) for _, dots in rows))
        figure, axes = grid(len(rows), len(group.dimensions), width=WIDTH, height=height)
        for (_, there), row in zip(rows, axes, strict=True):
            for dimension, ax in zip(group.dimensions, row, strict=True):
                dots = [_dot(label, found.get(dimension)) for label, found in there]
                dots_and_intervals(ax, dots, limits=limits, named=ax is row[0])
                if row is axes[0]:
                    ax.set_title(plain("mean of dimensions" if dimension == MEAN else dimension), fontweight="bold")
                if row is axes[-1]:
                    ax.set_xlabel("difference in CCC")
                else:
                    ax.tick_params(labelbottom=False)
        beside = max((inches(label) for _, there in rows for label, _ in there), default=0.0)
        width = max(figure.get_figwidth() - beside - 0.2, TITLE_WIDTH)
        headings(figure, axes, [heading for heading, _ in rows], width=width)
        return signed(figure, run)


def _dot(label: str, one: Difference | None) -> Dot:
    if one is None:
        return Dot(label, None, Look(style.UNSURE))
    return Dot(label, one.score, Look(COLOURS[one.outcome], hollow=not one.holds), one.of_all, one.by_seed)


def _limits(run: Compared) -> tuple[float, float]:
    """Return one axis for all panels and sheets, with zero in the middle."""
    ends = run.extras["comparisons"][["value", "ci_low", "ci_high"]].astype(float).abs().max().max()
    most = max(NARROWEST, min(float(ends), 1.0)) * 1.05
    return -most, most
