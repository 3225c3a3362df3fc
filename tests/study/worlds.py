"""Tables whose true numbers are known: labels, predictions and transcripts of speakers, many test sets at once.

A test set is an element of the second axis. Labels and errors are normal with mean 0 and variance 1; of the labels a
share of the variance lies between speakers, of the errors a fifth. A prediction is the label times its CCC plus error,
so that label and prediction have the same mean and variance and their CCC is just that.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import stats

from bench.scores.metrics import pair_statistics

Floats = npt.NDArray[np.float64]

UTTERANCES = 40
"""Of a speaker, on average."""
ERRORS_BETWEEN = 0.2
"""The share of the errors' variance that lies between speakers."""


def balanced(n_speakers: int) -> list[int]:
    """Return as many utterances of each speaker as of any other."""
    return [UTTERANCES] * n_speakers


def unequal(n_speakers: int) -> list[int]:
    """Return quantiles of a lognormal distribution with a deviation of .8, five at least."""
    spread = stats.lognorm(0.8).ppf((np.arange(n_speakers) + 0.5) / n_speakers)
    return [max(5, round(one)) for one in spread / spread.mean() * UTTERANCES]


def one_third(n_speakers: int) -> list[int]:
    """Return a third of all for one speaker, the rest shared equally by the others."""
    first = UTTERANCES * n_speakers // 3
    return [first] + [(UTTERANCES * n_speakers - first) // (n_speakers - 1)] * (n_speakers - 1)


SIZES = {"equal": balanced, "unequal": unequal, "a third is one's": one_third}


def normal(rng: np.random.Generator, groups: npt.NDArray[np.intp], between: float, n_tables: int) -> Floats:
    """Return standard normal numbers that groups share in part, ``(n_utterances, n_tables)``."""
    shared = rng.standard_normal((groups.max() + 1, n_tables))[groups]
    return np.sqrt(between) * shared + np.sqrt(1 - between) * rng.standard_normal((len(groups), n_tables))


def speakers_of(sizes: Sequence[int]) -> npt.NDArray[np.intp]:
    """Return the speaker of each utterance."""
    return np.repeat(np.arange(len(sizes)), sizes)


def predicted(labels: Floats, errors: Floats, ccc: float | Floats) -> Floats:
    """Return predictions with this CCC."""
    return np.asarray(ccc * labels + np.sqrt(1 - np.square(ccc)) * errors, np.float64)


def rated(
    rng: np.random.Generator,
    sizes: Sequence[int],
    between: float,
    cccs: Sequence[float],
    n_tables: int,
    *,
    alike: float = 0.0,
) -> Floats:
    """Return what each utterance adds to the sums of several predictions of the same labels.

    Args:
        rng: of everything.
        sizes: utterances of each speaker.
        between: the share of the labels' variance between speakers.
        cccs: of each prediction.
        n_tables: how many test sets.
        alike: correlation of the errors of any two predictions.

    Returns:
        Shape ``(n_utterances, n_tables, n_predictions, 7)``, by ``bench.scores.metrics.STATISTICS``.
    """
    who = speakers_of(sizes)
    labels = normal(rng, who, between, n_tables)
    common = normal(rng, who, ERRORS_BETWEEN, n_tables)
    made = []
    for ccc in cccs:
        errors = np.sqrt(alike) * common + np.sqrt(1 - alike) * normal(rng, who, ERRORS_BETWEEN, n_tables)
        made.append(pair_statistics(labels, predicted(labels, errors, ccc), centre=0.0))
    return np.stack(made, axis=2)


def transcribed(rng: np.random.Generator, sizes: Sequence[int], between: float, rate: float, n_tables: int) -> Floats:
    """Return counts of utterances, errors, insertions (none) and words; speakers differ by a beta distribution.

    Args:
        rng: of everything.
        sizes: utterances of each speaker.
        between: the share of the variance of single words' errors that lies between speakers.
        rate: the true word error rate.
        n_tables: how many test sets.

    Returns:
        Shape ``(n_utterances, n_tables, 4)``.
    """
    who = speakers_of(sizes)
    words = rng.integers(3, 16, (len(who), n_tables))
    of_speaker = np.full((len(sizes), n_tables), rate)
    if between:
        strength = 1 / between - 1
        of_speaker = rng.beta(rate * strength, (1 - rate) * strength, of_speaker.shape)
    errors = rng.binomial(words, of_speaker[who])
    return np.stack([np.ones_like(words), errors, np.zeros_like(words), words], axis=-1).astype(np.float64)


def by_speaker(utterances: Floats, sizes: Sequence[int]) -> Floats:
    """Return sums over each speaker's utterances, ``(n_speakers, ...)``."""
    return np.add.reduceat(utterances, np.concatenate([[0], np.cumsum(sizes)[:-1]]), axis=0)
