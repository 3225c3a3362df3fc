"""Numbers about a whole degradation curve.

Each is a function of a ``Curve`` and works on many at once, so that other sets of speakers, single seeds and single
draws get summaries, and hence intervals, in the same way as the curve itself. A hole in a curve (NaN) makes its summary
NaN.

To add one, add it to ``SUMMARIES``.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
import numpy.typing as npt

from bench.scores.grid import Grid
from bench.uncertainty.numbers import Numbers, Row, all_notes, first_note, together

Floats = npt.NDArray[np.float64]
Harsher = Literal["up", "down"]

ALL_NOISE = "ccc_mean_noisy"
"""The metric that is one number over all corruptions: the mean of the areas under their curves, each counting once."""
WORST = "ccc_worst"
"""The same of the smallest of these areas. The smallest of several is a little too small by chance."""

# Below this clean CCC a ratio to it says nothing.
SMALLEST_CLEAN_CCC = 0.1
NO_CLEAN = "undefined: clean speech was not scored"
TOO_LITTLE = f"undefined: clean CCC is below {SMALLEST_CLEAN_CCC:g}"


@dataclass(frozen=True)
class Curve:
    """CCC over the levels of one corruption, with what it is on clean speech.

    Attributes:
        levels: in the corruption's own unit, ascending, all different, shape ``(n_levels,)``.
        values: CCC at each of them, shape ``(..., n_levels)``.
        clean: CCC on clean speech, shape ``(...)``; NaN if it was not measured.
        harsher: in which direction of the level axis the corruption gets harsher.
    """

    levels: Floats
    values: Floats
    clean: Floats
    harsher: Harsher


def curve_under(corruption: str, grid: Grid, ccc: Floats, harsher: Harsher) -> Curve:
    """Return the curve of a corruption, given the CCC under every condition of the grid, ``(..., n_conditions)``."""
    points = list(grid.curves[corruption])
    levels = np.array([grid.conditions[k].level or 0.0 for k in points])  # what has no level is wherever on an axis
    clean = np.full(ccc.shape[:-1], np.nan) if grid.clean is None else ccc[..., grid.clean]
    return Curve(levels, ccc[..., points], clean, harsher)


def ccc_auc(curve: Curve) -> Floats:
    """Return the mean height of the curve over the range of its levels, in dB where they are dB: its normalised area.

    The area is that of straight lines between the levels, divided by the range of levels, in the level's own unit (dB
    count as dB). Clean speech has no place on the axis and is not part of it. Curves can be compared if their levels
    are the same. A curve of a single level has that level's CCC as its mean height.

    Examples:
        >>> ccc_auc(Curve(np.array([0.0, 10, 20]), np.array([0.2, 0.6, 0.8]), np.array(0.8), "down")).item()
        0.55
    """
    if len(curve.levels) == 1:
        return curve.values[..., 0]
    area = np.trapezoid(curve.values, curve.levels, axis=-1)
    return np.asarray(area / (curve.levels[-1] - curve.levels[0]), np.float64)


def ccc_retention(curve: Curve) -> Floats:
    """Return CCC at the harshest level as a share of clean CCC; NaN where clean CCC is below 0.1.

    It may be negative, where noise turns agreement into its opposite, and above 1.

    Examples:
        >>> ccc_retention(Curve(np.array([-5.0, 20]), np.array([0.2, 0.7]), np.array(0.8), "down")).item()
        0.25
    """
    return _kept(curve.values[..., -1 if curve.harsher == "up" else 0], curve.clean)


def _kept(values: Floats, clean: Floats) -> Floats:
    return values / np.where(clean >= SMALLEST_CLEAN_CCC, clean, np.nan)


SUMMARIES: dict[str, Callable[[Curve], Floats]] = {"ccc_auc": ccc_auc, "ccc_retention": ccc_retention}


def curve_numbers(ccc: Numbers, grid: Grid, harsher: Mapping[str, Harsher]) -> Iterator[tuple[Row, Numbers]]:
    """Yield every summary of every curve, what is kept at each level, and the mean and least of all areas.

    Args:
        ccc: under every condition of the grid.
        grid: says which conditions make a curve.
        harsher: for every corruption with levels, in which direction of the level it gets harsher.

    Yields:
        What names the number in a table (the level, too, where it is one level's), and the one number.
    """
    areas = {}
    for corruption, points in grid.curves.items():
        direction = harsher.get(corruption, "up")
        labels: Row = {"corruption": corruption, "level_unit": grid.conditions[points[0]].level_unit}
        for name, summary in SUMMARIES.items():
            number = ccc.through(partial(_summary, summary, corruption, grid, direction), points, _why(name, grid))
            yield {"metric": name} | labels, number
            if name == "ccc_auc":
                areas[corruption] = number
        for point in points:
            one = grid.conditions[point]
            if one.level is not None and grid.clean is not None:
                kept = partial(_kept_at, point, grid.clean)
                number = ccc.through(kept, [point, grid.clean], _why("ccc_retention", grid))
                yield {"metric": "ccc_retention", "condition": one.condition, "level": one.level} | labels, number
    if areas:
        every = together([*areas.values()])
        yield {"metric": ALL_NOISE}, every.through(lambda values: values.mean(axis=-1), range(len(areas)))
        worst = every.through(lambda values: values.min(axis=-1), range(len(areas)))
        if not np.isnan(every.value).any():
            name = [*areas][int(np.argmin(every.value))]
            worst = replace(worst, notes=(all_notes(name, *worst.notes) or "",))
        yield {"metric": WORST}, worst


def why_unknown(ccc: Numbers, grid: Grid, points: Sequence[int], *, clean: bool) -> str | None:
    """Return why a number that is made of CCC is unknown, or None.

    Args:
        ccc: under every condition of the grid.
        grid: names the conditions.
        points: the conditions that the number is made of.
        clean: whether clean speech is one, too.
    """
    if clean and grid.clean is None:
        return NO_CLEAN
    needed = [grid.clean, *points] if clean and grid.clean is not None else points
    return first_note(ccc, [k for k in needed if np.isnan(ccc.value[k])]) or None


def why_no_ratio(ccc: Numbers, grid: Grid, points: Sequence[int]) -> str | None:
    """Return why the ratio of a number to clean CCC is undefined, or None."""
    why = why_unknown(ccc, grid, points, clean=True)
    return TOO_LITTLE if why is None and ccc.value[grid.clean] < SMALLEST_CLEAN_CCC else why


def _kept_at(point: int, clean: int, ccc: Floats) -> Floats:
    return _kept(ccc[..., point], ccc[..., clean])


def _why(summary: str, grid: Grid) -> str:
    # Why there is no summary of a curve without holes.
    if summary != "ccc_retention":
        return "undefined"
    return NO_CLEAN if grid.clean is None else TOO_LITTLE


def _summary(summary: Callable[[Curve], Floats], corruption: str, grid: Grid, harsher: Harsher, ccc: Floats) -> Floats:
    return summary(curve_under(corruption, grid, ccc, harsher))
