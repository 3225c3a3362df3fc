"""How loud a signal is: the RMS level, and the active speech level of ITU-T P.56.

Levels are in dBFS, where 0 dBFS is an RMS of 1.0 (ITU-T's dBov): a sine that fills the scale reads -3.01 dBFS.

They are levels of what can be heard, so that a constant offset (DC, the mean of the samples) does not count, as it does
not behind the high-pass of a P.56 meter. The mean is taken out and nothing else: without an offset the levels are those
of ITU-T's own code, and low sounds count as they are. An offset that drifts is a low sound.
"""

from collections.abc import Callable
from math import ceil, inf, isinf, log10
from typing import Literal

import numpy as np
import numpy.typing as npt

from corruptions.sound.loops import LOWEST_EXPONENT, activity, mean_and_energy

LevelName = Literal["active", "rms"]
Level = Callable[[npt.NDArray[np.floating]], float]

# ITU-T P.56 (2011), method B. Thresholds are powers of two up to half of full scale.
_HIGHEST_EXPONENT = -1
MARGIN_DB = 15.9
_DB_PER_OCTAVE = 20 * log10(2)

# Mean square above, and energy below which float32 holds the squares of a signal to seven digits.
_SAFE_POWER = (1e-30, 1e30)
# So far under the power of its offset, a signal is hardly more than the rounding of float32.
_SAFE_UNDER_OFFSET = 1e-9


def check_waveform(name: str, x: object) -> None:
    """Refuse what is no waveform, and say how to make it one.

    Args:
        name: what messages call it.
        x: whatever was given.

    Raises:
        ValueError: unless it is a numpy array of float32.

    Examples:
        >>> check_waveform("speech", np.zeros(4, np.int16))
        Traceback (most recent call last):
        ValueError: speech has dtype int16; a waveform is float32, full scale +-1: divide 16-bit numbers by 32768
    """
    if not isinstance(x, np.ndarray):
        raise ValueError(  # noqa: TRY004 - callers catch what is wrong with a recording
            f"{name} is of type {type(x).__name__}; a waveform is a numpy array of float32: np.asarray(x, np.float32) "
            "makes one of a list, .cpu().numpy() of a tensor"
        )
    if x.dtype != np.float32:
        how = ": divide 16-bit numbers by 32768" if x.dtype.kind in "iu" else ": .astype(np.float32)"
        raise ValueError(f"{name} has dtype {x.dtype}; a waveform is float32, full scale +-1{how}")


def has_level(x: npt.NDArray[np.floating]) -> bool:
    """Return whether there is anything to measure: a constant has no level.

    Examples:
        >>> has_level(np.array([0.1, 0.1])), has_level(np.array([0.1, 0.2]))
        (False, True)
    """
    return bool(x.size and x.min() < x.max())


def rms_dbfs(x: npt.NDArray[np.floating]) -> float:
    """Return the RMS level of a whole signal: ``20 log10 sqrt(mean((x - mean(x))^2))``, in dBFS.

    Args:
        x: signal, shape ``(n_samples,)``, full scale +-1.0.

    Raises:
        ValueError: if the signal is constant, empty, or not finite, for then it has no level.

    Examples:
        >>> print(f"{rms_dbfs(np.array([0.1, -0.1, 0.1, -0.1])):.1f} {rms_dbfs(np.array([0.3, 0.1, 0.3, 0.1])):.1f}")
        -20.0 -20.0
    """
    return offset_and_rms_dbfs(x)[1]


def offset_and_rms_dbfs(x: npt.NDArray[np.floating]) -> tuple[float, float]:
    """Return the mean of the samples and ``rms_dbfs(x)``, which are measured together."""
    if _is_waveform(x):
        mean, total = mean_and_energy(x)
        if _is_safe(mean, total, len(x)):
            return mean, 10 * log10(total / len(x))
    scaled, exponent = _scaled(x)
    return float(x.mean(dtype=np.float64)), 10 * log10(np.square(scaled).mean()) + exponent * _DB_PER_OCTAVE


