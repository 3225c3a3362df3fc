"""From predictions and transcripts to the table of results: every number with its interval.

Nothing here loops over utterances. Rows become sums by speaker and cell (a condition, seed and draw of one system and
dimension), those become sums of other sets of speakers, and metrics and curve summaries are computed from sums.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np
import pandas as pd

from bench.corpora.corpus import DIMENSIONS
from bench.scores.calibration import calibrated, fit_lines
from bench.scores.cells import (
    MEAN,
    Series,
    cell_numbers,
    cells_of,
    centre_of,
    drift_series,
    means_of_cells,
    prediction_series,
    speakers_of,
    transcript_series,
    word_statistics,
)
from bench.scores.corruption_errors import error_rows
from bench.scores.drift import DRIFT, check_drift
from bench.scores.grid import Grid, grid_of
from bench.scores.results import (
    PREDICTIONS,
    RANGES,
    RESULTS,
    TRANSCRIPTS,
    TableError,
    check_predictions,
    check_together,
    check_transcripts,
    typed,
)
from bench.scores.robustness import Harsher, curve_numbers
from bench.scores.snr50 import snr50_rows
from bench.scores.speakers import within_speakers
from bench.store.bounds import check_resamples
from bench.uncertainty.intervals import Method, Percentile, clustered
from bench.uncertainty.jackknife import TwoWay
from bench.uncertainty.numbers import ANYWHERE, Numbers, Row, mean_of_defined, together


def score(
    predictions: pd.DataFrame,
    transcripts: pd.DataFrame,
    drift: pd.DataFrame | None = None,
    *,
    method: Method,
    harsher: Mapping[str, Harsher],
    grid: Grid | None = None,
    reference: str | None = None,
    development: pd.DataFrame | None = None,
    allow_missing: bool = False,
) -> pd.DataFrame:
    """Return the results of one run.

    Rows of four kinds, each with a 95 % interval over speakers:

    - a metric of a system (a rate of words or characters: of a transcriber, without dimension; ``drift``: of a
      representation, likewise) under a condition, for one seed and draw;
    - its mean over seeds and draws (``seed`` and ``draw`` null), whose interval is that of the mean;
    - a summary of the mean CCC curve of a corruption (``condition`` and ``level`` null as well); ``ccc_retention`` is
      there for every level, too;
    - a summary of all curves (``corruption`` null, too): ``ccc_mean_noisy`` and ``ccc_worst``, the mean and the
      smallest of the areas under them, and the means of the corruption errors.

    Beside the dimensions there is ``mean``, the mean of their CCC; other metrics are not averaged. It leaves out a
    dimension whose CCC is undefined. ``note`` says that, and of what is missing why.

    Args:
        predictions: columns of ``bench.scores.results.PREDICTIONS``, from one run on one split.
        transcripts: columns of ``bench.scores.results.TRANSCRIPTS``; may be empty. Utterances without reference are
            left out of error rates, and ``n_utterances`` tells.
        drift: columns of ``bench.scores.drift.DRIFT``; may be empty.
        method: of intervals.
        harsher: for every corruption with levels, in which direction of the level it gets harsher.
        grid: what the tables should hold; the smallest grid that holds their rows unless given.
        reference: the system that corruption errors are relative to; without it there are none.
        development: predictions of clean development speech by the same systems, as ``check_predictions`` returns them;
            without them there is no ``ccc_calibrated``.
        allow_missing: whether to compute what can be computed from an incomplete grid. A number with nothing behind it
            is NaN with ``n_utterances`` 0. A mean over seeds and draws is then taken over those that have anything.

    Returns:
        The table of ``bench.scores.results.RESULTS``, sorted, the same whatever the order of the rows given. The number
        of utterances behind a mean over seeds and draws is a mean too, rounded down, so it is full only where nothing
        is missing; a curve, all curves and all dimensions count what there is everywhere on them. A speaker ``Unknown``
        counts once for each utterance.

    Raises:
        TableError: for tables that do not hold the grid or contradict themselves or each other.
        ValueError: if ``harsher`` lacks a corruption, for a reference that is not there, or for a bootstrap of too many
            resamples.
    """
    if predictions.empty:
        raise TableError("predictions: the table is empty")
    predictions = typed(predictions, PREDICTIONS, "predictions")
    transcripts = pd.DataFrame(columns=[*TRANSCRIPTS]) if transcripts.empty else transcripts
    transcripts = typed(transcripts, TRANSCRIPTS, "transcripts")
    check_together(predictions, transcripts)
    grid = grid_of(predictions, transcripts) if grid is None else grid
    if isinstance(method, Percentile):
        check_resamples(method.resamples, max(map(len, grid.systems.values())) * len(cells_of(grid)))
    unknown = sorted({one.corruption for one in grid.conditions if one.level is not None} - set(harsher))
    if unknown:
        raise ValueError(f"harsher does not say in which direction {', '.join(unknown)} gets harsher")
    if reference is not None and reference not in grid.systems:
        raise ValueError(f"reference is {reference!r}; there are {', '.join(grid.systems)}")
    drift = pd.DataFrame(columns=[*DRIFT]) if drift is None or drift.empty else drift
    drift = check_drift(drift, grid, allow_missing=allow_missing)
    predictions = check_predictions(predictions, grid, allow_missing=allow_missing)
    transcripts = check_transcripts(transcripts, grid, allow_missing=allow_missing)
    run = {column: str(predictions[column].iloc[0]) for column in ("suite", "corpus", "split")}
    method, clusters = clustered(method, speakers_of(predictions, transcripts), grid.texts)
    heard = transcript_series(transcripts, word_statistics(transcripts), grid, clusters)
    moved = drift_series(drift, grid, clusters)
    lines = fit_lines(development, grid, centre_of(predictions))
    said = (calibrated(one, lines[one.system, one.dimension]) for one in prediction_series(predictions, grid, clusters))
    series = chain(chain.from_iterable(_with_speakers(one, method) for one in said), heard, moved)
    rows = [run | row for row in scored_rows(series, grid, harsher, method, reference)]
    keys = ["system", "dimension", "metric", "corruption", "level", "condition", "seed", "draw"]
    # As objects, for beside a null, pandas takes whole numbers for floats, and large seeds for others.
    table = typed(pd.DataFrame(rows, columns=[*RESULTS], dtype="object"), RESULTS, "results")
    return table.sort_values(keys, na_position="first", ignore_index=True)


def scored_rows(
    series: Iterable[Series],
    grid: Grid,
    harsher: Mapping[str, Harsher],
    method: Method,
    reference: str | None = None,
) -> Iterator[Row]:
    """Yield the rows of the results, from sums on: every number, its interval and its notes.

    Args:
        series: of one run, the dimensions of a system one after the other.
        grid: what the series are over.
        harsher: for every corruption with levels, in which direction of the level it gets harsher.
        method: of intervals, that the sums are clustered for.
        reference: the system by whose errors those of all are divided.
    """
    ccc: dict[tuple[str, str | None], Numbers] = {}
    for one in _with_means(one for some in series for one in _scored(some, grid, method)):
        yield from _rows(one, grid, harsher, method)
        if one.metric == "ccc":
            ccc[one.system, one.dimension] = one.means
    if reference is not None:
        yield from error_rows(ccc, reference, grid, method)


def _with_speakers(series: Series, method: Method) -> Iterator[Series]:
    yield series
    if not isinstance(method, TwoWay):  # whose clusters are not the speakers
        yield within_speakers(series)


def _rows(one: "_Scored", grid: Grid, harsher: Mapping[str, Harsher], method: Method) -> Iterator[Row]:
    labels: Row = {"system": one.system, "dimension": one.dimension, "metric": one.metric}
    within = RANGES.get(one.metric, ANYWHERE)
    cells = [(seed, condition, draw) for seed in one.seeds for condition, draw in cells_of(grid)]
    for (seed, position, draw), row in zip(cells, one.cells.rows(method, within), strict=True):
        yield labels | grid.conditions[position].place | {"seed": seed, "draw": draw} | row
    for condition, row in zip(grid.conditions, one.means.rows(method, within), strict=True):
        yield labels | condition.place | row
    if one.metric == "ccc":
        yield from (labels | row for row in _curve_rows(one.means, grid, harsher, method))
        yield from (labels | row for row in snr50_rows(one.means, grid, harsher, method))


def _curve_rows(ccc: Numbers, grid: Grid, harsher: Mapping[str, Harsher], method: Method) -> Iterator[Row]:
    if found := [*curve_numbers(ccc, grid, harsher)]:
        lowest, highest = np.array([RANGES.get(str(labels["metric"]), ANYWHERE) for labels, _ in found]).T
        rows = together([number for _, number in found]).rows(method, (lowest, highest))
        yield from (labels | row for (labels, _), row in zip(found, rows, strict=True))


@dataclass(frozen=True)
class _Scored:
    """A metric of a series: in every cell, and its mean over seeds and draws under every condition."""

    system: str
    dimension: str | None
    metric: str
    seeds: tuple[int | None, ...]
    cells: Numbers
    means: Numbers


def _scored(series: Series, grid: Grid, method: Method) -> Iterator[_Scored]:
    for metric in series.metrics:
        cells = cell_numbers(series, metric, method)
        means = means_of_cells(cells, series, grid)
        yield _Scored(series.system, series.dimension, metric, series.seeds, cells, means)


def _with_means(scored: Iterable[_Scored]) -> Iterator[_Scored]:
    """Yield what is given and, after the dimensions of a system, the mean of their CCC."""
    dimensions: dict[str, _Scored] = {}
    for one in scored:
        yield one
        if one.metric == "ccc" and one.dimension is not None:
            dimensions[one.dimension] = one
        if len(dimensions) == len(DIMENSIONS):
            cells = mean_of_defined({name: part.cells for name, part in dimensions.items()})
            means = mean_of_defined({name: part.means for name, part in dimensions.items()})
            yield _Scored(one.system, MEAN, "ccc", one.seeds, cells, means)
            dimensions = {}
