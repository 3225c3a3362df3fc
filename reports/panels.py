"""What the panels of a figure are drawn with: curves with bands, dots with intervals, level axes, legends."""

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pandas as pd

from reports import style
from reports.run import Run, System
from reports.style import Look, plain
from reports.sweeps import CLEAN, Sweep
from reports.words import MISSING, UNDEFINED, Score

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# A panel whose smallest step between levels is below this share of its range spaces its levels evenly instead.
TIGHTEST = 1 / 12
# Where a title may be broken: between the steps of a chain, or else within a name, or else anywhere.
BREAKS = (r"(?=[+ ])", r"(?<=[-_.])", r"(?<=.)")


def grid(rows: int, columns: int, *, width: float, height: float) -> "tuple[Figure, list[list[Axes]]]":
    """Return a figure and its panels, row by row; ``width`` and ``height`` are those of a panel, in inches."""
    from matplotlib.figure import Figure

    # One column alone would leave no room for the legend.
    figure = Figure(figsize=(max(width * columns + 0.4, 4.2), height * rows + 0.7), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for ax in axes.flat:
        ax.spines[["top", "right"]].set_visible(False)
    return figure, axes.tolist()


def headings(figure: "Figure", axes: "Sequence[Sequence[Axes]]", texts: Sequence[str], *, width: float) -> None:
    """Write a heading above every row of panels, under the titles of its panels; the figure grows by what they need.

    Args:
        figure: the figure.
        axes: its panels, row by row.
        texts: a heading for each row.
        width: how wide a heading may be, in inches; a longer one is broken into lines.
    """
    from matplotlib import rcParams

    for row, text in zip(axes, texts, strict=True):
        heading = wrapped(text, width)
        # The heading itself may run over its neighbours, so the layout is told of empty lines instead.
        lines = "\n" * heading.count("\n")
        for ax in row:
            ax.set_title(f"{ax.get_title()}\n{lines}" if ax.get_title() else f" {lines}", fontweight="bold")
        row[0].annotate(
            heading, (0, 1), xycoords="axes fraction", xytext=(0, rcParams["axes.titlepad"]),
            textcoords="offset points", fontsize=rcParams["axes.titlesize"], va="baseline", in_layout=False,
        )  # fmt: skip
    _grow(figure, axes)


def titles(figure: "Figure", axes: "Sequence[Sequence[Axes]]", texts: Sequence[str], *, width: float) -> None:
    """Write a title above every panel, row by row; the figure grows by the lines that long ones need.

    Args:
        figure: the figure.
        axes: its panels, row by row; those that get no title come last.
        texts: the titles.
        width: how wide a title may be, in inches.
    """
    for ax, text in zip((ax for row in axes for ax in row), texts, strict=False):
        ax.set_title(wrapped(text, width), fontweight="bold")
    _grow(figure, axes)


def _grow(figure: "Figure", axes: "Sequence[Sequence[Axes]]") -> None:
    """Let the figure be higher by all lines of titles but one a row, so that its panels keep their height."""
    from matplotlib import rcParams

    lines = sum(max(ax.get_title().count("\n") for ax in row) for row in axes)
    figure.set_figheight(figure.get_figheight() + lines * 1.2 * rcParams["axes.titlesize"] / 72)


def wrapped(text: str, width: float) -> str:
    """Return a title, as matplotlib shows it, with line breaks where it would be wider than ``width`` inches.

    Examples:
        >>> with style.paper():
        ...     print(wrapped("reverb@0.6s+babble-2-dry+mp3", 2))
        reverb@0.6s+babble-2-dry
        +mp3
    """
    parts = [text]
    for where in BREAKS:
        parts = [piece for part in parts for piece in ([part] if inches(part) <= width else re.split(where, part))]
    lines = [""]
    for part in parts:
        if lines[-1] and inches(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part if lines[-1] else part.lstrip(" ")
    return plain("\n".join(lines))


def inches(line: str) -> float:
    """Return how wide a line is as a title."""
    from matplotlib import rcParams
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(weight="bold", size=rcParams["axes.titlesize"])
    return float(text_to_path.get_text_width_height_descent(line, font, ismath=False)[0]) / 72


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
    import seaborn as sns

    frame = _frame(sweep, scores)
    drawn: dict[str, Any] = {"ax": ax, "x": "x", "y": "value", "hue": "system", "hue_order": list(scores)[::-1]}
    drawn |= {"palette": {name: look.colour for name, look in looks.items()}, "estimator": None, "legend": False}
    # From clean to the mildest level: dotted, for clean speech is not on the scale.
    ends = frame[frame["station"] <= 1]
    both = ends.groupby("system")["value"].transform("count") == 2  # noqa: PLR2004 - clean speech and mildest level
    sns.lineplot(ends.assign(value=ends["value"].where(both)), **drawn, linewidth=0.6, linestyle=(0, (1, 2)))
    styles = {
        "dashes": {name: look.dash or "" for name, look in looks.items()},
        "markers": {name: look.marker for name, look in looks.items()},
    }
    dots = {"markersize": 3, "markeredgewidth": 0}
    sns.lineplot(frame, **drawn, **styles, **dots, style="system", units="stretch", linewidth=1.2)
    noisy = frame[frame["station"] > 0]
    for name, look in looks.items():
        band = noisy[noisy["system"] == name]
        ax.fill_between(band["x"], band["ci_low"], band["ci_high"], color=look.colour, alpha=0.11, linewidth=0)
    # A point without neighbours has no band: a bar shows its interval.
    known = frame.dropna(subset="value")
    alone = known[known.groupby(["system", "stretch"])["x"].transform("size") == 1]
    colours = [looks[name].colour for name in alone["system"]]
    ax.vlines(alone["x"], alone["ci_low"], alone["ci_high"], colors=colours, alpha=0.35, linewidth=1.4)
    ax.set(xlabel="", ylabel="")


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
    room = 0.3 * (xs[1] - xs[0])
    return [room * (2 * index / (count - 1) - 1) if count > 1 else 0.0 for index in range(count)]


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
    import seaborn as sns

    low, high = limits
    shown = {
        system.name: (y, score.value)
        for y, (system, score) in enumerate(zip(systems, scores, strict=True))
        if score is not None and low <= score.value <= high
    }
    if shown:
        ys, values = zip(*shown.values(), strict=True)
        names = list(shown)
        colours = {name: looks[name].colour for name in names}
        markers = {name: looks[name].marker for name in names}
        look: dict[str, Any] = {"palette": colours, "markers": markers, "s": 16, "linewidth": 0, "zorder": 3}
        sns.scatterplot(ax=ax, x=values, y=ys, hue=names, style=names, legend=False, **look)
    ax.set_xlim(limits)
    ax.set_ylim(len(systems) - 0.4, -0.6)
    ax.set_yticks(range(len(systems)), [plain(system.name) for system in systems] if named else [""] * len(systems))
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x")
    ax.axvline(0, color=style.FAINT, linewidth=0.5)
    for y, (system, score) in enumerate(zip(systems, scores, strict=True)):
        colour = looks[system.name].colour
        if score is None or not score.defined:
            words = UNDEFINED if score is not None else MISSING
            ax.text(
                max(low, 0) + 0.02 * (high - low), y, words, fontsize=6, color=style.FAINT, va="center", style="italic"
            )
            continue
        if score.has_interval:
            ax.hlines(y, max(score.low, low), min(score.high, high), color=colour, linewidth=1.6, alpha=0.45)
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


def legend(figure: "Figure", looks: dict[str, Look]) -> None:
    """Put names and looks above the panels."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            [],
            [],
            color=look.colour,
            linewidth=1.2,
            linestyle=(0, look.dash) if look.dash else "-",
            marker=look.marker,
            markersize=3,
            markeredgewidth=0,
            label=plain(name),
        )
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