def active_level_dbfs(x: npt.NDArray[np.floating]) -> float:
    """Return the active speech level of ITU-T P.56, method B: the RMS level while somebody speaks, in dBFS.

    The envelope is the rectified signal through two exponential averages of 30 ms. For a threshold ``c``, the signal
    is active where the envelope reaches ``c`` and for 200 ms after, and ``A(c)`` is the level of its energy spread over
    that time. The active level is the one that lies 15.9 dB above its threshold, ``A(c) - c = 15.9 dB``, interpolated
    linearly in dB between the two of the thresholds 2^-15, 2^-14, ..., 2^-1 where that difference first passes 15.9 dB.

    Two cases that the recommendation leaves undefined have exact answers here. For speech so quiet that even the lowest
    threshold is too high, there are 2^-16, 2^-17, ..., since float audio has no last bit. A click so short that its
    envelope stays more than 15.9 dB under its level has the level at the highest threshold that the envelope reaches.

    Args:
        x: signal at 16 kHz, shape ``(n_samples,)``, full scale +-1.0.

    Raises:
        ValueError: if the signal is constant, empty, or not finite, for then it has no level.

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
    return speech_levels_dbfs(x)[0]


def speech_levels_dbfs(x: npt.NDArray[np.floating]) -> tuple[float, float]:
    """Return ``active_level_dbfs(x)`` and ``rms_dbfs(x)``, which are measured together."""
    if _is_waveform(x):
        mean, total, active = activity(x)
        if _is_safe(mean, total, len(x)):
            return _levels(total, active, len(x), 0)
    scaled, exponent = _scaled(x)
    return _levels(float(np.square(scaled).sum()), activity(scaled.astype(np.float32))[-1], len(x), exponent)


def offset_dbfs(x: npt.NDArray[np.floating]) -> float:
    """Return the level of the constant offset of a signal (its DC), in dBFS; minus infinity where there is none.

    Args:
        x: signal, shape ``(n_samples,)``, full scale +-1.0.

    Examples:
        >>> offset_dbfs(np.array([0.3, -0.1])), offset_dbfs(np.zeros(2))
        (-20.0, -inf)
    """
    mean = abs(float(x.mean(dtype=np.float64)))
    return 20 * log10(mean) if mean else -inf


LEVELS: dict[LevelName, Level] = {"active": active_level_dbfs, "rms": rms_dbfs}


def _levels(total: float, active: npt.NDArray[np.int64], n_samples: int, exponent: int) -> tuple[float, float]:
    """Return the active and the RMS level, from what ``activity`` says of the signal divided by ``2^exponent``."""
    rms = 10 * log10(total / n_samples) + exponent * _DB_PER_OCTAVE

    def excess(threshold: int) -> float:
        """Return A(c) - c - 15.9 dB, minus infinity where the envelope does not reach c."""
        n_active = int(active[max(threshold - exponent - LOWEST_EXPONENT, 0)]) if threshold <= exponent else 0
        if not n_active:
            return -inf
        return 10 * log10(total / n_active) + (exponent - threshold) * _DB_PER_OCTAVE - MARGIN_DB

    # Where the envelope reaches c, A(c) is not under the RMS level. So up to this threshold the excess is positive, but
    # for a click.
    below = min(ceil((rms - MARGIN_DB) / _DB_PER_OCTAVE) - 1, _HIGHEST_EXPONENT)
    while (lower := excess(below)) <= 0:
        below -= 1
    upper = -inf
    while below < _HIGHEST_EXPONENT and (upper := excess(below + 1)) > 0:
        below, lower = below + 1, upper
    if below == _HIGHEST_EXPONENT or isinf(upper):
        return lower + below * _DB_PER_OCTAVE + MARGIN_DB, rms
    # The level lies 15.9 dB above the threshold at which the excess would be none.
    return (below + lower / (lower - upper)) * _DB_PER_OCTAVE + MARGIN_DB, rms


def _is_waveform(x: npt.NDArray[np.floating]) -> bool:
    return x.dtype == np.float32 and x.ndim == 1 and x.size > 0


def _is_safe(mean: float, total: float, n_samples: int) -> bool:
    """Return whether the energy around the mean is what float32 says it is; never if it is not finite."""
    return max(_SAFE_POWER[0], _SAFE_UNDER_OFFSET * mean * mean) * n_samples < total < _SAFE_POWER[1]


def _scaled(x: npt.NDArray[np.floating]) -> tuple[npt.NDArray[np.float64], int]:
    """Return ``x`` without its mean and divided by a power of two, so that its peak is about 1, and the exponent."""
    if x.ndim != 1 or x.size == 0:
        raise ValueError(f"a signal with shape {x.shape} has no level: it must be (n_samples,), and not empty")
    if not np.isfinite(x).all():
        raise ValueError("a signal with samples that are not finite numbers has no level")
    if not x.any():
        raise ValueError("a silent signal has no level")
    centred = x.astype(np.float64) - np.float64(x[0])  # exactly nothing is left of a constant
    centred -= centred.mean()
    peak = np.abs(centred).max()
    if peak == 0:
        raise ValueError(f"a signal that is {x[0]:g} throughout has no level: it is silent but for its offset (DC)")
    exponent = int(np.frexp(peak)[1])
    return np.ldexp(centred, -exponent), exponent
