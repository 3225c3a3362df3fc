"""What the panels of a figure are drawn with: curves with bands, dots with intervals, level axes, legends."""

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from reports import style
from reports.curves import CLEAN, Curve
from reports.run import Run, System
from reports.style import Look, plain
from reports.words import MISSING, UNDEFINED, Score

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# A panel whose smallest step between levels is below this share of its range spaces its levels evenly instead.
TIGHTEST = 1 / 12


def grid(rows: int, columns: int, *, width: float, height: float) -> "tuple[Figure, list[list[Axes]]]":
    """Return a figure and its panels, row by row; ``width`` and ``height`` are those of a panel, in inches."""
    from matplotlib.figure import Figure

    # One column alone would leave no room for the legend.
    figure = Figure(figsize=(max(width * columns + 0.4, 4.2), height * rows + 0.7), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for ax in axes.flat:
        ax.spines[["top", "right"]].set_visible(False)
    return figure, axes.tolist()


def _positions(curve: Curve) -> list[float]:
    """Return the x of clean (0) and of every point: levels to scale from 1 to 2, unless they would crowd."""
    levels = [point.level for point in curve.points]
    known = [level for level in levels if level is not None]
    span = abs(known[-1] - known[0]) if len(known) == len(levels) else 0.0
    steps = [abs(b - a) for a, b in pairwise(known)]
    clean_gap = 1 / max(len(levels) - 1, 3)
    if not span or min(steps) < TIGHTEST * span:
        return [-clean_gap, *(index / max(len(levels) - 1, 1) for index in range(len(levels)))]
    return [-clean_gap, *(abs(level - known[0]) / span for level in known)]


def line_and_band(ax: "Axes", curve: Curve, scores: Sequence[Score | None], look: Look) -> None:
    """Draw a system's line and band. A hole stays a gap; a point between two holes gets a bar, for it has no band."""
    xs = _positions(curve)
    there = [score is not None and score.defined for score in scores]
    values, lows, highs = (
        [getattr(score, end) if score is not None else float("nan") for score in scores]
        for end in ("value", "low", "high")
    )
    dots: dict[str, Any] = {"marker": look.marker, "markersize": 3, "markeredgewidth": 0}
    if all(there[:2]):
        ax.plot(xs[:2], values[:2], color=look.colour, linewidth=0.6, linestyle=(0, (1, 2)))
    ax.plot(xs[1:], values[1:], **_line(look), **dots)
    ax.plot(xs[:1], values[:1], color=look.colour, **dots)
    ax.fill_between(xs[1:], lows[1:], highs[1:], color=look.colour, alpha=0.11, linewidth=0)
    for index, score in enumerate(scores):
        neighbours = [there[i] for i in (index - 1, index + 1) if 1 <= i < len(there)]
        alone = index == 0 or not any(neighbours)
        if alone and score is not None and score.has_interval:
            ax.vlines(xs[index], score.low, score.high, color=look.colour, alpha=0.35, linewidth=1.4)


def _line(look: Look) -> dict[str, Any]:
    return {"color": look.colour, "linewidth": 1.2, "linestyle": (0, look.dash) if look.dash else "-"}


def level_axis(ax: "Axes", curve: Curve, *, named: bool) -> None:
    """Let the x axis run from clean to harsh; ``named`` writes the quantity under it."""
    xs = _positions(curve)
    ax.set_xticks(xs, [CLEAN, *(plain(point.tick) for point in curve.points)])
    ax.set_xlim(xs[0] - 0.1, xs[-1] + 0.07)
    # Clean speech has no level: a rule sets it apart from the scale.
    ax.axvline(xs[0] / 2, color=style.RULE, linewidth=0.6, linestyle=(0, (3, 2)))
    if named:
        ax.set_xlabel(plain(f"{curve.level_unit} \N{RIGHTWARDS ARROW} harsher" if curve.level_unit else "condition"))


def dots_and_intervals(
    ax: "Axes",
    systems: Sequence[System],
    scores: Sequence[Score | None],
    looks: dict[str, Look],
    *,
    limits: tuple[float, float],
    named: bool,
) -> None:
    """Draw a dot and an interval for each system, or the word for why there is none."""
    low, high = limits
    ax.set_xlim(limits)
    ax.set_ylim(len(systems) - 0.4, -0.6)
    ax.set_yticks(range(len(systems)), [plain(system.name) for system in systems] if named else [""] * len(systems))
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x")
    ax.axvline(0, color=style.FAINT, linewidth=0.5)
    for y, (system, score) in enumerate(zip(systems, scores, strict=True)):
        look = looks[system.name]
        if score is None or not score.defined:
            words = UNDEFINED if score is not None else MISSING
            ax.text(
                max(low, 0) + 0.02 * (high - low), y, words, fontsize=6, color=style.FAINT, va="center", style="italic"
            )
            continue
        if score.has_interval:
            ax.hlines(y, max(score.low, low), min(score.high, high), color=look.colour, linewidth=1.6, alpha=0.45)
        for beyond, edge, arrow in ((score.low < low, low, "<"), (score.high > high, high, ">")):
            if beyond:
                ax.plot(edge, y, marker=arrow, color=look.colour, markersize=3.5, markeredgewidth=0, clip_on=False)
        if low <= score.value <= high:
            ax.plot(score.value, y, marker=look.marker, color=look.colour, markersize=4, markeredgewidth=0)


def legend(figure: "Figure", looks: dict[str, Look]) -> None:
    """Put names and looks above the panels."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], **_line(look), marker=look.marker, markersize=3, markeredgewidth=0, label=plain(name))
        for name, look in looks.items()
    ]
    # About 1.1 inches for an entry; the same number in every row.
    rows = -(-len(handles) // max(1, int(figure.get_figwidth() / 1.1)))
    columns = -(-len(handles) // rows)
    figure.legend(handles=handles, loc="outside upper center", ncols=columns, frameon=False, handlelength=3)


def signed(figure: "Figure", run: Run) -> "Figure":
    """Write under the figure what corpus it shows: a synthetic one is called so wherever the figure goes."""
    kind = "synthetic corpus" if run.corpus["synthetic"] else "corpus"
    text = f"{kind} {run.corpus['name']} \N{MIDDLE DOT} {run.utterances} test utterances of {run.speakers} speakers"
    figure.supxlabel(plain(text), fontsize=6, color=style.FAINT, x=0.995, ha="right")
    return figure
