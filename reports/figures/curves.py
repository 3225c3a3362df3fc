"""Figures along the levels of a corruption: CCC, the lexical ladder, embedding drift, what a transcriber does wrong."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from reports.figures import style
from reports.figures.casts import casts, ladder, run_looks
from reports.figures.marks import best_possible, level_axis, lines_and_bands
from reports.figures.panels import grid, legend, signed, titles
from reports.figures.sheets import TITLE_WIDTH, WIDTH, Sheet, evenly
from reports.figures.style import Look, plain
from reports.run.run import ERROR_RATES, Run
from reports.run.sweeps import CLEAN, Sweep
from reports.run.systems import LADDER
from reports.run.words import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Sweeps on a sheet whose columns they are, and on one that they fill row by row.
COLUMNS, PANELS = 4, 12
# What a transcriber does wrong beside getting words wrong: metric -> axis.
GUARDS = {
    "insertion_rate": "insertions (%)",
    "character_insertion_rate": "characters (%)",
    "repetition_rate": "repetitions (%)",
    "low_confidence_rate": "low confidence (%)",
    "no_speech_rate": "no speech (%)",
}


def ccc_curves(run: Run) -> list[Sheet]:
    """Return CCC against level: dimensions by corruptions, a line and a band for each system of a cast."""
    if "ccc" not in run.metrics:
        return []
    looks = run_looks(run)
    return [
        Sheet(cast.title, partial(_ccc, run, sweeps, {name: looks[name] for name in cast.names}, {}))
        for cast in casts(run)
        for sweeps in evenly(_curves(run), COLUMNS)
    ]


def ladder_curves(run: Run) -> list[Sheet]:
    """Return the curves of lexical systems that differ in where their words come from."""
    rungs = ladder(run)
    if rungs is None or "ccc" not in run.metrics:
        return []
    looks = run_looks(run)
    labels = {name: f"{name}: {LADDER[run.systems[name].ladder or '']}" for name in rungs.names}
    shown = {name: looks[name] for name in rungs.names}
    return [Sheet("", partial(_ccc, run, sweeps, shown, labels)) for sweeps in evenly(_curves(run), COLUMNS)]


def drift(run: Run) -> list[Sheet]:
    """Return how near embeddings stay to those of clean speech against level, as ``word_errors``."""
    ends = run.table.loc[run.table["metric"] == "drift", ["value", "ci_low", "ci_high"]].to_numpy(float)
    known = ends[np.isfinite(ends)]
    if not known.size:
        return []
    names = run.table.loc[run.table["metric"] == "drift", "system"].unique()
    looks = {name: Look(colour) for name, colour in zip(names, style.PALETTE * len(names), strict=False)}
    room = 0.04 * max(1 - known.min(), 0.05)
    return _one_metric(run, "drift", "cosine to clean", (known.min() - room, 1 + room), looks)


def word_errors(run: Run) -> list[Sheet]:
    """Return word error rate against level, a panel for each corruption, a line and a band for each transcriber."""
    return _error_sheets(run, "wer")


def character_errors(run: Run) -> list[Sheet]:
    """Return character error rate against level, as ``word_errors``."""
    return _error_sheets(run, "cer")


def guards(run: Run) -> list[Sheet]:
    """Return what else transcribers do wrong against level: kinds of error by corruptions."""
    metrics = [metric for metric in GUARDS if metric in run.metrics]
    shown = run.sweeps if metrics else ()
    return [Sheet("", partial(_guards, run, sweeps, metrics)) for sweeps in evenly(shown, COLUMNS)]


def ccc_limits(run: Run) -> tuple[float, float]:
    """Return one CCC axis for every panel and sheet, so that they can be compared by eye."""
    rows = run.table[run.table["metric"] == "ccc"]
    ends = rows[["value", "ci_low", "ci_high"]].to_numpy(float)
    known = ends[np.isfinite(ends)]
    low, high = min([0.0, *known]), max([0.5, *known])
    # The words above the line of the best possible need room.
    top = max([min(high + 0.04, 1.02), *(best + 0.1 for best in run.best_possible.values())])
    return low - 0.04, top


def _curves(run: Run) -> list[Sweep]:
    return [sweep for sweep in run.sweeps if len(sweep.points) > 1]


def _ccc(run: Run, sweeps: Sequence[Sweep], looks: Mapping[str, Look], labels: Mapping[str, str]) -> "Figure":
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
                scores = {name: [run.score("ccc", name, dimension, at) for at in _stations(sweep)] for name in looks}
                lines_and_bands(ax, sweep, scores, looks)
                if dimension in run.best_possible:
                    best_possible(ax, run.best_possible[dimension])
                level_axis(ax, sweep, named=row == rows - 1)
                ax.set_ylim(ccc_limits(run))
                if column == 0:
                    ax.set_ylabel(plain("CCC" if alone else f"{dimension} CCC"))
                else:
                    ax.tick_params(labelleft=False)
        names = [sweep.name for sweep in sweeps]
        titles(figure, axes, [f"{one} in {names[0]}" for one in run.dimensions] if alone else names, width=TITLE_WIDTH)
        legend(figure, {labels.get(name, name): look for name, look in looks.items()})
        return signed(figure, run)


def _error_sheets(run: Run, metric: str) -> list[Sheet]:
    if metric not in run.metrics:
        return []
    limits = (0, 1.05 * max(1.0, _highest(run, metric)))
    return _one_metric(run, metric, f"{ERROR_RATES[metric]} (%)", limits, _transcribers(run, [metric]))


def _one_metric(
    run: Run, metric: str, label: str, limits: tuple[float, float], looks: Mapping[str, Look]
) -> list[Sheet]:
    return [Sheet("", partial(_panels, run, metric, label, limits, looks, some)) for some in evenly(run.sweeps, PANELS)]


def _panels(
    run: Run, metric: str, label: str, limits: tuple[float, float], looks: Mapping[str, Look], sweeps: Sequence[Sweep]
) -> "Figure":
    columns = min(len(sweeps), COLUMNS)
    with style.paper():
        figure, axes = grid(-(-len(sweeps) // columns), columns, width=WIDTH, height=1.75)
        panels = [ax for row in axes for ax in row]
        for index, (ax, sweep) in enumerate(zip(panels, sweeps, strict=False)):
            scores = {name: [run.score(metric, name, None, where) for where in _stations(sweep)] for name in looks}
            lines_and_bands(ax, sweep, scores, looks)
            level_axis(ax, sweep, named=True)
            ax.set_ylim(limits)
            if metric in ERROR_RATES:
                ax.yaxis.set_major_formatter(lambda value, _: percent(value))
            ax.axhline(1, color=style.FAINT, linewidth=0.5)
            if index % columns == 0:
                ax.set_ylabel(label)
            else:
                ax.tick_params(labelleft=False)
        titles(figure, axes, [sweep.name for sweep in sweeps], width=TITLE_WIDTH)
        for ax in panels[len(sweeps) :]:
            ax.remove()
        legend(figure, looks)
        return signed(figure, run)


def _guards(run: Run, sweeps: Sequence[Sweep], metrics: Sequence[str]) -> "Figure":
    looks = _transcribers(run, metrics)
    with style.paper():
        figure, axes = grid(len(metrics), len(sweeps), width=WIDTH, height=1.3)
        for metric, row in zip(metrics, axes, strict=True):
            for ax, sweep in zip(row, sweeps, strict=True):
                scores = {name: [run.score(metric, name, None, where) for where in _stations(sweep)] for name in looks}
                lines_and_bands(ax, sweep, scores, looks)
                level_axis(ax, sweep, named=metric == metrics[-1])
                # What hardly ever happens must not look like much.
                ax.set_ylim(0, 1.05 * max(0.1, _highest(run, metric)))
                ax.locator_params(axis="y", nbins=4, steps=[1, 2, 5, 10])
                ax.yaxis.set_major_formatter(lambda value, _: percent(value))
                ax.tick_params(labelleft=ax is row[0])
            row[0].set_ylabel(GUARDS[metric])
        titles(figure, axes, [sweep.name for sweep in sweeps], width=TITLE_WIDTH)
        legend(figure, looks)
        return signed(figure, run)


def _transcribers(run: Run, metrics: Sequence[str]) -> dict[str, Look]:
    """Return those that have one of the metrics, each in the colour that it has in every figure."""
    every = run.table.loc[run.table["metric"].isin([*ERROR_RATES, *GUARDS]), "system"].unique()
    colours = style.PALETTE * len(every)
    shown = {*run.table.loc[run.table["metric"].isin(metrics), "system"]}
    return {name: Look(colour) for name, colour in zip(every, colours, strict=False) if name in shown}


def _highest(run: Run, metric: str) -> float:
    known = [score for (one, *_), score in run.scores.items() if one == metric and score.defined]
    return max((score.high if score.has_interval else score.value for score in known), default=0.0)


def _stations(sweep: Sweep) -> list[str]:
    return [CLEAN, *(point.condition for point in sweep.points)]
