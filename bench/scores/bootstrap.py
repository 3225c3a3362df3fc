"""Uncertainty from the choice of speakers: a paired bootstrap that resamples speakers, not utterances.

Utterances of a speaker resemble each other, so the speaker is what is drawn again. The same resamples serve every
system and condition: a difference between two of them is a difference within each resample, paired by construction.

A resample is a row of multiplicities: how often each speaker was drawn. The sums that a metric is computed from are
then ``multiplicities @ sums by speaker``, exactly what a pass over the resampled utterances would give.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from corruptions.noise.talk import UNKNOWN

Floats = npt.NDArray[np.float64]

TAILS = (0.025, 0.975)
MOST_UNDEFINED = 0.05


def cluster_names(utterances: Sequence[str], speakers: Sequence[str]) -> list[str]:
    """Return the name of the cluster that each utterance is resampled with: its speaker.

    Nobody knows which utterances of the speaker ``Unknown`` belong together. Each is a cluster of its own, as if nobody
    spoke twice; intervals are too narrow to the degree that somebody did.

    Examples:
        >>> cluster_names(["a", "b", "c"], ["Ann", "Unknown", "Ann"])
        ['Ann', 'Unknown b', 'Ann']
    """
    return [
        f"{UNKNOWN} {utterance}" if speaker == UNKNOWN else speaker
        for utterance, speaker in zip(utterances, speakers, strict=True)
    ]


def resamples(n_clusters: int, replicates: int, rng: np.random.Generator) -> Floats:
    """Return how often each cluster was drawn in each resample, when as many are drawn, with replacement, as there are.

    Args:
        n_clusters: how many speakers there are.
        replicates: how many resamples to draw.
        rng: where chance comes from.

    Returns:
        Whole numbers as floats, shape ``(replicates, n_clusters)``; every row sums to ``n_clusters``.

    Examples:
        >>> resamples(4, 1000, np.random.default_rng(0)).sum(axis=1).tolist() == [4.0] * 1000
        True
    """
    if n_clusters == 0:
        return np.zeros((replicates, 0))
    return rng.multinomial(n_clusters, np.full(n_clusters, 1 / n_clusters), size=replicates).astype(np.float64)


def resampled_sums(multiplicities: Floats, sums: Floats) -> Floats:
    """Return the sums of every resample.

    Args:
        multiplicities: from ``resamples``, shape ``(replicates, n_clusters)``.
        sums: over the utterances of each cluster, shape ``(n_clusters, ...)``.

    Returns:
        Shape ``(replicates, ...)``.

    Examples:
        >>> resampled_sums(np.array([[2.0, 0.0], [1.0, 1.0]]), np.array([[10.0, 1.0], [20.0, 2.0]])).tolist()
        [[20.0, 2.0], [30.0, 3.0]]
    """
    flat = multiplicities @ sums.reshape(len(sums), -1)
    return flat.reshape(len(multiplicities), *sums.shape[1:])


def interval(replicates: Floats, n_clusters: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return the ends of the 95 % percentile interval of each number.

    Args:
        replicates: the number in every resample, shape ``(replicates, ...)``; NaN where it is undefined.
        n_clusters: how many speakers each number rests on, shape ``(...)`` or one for all.

    Returns:
        Lower and upper end, each of shape ``(...)``. NaN where there are fewer than two speakers, for then nothing is
        known of their spread, and where the number is undefined in more than 5 % of the resamples, for then the ends
        may lie among those; rarer gaps are left out.

    Examples:
        >>> low, high = interval(np.arange(101.0), n_clusters=8)
        >>> print(low, high)
        2.5 97.5
    """
    ordered = np.sort(replicates, axis=0)  # NaN comes last
    defined = np.count_nonzero(~np.isnan(ordered), axis=0)
    known = (np.asarray(n_clusters) > 1) & (len(ordered) - defined <= MOST_UNDEFINED * len(ordered))
    low, high = (np.where(known, _quantile(ordered, defined, q), np.nan) for q in TAILS)
    return low, high


def _quantile(ordered: Floats, defined: npt.NDArray[np.intp], q: float) -> Floats:
    # numpy's default (linear) quantile, with a number of values of its own in every column.
    position = q * np.maximum(defined - 1, 0)
    below = np.floor(position).astype(np.intp)
    above = np.minimum(below + 1, np.maximum(defined - 1, 0))
    at_below, at_above = (np.take_along_axis(ordered, rank[np.newaxis], axis=0)[0] for rank in (below, above))
    return np.asarray(at_below + (position - below) * (at_above - at_below), np.float64)
