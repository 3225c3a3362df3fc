"""Figures of what happened in training: small multiples, a panel for each system."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pandas as pd

from reports.figures import style
from reports.figures.casts import run_looks
from reports.figures.panels import grid, signed, titles
from reports.figures.sheets import Sheet, evenly
from reports.figures.style import Look
from reports.run.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS, PER_SHEET = 5, 20
WIDTH, HEIGHT = 1.45, 1.75

Panels = Sequence[tuple[str, pd.DataFrame]]


def training(run: Run) -> list[Sheet]:
    """Return CCC on the development set, and the training loss under it, by epoch: a line for each seed."""
    panels = _panels(run, run.extras["training"], ["system"])
    return [Sheet("", partial(_training, run, part)) for part in evenly(panels, PER_SHEET)]


def layers(run: Run) -> list[Sheet]:
    """Return the weights that a learned sum gives to the layers of an encoder: a line for each seed."""
    panels = _panels(run, run.extras["layers"], ["system", "input"])
    return [Sheet("", partial(_layers, run, part)) for part in evenly(panels, PER_SHEET)]


def _panels(run: Run, table: pd.DataFrame, keys: list[str]) -> list[tuple[str, pd.DataFrame]]:
    """Return the rows that ``keys`` tell apart, with a title; systems are in their order."""
    order = {name: place for place, name in enumerate(run.systems)}
    found = sorted(table.groupby(keys, sort=False), key=lambda one: order.get(one[1]["system"].iloc[0], len(order)))
    return [(": ".join(map(str, rows[keys].iloc[0])), rows) for _, rows in found]


def _look(run: Run, rows: pd.DataFrame) -> Look:
    # A teacher that was not tested has no look of its own.
    return run_looks(run).get(rows["system"].iloc[0], Look(style.INK))


def _training(run: Run, panels: Panels) -> "Figure":
    lowest = min(0.0, *(rows["dev_mean"].min() for _, rows in panels))
    highest = max(0.5, *(rows["dev_mean"].max() for _, rows in panels))
    parts = _filled(panels)
    with style.paper():
        figure, axes = grid(2 * len(parts), len(parts[0]), width=WIDTH, height=HEIGHT / 2, ratios=[1.5, 1] * len(parts))
        for number, part in enumerate(parts):
            for column, (ax, loss) in enumerate(zip(axes[2 * number], axes[2 * number + 1], strict=True)):
                if column >= len(part):
                    ax.remove()
                    loss.remove()
                    continue
                _, rows = part[column]
                line: dict[str, Any] = {"color": _look(run, rows).colour, "linewidth": 0.8, "alpha": 0.8}
                # What trains in stages starts anew in each.
                for _, course in rows.groupby(["seed", "stage"] if "stage" in rows else "seed", dropna=False):
                    ax.plot(course["epoch"], course["dev_mean"], **line)
                    loss.plot(course["epoch"], course["train_loss"], **line)
                kept = rows[rows["kept"].astype(bool)]
                ax.plot(kept["epoch"], kept["dev_mean"], "o", color=line["color"], markersize=3, zorder=3)
                ax.set_ylim(lowest - 0.05, highest + 0.05)
                ax.sharex(loss)
                ax.tick_params(labelbottom=False, labelleft=column == 0)
                loss.locator_params(axis="y", nbins=3)
                loss.locator_params(axis="x", nbins=4, integer=True)
                if column == 0:
                    ax.set_ylabel("dev CCC")
                    loss.set_ylabel("loss")
                if number == len(parts) - 1 or column >= len(parts[number + 1]):
                    loss.set_xlabel("epoch")
        for number, part in enumerate(parts):
            titles(figure, [axes[2 * number]], [title for title, _ in part], width=WIDTH - 0.15)
        return signed(figure, run)


def _layers(run: Run, panels: Panels) -> "Figure":
    parts = _filled(panels)
    with style.paper():
        figure, axes = grid(len(parts), len(parts[0]), width=WIDTH, height=HEIGHT * 0.75)
        for part, row in zip(parts, axes, strict=True):
            for ax, (_, rows) in zip(row, part, strict=False):
                count = rows["layer"].nunique()
                # What every layer would get if none were better.
                ax.axhline(1 / count, color=style.FAINT, linewidth=0.5, linestyle=(0, (1, 2)))
                for _, of_seed in rows.sort_values("layer").groupby("seed", sort=True):
                    look = _look(run, rows)
                    ax.plot(of_seed["layer"], of_seed["weight"], color=look.colour, linewidth=0.8, marker=".")
                ax.set_ylim(0, max(2 / count, 1.1 * run.extras["layers"]["weight"].max()))
                ax.locator_params(axis="x", nbins=5, integer=True)
                ax.set_xlabel("layer")
                ax.tick_params(labelleft=ax is row[0])
            for ax in row[len(part) :]:
                ax.remove()
            row[0].set_ylabel("weight")
        titles(figure, axes, [title for title, _ in panels], width=WIDTH - 0.15)
        return signed(figure, run)


def _filled(panels: Panels) -> list[Panels]:
    """Return the panels row by row: all rows but the last are full."""
    starts = [*range(0, len(panels), COLUMNS), len(panels)]
    return [panels[start:end] for start, end in pairwise(starts)]
