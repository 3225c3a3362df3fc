"""The figures of a report.

A figure is drawn for some of the run's sweeps: a run with many corruptions gets several sheets, each of which fits
a page. To add a figure, add an entry to ``FIGURES``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reports import style
from reports.panels import (
    best_possible,
    dots_and_intervals,
    grid,
    headings,
    inches,
    legend,
    level_axis,
    lines_and_bands,
    signed,
    ticks,
    titles,
)
from reports.run import Run, System
from reports.style import Look, plain
from reports.sweeps import CLEAN, Sweep
from reports.words import Score, percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS: dict[str, dict[str, Any]] = {
    # No dates inside: the same numbers give the same file.
    "svg": {"metadata": {"Date": None}},
    "pdf": {"metadata": {"CreationDate": None}},
    "png": {},
}
# Ratios of small numbers have intervals without end; an arrow shows where one leaves the panel.
RATIO_RANGE, RATIO_TICKS = (-0.25, 1.5), (0, 0.5, 1, 1.5)
# Of a panel and what stands beside it, in inches, and the part of it that a title may fill.
WIDTH, TITLE_WIDTH = 2.35, 2.1

ScoreOf = Callable[[System, str, Sweep], Score | None]


def ccc_curves(run: Run, sweeps: Sequence[Sweep]) -> "Figure":
    """Return CCC against level: dimensions by corruptions, a line and a band for each system."""
    looks = style.looks(list(run.systems.values()))
    # A single corruption would make a narrow tower: its dimensions stand side by side.
    alone = len(sweeps) == 1
    rows, columns = (1, len(run.dimensions)) if alone else (len(run.dimensions), len(sweeps))
    with style.paper():
        figure, axes = grid(rows, columns, width=WIDTH, height=1.75)
        for i, dimension in enumerate(run.dimensions):
            for j, sweep in enumerate(sweeps):
                row, column = (j, i) if alone else (i, j)
                ax = axes[row][column]
                ax.axhline(0, color=style.FAINT, linewidth=0.5)
                stations = _stations(sweep)
                scores = {
                    name: [run.score("ccc", name, dimension, where) for where in stations] for name in run.systems
                }
                lines_and_bands(ax, sweep, scores, looks)
                if dimension in run.best_possible:
                    best_possible(ax, run.best_possible[dimension])
                level_axis(ax, sweep, named=row == rows - 1)
                ax.set_ylim(_ccc_limits(run))
                if column == 0:
                    ax.set_ylabel(plain("CCC" if alone else f"{dimension} CCC"))
                else:
                    ax.tick_params(labelleft=False)
        names = [sweep.name for sweep in sweeps]
        titles(figure, axes, [f"{one} in {names[0]}" for one in run.dimensions] if alone else names, width=TITLE_WIDTH)
        legend(figure, looks)
        return signed(figure, run)


def clean_scores(run: Run, sweeps: Sequence[Sweep]) -> "Figure":  # noqa: ARG001 - every figure has the same signature
    """Return the CCC of every system on clean speech, a panel for each dimension."""
    systems = list(run.systems.values())
    looks = style.looks(systems)
    with style.paper():
        figure, axes = grid(1, len(run.dimensions), width=WIDTH, height=0.55 + 0.19 * len(systems))
        for column, dimension in enumerate(run.dimensions):
            scores = [run.score("ccc", system.name, dimension, CLEAN) for system in systems]
            dots_and_intervals(axes[0][column], systems, scores, looks, limits=_ccc_limits(run), named=column == 0)
            if dimension in run.best_possible:
                axes[0][column].axvline(run.best_possible[dimension], **style.BEST)
            axes[0][column].set_title(plain(dimension), fontweight="bold")
            axes[0][column].set_xlabel("CCC on clean speech")
        return signed(figure, run)


def ccc_conditions(run: Run, sweeps: Sequence[Sweep]) -> "Figure":
    """Return the CCC under conditions that stand alone, beside that on clean speech: conditions by dimensions."""

    def under(system: System, dimension: str, sweep: Sweep) -> Score | None:
        return run.score("ccc", system.name, dimension, sweep.harshest.condition)

    def clean(system: System, dimension: str) -> Score | None:
        return run.score("ccc", system.name, dimension, CLEAN)

    return _dots(run, sweeps, under, "CCC (tick: on clean speech)", start=clean)


def ccc_auc(run: Run, sweeps: Sequence[Sweep]) -> "Figure":
    """Return the normalised area under every CCC curve: a row for each corruption, a column for each dimension."""
    return _dots(run, sweeps, _summary(run, "ccc_auc"), "area under the CCC curve")


def ccc_retention(run: Run, sweeps: Sequence[Sweep]) -> "Figure":
    """Return the share of its clean CCC that a system keeps at the harshest level: corruptions by dimensions."""
    return _dots(run, sweeps, _summary(run, "ccc_retention"), "share of clean CCC kept", share=True)


def word_errors(run: Run, sweeps: Sequence[Sweep]) -> "Figure":
    """Return word error rate against level, a panel for each corruption, a line and a band for each transcriber."""
    columns = min(len(sweeps), 4)
    colours = style.PALETTE * len(run.transcribers)
    looks = {name: Look(colour, (), "o") for name, colour in zip(run.transcribers, colours, strict=False)}
    known = [score for (metric, *_), score in run.scores.items() if metric == "wer" and score.defined]
    top = max([1.0, *(score.high if score.has_interval else score.value for score in known)])
    with style.paper():
        figure, axes = grid(-(-len(sweeps) // columns), columns, width=WIDTH, height=1.75)
        panels = [ax for row in axes for ax in row]
        for index, (ax, sweep) in enumerate(zip(panels, sweeps, strict=False)):
            stations = _stations(sweep)
            scores = {name: [run.score("wer", name, None, where) for where in stations] for name in run.transcribers}
            lines_and_bands(ax, sweep, scores, looks)
            level_axis(ax, sweep, named=True)
            ax.set_ylim(0, 1.05 * top)
            ax.yaxis.set_major_formatter(lambda value, _: percent(value))
            ax.axhline(1, color=style.FAINT, linewidth=0.5)
            if index % columns == 0:
                ax.set_ylabel("word error rate (%)")
            else:
                ax.tick_params(labelleft=False)
        titles(figure, axes, [sweep.name for sweep in sweeps], width=TITLE_WIDTH)
        for ax in panels[len(sweeps) :]:
            ax.remove()
        legend(figure, looks)
        return signed(figure, run)


@dataclass(frozen=True)
class Kind:
    """A kind of figure.

    Attributes:
        draw: makes a sheet of it.
        title: its heading in the report.
        caption: what the reader must know to read it.
        per_sheet: how many sweeps fit a sheet; 0 if it does not depend on them.
        metric: without a row of this metric there is nothing to draw.
        shows: which sweeps it is drawn of.
        best_possible: whether it has the line of the best possible score, where that is known.
    """

    draw: "Callable[[Run, Sequence[Sweep]], Figure]"
    title: str
    caption: str
    per_sheet: int
    metric: str
    shows: Callable[[Sweep], bool] = lambda _sweep: True
    best_possible: bool = False


FIGURES: dict[str, Kind] = {
    "ccc-curves": Kind(
        ccc_curves,
        "CCC from clean to harsh",
        "Lines are means over training seeds and noise draws, bands are 95 % intervals from a bootstrap over speakers. "
        "Clean speech stands apart at the left end; its bar is the same interval. Families share a dash and a marker. "
        "A gap is a missing value.",
        per_sheet=4,
        metric="ccc",
        shows=lambda sweep: len(sweep.points) > 1,
        best_possible=True,
    ),
    "ccc-conditions": Kind(
        ccc_conditions,
        "CCC under single conditions",
        "Conditions that were measured at one level, or have none. Dots are means over training seeds and draws with "
        "95 % intervals from a bootstrap over speakers; the tick is the same system on clean speech. Controls are left "
        "out.",
        per_sheet=4,
        metric="ccc",
        shows=lambda sweep: len(sweep.points) == 1,
    ),
    "ccc-retention": Kind(
        ccc_retention,
        "What is left at the harshest level",
        "CCC at the harshest level divided by CCC on clean speech, with 95 % intervals (arrows: intervals that go on). "
        "It is undefined where clean CCC is below 0.1. Controls are left out.",
        per_sheet=4,
        metric="ccc_retention",
    ),
    "ccc-auc": Kind(
        ccc_auc,
        "The whole curve in one number",
        "Area under the CCC curve over the noisy levels, divided by the width of that range: the average CCC in noise, "
        "with 95 % intervals. Controls are left out.",
        per_sheet=4,
        metric="ccc_auc",
    ),
    "ccc-clean": Kind(
        clean_scores,
        "CCC on clean speech",
        "Where every curve starts, with 95 % intervals.",
        per_sheet=0,
        metric="ccc",
        best_possible=True,
    ),
    "wer-curves": Kind(
        word_errors,
        "Word error rate from clean to harsh",
        "Bands are 95 % intervals from a bootstrap over speakers. More than 100 % means that words were invented.",
        per_sheet=12,
        metric="wer",
    ),
}


def sheets(run: Run) -> dict[str, tuple[str, tuple[Sweep, ...]]]:
    """Return file name -> kind of figure and the sweeps on it, for all that this run has numbers for.

    A kind that needs more than one sheet has about as many sweeps on each.
    """
    metrics = set(run.table["metric"])
    found: dict[str, tuple[str, tuple[Sweep, ...]]] = {}
    for name, kind in FIGURES.items():
        shown = tuple(sweep for sweep in run.sweeps if kind.shows(sweep))
        if kind.metric not in metrics or (kind.per_sheet and not shown):
            continue
        count = -(-len(shown) // kind.per_sheet) if kind.per_sheet else 1
        for sheet in range(count):
            part = shown[sheet * len(shown) // count : (sheet + 1) * len(shown) // count]
            found[f"{name}-{sheet + 1}" if count > 1 else name] = (name, part)
    return found


def save_figure(figure: "Figure", folder: Path, name: str) -> None:
    """Write a figure as SVG, PDF with embedded fonts, and PNG; the same figure gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    with style.paper():
        # Laying out takes longer than drawing: once is enough for three formats.
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        for suffix, options in FORMATS.items():
            figure.savefig(folder / f"{name}.{suffix}", format=suffix, **options)


