"""CCC once scale and mean are forgiven: what a straight line, fitted on clean development speech, makes of predictions.

The line gives the predictions on clean development speech the mean and the standard deviation of their labels. Of all
straight lines that is the one with the highest CCC there, where the correlation is positive, and that CCC is the
correlation. Least squares would not forgive but shrink: its CCC, ``2 r^2 / (1 + r^2)``, is below the correlation.

So what is between ``ccc`` and ``ccc_calibrated`` is what a line could have repaired before there was any noise, and
what is between that and ``pearson`` is what noise, or other speakers, did to scale and mean. The slope is never
negative: a system that is wrong about the direction stays so. Intervals take the line as given.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.corpora.corpus import DIMENSIONS
from bench.scores.cells import Series
from bench.scores.grid import Grid
from bench.scores.metrics import FROM_MOMENTS, STATISTICS, moments

Floats = npt.NDArray[np.float64]

NO_PREDICTIONS = "no predictions of clean development speech"
CONSTANT = "predictions of clean development speech, or its labels, do not vary"


@dataclass(frozen=True)
class Lines:
    """The line of each seed of a system and dimension, from and to labels less a centre; NaN where there is none.

    Attributes:
        slope: shape ``(n_seeds,)``.
        intercept: shape ``(n_seeds,)``.
        why: the reason for the first that is missing.
    """

    slope: Floats
    intercept: Floats
    why: str | None = None


def fit_lines(development: pd.DataFrame | None, grid: Grid, centre: float) -> dict[tuple[str, str | None], Lines]:
    """Return the lines of every system and dimension.

    Args:
        development: predictions of clean development speech, with the columns of ``bench.scores.results.PREDICTIONS``;
            None where nobody has any.
        grid: says which systems and seeds there are.
        centre: is subtracted from labels and predictions.
    """
    keys = ["system", "dimension", "seed"]
    known: Mapping[tuple[str, str, int | None], tuple[float, float]] = {}
    if development is not None:
        centred = development.assign(t=development["truth"] - centre, p=development["prediction"] - centre)
        grouped = centred.groupby(keys, dropna=False)[["t", "p"]]
        # Equal numbers may seem to vary by rounding errors.
        spread = grouped.std(ddof=0).where(grouped.max() > grouped.min())
        slope = spread["t"] / spread["p"]
        intercept = grouped.mean()["t"] - slope * grouped.mean()["p"]
        names = ((system, dimension, None if pd.isna(seed) else int(seed)) for system, dimension, seed in slope.index)
        known = dict(zip(names, zip(slope, intercept, strict=True), strict=True))
    return {
        (system, dimension): _lines([known.get((system, dimension, seed)) for seed in seeds])
        for system, seeds in grid.systems.items()
        for dimension in DIMENSIONS
    }


def _lines(found: list[tuple[float, float] | None]) -> Lines:
    slope, intercept = np.array([(np.nan, np.nan) if one is None else one for one in found], np.float64).T
    why = NO_PREDICTIONS if None in found else CONSTANT if np.isnan(slope).any() else None
    return Lines(slope, intercept, why)


def calibrated(series: Series, lines: Lines) -> Series:
    """Return the series with the metric ``ccc_calibrated``.

    Args:
        series: of a system and dimension, its sums from the centre of the lines.
        lines: of the same.
    """
    n_cells = series.sums.shape[1] // len(series.seeds)
    slope, intercept = (np.repeat(one, n_cells) for one in (lines.slope, lines.intercept))

    def ccc_calibrated(sums: Floats) -> Floats:
        return FROM_MOMENTS["ccc"](moments(along(sums, slope, intercept)))

    return replace(
        series,
        metrics={**series.metrics, "ccc_calibrated": ccc_calibrated},
        reasons=series.reasons if lines.why is None else {**series.reasons, "ccc_calibrated": lines.why},
    )


def along(sums: Floats, slope: npt.ArrayLike, intercept: npt.ArrayLike) -> Floats:
    """Return the sums that would be, were every prediction ``slope * prediction + intercept``.

    Args:
        sums: shape ``(..., 7)`` or more, in the order of ``bench.scores.metrics.STATISTICS``.
        slope: of each set, shape ``(...)``.
        intercept: of each set, from the centre of the sums.

    Examples:
        >>> from bench.scores.metrics import pair_statistics
        >>> truth, prediction = np.array([1.0, 3]), np.array([2.0, 3])
        >>> sums = pair_statistics(truth, prediction, centre=0).sum(axis=0)
        >>> print(along(sums, 2, -3), pair_statistics(truth, 2 * prediction - 3, centre=0).sum(axis=0))
        [ 2.  4.  4. 10. 10. 10.  0.] [ 2.  4.  4. 10. 10. 10.  0.]
    """
    b, a = np.asarray(slope, np.float64), np.asarray(intercept, np.float64)
    n, t, p, tt, pp, tp = (sums[..., k] for k in range(len(STATISTICS) - 1))
    pp, tp, p = b * b * pp + 2 * a * b * p + a * a * n, b * tp + a * t, b * p + a * n
    return np.stack([n, t, p, tt, pp, tp, pp - 2 * tp + tt], axis=-1)
