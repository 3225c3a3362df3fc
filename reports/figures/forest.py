"""The figure of paired differences: dots and intervals around zero, a row of panels for each pair of systems."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from reports.figures import style
from reports.figures.marks import Dot, dots_and_intervals
from reports.figures.panels import grid, headings, inches, signed
from reports.figures.sheets import HEIGHT, TITLE_WIDTH, WIDTH, Sheet, evenly
from reports.figures.style import Look, plain
from reports.run.paired import HIGHER, LOWER, UNSURE, Difference, Group, Pair, groups
from reports.run.run import MEAN, Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = {HIGHER: style.ABOVE, LOWER: style.BELOW, UNSURE: style.UNSURE}
# Small differences are shown large, but not larger than this.
NARROWEST = 0.1


def forest(run: Run) -> list[Sheet]:
    """Return the paired differences, on at least one sheet for each group of comparisons."""
    found = []
    for group in groups(run):
        height = 0.45 + 0.165 * len(group.places)
        per_sheet = max(1, int(HEIGHT / height))
        found += [
            Sheet(group.name, partial(_forest, run, group, pairs, height)) for pairs in evenly(group.pairs, per_sheet)
        ]
    return found


def _forest(run: Run, group: Group, pairs: Sequence[Pair], height: float) -> "Figure":
    limits = _limits(run)
    with style.paper():
        figure, axes = grid(len(pairs), len(group.dimensions), width=WIDTH, height=height)
        for pair, row in zip(pairs, axes, strict=True):
            for dimension, ax in zip(group.dimensions, row, strict=True):
                there = {place: pair.differences.get(place, {}).get(dimension) for place in group.places}
                dots = [Dot(place.words, one.score if one else None, _look(one)) for place, one in there.items()]
                dots_and_intervals(ax, dots, limits=limits, named=ax is row[0])
                if row is axes[0]:
                    ax.set_title(plain("mean of dimensions" if dimension == MEAN else dimension), fontweight="bold")
                if row is axes[-1]:
                    ax.set_xlabel("difference in CCC")
                else:
                    ax.tick_params(labelbottom=False)
        beside = max((inches(place.words) for place in group.places), default=0.0)
        width = max(figure.get_figwidth() - beside - 0.2, TITLE_WIDTH)
        headings(figure, axes, [pair.name for pair in pairs], width=width)
        return signed(figure, run)


def _look(difference: Difference | None) -> Look:
    if difference is None:
        return Look(style.UNSURE)
    return Look(COLOURS[difference.outcome], hollow=not difference.holds)


def _limits(run: Run) -> tuple[float, float]:
    """Return one axis for all panels and sheets, with zero in the middle."""
    ends = run.extras["comparisons"][["value", "ci_low", "ci_high"]].astype(float).abs().max().max()
    most = max(NARROWEST, min(float(ends), 1.0)) * 1.05
    return -most, most
