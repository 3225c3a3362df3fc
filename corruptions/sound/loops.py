"""The loops over samples that decide how fast noise is added, compiled by numba: energy, sum, and P.56's activity.

A constant in a signal, its mean, is no sound: it is taken out of what is measured, and of noise before it is added.

The envelope of P.56, two exponential averages one after the other, is followed from one block of 32 samples (2 ms) to
the next without approximation, since what a block adds to either average is a weighted sum. Where it passes a threshold
between two blocks' ends, the place is interpolated linearly. That is ten times as fast as sample by sample, and moves
the active level of speech by less than 0.001 dB.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import ceil, exp

import numpy as np
import numpy.typing as npt

from corruptions.sound.audio import SAMPLE_RATE, Waveform

# Thresholds are 2^LOWEST_EXPONENT, ..., 2^0. Far below P.56's 2^-15: float audio has no last bit.
LOWEST_EXPONENT = -128

_DECAY = exp(-1 / (0.03 * SAMPLE_RATE))
_HANGOVER = round(0.2 * SAMPLE_RATE)
_ROW = 256
_BLOCK = 32
_BLOCK_DECAY = _DECAY**_BLOCK
# What a sample adds to the first average at the end of its block, times what the second takes of the first; and to the
# second itself.
_AGE = np.arange(_BLOCK)[::-1]
_TO_FIRST = ((1 - _DECAY) ** 2 * _DECAY**_AGE).astype(np.float32)
_TO_SECOND = (_TO_FIRST * (_AGE + 1)).astype(np.float32)
_THRESHOLDS = np.append(np.ldexp(1.0, np.arange(LOWEST_EXPONENT, 1)), np.nan)

_Array = npt.NDArray[np.float64]


def mean_and_energy(x: Waveform) -> tuple[float, float]:
    """Return the mean, and the sum of the squares around it; neither is finite if a sample is not.

    Args:
        x: shape ``(n_samples,)``, not empty. Beyond 1e-15 and 1e15, float32 does not hold its squares.

    Examples:
        >>> mean_and_energy(np.array([3, 1, 3, 1], np.float32))
        (2.0, 4.0)
    """
    loops, x = _compiled(), np.ascontiguousarray(x)
    mean = loops.mean(x)
    return mean, loops.energy(x, np.float32(mean))


def scaled_sum(x: Waveform, y: Waveform, gain: float, mean: float) -> Waveform:
    """Return ``x + gain * (y - mean)``, shape ``(n_samples,)``, in float32.

    Args:
        x: shape ``(n_samples,)``.
        y: same shape.
        gain: factor.
        mean: of ``y``.
    """
    result = np.empty(len(x), np.float32)
    arrays = np.ascontiguousarray(x), np.ascontiguousarray(y)
    _compiled().scaled_sum(*arrays, np.float32(gain), np.float32(mean), result)
    return result


def activity(x: Waveform) -> tuple[float, float, npt.NDArray[np.int64]]:
    """Return ``mean_and_energy(x)``, and how many samples are active at each of the thresholds 2^-128, ..., 2^0.

    A sample is active where the envelope reaches the threshold, and for 200 ms after.

    Args:
        x: signal at 16 kHz, shape ``(n_samples,)``. Where the energy is not finite, the counts mean nothing.

    Examples:
        >>> half_a_second = np.append(np.tile(np.array([1, -1], np.float32), 4000), np.zeros(8000, np.float32))
        >>> _, energy, active_samples = activity(half_a_second)
        >>> energy, active_samples[-2:].tolist()  # the thresholds one half and one
        (8000.0, [11200, 0])
    """
    loops, x = _compiled(), np.ascontiguousarray(x)
    envelope = np.empty(len(x) // _BLOCK + len(x) % _BLOCK)
    active = np.zeros(len(_THRESHOLDS) - 1, np.int64)
    mean = loops.mean(x)
    total = loops.follow(x, np.float32(mean), envelope)
    loops.count(envelope, len(x), active)
    return mean, total, active


def _mean(x: Waveform) -> float:
    """Return the mean: within rows in float32, over rows in float64."""
    n_rows = len(x) // _ROW
    total = np.float64(0)
    for row in range(n_rows):
        of_row = np.float32(0)
        for i in range(_ROW):
            of_row += x[row * _ROW + i]
        total += of_row
    for i in range(n_rows * _ROW, len(x)):
        total += x[i]
    return total / len(x)


def _energy(x: Waveform, mean: np.float32) -> float:
    """Return the sum of the squares around the mean: within rows in float32, over rows in float64."""
    n_rows = len(x) // _ROW
    total = np.float64(0)
    for row in range(n_rows):
        of_row = np.float32(0)
        for i in range(_ROW):
            sample = x[row * _ROW + i] - mean
            of_row += sample * sample
        total += of_row
    for i in range(n_rows * _ROW, len(x)):
        sample = x[i] - mean
        total += sample * sample
    return total


def _scaled_sum(x: Waveform, y: Waveform, gain: np.float32, mean: np.float32, result: Waveform) -> None:
    for i in range(len(x)):
        result[i] = x[i] + gain * (y[i] - mean)


def _follow(x: Waveform, mean: np.float32, envelope: _Array) -> float:
    """Fill in the envelope at the end of every block, then at each sample of the rest; return the energy."""
    n_blocks = len(x) // _BLOCK
    total = first = second = np.float64(0)
    for block in range(n_blocks):
        add_to_first = add_to_second = of_block = np.float32(0)
        for i in range(_BLOCK):
            magnitude = abs(x[block * _BLOCK + i] - mean)
            of_block += magnitude * magnitude
            add_to_first += magnitude * _TO_FIRST[i]
            add_to_second += magnitude * _TO_SECOND[i]
        second = _BLOCK_DECAY * (second + _BLOCK * first) + add_to_second
        first = _BLOCK_DECAY * first + add_to_first
        envelope[block] = second
        total += of_block
    for i in range(n_blocks * _BLOCK, len(x)):
        magnitude = abs(x[i] - mean)
        added = magnitude * _TO_FIRST[_BLOCK - 1]
        second = _DECAY * (second + first) + added
        first = _DECAY * first + added
        envelope[n_blocks + i - n_blocks * _BLOCK] = second
        total += magnitude * magnitude
    return total


def _count(envelope: _Array, n_samples: int, active: npt.NDArray[np.int64]) -> None:
    """Count active samples at every threshold; the last one is not a number, and never reached."""
    n_blocks = n_samples // _BLOCK
    rose = np.empty(len(active), np.int64)
    fell = np.full(len(active), -1)  # never
    reached = 0  # how many thresholds the envelope is at or above
    before, end = 0.0, 0
    for i in range(len(envelope)):
        now, start = envelope[i], end
        end += _BLOCK if i < n_blocks else 1
        # Sample start - 1 has the value `before`, and sample end - 1 `now`. What passes a threshold passes it at one of
        # the samples from `start` on, also where rounding says earlier.
        while now >= _THRESHOLDS[reached]:
            passed = (_THRESHOLDS[reached] - before) / (now - before)
            rose[reached] = max(ceil(start - 1 + (end - start) * passed), start)
            if fell[reached] >= 0:
                active[reached] += min(rose[reached] - fell[reached], _HANGOVER)
            reached += 1
        while reached > 0 and now < _THRESHOLDS[reached - 1]:
            reached -= 1
            passed = (before - _THRESHOLDS[reached]) / (before - now)
            fell[reached] = max(ceil(start - 1 + (end - start) * passed), start)
            active[reached] += fell[reached] - rose[reached]
        before = now
    for j in range(len(active)):
        if j < reached:
            active[j] += n_samples - rose[j]
        elif fell[j] >= 0:
            active[j] += min(n_samples - fell[j], _HANGOVER)


@dataclass(frozen=True)
class _Loops:
    mean: Callable[..., float]
    energy: Callable[..., float]
    scaled_sum: Callable[..., None]
    follow: Callable[..., float]
    count: Callable[..., None]


@cache
def _compiled() -> _Loops:
    """Return the loops, compiled once per process: numba takes a second to be imported and to do it."""
    from numba import njit, types

    numbers = types.Array(types.float64, 1, "C")
    samples = types.Array(types.float32, 1, "C", readonly=True)  # takes what can be written, too
    vectorised = {"reassoc", "contract"}
    return _Loops(
        njit([types.float64(samples)], fastmath=vectorised)(_mean),
        njit([types.float64(samples, types.float32)], fastmath=vectorised)(_energy),
        njit([types.void(samples, samples, types.float32, types.float32, types.Array(types.float32, 1, "C"))])(
            _scaled_sum
        ),
        njit([types.float64(samples, types.float32, numbers)], fastmath=vectorised)(_follow),
        njit([types.void(numbers, types.intp, types.Array(types.int64, 1, "C"))])(_count),
    )
