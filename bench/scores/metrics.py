"""How well predictions agree with ratings: each metric is a plain function ``(truth, prediction) -> float``.

Conventions. ``truth`` and ``prediction`` have shape ``(n,)`` and the same order, and are pooled over the utterances of
a condition: a metric is never averaged over batches or speakers. Moments are population moments (divided by n).

Every metric is a formula in ``Moments``, written once. Its plain function takes the moments of the values themselves.
Intervals take them from sums over utterances (``STATISTICS``): the sums of a set of speakers are the sums of its
speakers' sums, so that a number is soon computed again without one of them (see ``bench.uncertainty.intervals``).

To add a metric, add its plain function to ``METRICS`` and its formula to ``FROM_MOMENTS``. The word error rate
is no such function: it comes from counts of words, see ``models.asr.wer``.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# What is summed over utterances, in this order; truth and prediction are measured from a centre near their means.
STATISTICS = ("count", "truth", "prediction", "truth^2", "prediction^2", "truth x prediction", "(prediction - truth)^2")

# In sums, values with a spread below a millionth of their distance to the centre are constant: it is rounding error.
_NO_SPREAD = 1e-12


def ccc(truth: npt.ArrayLike, prediction: npt.ArrayLike) -> float:
    r"""Return the concordance correlation coefficient, the agreement of two sets of ratings in rank, scale and mean.

    .. math:: \frac{2\,\mathrm{cov}(t, p)}{\mathrm{var}(t) + \mathrm{var}(p) + (\bar t - \bar p)^2}

    Lin, L. I.-K. (1989). A concordance correlation coefficient to evaluate reproducibility. Biometrics 45, 255-268.

    Args:
        truth: ratings, shape ``(n,)``.
        prediction: predictions of them on the same scale, shape ``(n,)``.

    Returns:
        A number in [-1, 1]; 1 only for ``prediction == truth``. 0 where the prediction is constant; NaN where the truth
        is (that of one utterance is): whatever is predicted, there is nothing to agree on.

    Raises:
        ValueError: if the shapes differ, there are no values, or one is not finite.

    Examples:
        >>> round(ccc([0, 1, 2], [0, 1, 1]), 12)
        0.666666666667
        >>> ccc([0, 1, 2], [1, 1, 1]), ccc([1, 1, 1], [0, 1, 2])
        (0.0, nan)
    """
    return float(_ccc(_moments_of_pairs(truth, prediction)))


def pearson(truth: npt.ArrayLike, prediction: npt.ArrayLike) -> float:
    r"""Return Pearson's correlation coefficient, the agreement that is left when scale and mean are forgiven.

    .. math:: \frac{\mathrm{cov}(t, p)}{\sqrt{\mathrm{var}(t)\,\mathrm{var}(p)}}

    Pearson, K. (1895). Notes on regression and inheritance in the case of two parents. Proc. R. Soc. Lond. 58, 240-242.

    Args:
        truth: ratings, shape ``(n,)``.
        prediction: predictions of them, shape ``(n,)``.

    Returns:
        A number in [-1, 1]; NaN where either is constant, for then it is undefined.

    Raises:
        ValueError: if the shapes differ, there are no values, or one is not finite.

    Examples:
        >>> round(pearson([1, 2, 3], [10, 20, 30]), 12)
        1.0
        >>> pearson([1, 2, 3], [5, 5, 5])
        nan
    """
    return float(_pearson(_moments_of_pairs(truth, prediction)))


def rmse(truth: npt.ArrayLike, prediction: npt.ArrayLike) -> float:
    r"""Return the root mean square error, in units of the rating scale.

    .. math:: \sqrt{\frac{1}{n} \sum_i (p_i - t_i)^2}

    Args:
        truth: ratings, shape ``(n,)``.
        prediction: predictions of them on the same scale, shape ``(n,)``.

    Returns:
        A number from 0 (best) upwards, defined for every input that is accepted.

    Raises:
        ValueError: if the shapes differ, there are no values, or one is not finite.

    Examples:
        >>> rmse([1, 2], [4, 6])  # sqrt((9 + 16) / 2)
        3.5355339059327378
    """
    return float(_rmse(_moments_of_pairs(truth, prediction)))


def scale_ratio(truth: npt.ArrayLike, prediction: npt.ArrayLike) -> float:
    r"""Return how widely predictions are spread beside the truth.

    .. math:: v = \sqrt{\mathrm{var}(p) / \mathrm{var}(t)}

    The scale shift of Lin (1989), see ``ccc``: with Pearson's correlation :math:`r` and the mean shift :math:`u` it
    makes the CCC, :math:`2 r / (v + 1 / v + u^2)`.

    Args:
        truth: ratings, shape ``(n,)``.
        prediction: predictions of them on the same scale, shape ``(n,)``.

    Returns:
        A number from 0 upwards; 1 for the same spread, 0 for constant predictions. NaN where the truth is constant.

    Raises:
        ValueError: if the shapes differ, there are no values, or one is not finite.

    Examples:
        >>> scale_ratio([1, 2, 3], [4, 4.5, 5])
        0.5
    """
    return float(_scale_ratio(_moments_of_pairs(truth, prediction)))


def mean_shift(truth: npt.ArrayLike, prediction: npt.ArrayLike) -> float:
    r"""Return how far the mean prediction is from the mean truth, beside how widely both are spread.

    .. math:: u = \frac{\bar p - \bar t}{\sqrt[4]{\mathrm{var}(t)\,\mathrm{var}(p)}}

    The location shift of Lin (1989), see ``ccc``, with its sign; ``scale_ratio`` has how it makes the CCC.

    Args:
        truth: ratings, shape ``(n,)``.
        prediction: predictions of them on the same scale, shape ``(n,)``.

    Returns:
        Any number, positive where predictions are too high; NaN where either is constant.

    Raises:
        ValueError: if the shapes differ, there are no values, or one is not finite.

    Examples:
        >>> mean_shift([-1, 1], [0, 2]), mean_shift([-1, 1], [1, 9])
        (1.0, 2.5)
    """
    return float(_mean_shift(_moments_of_pairs(truth, prediction)))


METRICS: dict[str, Callable[[npt.ArrayLike, npt.ArrayLike], float]] = {
    "ccc": ccc,
    "pearson": pearson,
    "rmse": rmse,
    "scale_ratio": scale_ratio,
    "mean_shift": mean_shift,
}


@dataclass(frozen=True)
class Moments:
    """Population moments of sets of pairs; every array has the same shape, one element for each set.

    An empty set has NaN everywhere. A constant truth or prediction has a variance and a covariance of exactly 0.
    """

    truth_variance: Floats
    prediction_variance: Floats
    covariance: Floats
    bias: Floats  # mean prediction - mean truth
    mean_square_error: Floats


def pair_statistics(truth: Floats, prediction: Floats, centre: float) -> Floats:
    """Return what each pair adds to the sums that metrics are computed from.

    Args:
        truth: ratings, shape ``(n,)``.
        prediction: predictions, shape ``(n,)``.
        centre: a value near the means of both, such as the middle of the scale, so that no digits cancel.

    Returns:
        Shape ``(n, 7)``, in the order of ``STATISTICS``.

    Examples:
        >>> pair_statistics(np.array([3.0]), np.array([6.0]), centre=4).tolist()
        [[1.0, -1.0, 2.0, 1.0, 4.0, -2.0, 9.0]]
    """
    t, p = truth - centre, prediction - centre
    return np.stack([np.ones_like(t), t, p, t * t, p * p, t * p, (prediction - truth) ** 2], axis=-1)


def moments(sums: Floats) -> Moments:
    """Return the moments of sets of pairs.

    Args:
        sums: over the pairs of each set, shape ``(..., 7)``, in the order of ``STATISTICS``; what follows these is
            not looked at.

    Returns:
        Moments of shape ``(...)``.

    Examples:
        >>> pairs = pair_statistics(np.array([1.0, 3.0]), np.array([2.0, 2.0]), centre=2)
        >>> found = moments(pairs.sum(axis=0))
        >>> found.truth_variance.item(), found.prediction_variance.item(), found.bias.item()
        (1.0, 0.0, 0.0)
    """
    count = np.where(sums[..., 0] > 0, sums[..., 0], np.nan)
    t, p, tt, pp, tp, dd = (sums[..., k] / count for k in range(1, len(STATISTICS)))
    truth_variance, prediction_variance = _variance(t, tt), _variance(p, pp)
    constant = (truth_variance == 0) | (prediction_variance == 0)
    return Moments(truth_variance, prediction_variance, np.where(constant, 0.0, tp - t * p), p - t, dd)


def _variance(mean: Floats, mean_square: Floats) -> Floats:
    variance = mean_square - mean * mean
    return np.where(variance <= _NO_SPREAD * mean_square, 0.0, variance)


def _ccc(m: Moments) -> Floats:
    denominator = m.truth_variance + m.prediction_variance + m.bias**2
    return 2 * m.covariance / np.where(m.truth_variance > 0, denominator, np.nan)


def _pearson(m: Moments) -> Floats:
    spread = np.sqrt(m.truth_variance) * np.sqrt(m.prediction_variance)
    # Rounding may carry a perfect correlation past 1.
    return np.clip(m.covariance / np.where(spread > 0, spread, np.nan), -1, 1)


def _rmse(m: Moments) -> Floats:
    return np.sqrt(m.mean_square_error)


def _scale_ratio(m: Moments) -> Floats:
    return np.sqrt(m.prediction_variance / np.where(m.truth_variance > 0, m.truth_variance, np.nan))


def _mean_shift(m: Moments) -> Floats:
    # A root of each first: the product of two tiny variances may be 0.
    spread = np.sqrt(np.sqrt(m.truth_variance) * np.sqrt(m.prediction_variance))
    return m.bias / np.where(spread > 0, spread, np.nan)


FROM_MOMENTS: dict[str, Callable[[Moments], Floats]] = {
    "ccc": _ccc,
    "pearson": _pearson,
    "rmse": _rmse,
    "scale_ratio": _scale_ratio,
    "mean_shift": _mean_shift,
}


def _moments_of_pairs(truth: npt.ArrayLike, prediction: npt.ArrayLike) -> Moments:
    t, p = np.asarray(truth, np.float64), np.asarray(prediction, np.float64)
    if t.shape != p.shape or t.ndim != 1 or t.size == 0:
        raise ValueError(f"truth {t.shape} and prediction {p.shape} must have the same shape (n,), with n > 0")
    if not (np.isfinite(t).all() and np.isfinite(p).all()):
        raise ValueError("truth and prediction must be finite")
    t_deviation, p_deviation = _deviation(t), _deviation(p)
    return Moments(
        truth_variance=_mean(t_deviation**2),
        prediction_variance=_mean(p_deviation**2),
        covariance=_mean(t_deviation * p_deviation),
        bias=_mean(p) - _mean(t),
        mean_square_error=_mean((p - t) ** 2),
    )


def _deviation(values: Floats) -> Floats:
    # The mean of equal numbers may differ from them by a rounding error.
    return np.zeros_like(values) if np.ptp(values) == 0 else values - values.mean()


def _mean(values: Floats) -> Floats:
    return np.asarray(values.mean(), np.float64)
