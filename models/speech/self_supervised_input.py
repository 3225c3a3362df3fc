"""What a waveform goes through before a network of the wav2vec 2.0 family: scaled, long enough, and cut where too long.

Conventions:

- A waveform is scaled to zero mean and unit variance, over all of it, where ``preprocessor_config.json`` says
  ``do_normalize`` or there is no such file, which is the default of transformers. Silence stays silence.
- What is shorter than a window of the network (400 samples) is padded with silence to one, and is one frame.
- What is longer than 30 s is encoded in pieces, as few and as equal as possible, which overlap by the 5 ms that windows
  overlap, so that there are as many frames as without a cut. Frames of different pieces do not attend to each other.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from models.types import SAMPLE_RATE, Waveform
from models.weights.embedded import WeightsError
from models.weights.hub import read_json

LONGEST_S = 30
"""Attention costs the square of the length, and published recipes train on clips of up to 15 or 20 s."""


def normalises(folder: Path) -> bool:
    """Return whether the network wants waveforms of unit variance; so it does where the folder does not say.

    Newer folders may say so under ``feature_extractor`` in processor_config.json, which comes first in transformers.
    """
    about = _json_if_there(folder / "preprocessor_config.json")
    newer = _json_if_there(folder / "processor_config.json").get("feature_extractor", {})
    if not isinstance(newer, dict):
        raise WeightsError(f"{folder / 'processor_config.json'}: feature_extractor is {newer!r}, not an object")
    about |= newer
    if not isinstance(about.get("do_normalize", True), bool):
        raise WeightsError(f"{folder}: do_normalize is {about['do_normalize']!r}, neither true nor false")
    if (rate := about.get("sampling_rate", SAMPLE_RATE)) != SAMPLE_RATE:
        raise WeightsError(f"{folder}: a model for a sampling_rate of {rate}, and waveforms here have {SAMPLE_RATE}")
    return bool(about.get("do_normalize", True))


def _json_if_there(path: Path) -> dict[str, Any]:
    return read_json(path) if path.is_file() else {}


def prepared(waveform: Waveform, config: Any, *, normalise: bool) -> Waveform:
    """Return what a network is given for a waveform: of unit variance where it wants that, and at least a window."""
    scaled = unit_variance(waveform) if normalise else waveform
    return np.pad(scaled, (0, max(0, window(config) - len(scaled))))


def unit_variance(waveform: Waveform) -> Waveform:
    """Return the waveform with mean 0 and variance 1, as transformers scales it; silence stays silence.

    Examples:
        >>> print(unit_variance(np.array([1, 3], np.float32)))
        [-1.  1.]
    """
    scaled: Waveform = (waveform - waveform.mean()) / np.sqrt(waveform.var() + 1e-7)
    return scaled


def pieces(waveform: Waveform, config: Any) -> Iterator[Waveform]:
    """Yield the waveform in pieces of at most ``LONGEST_S``, whose frames together are as many as those of the whole.

    Args:
        waveform: at least a window long.
        config: of the network, with ``conv_kernel`` and ``conv_stride``.
    """
    hop, overlap = math.prod(config.conv_stride), window(config) - math.prod(config.conv_stride)
    n_frames = (len(waveform) - overlap) // hop
    n_pieces = math.ceil(n_frames / ((LONGEST_S * SAMPLE_RATE - overlap) // hop))
    for piece in range(n_pieces):
        first, end = piece * n_frames // n_pieces, (piece + 1) * n_frames // n_pieces
        # Samples after the last whole window are in no frame, but a base model's norm has heard them.
        yield waveform[first * hop : end * hop + overlap if end < n_frames else None]


def window(config: Any) -> int:
    """Return how many samples one frame sees.

    Examples:
        >>> from types import SimpleNamespace
        >>> window(SimpleNamespace(conv_kernel=(10, 3, 3, 3, 3, 2, 2), conv_stride=(5, 2, 2, 2, 2, 2, 2)))
        400
    """
    samples = 1
    for kernel, stride in zip(reversed(config.conv_kernel), reversed(config.conv_stride), strict=True):
        samples = (samples - 1) * stride + kernel
    return samples
