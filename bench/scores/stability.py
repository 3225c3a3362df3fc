"""How many predictions stay in noise where they were on clean speech, whether they were right or wrong there."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

NEAR = 0.05
"""As a share of the range of the labels: what lies so close to the prediction on clean speech has stayed there."""


def stays(
    prediction: Floats, seed: Codes, cell: Codes, utterance: Codes, *, clean_cell: Codes, label_range: float
) -> Floats:
    """Return for every prediction of a system whether it lies near that of the same utterance and seed on clean speech.

    Args:
        prediction: on the scale of the labels, shape ``(n,)``.
        seed: the position of the seed of each, shape ``(n,)``.
        cell: that of the condition and draw, shape ``(n,)``.
        utterance: that of the utterance, shape ``(n,)``.
        clean_cell: for every cell the one of clean speech that it is compared with; empty if there is none.
        label_range: the largest label minus the smallest.

    Returns:
        1 or 0, shape ``(n,)``; NaN where there is no such prediction on clean speech, or the labels do not vary.

    Examples:
        >>> where = {"seed": np.zeros(3, int), "cell": np.array([0, 1, 2]), "utterance": np.zeros(3, int)}
        >>> print(stays(np.array([4.0, 4.2, 4.4]), **where, clean_cell=np.zeros(3, int), label_range=6.0))
        [1. 1. 0.]
    """
    if not clean_cell.size or not label_range:
        return np.full(prediction.shape, np.nan)
    known = np.full((seed.max(initial=0) + 1, len(clean_cell), utterance.max(initial=0) + 1), np.nan)
    known[seed, cell, utterance] = prediction
    away = np.abs(prediction - known[seed, clean_cell[cell], utterance])
    return np.where(np.isnan(away), np.nan, away <= NEAR * label_range)
