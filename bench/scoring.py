"""From predictions and transcripts to the table of results: every number with its interval.

Nothing here loops over utterances. Rows become sums by speaker and cell (a condition, seed and draw of one system and
dimension), the bootstrap turns those into sums by resample, and metrics and curve summaries are computed from sums.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.bootstrap import cluster_names, interval, resampled_sums, resamples
from bench.corpora.corpus import DIMENSIONS
from bench.grid import Grid, GridCondition, grid_of
from bench.keys import rng_for
from bench.metrics import FROM_MOMENTS, Moments, moments, pair_statistics
from bench.results import (
    PREDICTIONS,
    RESULTS,
    TRANSCRIPTS,
    TableError,
    check_predictions,
    check_together,
    check_transcripts,
    positions,
    typed,
)
from bench.robustness import SUMMARIES, Curve, Harsher
from models.wer import NO_ERRORS, word_error_counts

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Row = dict[str, object]


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

    Three kinds of rows, each with a 95 % interval over speakers:

    - a metric of a system (of WER: a transcriber, without dimension) under a condition, for one seed and draw;
    - its mean over seeds and draws (``seed`` and ``draw`` null), whose interval is that of the mean;
    - a summary of the mean CCC curve of a corruption (``condition`` and ``level`` null as well).

    Args:
        predictions: columns of ``bench.results.PREDICTIONS``, from one run on one split.
        transcripts: columns of ``bench.results.TRANSCRIPTS``; may be empty. Utterances without reference are left out
            of the word error rate, and ``n_utterances`` tells.
        bootstrap: how many resamples of the speakers to draw.
        seed: of the resamples.
        harsher: for every corruption with levels, in which direction of the level it gets harsher.
        grid: what the tables should hold; the smallest grid that holds their rows unless given.
        allow_missing: whether to compute what can be computed from an incomplete grid. A number with nothing behind it
            is NaN with ``n_utterances`` 0. A mean over seeds and draws is then taken over those that have anything.

    Returns:
        The table of ``bench.results.RESULTS``, sorted, the same whatever the order of the rows given. Counts of a mean
        over seeds and draws are means too, rounded down, so they are full only where nothing is missing; those of a
        curve are the smallest on it. A speaker ``Unknown`` counts once for each utterance.

    Raises:
        TableError: for tables that do not hold the grid or contradict themselves or each other.
        ValueError: if ``harsher`` lacks a corruption, or ``bootstrap`` is below 1.
    """
    if bootstrap < 1:
        raise ValueError(f"bootstrap is {bootstrap}; at least one resample is needed")
    if predictions.empty:
        raise TableError("predictions: the table is empty")
    predictions = typed(predictions, PREDICTIONS, "predictions")
    transcripts = pd.DataFrame(columns=[*TRANSCRIPTS]) if transcripts.empty else transcripts
    transcripts = typed(transcripts, TRANSCRIPTS, "transcripts")
    check_together(predictions, transcripts)
    grid = grid_of(predictions, transcripts) if grid is None else grid
    unknown = sorted({one.corruption for one in grid.conditions if one.level is not None} - set(harsher))
    if unknown:
        raise ValueError(f"harsher does not say in which direction {', '.join(unknown)} gets harsher")
    predictions = check_predictions(predictions, grid, allow_missing=allow_missing)
    transcripts = check_transcripts(transcripts, grid, allow_missing=allow_missing)
    run = {column: str(predictions[column].iloc[0]) for column in ("suite", "corpus", "split")}
    clusters = _clusters(predictions, transcripts)
    names = sorted(set(clusters.values()))
    multiplicities = resamples(len(names), bootstrap, rng_for(seed, "bootstrap", run["corpus"], names))
    series = chain(_prediction_series(predictions, grid, clusters), _transcript_series(transcripts, grid, clusters))
    rows = [run | row for one in series for row in _rows(one, grid, multiplicities, harsher)]
    keys = ["system", "dimension", "metric", "corruption", "level", "condition", "seed", "draw"]
    return typed(pd.DataFrame(rows), RESULTS, "results").sort_values(keys, na_position="first", ignore_index=True)


