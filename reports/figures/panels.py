"""What stands around the panels of a figure: the grid they stand in, titles, headings, legends, the signature."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from reports.figures import style
from reports.figures.style import Look, drawable, plain
from reports.run.run import Subject

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Where a title may be broken: between the steps of a chain, or else within a name, or else anywhere.
BREAKS = (r"(?=[+ ])", r"(?<=[-_.])", r"(?<=.)")


def grid(
    rows: int, columns: int, *, width: float, height: float, ratios: Sequence[float] | None = None
) -> "tuple[Figure, list[list[Axes]]]":
    """Return a figure and its panels.

    Args:
        rows: how many panels are above each other.
        columns: how many are beside each other.
        width: of a panel, in inches.
        height: of a panel, in inches; the mean of them where they differ.
        ratios: how the heights of the rows relate; all are the same unless given.

    Returns:
        The figure, and its panels row by row.
    """
    from matplotlib.figure import Figure

    # One column alone would leave no room for the legend.
    figure = Figure(figsize=(max(width * columns + 0.4, 4.2), height * rows + 0.7), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, height_ratios=ratios)
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
    return float(text_to_path.get_text_width_height_descent(drawable(line), font, ismath=False)[0]) / 72


def legend(figure: "Figure", looks: Mapping[str, Look]) -> None:
    """Put names and looks above the panels."""
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], **look.line, **look.dot, label=plain(name)) for name, look in looks.items()]
    # The line of an entry and the space around it, and the longest name; the same number of entries in every row.
    entry = 0.55 + max(map(inches, looks), default=0.0)
    rows = -(-len(handles) // max(1, int(figure.get_figwidth() / entry)))
    columns = -(-len(handles) // rows)
    figure.legend(handles=handles, loc="outside upper center", ncols=columns, frameon=False, handlelength=3)


def signed(figure: "Figure", run: Subject) -> "Figure":
    """Write under the figure what corpus it shows: a synthetic one is called so wherever the figure goes."""
    kind = "synthetic corpus" if run.corpus["synthetic"] else "corpus"
    text = f"{kind} {run.corpus['name']} \N{MIDDLE DOT} {run.size}"
    figure.supxlabel(plain(text), fontsize=6, color=style.FAINT, x=0.995, ha="right")
    return figure
