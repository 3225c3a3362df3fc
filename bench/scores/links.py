"""How closely what a recogniser mishears goes with what a system that reads its words gets wrong.

Both are rank correlations:

- ``over_conditions``: of a transcriber's error rate under every condition, and the mean CCC there. It is negative where
  CCC falls as errors rise, and says little of cause: noise does both.
- ``over_utterances``: under one condition, of the error rate of every utterance with the squared error of the system's
  prediction of it; and the mean of those under all conditions. It is positive where what is misheard is misjudged.

Ranks are found anew in every set of speakers.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.corpora.corpus import DIMENSIONS
from bench.scores.cells import (
    MEAN,
    Clusters,
    Series,
    cell_numbers,
    means_of_cells,
    places_of,
    prediction_series,
    speakers_of,
    transcript_series,
    word_statistics,
)
from bench.scores.grid import PLACE, Grid
from bench.scores.results import (
    PREDICTIONS,
    RESULTS,
    TRANSCRIPTS,
    Column,
    check_predictions,
    check_transcripts,
    positions,
    typed,
)
from bench.uncertainty.intervals import Method, clustered
from bench.uncertainty.numbers import Numbers, Row, all_notes, mean_of
from bench.uncertainty.ranks import centred_ranks, correlation, in_every_set, rank_correlation

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

OVER_CONDITIONS, OVER_UTTERANCES = "over_conditions", "over_utterances"
FEWEST = 3
"""Of fewer conditions, or utterances, there is no rank correlation."""
_RANGE = (-1.0, 1.0)

# Null: corruption, condition, level and level_unit where all conditions are meant, and as in RESULTS.
LINKS: dict[str, Column] = {
    "system": Column("str"),
    "transcriber": Column("str"),
    "dimension": Column("str"),
    "metric": Column("str"),
    **{name: RESULTS[name] for name in PLACE},
    **{name: RESULTS[name] for name in ("value", "ci_low", "ci_high", "seed_sd", "draw_sd", "all_low", "all_high")},
    **{name: RESULTS[name] for name in ("n_utterances", "n_speakers", "note")},
}


def link(
    predictions: pd.DataFrame,
    transcripts: pd.DataFrame,
    readers: Mapping[str, Sequence[str]],
    *,
    method: Method,
    grid: Grid,
) -> pd.DataFrame:
    """Return how closely the errors of systems go with those of the transcribers that they read.

    Args:
        predictions: columns of ``bench.scores.results.PREDICTIONS``, from one run on one split.
        transcripts: columns of ``bench.scores.results.TRANSCRIPTS``, of the same; may be empty if nobody reads.
        readers: the transcribers of every system that reads words of what is heard.
        method: of intervals.
        grid: what the tables hold.

    Returns:
        The table of ``LINKS``. The dimension ``mean`` stands for the mean CCC of the dimensions in one link, and for
        the mean of the three links in the other.

    Raises:
        TableError: for tables that do not hold the grid.
    """
    readers = {name: of for name, of in readers.items() if of}
    if not readers:
        return typed(pd.DataFrame(columns=[*LINKS]), LINKS, "links")
    grid = replace(grid, systems={name: grid.systems[name] for name in readers})
    names = {one for of in readers.values() for one in of}
    heard = typed(transcripts[transcripts["transcriber"].isin(names)], TRANSCRIPTS, "transcripts")
    heard = check_transcripts(heard, grid)
    used = typed(predictions[predictions["system"].isin(readers)], PREDICTIONS, "predictions")
    used = check_predictions(used, grid)
    method, clusters = clustered(method, speakers_of(used, heard), grid.texts)
    words = word_statistics(heard)
    rates = {
        one.system: _means(one, rate, grid, method)
        for one in transcript_series(heard, words, grid, clusters)
        for rate in ("wer", "cer")
        if rate in one.metrics
    }
    by_system: dict[str, list[Series]] = {}
    for one in prediction_series(used, grid, clusters):
        by_system.setdefault(one.system, []).append(one)
    rows: list[Row] = []
    for name in sorted(names):
        misheard = _Misheard.of(heard, words, name, grid, clusters)
        for system in (one for one, of in readers.items() if name in of):
            series = by_system[system]
            ccc = [_means(one, "ccc", grid, method) for one in series]
            within = _within(used[used["system"] == system], series, misheard, grid, clusters, method)
            for dimension, over, inside in zip(
                (*DIMENSIONS, MEAN), (*ccc, mean_of(ccc)), (*within, mean_of(within)), strict=True
            ):
                labels: Row = {"system": system, "transcriber": name, "dimension": dimension}
                rows.append(labels | _over_conditions(over, rates[name], grid, method))
                rows += (labels | row for row in _over_utterances(inside, grid, method))
    return typed(pd.DataFrame(rows, columns=[*LINKS]), LINKS, "links")


@dataclass(frozen=True)
class _Misheard:
    """Error rates of one transcriber, NaN where there is no reference, ``(n_cells, n_utterances)``, and who speaks."""

    rates: Floats
    speaker: Codes
    n_speakers: int

    @classmethod
    def of(cls, transcripts: pd.DataFrame, words: Floats, name: str, grid: Grid, clusters: Clusters) -> "_Misheard":
        mine = (transcripts["transcriber"] == name).to_numpy()
        utterance, speaker, cell, (n_speakers, n_cells) = places_of(transcripts[mine], grid, clusters)
        errors, out_of = words[mine, 1], words[mine, 3]
        rates = np.full((n_cells, len(grid.utterances)), np.nan)
        rates[cell, utterance] = errors / np.where(out_of > 0, out_of, np.nan)
        speakers = np.zeros(len(grid.utterances), np.intp)
        speakers[utterance] = speaker
        return cls(rates, speakers, n_speakers)


def _means(series: Series, metric: str, grid: Grid, method: Method) -> Numbers:
    return means_of_cells(cell_numbers(series, metric, method), series, grid)


def _over_conditions(ccc: Numbers, rate: Numbers, grid: Grid, method: Method) -> Row:
    known = np.isfinite(ccc.value) & np.isfinite(rate.value)
    places = np.flatnonzero(known)
    places = places if len(places) >= FEWEST else places[:0]

    def linked(one: Floats, other: Floats) -> Floats:
        return rank_correlation(one[..., places], other[..., places])[..., np.newaxis]

    number = Numbers(
        linked(ccc.value, rate.value),
        linked(ccc.replicates, rate.replicates),
        np.minimum(ccc.sizes, rate.sizes).min(axis=1, keepdims=True),
        linked(ccc.by_seed, rate.value),  # a transcript has no seed
        linked(ccc.by_draw, rate.by_draw),
        ("",),
    )
    [row] = number.rows(method, _RANGE)
    why: str | None
    if not len(places):
        why = f"both are known under fewer than {FEWEST} conditions"
    elif np.isnan(number.value[0]):
        why = "CCC or the error rate is the same under all conditions"
    else:
        why = _note(row, [one.condition for one, there in zip(grid.conditions, known, strict=True) if not there])
    return row | {"metric": OVER_CONDITIONS, "note": why}


def _over_utterances(links: Numbers, grid: Grid, method: Method) -> Iterator[Row]:
    alone = np.count_nonzero(method.by_speaker(links.sizes), axis=0) == 1
    everywhere = np.isfinite(links.value) & (np.isfinite(links.replicates).all(axis=0) | alone)
    enough = links.sizes.sum(axis=0) >= FEWEST
    for one, known, several, row in zip(grid.conditions, everywhere, enough, links.rows(method, _RANGE), strict=True):
        why = None if several else f"fewer than {FEWEST} utterances have a reference"
        why = why or (None if known else "one of the two is constant, or would be without some speaker")
        yield row | one.place | {"metric": OVER_UTTERANCES, "note": why or row["note"]}
    places = np.flatnonzero(everywhere)
    used = places if len(places) else np.arange(len(everywhere))
    [row] = links.through(lambda values: values[..., used].mean(axis=-1), used.tolist()).rows(method, _RANGE)
    left_out = [one.condition for one, known in zip(grid.conditions, everywhere, strict=True) if not known]
    note = _note(row, left_out) if len(places) else "unknown under every condition"
    yield row | {"metric": OVER_UTTERANCES, "note": note}


def _note(row: Row, left_out: Sequence[str]) -> str | None:
    return all_notes(f"without {', '.join(left_out)}" if left_out else None, row["note"])


def _within(
    predictions: pd.DataFrame,
    series: Sequence[Series],
    misheard: _Misheard,
    grid: Grid,
    clusters: Clusters,
    method: Method,
) -> list[Numbers]:
    """Return the links over utterances of every dimension of one system, under every condition."""
    squares = _squared_errors(predictions, series[0].seeds, grid, clusters)
    n_dimensions, n_seeds, n_cells, _ = squares.shape
    weights = in_every_set(np.eye(misheard.n_speakers), method)
    found = np.full((n_dimensions, n_seeds, n_cells, len(weights)), np.nan)
    sizes = np.zeros((misheard.n_speakers, n_seeds, n_cells))
    for cell in range(n_cells):
        there = np.flatnonzero(np.isfinite(misheard.rates[cell]))
        speaker = misheard.speaker[there]
        sizes[:, :, cell] = np.bincount(speaker, minlength=misheard.n_speakers)[:, np.newaxis]
        if len(there) < FEWEST:
            continue
        heard = centred_ranks(misheard.rates[cell, there], speaker, misheard.n_speakers, method)
        for d, s in np.ndindex(n_dimensions, n_seeds):
            judged = centred_ranks(squares[d, s, cell, there], speaker, misheard.n_speakers, method)
            found[d, s, cell] = correlation(heard, judged, weights[:, speaker])
    none = np.empty((0, n_seeds * n_cells))
    flat = sizes.reshape(misheard.n_speakers, -1)
    return [
        means_of_cells(Numbers(of[:, 0], of[:, 1:].T, flat, none, none, ("",) * len(of)), one, grid)
        for of, one in zip(found.reshape(n_dimensions, -1, len(weights)), series, strict=True)
    ]


def _squared_errors(predictions: pd.DataFrame, seeds: Sequence[int | None], grid: Grid, clusters: Clusters) -> Floats:
    """Return them by dimension, seed, cell and utterance."""
    utterance, _, cell, (_, n_cells) = places_of(predictions, grid, clusters)
    dimension = positions(predictions["dimension"], DIMENSIONS)
    seed = positions(predictions["seed"], seeds)
    squares = np.full((len(DIMENSIONS), len(seeds), n_cells, len(grid.utterances)), np.nan)
    squares[dimension, seed, cell, utterance] = (predictions["prediction"] - predictions["truth"]) ** 2
    return squares
