"""From predictions and transcripts to the table of results: every number with its interval.

Nothing here loops over utterances. Rows become sums by speaker and cell (a condition, seed and draw of one system and
dimension), the bootstrap turns those into sums by resample, and metrics and curve summaries are computed from sums.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.corpora.corpus import DIMENSIONS
from bench.scores.bootstrap import interval, resampled_sums, resamples
from bench.scores.cells import (
    MEAN,
    Codes,
    Floats,
    Row,
    Series,
    cells_of,
    clusters_of,
    prediction_series,
    transcript_series,
)
from bench.scores.grid import Grid, GridCondition, grid_of
from bench.scores.results import (
    PREDICTIONS,
    RESULTS,
    TRANSCRIPTS,
    TableError,
    check_predictions,
    check_together,
    check_transcripts,
    typed,
)
from bench.scores.robustness import ALL_NOISE, SUMMARIES, Harsher, curve_under
from bench.store.bounds import MOST_RESAMPLES, check_resamples
from bench.store.keys import rng_for


def score(
    predictions: pd.DataFrame,
    transcripts: pd.DataFrame,
    *,
    bootstrap: int,
    seed: int,
    harsher: Mapping[str, Harsher],
    grid: Grid | None = None,
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
        bootstrap: how many resamples of the speakers to draw.
        seed: of the resamples.
        harsher: for every corruption with levels, in which direction of the level it gets harsher.
        grid: what the tables should hold; the smallest grid that holds their rows unless given.
        allow_missing: whether to compute what can be computed from an incomplete grid. A number with nothing behind it
            is NaN with ``n_utterances`` 0. A mean over seeds and draws is then taken over those that have anything.

    Returns:
        The table of ``bench.scores.results.RESULTS``, sorted, the same whatever the order of the rows given. Counts of
        a mean over seeds and draws are means too, rounded down, so they are full only where nothing is missing; those
        of a curve are the smallest on it, and so for all curves and all dimensions. A speaker ``Unknown`` counts once
        for each utterance.

    Raises:
        TableError: for tables that do not hold the grid or contradict themselves or each other.
        ValueError: if ``harsher`` lacks a corruption, or for a ``bootstrap`` below 1 or of too many resamples.
    """
    if not 1 <= bootstrap <= MOST_RESAMPLES:
        raise ValueError(f"bootstrap is {bootstrap}; 1 to {MOST_RESAMPLES:,} resamples can be drawn")
    if predictions.empty:
        raise TableError("predictions: the table is empty")
    predictions = typed(predictions, PREDICTIONS, "predictions")
    transcripts = pd.DataFrame(columns=[*TRANSCRIPTS]) if transcripts.empty else transcripts
    transcripts = typed(transcripts, TRANSCRIPTS, "transcripts")
    check_together(predictions, transcripts)
    grid = grid_of(predictions, transcripts) if grid is None else grid
    check_resamples(bootstrap, max(map(len, grid.systems.values())) * len(cells_of(grid)))
    unknown = sorted({one.corruption for one in grid.conditions if one.level is not None} - set(harsher))
    if unknown:
        raise ValueError(f"harsher does not say in which direction {', '.join(unknown)} gets harsher")
    predictions = check_predictions(predictions, grid, allow_missing=allow_missing)
    transcripts = check_transcripts(transcripts, grid, allow_missing=allow_missing)
    run = {column: str(predictions[column].iloc[0]) for column in ("suite", "corpus", "split")}
    clusters = clusters_of(predictions, transcripts)
    names = sorted(set(clusters.values()))
    multiplicities = resamples(len(names), bootstrap, rng_for(seed, "bootstrap", run["corpus"], names))
    series = chain(prediction_series(predictions, grid, clusters), transcript_series(transcripts, grid, clusters))
    scored = _with_means(one for some in series for one in _scored(some, grid, multiplicities))
    rows = [run | row for one in scored for row in _rows(one, grid, harsher)]
    keys = ["system", "dimension", "metric", "corruption", "level", "condition", "seed", "draw"]
    return typed(pd.DataFrame(rows), RESULTS, "results").sort_values(keys, na_position="first", ignore_index=True)


def _rows(one: "_Scored", grid: Grid, harsher: Mapping[str, Harsher]) -> Iterator[Row]:
    cells = [(seed, condition, draw) for seed in one.seeds for condition, draw in cells_of(grid)]
    for (seed, position, draw), row in zip(cells, one.cells.rows(), strict=True):
        yield one.labels | _condition(grid.conditions[position]) | {"seed": seed, "draw": draw} | row
    for condition, row in zip(grid.conditions, one.means.rows(), strict=True):
        yield one.labels | _condition(condition) | row
    if one.labels["metric"] == "ccc":
        yield from (one.labels | row for row in _curve_rows(one.means, grid, harsher))


