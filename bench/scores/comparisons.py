"""Which of two systems is better, and by how much: differences of CCC with paired intervals.

Both systems are scored on the same resamples of the speakers, so what a speaker does to both cancels out. A difference
is one of means over seeds; how far single seeds are from it is beside it, for the interval knows nothing of training.

For each pair and dimension, and for the mean of the three, there is the difference on clean speech, that of the area
under the curve of each corruption, and that of the mean of these areas: noise as a whole. P-values are two-sided, from
the share of resamples on the other side of zero, and corrected by Holm's method over all pairs, dimensions and
corruptions of a group for each of these three.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.corpora.corpus import DIMENSIONS
from bench.scores.bootstrap import MOST_UNDEFINED, interval, resampled_sums, resamples
from bench.scores.cells import MEAN, Floats, Row, Series, clusters_of, prediction_series
from bench.scores.grid import Grid
from bench.scores.results import PREDICTIONS, Column, check_predictions, typed
from bench.scores.robustness import ALL_NOISE, Harsher, ccc_auc, curve_under
from bench.store.keys import rng_for

RESAMPLES = 10_000
"""More than an interval needs: the smallest p-value, 2 in as many, must survive correction for some ten pairs."""

# Null: corruption and level_unit where all noise is meant, the interval where there is none.
COMPARISONS: dict[str, Column] = {
    "group": Column("str"),
    "system": Column("str"),
    "against": Column("str"),
    "dimension": Column("str"),
    "metric": Column("str"),
    "corruption": Column("str", nullable=True),
    "value": Column("float64", nullable=True),
    "ci_low": Column("float64", nullable=True),
    "ci_high": Column("float64", nullable=True),
    "p_holm": Column("float64", nullable=True),
    "seed_sd": Column("float64", nullable=True),
    "n_utterances": Column("int64"),
    "n_speakers": Column("int64"),
}


def compare(
    predictions: pd.DataFrame,
    pairs: Mapping[str, Sequence[tuple[str, str]]],
    *,
    seed: int,
    harsher: Mapping[str, Harsher],
    grid: Grid,
    allow_missing: bool = False,
) -> pd.DataFrame:
    """Return the paired differences of CCC between systems.

    Args:
        predictions: columns of ``bench.scores.results.PREDICTIONS``, from one run on one split.
        pairs: ``(system, against)`` by the name of their group; a difference is the first minus the second.
        seed: of the resamples.
        harsher: for every corruption with levels, in which direction of the level it gets harsher.
        grid: what the table should hold.
        allow_missing: whether to compute what can be computed from an incomplete grid: where an utterance is missing,
            and in means over such places, differences are NaN.

    Returns:
        The table of ``COMPARISONS``. ``metric`` is ``ccc`` (clean speech), ``ccc_auc`` (a corruption) or
        ``ccc_mean_noisy`` (the mean of all areas). ``seed_sd`` is the standard deviation of the difference between
        seeds, null for one seed.

    Raises:
        TableError: for a table that does not hold the grid.
    """
    compared = list(dict.fromkeys(name for some in pairs.values() for couple in some for name in couple))
    if not compared:
        return typed(pd.DataFrame(columns=[*COMPARISONS]), COMPARISONS, "comparisons")
    grid = Grid({name: grid.systems[name] for name in compared}, grid.conditions, grid.utterances)
    used = typed(predictions[predictions["system"].isin(compared)], PREDICTIONS, "predictions")
    used = check_predictions(used, grid, allow_missing=allow_missing)
    clusters = clusters_of(used, used)
    names = sorted(set(clusters.values()))
    multiplicities = resamples(len(names), RESAMPLES, rng_for(seed, "comparisons", names))
    scored = {
        (one.labels["system"], one.labels["dimension"]): _places(one, grid, multiplicities, harsher)
        for one in prediction_series(used, grid, clusters)
    }
    for name in compared:
        scored[name, MEAN] = _mean([scored[name, dimension] for dimension in DIMENSIONS])
    counts = {"n_utterances": used["utterance"].nunique(), "n_speakers": len(names)}
    rows = [
        row | counts
        for group, couples in pairs.items()
        for metric in ("ccc", ALL_NOISE, "ccc_auc")
        for row in _corrected(
            [
                {"group": group, "system": system, "against": against, "dimension": dimension} | row
                for system, against in couples
                for dimension in (*DIMENSIONS, MEAN)
                for row in _differences(scored[system, dimension], scored[against, dimension], metric, len(names))
            ]
        )
    ]
    return typed(pd.DataFrame(rows), COMPARISONS, "comparisons")


@dataclass(frozen=True)
class _Scored:
    """What a system scores at each place: by seed ``(n_seeds, n_places)``, and the mean in every resample."""

    places: tuple[tuple[str, str | None], ...]  # metric and corruption
    by_seed: Floats
    replicates: Floats


def _places(series: Series, grid: Grid, multiplicities: Floats, harsher: Mapping[str, Harsher]) -> _Scored:
    of_sums = series.metrics["ccc"]
    # A difference over some utterances of one system and others of another is not paired.
    whole = np.where(series.sums[..., 0].sum(axis=0) == len(grid.utterances), 1.0, np.nan)
    by_seed = _by_condition(of_sums(series.sums.sum(axis=0)) * whole, series, grid)
    resampled_ccc = of_sums(resampled_sums(multiplicities, series.sums)) * whole
    replicates = _by_condition(resampled_ccc, series, grid).mean(axis=-2)
    places: list[tuple[str, str | None]] = [] if grid.clean is None else [("ccc", "clean")]
    values, resampled = ([] if grid.clean is None else [ccc[..., grid.clean]] for ccc in (by_seed, replicates))
    for corruption in grid.curves:
        places.append(("ccc_auc", corruption))
        for found, ccc in ((values, by_seed), (resampled, replicates)):
            found.append(ccc_auc(curve_under(corruption, grid, ccc, harsher.get(corruption, "up"))))
    if grid.curves:
        places.append((ALL_NOISE, None))
        for found in (values, resampled):
            found.append(np.mean(found[-len(grid.curves) :], axis=0))
    return _Scored(tuple(places), np.stack(values, axis=-1), np.stack(resampled, axis=-1))


def _by_condition(ccc: Floats, series: Series, grid: Grid) -> Floats:
    """Return the mean over draws, ``(..., n_seeds, n_conditions)``, of the CCC in every cell, ``(..., n_cells)``."""
    ccc = ccc.reshape(*ccc.shape[:-1], len(series.seeds), -1)
    draws = [len(one.draws) for one in grid.conditions]
    ends = np.cumsum(draws)
    return np.stack([ccc[..., end - n : end].mean(axis=-1) for n, end in zip(draws, ends, strict=True)], axis=-1)


def _mean(several: Sequence[_Scored]) -> _Scored:
    by_seed, replicates = (
        np.mean([getattr(one, name) for one in several], axis=0) for name in ("by_seed", "replicates")
    )
    return _Scored(several[0].places, by_seed, replicates)


def _differences(one: _Scored, other: _Scored, metric: str, n_speakers: int) -> Iterator[Row]:
    for k, (name, corruption) in enumerate(one.places):
        if name != metric:
            continue
        replicates = one.replicates[:, k] - other.replicates[:, k]
        low, high = interval(replicates, n_speakers)
        seeds = one.by_seed[:, k], other.by_seed[:, k]
        paired = len(seeds[0]) == len(seeds[1]) > 1
        yield {
            "metric": metric,
            "corruption": corruption,
            "value": seeds[0].mean() - seeds[1].mean(),
            "ci_low": float(low),
            "ci_high": float(high),
            "p_holm": _p_value(replicates) if n_speakers > 1 else np.nan,
            "seed_sd": float((seeds[0] - seeds[1]).std(ddof=1)) if paired else np.nan,
        }


def _p_value(replicates: Floats) -> float:
    """Return twice the share of resamples on the rarer side of zero, never 0 (Davison and Hinkley 1997, 4.2.5)."""
    known = replicates[~np.isnan(replicates)]
    if len(known) < (1 - MOST_UNDEFINED) * len(replicates):
        return float("nan")
    rarer = min(np.count_nonzero(known <= 0), np.count_nonzero(known >= 0))
    return float(min(1.0, 2 * (1 + rarer) / (1 + len(known))))


def _corrected(rows: Sequence[Row]) -> list[Row]:
    """Return the rows with their p-values corrected by Holm's method; unknown ones stay so and do not count.

    Examples:
        >>> [row["p_holm"] for row in _corrected([{"p_holm": 0.02}, {"p_holm": 0.01}, {"p_holm": float("nan")}])]
        [0.02, 0.02, nan]
    """
    values = np.array([row["p_holm"] for row in rows], np.float64)
    order = np.argsort(values)  # NaN comes last
    known = int(np.count_nonzero(~np.isnan(values)))
    factors = np.maximum(known - np.arange(len(values)), 1)
    corrected = np.empty(len(values))
    corrected[order] = np.minimum(np.maximum.accumulate(values[order] * factors), 1.0)
    return [{**row, "p_holm": float(value)} for row, value in zip(rows, corrected, strict=True)]
