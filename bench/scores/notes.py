"""Why a number is missing or has no interval, in words: the column ``note`` of the results."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from bench.scores.metrics import moments
from corruptions.ground.problems import counted

Floats = npt.NDArray[np.float64]

NOTHING = "nothing to compute it from"


def why_undefined(metric: str, sums: Floats, reason: str | None = None) -> str:
    """Return why a metric of a cell is undefined.

    Args:
        metric: its name.
        sums: over the utterances of the cell, ``(n_statistics,)``; the first one counts them.
        reason: what is known of it beside the sums.

    Examples:
        >>> from bench.scores.metrics import pair_statistics
        >>> pairs = pair_statistics(np.full(12, 4.5), np.arange(12.0), centre=4)
        >>> why_undefined("ccc", pairs.sum(axis=0)), why_undefined("ccc", pairs[0]), why_undefined("ccc", 0 * pairs[0])
        ('undefined: one truth for all 12 utterances', 'undefined: one utterance', 'nothing to compute it from')
    """
    if reason is not None:
        return f"undefined: {reason}"
    if sums[0] == 0:
        return NOTHING
    return f"undefined: {_REASONS[metric](sums)}" if metric in _REASONS else "undefined"


def _constant(sums: Floats) -> str:
    n = round(float(sums[0]))
    if n == 1:
        return "one utterance"
    what = "truth" if moments(sums).truth_variance == 0 else "prediction"
    return f"one {what} for all {counted(n, 'utterance')}"


def _no_words(_: Floats) -> str:
    return "no words in the references"


def _no_belief(_: Floats) -> str:
    return "the recogniser does not say how likely speech is"


_REASONS: dict[str, Callable[[Floats], str]] = {
    **dict.fromkeys(("ccc", "pearson", "scale_ratio", "mean_shift", "ccc_calibrated"), _constant),
    **dict.fromkeys(("wer", "insertion_rate", "cer", "character_insertion_rate"), _no_words),
    "no_speech_rate": _no_belief,
}