@dataclass(frozen=True)
class _Numbers:
    """Several numbers: each ``(n,)``, the same in every resample ``(replicates, n)``, and what each rests on."""

    value: Floats
    replicates: Floats
    utterances: Floats
    speakers: Floats

    def rows(self) -> Iterator[Row]:
        low, high = interval(self.replicates, self.speakers)
        for k, value in enumerate(self.value):
            ends = (low[k], high[k]) if np.isfinite(value) else (np.nan, np.nan)
            counts = {"n_utterances": int(self.utterances[k]), "n_speakers": int(self.speakers[k])}
            yield {"value": value, "ci_low": ends[0], "ci_high": ends[1]} | counts


def _mean_of(several: Sequence[_Numbers]) -> _Numbers:
    """Return the mean of each of the numbers; NaN where one of them is, and resting on the fewest utterances."""
    return _Numbers(
        np.mean([one.value for one in several], axis=0),
        np.mean([one.replicates for one in several], axis=0),
        np.min([one.utterances for one in several], axis=0),
        np.min([one.speakers for one in several], axis=0),
    )


@dataclass(frozen=True)
class _Scored:
    """A metric of a series: in every cell, and its mean over seeds and draws under every condition."""

    labels: Row  # metric as well
    seeds: tuple[int | None, ...]
    cells: _Numbers
    means: _Numbers


def _scored(series: Series, grid: Grid, multiplicities: Floats) -> Iterator[_Scored]:
    there = series.sums[..., 0]
    utterances, speakers = there.sum(axis=0), np.count_nonzero(there, axis=0)
    members = _members(series, grid)
    mean_counts = [np.array([count[one].mean() for one in members]) for count in (utterances, speakers)]
    resampled = resampled_sums(multiplicities, series.sums)
    for metric, of_sums in series.metrics.items():
        numbers = _Numbers(of_sums(series.sums.sum(axis=0)), of_sums(resampled), utterances, speakers)
        means = (_means(values, members, utterances > 0) for values in (numbers.value, numbers.replicates))
        yield _Scored(series.labels | {"metric": metric}, series.seeds, numbers, _Numbers(*means, *mean_counts))


def _members(series: Series, grid: Grid) -> list[Codes]:
    """Return the cells under each condition, of all seeds."""
    cells: list[list[int]] = [[] for _ in grid.conditions]
    for cell, position in enumerate(position for _ in series.seeds for position, _ in cells_of(grid)):
        cells[position].append(cell)
    return [np.array(of, np.intp) for of in cells]


def _with_means(scored: Iterable[_Scored]) -> Iterator[_Scored]:
    """Yield what is given and, after the dimensions of a system, the mean of their CCC."""
    dimensions: list[_Scored] = []
    for one in scored:
        yield one
        if one.labels["metric"] == "ccc":
            dimensions.append(one)
        if len(dimensions) == len(DIMENSIONS):
            labels = one.labels | {"dimension": MEAN, "metric": "ccc"}
            parts = ([getattr(part, name) for part in dimensions] for name in ("cells", "means"))
            yield _Scored(labels, one.seeds, *map(_mean_of, parts))
            dimensions = []


def _condition(one: GridCondition) -> Row:
    return {name: getattr(one, name) for name in ("corruption", "condition", "level", "level_unit")}


def _means(values: Floats, members: Sequence[Codes], there: npt.NDArray[np.bool_]) -> Floats:
    # Over the last axis, for each condition, over those of its cells that have anything; NaN if none has.
    kept = [cells[there[cells]] for cells in members]
    nothing = np.full(values.shape[:-1], np.nan)
    return np.stack([values[..., cells].mean(axis=-1) if len(cells) else nothing for cells in kept], axis=-1)


def _curve_rows(ccc: _Numbers, grid: Grid, harsher: Mapping[str, Harsher]) -> Iterator[Row]:
    areas = []
    for corruption, points in grid.curves.items():
        value, replicates = (
            curve_under(corruption, grid, there, harsher.get(corruption, "up")) for there in (ccc.value, ccc.replicates)
        )
        used = [np.array([count[list(points)].min()]) for count in (ccc.utterances, ccc.speakers)]
        summed = {
            name: _Numbers(summary(value)[np.newaxis], summary(replicates)[:, np.newaxis], *used)
            for name, summary in SUMMARIES.items()
        }
        unit = {"corruption": corruption, "level_unit": grid.conditions[points[0]].level_unit}
        yield from ({"metric": name} | unit | row for name, numbers in summed.items() for row in numbers.rows())
        areas.append(summed["ccc_auc"])
    if areas:
        yield from ({"metric": ALL_NOISE} | row for row in _mean_of(areas).rows())