def _ccc_limits(run: Run) -> tuple[float, float]:
    """Return one CCC axis for every panel and sheet, so that they can be compared by eye."""
    rows = run.table[run.table["metric"] == "ccc"]
    ends = rows[["value", "ci_low", "ci_high"]].to_numpy(float)
    known = ends[np.isfinite(ends)]
    low, high = min([0.0, *known]), max([0.5, *known])
    # The words above the line of the best possible need room.
    top = max([min(high + 0.04, 1.02), *(best + 0.1 for best in run.best_possible.values())])
    return low - 0.04, top


def _stations(sweep: Sweep) -> list[str]:
    return [CLEAN, *(point.condition for point in sweep.points)]


def _summary(run: Run, metric: str) -> ScoreOf:
    return lambda system, dimension, sweep: run.summary(metric, system.name, dimension, sweep)


def _dots(
    run: Run,
    sweeps: Sequence[Sweep],
    score_of: ScoreOf,
    label: str,
    *,
    share: bool = False,
    start: Callable[[System, str], Score | None] | None = None,
) -> "Figure":
    """Return a panel for each sweep and dimension, with a dot and an interval for each system that listens.

    Args:
        run: the run.
        sweeps: a row each.
        score_of: returns what a dot shows.
        label: of the x axis.
        share: whether it shows a share of clean CCC, and not a CCC.
        start: returns what a tick shows beside the dot; no ticks unless given.
    """
    limits = RATIO_RANGE if share else _ccc_limits(run)
    systems = [system for system in run.systems.values() if system.family != "control"]
    looks = style.looks(list(run.systems.values()))
    with style.paper():
        figure, axes = grid(len(sweeps), len(run.dimensions), width=WIDTH, height=0.5 + 0.165 * max(len(systems), 2))
        for row, sweep in enumerate(sweeps):
            for column, dimension in enumerate(run.dimensions):
                ax = axes[row][column]
                scores = [score_of(system, dimension, sweep) for system in systems]
                dots_and_intervals(ax, systems, scores, looks, limits=limits, named=column == 0)
                if start is not None:
                    ticks(ax, [start(system, dimension) for system in systems])
                if row == 0:
                    ax.set_title(plain(dimension), fontweight="bold")
                if row == len(sweeps) - 1:
                    ax.set_xlabel(label)
                else:
                    ax.tick_params(labelbottom=False)
                if share:
                    ax.axvline(1, color=style.FAINT, linewidth=0.5)
                    ax.set_xticks(RATIO_TICKS, [f"{percent(value)} %" for value in RATIO_TICKS])
        at_one_level = share or start is not None
        names = [sweep.where if at_one_level else sweep.name for sweep in sweeps]
        # They begin where the names of the systems end.
        beside = max((inches(system.name) for system in systems), default=0.0)
        headings(figure, axes, names, width=max(figure.get_figwidth() - beside - 0.2, TITLE_WIDTH))
        return signed(figure, run)
