"""What is drawn inside a panel: curves with bands, dots with intervals, the level axis."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import pandas as pd

from reports.figures import style
from reports.figures.style import Look, plain
from reports.run.sweeps import CLEAN, Sweep
from reports.run.words import MISSING, UNDEFINED, Score

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# A panel whose smallest step between levels is below this share of its range spaces its levels evenly instead.
TIGHTEST = 1 / 12


def lines_and_bands(
    ax: "Axes", sweep: Sweep, scores: Mapping[str, Sequence[Score | None]], looks: Mapping[str, Look]
) -> None:
    """Draw a line and a band for each system; a hole stays a gap.

    Args:
        ax: the panel.
        sweep: what its x axis is.
        scores: of each system on clean speech and at every point; the first system is drawn on top.
        looks: how each system is drawn.
    """
    frame = _frame(sweep, scores)
    # Many bands on each other must not hide the lines.
    alpha = min(0.11, 0.5 / len(scores)) if scores else 0.0
    for name in reversed([*scores]):
        look = looks[name]
        of = frame[frame["system"] == name]
        # From clean to the mildest level: dotted, for clean speech is not on the scale.
        ends = of[of["station"] <= 1]
        if ends["value"].notna().all():
            ax.plot(ends["x"], ends["value"], color=look.colour, linewidth=0.6, linestyle=(0, (1, 2)))
        noisy = of[of["station"] > 0]
        ax.fill_between(noisy["x"], noisy["ci_low"], noisy["ci_high"], color=look.colour, alpha=alpha, linewidth=0)
        for _, joined in of.dropna(subset="value").groupby("stretch"):
            ax.plot(joined["x"], joined["value"], **look.line, **look.dot)
            if len(joined) == 1:
                # A point without neighbours has no band: a bar shows its interval.
                ax.vlines(
                    joined["x"], joined["ci_low"], joined["ci_high"], color=look.colour, alpha=0.35, linewidth=1.4
                )


def level_axis(ax: "Axes", sweep: Sweep, *, named: bool) -> None:
    """Let the x axis run from clean to harsh; ``named`` writes the quantity under it."""
    xs = _positions(sweep)
    # What has no level bears the name of its sweep, which stands over the panel already.
    levels = [point.tick if point.level is not None else "corrupted" for point in sweep.points]
    ax.set_xticks(xs, [CLEAN, *levels])
    ax.set_xlim(xs[0] - 0.12, xs[-1] + 0.07)
    # Clean speech has no level: a rule sets it apart from the scale.
    ax.axvline(xs[0] / 2, color=style.RULE, linewidth=0.6, linestyle=(0, (3, 2)))
    if named:
        ax.set_xlabel(plain(f"{sweep.level_unit} \N{RIGHTWARDS ARROW} harsher" if sweep.level_unit else "condition"))


@dataclass(frozen=True)
class Dot:
    """A row of a panel.

    Attributes:
        label: its name.
        score: what it shows; None for a hole.
        look: how.
        wider: the same with an interval that holds more; None for none.
        single: what the number is the mean of.
    """

    label: str
    score: Score | None
    look: Look
    wider: Score | None = None
    single: tuple[float, ...] = ()


def dots_and_intervals(ax: "Axes", dots: Sequence[Dot], *, limits: tuple[float, float], named: bool) -> None:
    """Draw a dot and an interval in each row, or the word for why there is none; ``named`` writes the labels."""
    low, high = limits
    ax.set_xlim(limits)
    ax.set_ylim(len(dots) - 0.4, -0.6)
    ax.set_yticks(range(len(dots)), [plain(dot.label) if named else "" for dot in dots])
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x")
    ax.axvline(0, color=style.FAINT, linewidth=0.5)
    for y, dot in enumerate(dots):
        score, colour = dot.score, dot.look.colour
        if score is None or not score.defined:
            words = UNDEFINED if score is not None else MISSING
            ax.text(
                max(low, 0) + 0.02 * (high - low), y, words, fontsize=6, color=style.FAINT, va="center", style="italic"
            )
            continue
        if score.has_interval:
            ax.hlines(y, max(score.low, low), min(score.high, high), color=colour, linewidth=1.6, alpha=0.45)
        if dot.wider is not None and dot.wider.has_interval:
            ax.hlines(y, max(dot.wider.low, low), min(dot.wider.high, high), color=colour, linewidth=0.6, alpha=0.7)
        inside = [value for value in dot.single if low <= value <= high]
        ax.plot(inside, [y] * len(inside), linestyle="", marker="|", markersize=4.5, markeredgewidth=0.6, color=colour)
        if low <= score.value <= high:
            ax.plot(score.value, y, **{**dot.look.dot, "markersize": 4}, zorder=3)
        for beyond, edge, arrow in ((score.low < low, low, "<"), (score.high > high, high, ">")):
            if beyond:
                ax.plot(edge, y, marker=arrow, color=colour, markersize=3.5, markeredgewidth=0, clip_on=False)


def ticks(ax: "Axes", scores: Sequence[Score | None]) -> None:
    """Mark where each system of ``dots_and_intervals`` started from."""
    known = [(score.value, y) for y, score in enumerate(scores) if score is not None and score.defined]
    ax.vlines(
        [x for x, _ in known],
        [y - 0.32 for _, y in known],
        [y + 0.32 for _, y in known],
        color=style.FAINT,
        linewidth=0.8,
    )


def best_possible(ax: "Axes", value: float) -> None:
    """Draw the highest CCC that any system can expect."""
    ax.axhline(value, **style.BEST)
    ax.annotate(
        "best possible", (1, value), xycoords=("axes fraction", "data"), xytext=(0, 1), textcoords="offset points",
        ha="right", va="bottom", fontsize=5.5, color=style.FAINT,
    )  # fmt: skip


def _frame(sweep: Sweep, scores: Mapping[str, Sequence[Score | None]]) -> pd.DataFrame:
    """Return a row for each system and station: where it stands, what it shows, and which stretch it belongs to.

    A stretch is what one line can join: clean speech is one of its own, and a hole ends one.
    """
    xs = _positions(sweep)
    rows = []
    for name, shift in zip(scores, _shifts(len(scores), xs), strict=True):
        stretch = 0
        for station, (x, score) in enumerate(zip(xs, scores[name], strict=True)):
            one = score if score is not None else Score(math.nan)
            stretch += station == 1 or not one.defined
            rows.append((name, station, x if station else x + shift, stretch, one.value, one.low, one.high))
    return pd.DataFrame(rows, columns=["system", "station", "x", "stretch", "value", "ci_low", "ci_high"])


def _shifts(count: int, xs: Sequence[float]) -> list[float]:
    """Return how far each system stands from the place of clean speech: side by side, bars can be told apart."""
    room = min(0.3 * (xs[1] - xs[0]), 0.012 * count)
    return [room * (2 * index / (count - 1) - 1) if count > 1 else 0.0 for index in range(count)]


def _positions(sweep: Sweep) -> list[float]:
    """Return the x of clean (0) and of every point: levels to scale from 1 to 2, unless they would crowd."""
    levels = [point.level for point in sweep.points]
    known = [level for level in levels if level is not None]
    span = abs(known[-1] - known[0]) if len(known) == len(levels) else 0.0
    steps = [abs(b - a) for a, b in pairwise(known)]
    clean_gap = 1 / max(len(levels) - 1, 3)
    if not span or min(steps) < TIGHTEST * span:
        return [-clean_gap, *(index / max(len(levels) - 1, 1) for index in range(len(levels)))]
    return [-clean_gap, *(abs(level - known[0]) / span for level in known)]
