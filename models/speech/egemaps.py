"""The extended Geneva minimalistic acoustic parameter set (eGeMAPSv02): what experts measure in voices, by openSMILE.

88 numbers per utterance, statistics of pitch, loudness, spectrum, formants and voice quality over its course (Eyben et
al. 2016, "The Geneva minimalistic acoustic parameter set (GeMAPS) for voice research and affective computing"), in the
order and units of openSMILE: see its ``feature_names``. Nothing is scaled or normalised here.

openSMILE is not free software: its licence allows teaching, academic research and private use, nothing commercial. So
emonoise does not install it by itself (``pip install 'emonoise[egemaps]'`` does), and the encoder carries
``licence_notice`` for whoever runs it.

Conventions:

- openSMILE reads 16-bit samples, and a sample beyond full scale would wrap around to the other sign. A waveform whose
  peak is beyond is turned down until it just fits, as when audio is written to a file: its loudness is then too low by
  the excess, a few decibels in loud noise, and nothing is clipped.
- What is shorter than 60 ms, the longest window, is padded with silence to 60 ms.
- Silence has finite numbers like everything else: unvoiced, of no loudness.
- One waveform at a time, on the CPU whatever the device.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models.types import NO_WEIGHTS, SAMPLE_RATE, Frames, Pretrained, Waveform, check_layers, check_waveforms

LICENCE_NOTICE = (
    "eGeMAPS is computed by openSMILE (c) audEERING GmbH, whose licence allows non-commercial use only: "
    "https://github.com/audeering/opensmile-python"
)

SHORTEST = SAMPLE_RATE * 60 // 1000  # samples: openSMILE gives nothing for less than its window for pitch
FULL_SCALE = 32_767 / 32_768

VERSION = 1
"""To be raised with any change of the code that changes the frames."""

LIBRARIES = ("opensmile",)
"""Whose versions are in the fingerprint."""


@dataclass(frozen=True)
class Egemaps:
    """Numbers of openSMILE: one frame of statistics, or frames of what they are statistics of."""

    level: str
    release: str  # of openSMILE's Python package
    smile: Any = field(repr=False)  # opensmile.Smile
    licence_notice: str = LICENCE_NOTICE

    @property
    def fingerprint(self) -> str:
        """Text that changes whenever the frames may."""
        return f"egemaps/{self.level}/opensmile {self.release}/v{VERSION}"

    @property
    def dim(self) -> int:
        """Numbers per frame."""
        return int(self.smile.num_features)

    @property
    def n_layers(self) -> int:
        """There is layer 0 only."""
        return 0

    def __call__(self, waveforms: Sequence[Waveform], layers: Sequence[int] = (0,)) -> list[list[Frames]]:
        """Return the numbers of each waveform, computed by itself."""
        check_waveforms(waveforms)
        check_layers(layers, self.n_layers)
        return [[self._encode(waveform)] * len(layers) for waveform in waveforms]

    def _encode(self, waveform: Waveform) -> Frames:
        fitting = waveform * min(1.0, FULL_SCALE / max(np.abs(waveform).max(), FULL_SCALE))
        padded = np.pad(fitting, (0, max(0, SHORTEST - len(fitting))))
        [frames] = self.smile(padded.astype(np.float32), SAMPLE_RATE)  # (1 channel, n_features, n_frames)
        return np.ascontiguousarray(frames.T, np.float32)


def egemaps(device: str = "cpu", pretrained: Pretrained = NO_WEIGHTS) -> Egemaps:
    """Return the encoder ``egemaps``: the 88 statistics as one frame, ``(1, 88)``.

    Args:
        device: "cpu" or "cuda"; openSMILE knows the CPU only.
        pretrained: nothing, for nothing is learnt.

    Raises:
        ValueError: if weights are named.
        ImportError: if openSMILE is not installed.
    """
    return _made("Functionals", device, pretrained)


def egemaps_lld(device: str = "cpu", pretrained: Pretrained = NO_WEIGHTS) -> Egemaps:
    """Return the encoder ``egemaps-lld``: the 25 low-level descriptors every 10 ms, ``(n_frames, 25)``.

    Arguments and errors are those of :func:`egemaps`.
    """
    return _made("LowLevelDescriptors", device, pretrained)


def _made(level: str, _device: str, pretrained: Pretrained) -> Egemaps:
    if pretrained.weights is not None:
        raise ValueError(f"eGeMAPS has no weights, so {pretrained.weights!r} has no place")
    try:
        import opensmile
    except ImportError as error:
        raise ImportError(
            "eGeMAPS needs openSMILE: pip install 'emonoise[egemaps]' (non-commercial use only)"
        ) from error
    smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel[level])
    return Egemaps(level, opensmile.__version__, smile)
