"""Spearman's rank correlation, of many at once: over the last axis, and over utterances in every set of speakers.

Spearman, C. (1904). The proof and measurement of association between two things. Am. J. Psychol. 15, 72-101. Ties have
the mean of their ranks.
"""

import numpy as np
import numpy.typing as npt
from scipy import stats

from bench.uncertainty.intervals import Method

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]


def rank_correlation(one: Floats, other: Floats) -> Floats:
    """Return the rank correlation over the last axis, in [-1, 1]; NaN where either is constant, or has a NaN.

    Examples:
        >>> rank_correlation(np.array([0.1, 0.5, 0.9]), np.array([[0.8, 0.7, 0.2], [1, 1, 1]])).tolist()
        [-1.0, nan]
    """
    ranks = (stats.rankdata(values, axis=-1) for values in np.broadcast_arrays(one, other))
    first, second = (rank - (rank.shape[-1] + 1) / 2 for rank in ranks)
    return correlation(first, second, np.ones_like(first))


def correlation(first: Floats, second: Floats, weights: Floats) -> Floats:
    """Return the correlation of what is centred already, over the last axis; NaN where either is constant."""
    square = (weights * first**2).sum(axis=-1) * (weights * second**2).sum(axis=-1)
    product = (weights * first * second).sum(axis=-1)
    found: Floats = np.clip(product / np.sqrt(np.where(square > 0, square, np.nan)), -1.0, 1.0)
    return found


def in_every_set(per_speaker: Floats, method: Method) -> Floats:
    """Return sums over all speakers, and below them those of every other set, ``(1 + n_sets, ...)``.

    Args:
        per_speaker: sums over the utterances of each speaker, ``(n_speakers, ...)``.
        method: says which sets there are.
    """
    return np.concatenate([per_speaker.sum(axis=0, keepdims=True), method.replicates(per_speaker)])


def centred_ranks(values: Floats, speaker: Codes, n_speakers: int, method: Method) -> Floats:
    """Return the rank of every utterance among those of all speakers, and of every other set, less the mean rank.

    In a set, an utterance has as many below it as its speakers have there: one sort serves all sets.

    Args:
        values: of each utterance, shape ``(n,)``.
        speaker: whose it is, 0 to ``n_speakers`` - 1, shape ``(n,)``.
        n_speakers: how many there are.
        method: says which sets there are.

    Returns:
        Shape ``(1 + n_sets, n)``; of an utterance that a set has not, where it would stand.

    Examples:
        >>> from bench.uncertainty.intervals import Jackknife
        >>> centred_ranks(np.array([5.0, 7, 6]), np.array([0, 0, 1]), 2, Jackknife()).tolist()
        [[-1.0, 1.0, 0.0], [-0.5, 0.5, 0.0], [-0.5, 0.5, 0.0]]
    """
    order = np.argsort(values, kind="stable")
    counts = np.zeros((n_speakers, len(values) + 1))
    counts[speaker[order], np.arange(1, len(values) + 1)] = 1
    below = in_every_set(np.cumsum(counts, axis=1), method)
    first, last = (np.searchsorted(values[order], values, side) for side in ("left", "right"))
    return np.asarray((below[:, first] + below[:, last] - below[:, -1:]) / 2, np.float64)
