"""From rows to sums: predictions and transcripts by speaker and cell, which every number of a run is computed from.

A cell is a condition, seed and draw of one system and dimension, of one transcriber or of one representation. Sums by
speaker become sums of other sets of speakers, and metrics are computed from sums: nothing loops over utterances twice.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.corpora.corpus import DIMENSIONS
from bench.scores.drift import METRIC as DRIFT_METRIC
from bench.scores.drift import UNDEFINED
from bench.scores.grid import Grid
from bench.scores.metrics import FROM_MOMENTS, STATISTICS, Moments, moments, pair_statistics
from bench.scores.notes import why_undefined
from bench.scores.results import positions
from bench.scores.stability import stays
from bench.uncertainty.intervals import Method, cluster_names
from bench.uncertainty.numbers import Numbers, first_note
from models.asr.hallucination import FLAGS
from models.asr.languages import unit_of
from models.asr.wer import NO_ERRORS, word_error_counts
from models.types import Transcript

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Clusters = Mapping[str, tuple[str, ...]]

MEAN = "mean"
"""Stands for a dimension where a number is the mean of those of all dimensions; none of them counts more."""


@dataclass(frozen=True)
class Series:
    """One system and dimension, one transcriber, or one representation, in all its cells.

    A cluster is a speaker, or with two-way intervals a speaker and a text.

    Attributes:
        system: its name, or that of the transcriber or representation.
        dimension: None for a transcriber or representation.
        seeds: the seeds; cells are the grid's conditions with their draws, for each seed.
        metrics: from sums ``(..., n_statistics)`` to values ``(...)``.
        sums: over each cluster's utterances, shape ``(n_clusters, n_cells, n_statistics)``; the first one counts them.
        reasons: by metric, why it is undefined where it is, if sums do not tell.
    """

    system: str
    dimension: str | None
    seeds: tuple[int | None, ...]
    metrics: Mapping[str, Callable[[Floats], Floats]]
    sums: Floats
    reasons: Mapping[str, str] = field(default_factory=dict)


def speakers_of(*tables: pd.DataFrame) -> dict[str, str]:
    """Return the speaker of every utterance, whom it comes and goes with."""
    pairs = pd.concat([table[["utterance", "speaker"]] for table in tables]).drop_duplicates()
    utterances, speakers = pairs["utterance"].tolist(), pairs["speaker"].tolist()
    return dict(zip(utterances, cluster_names(utterances, speakers), strict=True))


def centre_of(predictions: pd.DataFrame) -> float:
    """Return the middle of the labels, from which sums over predictions are measured."""
    return float(predictions["truth"].min() + predictions["truth"].max()) / 2


def prediction_series(predictions: pd.DataFrame, grid: Grid, clusters: Clusters) -> Iterator[Series]:
    """Yield a series for every system and dimension."""
    truth, prediction = predictions["truth"].to_numpy(), predictions["prediction"].to_numpy()
    statistics = pair_statistics(truth, prediction, centre_of(predictions))
    system = positions(predictions["system"], [*grid.systems])
    dimension = positions(predictions["dimension"], DIMENSIONS)
    utterance, speaker, cell, shape = places_of(predictions, grid, clusters)
    label_ranges = [np.ptp(of) if len(of := truth[dimension == d]) else 0.0 for d in range(len(DIMENSIONS))]
    clean_cell = _clean_cells(grid)
    metrics = {name: _of_sums(formula) for name, formula in FROM_MOMENTS.items()}
    metrics["stability"] = _rate(len(STATISTICS), over=0)
    both = "not every utterance was predicted here and on clean speech"
    untold = both if clean_cell.size else "clean speech was not scored"
    for s, (name, seeds) in enumerate(grid.systems.items()):
        of_system = system == s
        seed = positions(predictions["seed"], seeds)
        for d, dimension_name in enumerate(DIMENSIONS):
            rows = np.flatnonzero(of_system & (dimension == d))
            at = seed[rows], cell[rows], utterance[rows]
            stayed = stays(prediction[rows], *at, clean_cell=clean_cell, label_range=label_ranges[d])
            summed = np.column_stack([statistics[rows], stayed])
            sums = _sums(summed, speaker[rows], at[0] * shape[1] + at[1], (shape[0], len(seeds) * shape[1]))
            reasons = {"stability": untold if label_ranges[d] else "labels do not vary"}
            yield Series(name, dimension_name, seeds, metrics, sums, reasons)


def _clean_cells(grid: Grid) -> Codes:
    """Return of each cell of one seed the cell of clean speech with the same draw, or its first; none without clean."""
    cells = cells_of(grid)
    clean = {draw: cell for cell, (position, draw) in enumerate(cells) if position == grid.clean}
    return np.array([clean.get(draw, min(clean.values())) for _, draw in cells] if clean else [], np.intp)


def word_statistics(transcripts: pd.DataFrame) -> Floats:
    """Return of every row 1, errors, insertions, and the words of the reference; 0 where there is no reference."""
    known = transcripts["reference"].notna().to_numpy()
    pairs = list(zip(*(transcripts[name] for name in ("reference", "text", "language")), strict=True))
    counts = {pair: word_error_counts(*pair) for pair in {pair for pair, one in zip(pairs, known, strict=True) if one}}
    errors = [counts.get(pair, NO_ERRORS) for pair in pairs]
    return np.array(
        [[n, one.errors, one.insertions, one.reference_words] for n, one in zip(known, errors, strict=True)],
        np.float64,
    ).reshape(-1, 4)


def transcript_series(transcripts: pd.DataFrame, words: Floats, grid: Grid, clusters: Clusters) -> Iterator[Series]:
    """Yield two series of each transcriber: its errors where there is a reference, and its signs of invention.

    ``words`` are the ``word_statistics`` of the rows.
    """
    columns = transcripts[["text", "mean_log_probability", "no_speech_probability"]]
    written = [Transcript(*row) for row in columns.itertuples(index=False)]
    signs = np.array([[1, *(shows(one) for shows in FLAGS.values())] for one in written], np.float64)
    signs = signs.reshape(-1, 1 + len(FLAGS))  # of no transcripts too
    believes = ~columns["no_speech_probability"].isna().to_numpy()
    signs[~believes, 1 + [*FLAGS].index("no-speech")] = np.nan  # a recogniser without that belief has no such rate
    _, speaker, cell, shape = places_of(transcripts, grid, clusters)
    for name in sorted(transcripts["transcriber"].unique()):
        rows = np.flatnonzero(transcripts["transcriber"] == name)
        rates = ERROR_RATES[unit_of(transcripts["language"].iloc[rows[0]])]
        for statistics, metrics in ((words, rates), (signs, SIGN_RATES)):
            sums = _sums(statistics[rows], speaker[rows], cell[rows], shape)
            yield Series(name, None, (None,), metrics, sums)


def drift_series(drift: pd.DataFrame, grid: Grid, clusters: Clusters) -> Iterator[Series]:
    """Yield a series for every representation: its mean cosine to clean speech, over the utterances that have one."""
    known = drift["cosine"].notna().to_numpy()
    statistics = np.stack([known.astype(np.float64), drift["cosine"].fillna(0).to_numpy()], axis=1)
    _, speaker, cell, shape = places_of(drift, grid, clusters)
    for name in sorted(drift["representation"].unique()):
        rows = np.flatnonzero(drift["representation"] == name)
        sums = _sums(statistics[rows], speaker[rows], cell[rows], shape)
        yield Series(name, None, (None,), {DRIFT_METRIC: _rate(1, over=0)}, sums, {DRIFT_METRIC: UNDEFINED})


def _rate(column: int, over: int) -> Callable[[Floats], Floats]:
    """Return the metric that divides one sum by another; NaN where the other is 0."""
    return lambda sums: np.asarray(sums[..., column] / np.where(sums[..., over] > 0, sums[..., over], np.nan))


# What is counted -> from sums of (utterances with a reference, errors, insertions, words or characters of it).
ERROR_RATES: dict[str, dict[str, Callable[[Floats], Floats]]] = {
    "word": {"wer": _rate(1, over=3), "insertion_rate": _rate(2, over=3)},
    "character": {"cer": _rate(1, over=3), "character_insertion_rate": _rate(2, over=3)},
}
# From sums of (utterances, and those that show each sign).
SIGN_RATES: dict[str, Callable[[Floats], Floats]] = {
    f"{name.replace('-', '_')}_rate": _rate(column, over=0) for column, name in enumerate(FLAGS, start=1)
}


def _of_sums(formula: Callable[[Moments], Floats]) -> Callable[[Floats], Floats]:
    return lambda sums: formula(moments(sums))


def cells_of(grid: Grid) -> list[tuple[int, int]]:
    """Return the position of the condition, and the draw, of each cell of one seed."""
    return [(position, draw) for position, one in enumerate(grid.conditions) for draw in one.draws]


def cell_numbers(series: Series, metric: str, method: Method) -> Numbers:
    """Return a metric in every cell of a series."""
    there = series.sums[..., 0]
    of_sums, none = series.metrics[metric], np.empty((0, there.shape[1]))
    sums = series.sums.sum(axis=0)
    value = of_sums(sums)
    return Numbers(
        value=value,
        replicates=of_sums(method.replicates(series.sums)),
        sizes=there,
        by_seed=none,
        by_draw=none,
        notes=tuple(
            why_undefined(metric, of, series.reasons.get(metric)) if np.isnan(one) else ""
            for one, of in zip(value, sums, strict=True)
        ),
    )


def means_of_cells(cells: Numbers, series: Series, grid: Grid) -> Numbers:
    """Return the mean over seeds and draws under every condition, over those cells that have anything."""
    one_seed = cells_of(grid)
    # Of noises that are drawn a different number of times, single draws are those that all have.
    draws = min((len(one.draws) for one in grid.conditions if len(one.draws) > 1), default=1)
    there = cells.sizes.sum(axis=0) > 0
    all_seeds = range(len(series.seeds))

    def members(seeds: Iterable[int], draw: int | None = None) -> list[Codes]:
        found: list[list[int]] = [[] for _ in grid.conditions]
        for seed in seeds:
            for cell, (position, drawn) in enumerate(one_seed):
                of_noise = grid.conditions[position].draws
                if draw is None or len(of_noise) == 1 or of_noise.index(drawn) == draw:
                    found[position].append(seed * len(one_seed) + cell)
        return [np.array(of, np.intp) for of in found]

    everything = members(all_seeds)
    by_seed = [_means(cells.value, members([k]), there) for k in all_seeds if series.seeds != (None,)]
    return Numbers(
        value=_means(cells.value, everything, there),
        replicates=_means(cells.replicates, everything, there),
        sizes=_means(cells.sizes, everything, np.ones_like(there)),
        by_seed=np.array(by_seed).reshape(-1, len(grid.conditions)),
        by_draw=np.stack([_means(cells.value, members(all_seeds, k), there) for k in range(draws)]),
        notes=tuple(first_note(cells, of[there[of]] if there[of].any() else of) for of in everything),
    )


def _means(values: Floats, members: Sequence[Codes], there: npt.NDArray[np.bool_]) -> Floats:
    # Over the last axis, for each condition, over those of its cells that have anything; NaN if none has.
    kept = [cells[there[cells]] for cells in members]
    nothing = np.full(values.shape[:-1], np.nan)
    return np.stack([values[..., cells].mean(axis=-1) if len(cells) else nothing for cells in kept], axis=-1)


def places_of(frame: pd.DataFrame, grid: Grid, clusters: Clusters) -> tuple[Codes, Codes, Codes, tuple[int, int]]:
    """Return the utterance, cluster and cell (of one seed) of every row, and how many clusters and cells there are."""
    names = {name: k for k, name in enumerate(sorted(set(clusters.values())))}
    of_utterance = np.array([names[clusters[one]] if one in clusters else -1 for one in grid.utterances], np.intp)
    utterance = positions(frame["utterance"], grid.utterances)
    cells = cells_of(grid)
    draws = sorted({draw for _, draw in cells})
    lookup = np.full((len(grid.conditions), len(draws)), -1, np.intp)
    column = {draw: k for k, draw in enumerate(draws)}
    for place, (position, draw) in enumerate(cells):
        lookup[position, column[draw]] = place
    condition = positions(frame["condition"], [one.condition for one in grid.conditions])
    places = lookup[condition, positions(frame["draw"], draws)]
    return utterance, of_utterance[utterance], places, (len(names), len(cells))


def _sums(statistics: Floats, speaker: Codes, cell: Codes, shape: tuple[int, int]) -> Floats:
    place = speaker * shape[1] + cell
    sums = np.zeros((shape[0] * shape[1], statistics.shape[1]))
    for k, column in enumerate(statistics.T):
        sums[:, k] = np.bincount(place, weights=column, minlength=len(sums))
    return sums.reshape(*shape, -1)
