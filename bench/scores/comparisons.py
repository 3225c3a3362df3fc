"""Which of two systems is better, and by how much: differences of CCC with paired intervals.

Both systems are scored on the same sets of speakers, so what a speaker does to both cancels out. A difference is one of
means over seeds. Its interval and p-value rest on who spoke, and not on training: how far single seeds are from it is
beside it, with a second interval that holds other seeds, too; the differences of single seeds have rows of their own.

For each pair and dimension, and for the mean of the three, there is the difference on clean speech, that of the area
under the curve of each corruption, and that of the mean of these areas: noise as a whole. P-values are two-sided, and
corrected by Holm's method over all pairs, dimensions and corruptions of a group for each of these three.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from bench.corpora.corpus import DIMENSIONS
from bench.scores.cells import MEAN, Series, cell_numbers, means_of_cells, prediction_series, speakers_of
from bench.scores.grid import Grid
from bench.scores.results import PREDICTIONS, Column, check_predictions, typed
from bench.scores.robustness import ALL_NOISE, Harsher, curve_numbers
from bench.uncertainty.intervals import Method, clustered
from bench.uncertainty.numbers import Numbers, Row, all_notes, mean_of_defined

METRICS = ("ccc", ALL_NOISE, "ccc_auc")
"""Of clean speech, of noise as a whole, and of each corruption: each is corrected by itself."""

Place = tuple[str, object]
"""A metric and a corruption."""

# Null: corruption where all noise is meant, seed where the difference is that of all seeds, the interval where there is
# none, which is so of single seeds.
COMPARISONS: dict[str, Column] = {
    "group": Column("str"),
    "system": Column("str"),
    "against": Column("str"),
    "dimension": Column("str"),
    "metric": Column("str"),
    "corruption": Column("str", nullable=True),
    "seed": Column("Int64", nullable=True),
    "value": Column("float64", nullable=True),
    "ci_low": Column("float64", nullable=True),
    "ci_high": Column("float64", nullable=True),
    "p": Column("float64", nullable=True),
    "p_holm": Column("float64", nullable=True),
    "seed_sd": Column("float64", nullable=True),
    "all_low": Column("float64", nullable=True),
    "all_high": Column("float64", nullable=True),
    "n_utterances": Column("int64"),
    "n_speakers": Column("int64"),
    "note": Column("str", nullable=True),
}


def compare(
    predictions: pd.DataFrame,
    pairs: Mapping[str, Sequence[tuple[str, str]]],
    *,
    method: Method,
    harsher: Mapping[str, Harsher],
    grid: Grid,
    allow_missing: bool = False,
) -> pd.DataFrame:
    """Return the paired differences of CCC between systems.

    Args:
        predictions: columns of ``bench.scores.results.PREDICTIONS``, from one run on one split.
        pairs: ``(system, against)`` by the name of their group; a difference is the first minus the second.
        method: of intervals and p-values.
        harsher: for every corruption with levels, in which direction of the level it gets harsher.
        grid: what the table should hold.
        allow_missing: whether to compute what can be computed from an incomplete grid: where an utterance is missing,
            and in means over such places, differences are NaN.

    Returns:
        The table of ``COMPARISONS``. ``metric`` is ``ccc`` (clean speech), ``ccc_auc`` (a corruption) or
        ``ccc_mean_noisy`` (the mean of all areas). The dimension ``mean`` leaves out what is undefined. ``seed_sd`` is
        the standard deviation of the difference between seeds, null for one seed. Of several there is a row each, with
        the value alone; where the two systems have others, the first of one is paired with the first of the other, and
        so on, and the rows bear those of the first. A system that has no seeds is the same for each of the other's. Of
        different numbers of seeds nothing is known but the difference of the means: no row of a seed, and no interval
        that holds seeds.

    Raises:
        TableError: for a table that does not hold the grid.
    """
    compared = list(dict.fromkeys(name for some in pairs.values() for couple in some for name in couple))
    if not compared:
        return typed(pd.DataFrame(columns=[*COMPARISONS]), COMPARISONS, "comparisons")
    grid = replace(grid, systems={name: grid.systems[name] for name in compared})
    used = typed(predictions[predictions["system"].isin(compared)], PREDICTIONS, "predictions")
    used = check_predictions(used, grid, allow_missing=allow_missing)
    method, clusters = clustered(method, speakers_of(used), grid.texts)
    scored = {
        (one.system, one.dimension): _places(one, grid, method, harsher)
        for one in prediction_series(used, grid, clusters)
    }
    for name in compared:
        parts = {dimension: scored[name, dimension] for dimension in DIMENSIONS}
        scored[name, MEAN] = {
            place: mean_of_defined({dimension: one[place] for dimension, one in parts.items()})
            for place in parts[DIMENSIONS[0]]
        }
    rows = [
        row
        for group, couples in pairs.items()
        for metric in METRICS
        for row in _corrected(
            [
                {"group": group, "system": system, "against": against, "dimension": dimension} | row
                for system, against in couples
                for dimension in (*DIMENSIONS, MEAN)
                for row in _differences(
                    scored[system, dimension],
                    scored[against, dimension],
                    metric,
                    method,
                    [grid.systems[one] for one in (system, against)],
                )
            ]
        )
    ]
    # As objects, for beside a null, pandas takes whole numbers for floats, and large seeds for others.
    return typed(pd.DataFrame(rows, columns=[*COMPARISONS], dtype="object"), COMPARISONS, "comparisons")


def _places(series: Series, grid: Grid, method: Method, harsher: Mapping[str, Harsher]) -> dict[Place, Numbers]:
    """Return what a system scores on clean speech, under each corruption, and in noise as a whole."""
    cells = cell_numbers(series, "ccc", method)
    # A difference over some utterances of one system and others of another is not paired.
    whole = np.where(cells.sizes.sum(axis=0) == len(grid.utterances), 1.0, np.nan)
    ccc = means_of_cells(replace(cells, value=cells.value * whole, replicates=cells.replicates * whole), series, grid)
    holes = np.isnan(ccc.value) & [not note for note in ccc.notes]
    ccc = replace(ccc, sizes=np.where(holes, 0.0, ccc.sizes))
    found: dict[Place, Numbers] = {} if grid.clean is None else {("ccc", "clean"): ccc.at(grid.clean)}
    for labels, number in curve_numbers(ccc, grid, harsher):
        if labels["metric"] in METRICS:
            found[str(labels["metric"]), labels.get("corruption")] = number
    return found


def _differences(
    one: Mapping[Place, Numbers],
    other: Mapping[Place, Numbers],
    metric: str,
    method: Method,
    seeds: Sequence[tuple[int | None, ...]],
) -> Iterator[Row]:
    trained = [of for of in seeds if of != (None,)]
    unpaired = len({len(of) for of in trained}) > 1
    counts_of_seeds = " and ".join(str(len(of)) for of in trained)
    for (name, corruption), number in one.items():
        if name == metric:
            difference = number.minus(other[name, corruption])
            [row] = difference.rows(method.of_differences())
            place = {"metric": metric, "corruption": corruption}
            if unpaired and np.isfinite(difference.value[0]):
                row["note"] = all_notes(row["note"], f"{counts_of_seeds} seeds cannot be paired")
            yield {**row, **place, "seed": None, "p_holm": row["p"]}
            if len(difference.by_seed) > 1 and not unpaired:
                counts = {key: row[key] for key in ("n_utterances", "n_speakers")}
                for seed, value in zip(trained[0], difference.by_seed[:, 0], strict=True):
                    yield {**counts, **place, "seed": seed, "value": float(value), "p_holm": np.nan}


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
