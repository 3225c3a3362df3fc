"""How loud a signal is: the RMS level, and the active speech level of ITU-T P.56.

Levels are in dBFS, where 0 dBFS is an RMS of 1.0 (ITU-T's dBov): a sine that fills the scale reads -3.01 dBFS.
"""

from collections.abc import Callable
from math import exp, isinf, log10
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from corruptions.audio import SAMPLE_RATE

LevelName = Literal["active", "rms"]
Level = Callable[[npt.NDArray[np.floating]], float]

# ITU-T P.56 (2011), method B.
_TIME_CONSTANT_S = 0.03
_HANGOVER = round(0.2 * SAMPLE_RATE)
_LOWEST_EXPONENT = -15  # thresholds are powers of two, from one step of 16 bits ...
_HIGHEST_EXPONENT = -1  # ... to half of full scale
_MARGIN_DB = 15.9
_DB_PER_OCTAVE = 20 * log10(2)
_EXPONENT_BIAS = 1023  # of a float64


def rms_dbfs(x: npt.NDArray[np.floating]) -> float:
    """Return the RMS level of a whole signal: ``20 log10 sqrt(mean(x^2))``, in dBFS.

    Args:
        x: signal, shape ``(n_samples,)``, full scale +-1.0.

    Raises:
        ValueError: if the signal is silent, empty, or not finite, for then it has no level.

    Examples:
        >>> rms_dbfs(np.array([0.1, -0.1, 0.1, -0.1]))
        -20.0
    """
    return 10 * log10(_energy(x) / len(x))


def active_level_dbfs(x: npt.NDArray[np.floating]) -> float:
    """Return the active speech level of ITU-T P.56, method B: the RMS level while somebody speaks, in dBFS.

    The envelope is the rectified signal through two exponential averages of 30 ms. For a threshold ``c``, the signal
    is active where the envelope reaches ``c`` and for 200 ms after, and ``A(c)`` is the level of its energy spread over
    that time. The active level is the one that lies 15.9 dB above its threshold, ``A(c) - c = 15.9 dB``, interpolated
    linearly in dB between the two of the thresholds 2^-15, 2^-14, ..., 2^-1 where that difference passes 15.9 dB.

    Two cases that the recommendation leaves undefined have exact answers here. For speech so quiet that even the lowest
    threshold is too high, 2^-16, 2^-17, ... follow, since float audio has no last bit. A click so short that its
    envelope stays more than 15.9 dB under its level has the level at the highest threshold that the envelope reaches.

    Args:
        x: signal at 16 kHz, shape ``(n_samples,)``, full scale +-1.0.

    Raises:
        ValueError: if the signal is silent, empty, or not finite, for then it has no level.

    References:
        ITU-T Recommendation P.56, "Objective measurement of active speech level", 12/2011.

    Examples:
        >>> seconds = np.arange(160_000) / 16_000
        >>> tone = np.sin(2 * np.pi * 440 * seconds)
        >>> print(f"{rms_dbfs(tone):.2f} {active_level_dbfs(tone):.2f}")
        -3.01 -3.00
        >>> print(f"{active_level_dbfs(np.append(tone, np.zeros(160_000))):.2f}")  # RMS would say -6.02
        -3.13
    """
    energy = _energy(x)
    runs = _EnvelopeRuns(x)

    def level(exponent: int) -> float:
        active = runs.active_samples(exponent)
        return 10 * log10(energy / active) if active else float("-inf")

    def above_threshold(exponent: int) -> float:
        return level(exponent) - exponent * _DB_PER_OCTAVE

    below = _LOWEST_EXPONENT
    while above_threshold(below) <= _MARGIN_DB:
        below -= 1
    while below < _HIGHEST_EXPONENT and above_threshold(below + 1) > _MARGIN_DB:
        below += 1
    if below == _HIGHEST_EXPONENT or isinf(level(below + 1)):
        return level(below)
    excess, lack = above_threshold(below) - _MARGIN_DB, _MARGIN_DB - above_threshold(below + 1)
    return (level(below) * lack + level(below + 1) * excess) / (excess + lack)


LEVELS: dict[LevelName, Level] = {"active": active_level_dbfs, "rms": rms_dbfs}


class _EnvelopeRuns:
    """The envelope of P.56 cut where it passes a power of two: a few dozen stretches for thousands of samples."""

    def __init__(self, x: npt.NDArray[np.floating]) -> None:
        decay = exp(-1 / (_TIME_CONSTANT_S * SAMPLE_RATE))
        # Both averages in one filter.
        envelope = lfilter([(1 - decay) ** 2], [1, -2 * decay, decay**2], np.abs(x, dtype=np.float64))
        # The upper bits of a float64 are its exponent, so 2^e <= envelope < 2^(e + 1); in place, for speed.
        exponents = envelope.view(np.int64)
        exponents >>= 52
        changes = np.flatnonzero(exponents[1:] != exponents[:-1]) + 1
        self._starts = np.append(0, changes)
        self._ends = np.append(changes, len(x))
        self._exponents = exponents[self._starts] - _EXPONENT_BIAS

    def active_samples(self, exponent: int) -> int:
        """Return how many samples lie at or above ``2^exponent`` or at most 200 ms behind one that does."""
        above = self._exponents >= exponent
        starts, ends = self._starts[above], self._ends[above]
        if not starts.size:
            return 0
        pauses = np.append(starts[1:], self._ends[-1]) - ends
        return int((ends - starts).sum() + np.minimum(pauses, _HANGOVER).sum())


def _energy(x: npt.NDArray[np.floating]) -> float:
    if x.ndim != 1 or x.size == 0:
        raise ValueError(f"a signal with shape {x.shape} has no level: it must be (n_samples,), and not empty")
    wide = x.astype(np.float64, copy=False)
    energy = float(np.square(wide).sum())  # not a dot product: BLAS's last digit depends on the number of threads
    if not np.isfinite(energy):
        raise ValueError("a signal with samples that are not finite numbers has no level")
    if energy == 0:
        raise ValueError("a silent signal has no level")
    return energy
