"""Figures of a dot and an interval for each system: on clean speech, at one level, over a whole curve."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from reports.figures import style
from reports.figures.casts import run_looks
from reports.figures.curves import ccc_limits
from reports.figures.marks import Dot, dots_and_intervals, ticks
from reports.figures.panels import grid, headings, inches, signed
from reports.figures.sheets import HEIGHT, TITLE_WIDTH, WIDTH, Sheet, evenly
from reports.figures.style import plain
from reports.run.run import Run
from reports.run.sweeps import CLEAN, Sweep
from reports.run.systems import System
from reports.run.words import Score, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Ratios of small numbers have intervals without end; an arrow shows where one leaves the panel.
RATIO_RANGE, RATIO_TICKS = (-0.25, 1.5), (0, 0.5, 1, 1.5)
# More panels above each other than these are a wall.
ROWS = 4

ScoreOf = Callable[[System, str, Sweep], Score | None]


@dataclass(frozen=True)
class Shown:
    """What the dots of a figure show.

    Attributes:
        score_of: the number of a system, for a dimension and a sweep.
        label: of the x axis.
        share: whether it is a share of clean CCC, and not a CCC.
        start: what a tick shows beside the dot; no ticks unless given.
    """

    score_of: ScoreOf
    label: str
    share: bool = False
    start: Callable[[System, str], Score | None] | None = None


def clean_scores(run: Run) -> list[Sheet]:
    """Return the CCC of every system on clean speech, a panel for each dimension."""
    return [Sheet("", partial(_clean, run))] if run.dimensions else []


def ccc_conditions(run: Run) -> list[Sheet]:
    """Return the CCC under conditions that stand alone, beside that on clean speech: conditions by dimensions."""
    shown = Shown(
        lambda system, dimension, sweep: run.score("ccc", system.name, dimension, sweep.harshest.condition),
        "CCC (tick: on clean speech)",
        start=lambda system, dimension: run.score("ccc", system.name, dimension, CLEAN),
    )
    return _sheets(run, "ccc", [sweep for sweep in run.sweeps if len(sweep.points) == 1], shown)


def ccc_auc(run: Run) -> list[Sheet]:
    """Return the normalised area under every CCC curve: a row for each corruption, a column for each dimension."""
    return _sheets(run, "ccc_auc", run.sweeps, Shown(_summary(run, "ccc_auc"), "area under the CCC curve"))


def ccc_retention(run: Run) -> list[Sheet]:
    """Return the share of its clean CCC that a system keeps at the harshest level: corruptions by dimensions."""
    shown = Shown(_summary(run, "ccc_retention"), "share of clean CCC kept", share=True)
    return _sheets(run, "ccc_retention", run.sweeps, shown)


def _summary(run: Run, metric: str) -> ScoreOf:
    return lambda system, dimension, sweep: run.summary(metric, system.name, dimension, sweep)


def _listening(run: Run) -> list[System]:
    return [system for system in run.systems.values() if system.family != "control"]


def _sheets(run: Run, metric: str, sweeps: Sequence[Sweep], shown: Shown) -> list[Sheet]:
    if metric not in run.metrics:
        return []
    height = 0.5 + 0.165 * max(len(_listening(run)), 2)
    per_sheet = max(1, min(ROWS, int(HEIGHT / height)))
    return [Sheet("", partial(_dots, run, part, shown, height)) for part in evenly(sweeps, per_sheet)]


def _clean(run: Run) -> "Figure":
    systems, looks = list(run.systems.values()), run_looks(run)
    with style.paper():
        figure, axes = grid(1, len(run.dimensions), width=WIDTH, height=0.55 + 0.19 * len(systems))
        for ax, dimension in zip(axes[0], run.dimensions, strict=True):
            dots = [Dot(one.name, run.score("ccc", one.name, dimension, CLEAN), looks[one.name]) for one in systems]
            dots_and_intervals(ax, dots, limits=ccc_limits(run), named=ax is axes[0][0])
            _rules(ax, systems)
            if dimension in run.best_possible:
                ax.axvline(run.best_possible[dimension], **style.BEST)
            ax.set_title(plain(dimension), fontweight="bold")
            ax.set_xlabel("CCC on clean speech")
        return signed(figure, run)


def _dots(run: Run, sweeps: Sequence[Sweep], shown: Shown, height: float) -> "Figure":
    """Return a panel for each sweep and dimension, with a dot and an interval for each system that listens."""
    limits = RATIO_RANGE if shown.share else ccc_limits(run)
    systems, looks = _listening(run), run_looks(run)
    with style.paper():
        figure, axes = grid(len(sweeps), len(run.dimensions), width=WIDTH, height=height)
        for sweep, row in zip(sweeps, axes, strict=True):
            for dimension, ax in zip(run.dimensions, row, strict=True):
                dots = [Dot(one.name, shown.score_of(one, dimension, sweep), looks[one.name]) for one in systems]
                dots_and_intervals(ax, dots, limits=limits, named=ax is row[0])
                _rules(ax, systems)
                if shown.start is not None:
                    ticks(ax, [shown.start(system, dimension) for system in systems])
                if row is axes[0]:
                    ax.set_title(plain(dimension), fontweight="bold")
                if row is axes[-1]:
                    ax.set_xlabel(shown.label)
                else:
                    ax.tick_params(labelbottom=False)
                if shown.share:
                    ax.axvline(1, color=style.FAINT, linewidth=0.5)
                    ax.set_xticks(RATIO_TICKS, [f"{percent(value)} %" for value in RATIO_TICKS])
        at_one_level = shown.share or shown.start is not None
        names = [sweep.where if at_one_level else sweep.name for sweep in sweeps]
        # They begin where the names of the systems end.
        beside = max((inches(system.name) for system in systems), default=0.0)
        headings(figure, axes, names, width=max(figure.get_figwidth() - beside - 0.2, TITLE_WIDTH))
        return signed(figure, run)


def _rules(ax: "Axes", systems: Sequence[System]) -> None:
    """Set families apart."""
    for y, (one, other) in enumerate(pairwise(systems)):
        if one.family != other.family:
            ax.axhline(y + 0.5, color=style.RULE, linewidth=0.5)