@dataclass(frozen=True)
class _Series:
    """One system and dimension, or one transcriber, in all its cells.

    Attributes:
        labels: what its rows have in common: system and dimension.
        seeds: the seeds; cells are the grid's conditions with their draws, for each seed.
        metrics: from sums ``(..., n_statistics)`` to values ``(...)``.
        sums: over each speaker's utterances, shape ``(n_speakers, n_cells, n_statistics)``; the first one counts them.
    """

    labels: Row
    seeds: tuple[int | None, ...]
    metrics: Mapping[str, Callable[[Floats], Floats]]
    sums: Floats


def _clusters(predictions: pd.DataFrame, transcripts: pd.DataFrame) -> dict[str, str]:
    pairs = pd.concat([table[["utterance", "speaker"]] for table in (predictions, transcripts)]).drop_duplicates()
    utterances, speakers = pairs["utterance"].tolist(), pairs["speaker"].tolist()
    return dict(zip(utterances, cluster_names(utterances, speakers), strict=True))


def _prediction_series(predictions: pd.DataFrame, grid: Grid, clusters: Mapping[str, str]) -> Iterator[_Series]:
    truth, prediction = predictions["truth"].to_numpy(), predictions["prediction"].to_numpy()
    statistics = pair_statistics(truth, prediction, centre=(truth.min() + truth.max()) / 2)
    system = positions(predictions["system"], [*grid.systems])
    dimension = positions(predictions["dimension"], DIMENSIONS)
    speaker, cell, shape = _places(predictions, grid, clusters)
    metrics = {name: _of_sums(formula) for name, formula in FROM_MOMENTS.items()}
    for s, (name, seeds) in enumerate(grid.systems.items()):
        seed = positions(predictions["seed"], seeds)
        for d, dimension_name in enumerate(DIMENSIONS):
            rows = np.flatnonzero((system == s) & (dimension == d))
            cells = seed[rows] * shape[1] + cell[rows]
            sums = _sums(statistics[rows], speaker[rows], cells, (shape[0], len(seeds) * shape[1]))
            yield _Series({"system": name, "dimension": dimension_name}, seeds, metrics, sums)


def _transcript_series(transcripts: pd.DataFrame, grid: Grid, clusters: Mapping[str, str]) -> Iterator[_Series]:
    references, texts = transcripts["reference"], transcripts["text"]
    known = references.notna().to_numpy()
    pairs = list(zip(references, texts, strict=True))
    counts = {pair: word_error_counts(*pair) for pair in {pair for pair, one in zip(pairs, known, strict=True) if one}}
    errors = [counts.get(pair, NO_ERRORS) for pair in pairs]
    statistics = np.array(
        [[n, one.errors, one.reference_words] for n, one in zip(known, errors, strict=True)], np.float64
    )
    speaker, cell, shape = _places(transcripts, grid, clusters)
    for name in sorted(transcripts["transcriber"].unique()):
        rows = np.flatnonzero(transcripts["transcriber"] == name)
        sums = _sums(statistics[rows], speaker[rows], cell[rows], shape)
        yield _Series({"system": name, "dimension": None}, (None,), {"wer": _wer_of_sums}, sums)


def _of_sums(formula: Callable[[Moments], Floats]) -> Callable[[Floats], Floats]:
    return lambda sums: formula(moments(sums))


def _wer_of_sums(sums: Floats) -> Floats:
    errors, words = sums[..., 1], sums[..., 2]
    return np.asarray(errors / np.where(words > 0, words, np.nan), np.float64)


def _cells(grid: Grid) -> list[tuple[int, int]]:
    # Position of the condition, and draw, of the cells of one seed.
    return [(position, draw) for position, one in enumerate(grid.conditions) for draw in one.draws]


def _places(frame: pd.DataFrame, grid: Grid, clusters: Mapping[str, str]) -> tuple[Codes, Codes, tuple[int, int]]:
    # The speaker and the cell of every row, and how many there are of each.
    names = sorted(set(clusters.values()))
    of_utterance = pd.Index(names).get_indexer(pd.Index([clusters.get(one, "") for one in grid.utterances]))
    speaker = of_utterance[positions(frame["utterance"], grid.utterances)]
    cells = _cells(grid)
    draws = sorted({draw for _, draw in cells})
    lookup = np.full((len(grid.conditions), len(draws)), -1, np.intp)
    for cell, (position, draw) in enumerate(cells):
        lookup[position, draws.index(draw)] = cell
    condition = positions(frame["condition"], [one.condition for one in grid.conditions])
    return speaker, lookup[condition, positions(frame["draw"], draws)], (len(names), len(cells))


