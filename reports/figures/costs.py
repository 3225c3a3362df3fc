"""What a system costs beside what it achieves: parameters, computing time, CCC."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reports.figures import style
from reports.figures.casts import run_looks
from reports.figures.panels import grid, signed
from reports.figures.sheets import Sheet
from reports.figures.style import plain
from reports.run.run import ALL_NOISE, MEAN, Run
from reports.run.sweeps import CLEAN
from reports.run.words import GAP, MISSING, Score, with_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NO_SCORE = Score(math.nan)
# Between the names beside a panel, in inches.
LINE = 0.125


@dataclass(frozen=True)
class Cost:
    """What one system costs and achieves; NaN, or None for a score, where a number is not known.

    Attributes:
        system: its name.
        trained_parameters: of its head.
        pretrained_parameters: of the models it builds on.
        rtf: the real-time factor, seconds of computing per second of speech.
        clean: mean CCC of the dimensions on clean speech, as the table has it.
        noisy: mean CCC of the dimensions over all corruptions, as the table has it.
    """

    system: str
    trained_parameters: float
    pretrained_parameters: float
    rtf: float
    clean: Score | None
    noisy: Score | None

    @property
    def cells(self) -> tuple[str, ...]:
        """The numbers as a table shows them."""
        time = MISSING if math.isnan(self.rtf) else f"{self.rtf:#.2g}".rstrip(".")
        ccc = map(with_interval, (self.clean, self.noisy))
        return (amount(self.trained_parameters), amount(self.pretrained_parameters), time, *ccc)


HEADS = (
    "trained parameters",
    "pretrained parameters",
    "real-time factor",
    "clean mean CCC",
    "mean CCC over corruptions",
)


def costs(run: Run) -> tuple[Cost, ...]:
    """Return the costs of every system that the run knows them of, in the order of the systems."""
    known = run.extras["costs"].set_index("system")
    numbers = known[["trained_parameters", "pretrained_parameters", "real_time_factor"]].astype(float)
    found = []
    for name in run.systems:
        if name in known.index:
            head, pretrained, rtf = map(float, numbers.loc[name])
            scores = run.score("ccc", name, MEAN, CLEAN), run.score(ALL_NOISE, name, MEAN, None)
            found.append(Cost(name, head, pretrained, rtf, *scores))
    return tuple(found)


def amount(count: float) -> str:
    """Return a number of parameters as one says it.

    Examples:
        >>> amount(0), amount(950), amount(float("nan")), amount(7.2e6) == f"7.2{GAP}M"
        ('0', '950', 'missing', True)
    """
    if math.isnan(count):
        return MISSING
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= size:
            return f"{count / size:.{1 if count < 10 * size else 0}f}{GAP}{letter}"
    return f"{count:.0f}"


def cost_table(run: Run) -> pd.DataFrame:
    """Return the table of costs unrounded, as its CSV has it."""
    rows = [
        (
            *(one.system, run.systems[one.system].family, one.trained_parameters, one.pretrained_parameters, one.rtf),
            *(
                number
                for of in (one.clean or NO_SCORE, one.noisy or NO_SCORE)
                for number in (of.value, of.low, of.high)
            ),
        )
        for one in costs(run)
    ]
    columns = [
        "system",
        "family",
        "trained_parameters",
        "pretrained_parameters",
        "real_time_factor",
        *(f"ccc_{where}{end}" for where in ("clean", "noisy") for end in ("", "_ci_low", "_ci_high")),
    ]
    return pd.DataFrame(rows, columns=columns)


def cost_figure(run: Run) -> list[Sheet]:
    """Return mean CCC against computing time, on clean speech and over all corruptions; every system is named."""
    return [Sheet("", partial(_scatter, run))] if any(one.rtf > 0 for one in costs(run)) else []


def _scatter(run: Run) -> "Figure":
    known = [one for one in costs(run) if one.rtf > 0]
    panels = {
        title: scores
        for title, scores in {
            "clean speech": [one.clean or NO_SCORE for one in known],
            "all corruptions": [one.noisy or NO_SCORE for one in known],
        }.items()
        if any(score.defined for score in scores)
    }
    values = [score.value for scores in panels.values() for score in scores if score.defined]
    limits = min(0.0, *values) - 0.04, max(0.5, *values) + 0.04
    with style.paper():
        height = max(1.9, LINE * len(known) + 0.3)
        figure, axes = grid(1, max(len(panels), 1), width=3.6, height=height)
        for ax, (title, scores) in zip(axes[0], panels.items(), strict=False):
            ax.set_xscale("log")
            ax.set_ylim(limits)
            ax.axhline(0, color=style.FAINT, linewidth=0.5)
            ax.grid(axis="x")
            times = [one.rtf for one in known]
            ax.set_xlim(min(times) / 2, max(times) * 2)
            _named_dots(run, ax, [one.system for one in known], times, scores, gap=LINE / height)
            ax.set_title(title, fontweight="bold")
            ax.set_xlabel("real-time factor (s per s)")
        axes[0][0].set_ylabel("mean CCC")
        return signed(figure, run)


def _named_dots(
    run: Run, ax: "Axes", names: Sequence[str], times: Sequence[float], scores: Sequence[Score], *, gap: float
) -> None:
    """Draw a dot for each system and its name at the right edge, with a thin line from one to the other.

    Names stand at least ``gap`` apart, which is a part of the panel's height.
    """
    looks = run_looks(run)
    shown = [(name, x, score.value) for name, x, score in zip(names, times, scores, strict=True) if score.defined]
    shown.sort(key=lambda one: -one[2])
    low, high = ax.get_ylim()
    places = spread([(value - low) / (high - low) for _, _, value in shown], gap)
    for (name, x, value), place in zip(shown, places, strict=True):
        colour = looks[name].colour
        ax.plot(x, value, **{**looks[name].dot, "markersize": 4.5}, zorder=3)
        line = {
            "arrowstyle": "-",
            "linewidth": 0.4,
            "color": colour,
            "alpha": 0.6,
            "relpos": (0, 0.5),
            "shrinkA": 1,
            "shrinkB": 2,
        }
        ax.annotate(
            plain(name), (x, value), xytext=(1.03, place), textcoords="axes fraction", va="center", fontsize=6.5,
            arrowprops=line,
        )  # fmt: skip


def spread(places: Sequence[float], gap: float) -> list[float]:
    """Return places between 0 and 1, highest first, moved as little as can be to stand ``gap`` apart.

    Where there is no room for that, they stand as far apart as there is.

    Examples:
        >>> [round(place, 2) for place in spread([0.9, 0.5, 0.5], 0.1)]
        [0.9, 0.55, 0.45]
    """
    from scipy.optimize import isotonic_regression

    if not places:
        return []
    steps = min(gap, 1 / max(len(places) - 1, 1)) * np.arange(len(places))
    # With the gaps taken out, what is left must only not rise.
    found = isotonic_regression(np.asarray(places) + steps, increasing=False).x
    return [float(place) for place in np.clip(found, steps[-1], 1) - steps]
