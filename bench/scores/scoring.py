"""From predictions and transcripts to the table of results: every number with its interval.

Nothing here loops over utterances. Rows become sums by speaker and cell (a condition, seed and draw of one system and
dimension), those become sums of other sets of speakers, and metrics and curve summaries are computed from sums.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from math import isnan

import pandas as pd

from bench.corpora.corpus import DIMENSIONS
from bench.scores.calibration import calibrated, fit_lines
from bench.scores.cells import (
    MEAN,
    Series,
    cell_numbers,
    cells_of,
    centre_of,
    clusters_of,
    means_of_cells,
    prediction_series,
    transcript_series,
)
from bench.scores.grid import Grid, GridCondition, grid_of
from bench.scores.intervals import Method, Percentile
from bench.scores.numbers import ANYWHERE, Numbers, Row, mean_of
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
from bench.scores.speakers import within_speakers
from bench.store.bounds import check_resamples


def score(
    predictions: pd.DataFrame,
    transcripts: pd.DataFrame,
    *,
    method: Method,
    harsher: Mapping[str, Harsher],
    grid: Grid | None = None,
    development: pd.DataFrame | None = None,
    allow_missing: bool = False,
) -> pd.DataFrame:
    """Return the results of one run.

    Rows of four kinds, each with a 95 % interval over speakers:

    - a metric of a system (a rate of words or characters: of a transcriber, without dimension) under a condition, for
      one seed and draw;
    - its mean over seeds and draws (``seed`` and ``draw`` null), whose interval is that of the mean;
    - a summary of the mean CCC curve of a corruption (``condition`` and ``level`` null as well);
    - ``ccc_mean_noisy``, the mean of the areas under all curves (``corruption`` null, too).

    Beside the dimensions there is ``mean``, the mean of their CCC; other metrics are not averaged.

    Args:
        predictions: columns of ``bench.scores.results.PREDICTIONS``, from one run on one split.
        transcripts: columns of ``bench.scores.results.TRANSCRIPTS``; may be empty. Utterances without reference are
            left out of error rates, and ``n_utterances`` tells.
        method: of intervals.
        harsher: for every corruption with levels, in which direction of the level it gets harsher.
        grid: what the tables should hold; the smallest grid that holds their rows unless given.
        development: predictions of clean development speech by the same systems, as ``check_predictions`` returns them;
            without them there is no ``ccc_calibrated``.
        allow_missing: whether to compute what can be computed from an incomplete grid. A number with nothing behind it
            is NaN with ``n_utterances`` 0. A mean over seeds and draws is then taken over those that have anything.

    Returns:
        The table of ``bench.scores.results.RESULTS``, sorted, the same whatever the order of the rows given. ``note``
        says of some numbers that are missing why. Counts of
        a mean over seeds and draws are means too, rounded down, so they are full only where nothing is missing; those
        of a curve are the smallest on it, and so for all curves and all dimensions. A speaker ``Unknown`` counts once
        for each utterance.

    Raises:
        TableError: for tables that do not hold the grid or contradict themselves or each other.
        ValueError: if ``harsher`` lacks a corruption, or for a bootstrap of too many resamples.
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
    predictions = check_predictions(predictions, grid, allow_missing=allow_missing)
    transcripts = check_transcripts(transcripts, grid, allow_missing=allow_missing)
    run = {column: str(predictions[column].iloc[0]) for column in ("suite", "corpus", "split")}
    clusters = clusters_of(predictions, transcripts)
    lines = fit_lines(development, grid, centre_of(predictions))
    series = chain(
        chain.from_iterable(
            (calibrated(one, lines[str(one.labels["system"]), str(one.labels["dimension"])]), within_speakers(one))
            for one in prediction_series(predictions, grid, clusters)
        ),
        transcript_series(transcripts, grid, clusters),
    )
    scored = _with_means(one for some in series for one in _scored(some, grid, method))
    rows = [run | row for one in scored for row in _rows(one, grid, harsher, method)]
    keys = ["system", "dimension", "metric", "corruption", "level", "condition", "seed", "draw"]
    return typed(pd.DataFrame(rows, columns=[*RESULTS]), RESULTS, "results").sort_values(
        keys, na_position="first", ignore_index=True
    )


def _rows(one: "_Scored", grid: Grid, harsher: Mapping[str, Harsher], method: Method) -> Iterator[Row]:
    within = RANGES.get(str(one.labels["metric"]), ANYWHERE)
    cells = [(seed, condition, draw) for seed in one.seeds for condition, draw in cells_of(grid)]
    for (seed, position, draw), row in zip(cells, one.cells.rows(method, within), strict=True):
        yield one.labels | _condition(grid.conditions[position]) | {"seed": seed, "draw": draw} | row | _why(one, row)
    for condition, row in zip(grid.conditions, one.means.rows(method, within), strict=True):
        yield one.labels | _condition(condition) | row | _why(one, row)
    if one.labels["metric"] == "ccc":
        for labels, number in curve_numbers(one.means, grid, harsher):
            [row] = number.rows(method, RANGES.get(str(labels["metric"]), ANYWHERE))
            yield one.labels | labels | row


@dataclass(frozen=True)
class _Scored:
    """A metric of a series: in every cell, and its mean over seeds and draws under every condition."""

    labels: Row  # metric as well
    seeds: tuple[int | None, ...]
    cells: Numbers
    means: Numbers
    reason: str | None = None


def _scored(series: Series, grid: Grid, method: Method) -> Iterator[_Scored]:
    for metric in series.metrics:
        cells = cell_numbers(series, metric, method)
        means = means_of_cells(cells, series, grid)
        yield _Scored(series.labels | {"metric": metric}, series.seeds, cells, means, series.reasons.get(metric))


def _with_means(scored: Iterable[_Scored]) -> Iterator[_Scored]:
    """Yield what is given and, after the dimensions of a system, the mean of their CCC."""
    dimensions: list[_Scored] = []
    for one in scored:
        yield one
        if one.labels["metric"] == "ccc":
            dimensions.append(one)
        if len(dimensions) == len(DIMENSIONS):
            labels = one.labels | {"dimension": MEAN, "metric": "ccc"}
            cells, means = (mean_of([getattr(part, name) for part in dimensions]) for name in ("cells", "means"))
            yield _Scored(labels, one.seeds, cells, means)
            dimensions = []


def _why(one: "_Scored", row: Row) -> Row:
    value = row["value"]
    return {"note": one.reason if isinstance(value, float) and isnan(value) else None}


def _condition(one: GridCondition) -> Row:
    return {name: getattr(one, name) for name in ("corruption", "condition", "level", "level_unit")}