def _sums(statistics: Floats, speaker: Codes, cell: Codes, shape: tuple[int, int]) -> Floats:
    place = speaker * shape[1] + cell
    sums = np.zeros((shape[0] * shape[1], statistics.shape[1]))
    for k, column in enumerate(statistics.T):
        sums[:, k] = np.bincount(place, weights=column, minlength=len(sums))
    return sums.reshape(*shape, -1)


def _rows(series: _Series, grid: Grid, multiplicities: Floats, harsher: Mapping[str, Harsher]) -> Iterator[Row]:
    cells = [(seed, condition, draw) for seed in series.seeds for condition, draw in _cells(grid)]
    there = series.sums[..., 0]
    utterances, speakers = there.sum(axis=0), np.count_nonzero(there, axis=0)
    members = [np.flatnonzero([one[1] == position for one in cells]) for position in range(len(grid.conditions))]
    mean_counts = [np.array([count[one].mean() for one in members]) for count in (utterances, speakers)]
    resampled = resampled_sums(multiplicities, series.sums)
    for metric, of_sums in series.metrics.items():
        labels = series.labels | {"metric": metric}
        numbers = _Numbers(of_sums(series.sums.sum(axis=0)), of_sums(resampled), utterances, speakers)
        for (seed, position, draw), row in zip(cells, numbers.rows(), strict=True):
            yield labels | _condition(grid.conditions[position]) | {"seed": seed, "draw": draw} | row
        means = _Numbers(
            *(_means(values, members, utterances > 0) for values in (numbers.value, numbers.replicates)), *mean_counts
        )
        for one, row in zip(grid.conditions, means.rows(), strict=True):
            yield labels | _condition(one) | row
        if metric == "ccc":
            yield from (series.labels | row for row in _curve_rows(means, grid, harsher))


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


def _condition(one: GridCondition) -> Row:
    return {name: getattr(one, name) for name in ("corruption", "condition", "level", "level_unit")}


def _means(values: Floats, members: Sequence[Codes], there: npt.NDArray[np.bool_]) -> Floats:
    # Over the last axis, for each condition, over those of its cells that have anything; NaN if none has.
    kept = [cells[there[cells]] for cells in members]
    nothing = np.full(values.shape[:-1], np.nan)
    return np.stack([values[..., cells].mean(axis=-1) if len(cells) else nothing for cells in kept], axis=-1)


def _curve_rows(ccc: _Numbers, grid: Grid, harsher: Mapping[str, Harsher]) -> Iterator[Row]:
    clean = [k for k, one in enumerate(grid.conditions) if one.corruption == "clean"]
    # What has no level is a curve of one point, wherever on an axis.
    points = [(one.corruption, one.level or 0.0, k) for k, one in enumerate(grid.conditions) if k not in clean]
    for corruption in dict.fromkeys(name for name, _, _ in points):
        ascending = sorted((level, k) for name, level, k in points if name == corruption)
        on_curve = [k for _, k in ascending]
        value, replicates = (
            Curve(
                np.array([level for level, _ in ascending]),
                ccc_there[..., on_curve],
                ccc_there[..., clean[0]] if clean else np.full(ccc_there.shape[:-1], np.nan),
                harsher.get(corruption, "up"),
            )
            for ccc_there in (ccc.value, ccc.replicates)
        )
        used = [np.array([count[on_curve].min()]) for count in (ccc.utterances, ccc.speakers)]
        unit = {"corruption": corruption, "level_unit": grid.conditions[on_curve[0]].level_unit}
        for name, summary in SUMMARIES.items():
            numbers = _Numbers(summary(value)[np.newaxis], summary(replicates)[:, np.newaxis], *used)
            yield from ({"metric": name} | unit | row for row in numbers.rows())
