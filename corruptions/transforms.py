"""Transforms of audiomentations as corruptions. The other way round, see ``corruptions.for_audiomentations``."""

import random as python_random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol

import numpy as np

from corruptions.corruption import Corruption, Harsher, distortion
from corruptions.sound.audio import SAMPLE_RATE, Waveform

# A tenth of a second: some transforms take spectra and warn of clips that are too short for one.
_SHORTEST = SAMPLE_RATE // 10

_FURTHEST_M = 5000


class Transform(Protocol):
    """What is common to audiomentations' transforms and compositions."""

    def __call__(self, samples: Waveform, sample_rate: int) -> Waveform:
        """Return the transformed samples."""


def from_audiomentations(
    make: Callable[[float], Transform],
    description: str,
    level_unit: str | None = None,
    suffix: str = "",
    harsher: Harsher = "up",
    *,
    random: bool = True,
) -> Corruption:
    """Return a transform of audiomentations as a corruption, which draws from the utterance's generator alone.

    audiomentations draws from the global generators of Python and of numpy. They are seeded from the utterance's
    while the transform runs, and afterwards they are as they were. A transform that draws from others stays random.

    Args:
        make: level in (0 for a corruption without levels), transform out; called for every utterance. Give the
            transform ``p=1``, unless some utterances shall be spared.
        description: as in ``Corruption``, like the following ones.
        level_unit: the x axis; None for a corruption without levels.
        suffix: of a level in a condition's name.
        harsher: whether higher or lower levels are worse.
        random: whether the transform draws anything.

    Returns:
        A corruption. Utterances under 100 ms are as long as that, with silence after them, while they are transformed.
        A transform that changes the length, or gives what is not a number, is a ``ValueError`` when it is applied.

    Examples:
        >>> from audiomentations import BitCrush
        >>> crush = from_audiomentations(
        ...     lambda bits: BitCrush(min_bit_depth=int(bits), max_bit_depth=int(bits), p=1),
        ...     "Fewer bits.", "bit depth (bit)", "bit", "down", random=False,
        ... )
        >>> crush.level_unit
        'bit depth (bit)'
    """

    def distort(audio: Waveform, level: float, rng: np.random.Generator) -> Waveform:
        padded = np.pad(audio, (0, max(_SHORTEST - len(audio), 0)))
        shape = padded.shape
        with _global_generators_seeded_from(rng):
            transform = make(level)
            transformed = transform(padded, SAMPLE_RATE)
        name = type(transform).__name__
        if np.shape(transformed) != shape:
            raise ValueError(f"{name} turns shape {shape} into {np.shape(transformed)}; it must keep the length")
        if not np.isfinite(transformed).all():
            raise ValueError(f"{name} gives samples that are not finite numbers")
        return np.ascontiguousarray(transformed[: len(audio)], np.float32)

    corruption = distortion(distort, description, level_unit, suffix, harsher, random=random)
    # Transforms check their arguments when they are made, and not all of them can do with silence.
    return replace(corruption, check=lambda setting: make(setting.level))


def air(distance_m: float) -> Transform:
    """Return what air of 20 degrees Celsius and 50 % humidity takes away over a distance: high frequencies.

    The level as such stays what it was: loudness over distance is a gain.

    Raises:
        ValueError: if the distance is not more than 0 and at most 5000 m.
    """
    from audiomentations import AirAbsorption

    if not 0 < distance_m <= _FURTHEST_M:
        raise ValueError(f"a distance is more than 0 and at most {_FURTHEST_M} m, not {distance_m:g}")
    absorption: Transform = AirAbsorption(
        min_temperature=20,
        max_temperature=20,
        min_humidity=50,
        max_humidity=50,
        # It takes the coefficients in its table for those of the amplitude. They are those of the energy: at 4 kHz,
        # 5.8 per km are 25 dB per km, as in ISO 9613, and not 50.
        min_distance=distance_m / 2,
        max_distance=distance_m / 2,
        p=1,
    )
    return absorption


@contextmanager
def _global_generators_seeded_from(rng: np.random.Generator) -> Iterator[None]:
    python_seed, numpy_seed = rng.integers(2**32, size=2).tolist()
    # The two that audiomentations draws from, hence the legacy functions.
    python_state, numpy_state = python_random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        python_random.seed(python_seed)
        np.random.seed(numpy_seed)  # noqa: NPY002
        yield
    finally:
        python_random.setstate(python_state)
        np.random.set_state(numpy_state)  # noqa: NPY002
