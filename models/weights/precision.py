"""Networks that compute in less than float32, compared with themselves in float32 before anything is believed.

Less precision is meant to cost a fraction of a per cent. It can cost everything, and silently: on processors with AMX,
oneDNN 3.12, which comes with torch 2.13, returns noise from convolutions in bfloat16 whose kernel is even and long and
which have fewer than 16 channels a group. Published encoders have 48 or 64 and are not hit; a small one of somebody's
own may be, and its frames would look like any others. So every encoder of PyTorch that is used in less than float32
hears one second first, in either precision: those of the Whispers that recognise, too. Decoders, and what CTranslate2
runs, are not compared.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from models.types import SAMPLE_RATE, Frames, Waveform
from models.weights.embedded import WeightsError

LEAST_CORRELATION = 0.99
"""Between the frames of one layer in the two precisions, all numbers of the second together. Rounding leaves more than
.9995 in small networks, in Whisper's and in random ones of the published shapes; noise from the convolutions above,
played, leaves .975 and less in small HuBERT, wav2vec 2.0 and WavLM, and .46 in data2vec."""


def lowered(network: Any, dtype: str, hear: Callable[[Any, Waveform], Sequence[Frames]], weights: str) -> Any:
    """Return ``network``, loaded in float32, with its weights in ``dtype``.

    Until then, it takes the memory of float32 where it computes.

    Args:
        network: a network of PyTorch in float32, where it will compute.
        dtype: name of torch's type; "float32" leaves the network as it is.
        hear: returns what a network makes of a waveform, one array per layer.
        weights: their name, for the message.

    Raises:
        WeightsError: if what it computes in ``dtype`` is not what it computes in float32.
    """
    import torch

    if dtype == "float32":
        return network
    second = spoken_second()
    exact = hear(network, second)
    rounded = network.to(getattr(torch, dtype))
    check_rounding(exact, hear(rounded, second), dtype, weights)
    torch.cuda.empty_cache()  # of the memory of float32; does nothing where there is no GPU
    return rounded


def check_rounding(exact: Sequence[Frames], rounded: Sequence[Frames], dtype: str, weights: str) -> None:
    """Refuse a network whose frames in ``dtype`` are not those in float32 but for rounding.

    Args:
        exact: frames in float32, one array per layer.
        rounded: the same in ``dtype``, as float32.
        dtype: name of torch's type.
        weights: their name.

    Raises:
        WeightsError: if the frames of a layer correlate by less than :data:`LEAST_CORRELATION`, or are not finite.

    Examples:
        >>> check_rounding([np.eye(2)], [1.002 * np.eye(2)], "bfloat16", "small")
        >>> check_rounding([np.eye(2)], [np.eye(2)[::-1]], "bfloat16", "small")
        Traceback (most recent call last):
        models.weights.embedded.WeightsError: small: in bfloat16 this network ... of layer 0 correlate by -1.000, ...
    """
    for layer, (one, other) in enumerate(zip(exact, rounded, strict=True)):
        correlation = _correlation(one, other)
        if not correlation >= LEAST_CORRELATION:
            raise WeightsError(
                f"{weights}: in {dtype} this network does not compute on this machine what it computes in float32: "
                f"over one second the frames of layer {layer} correlate by {correlation:.3f}, and {LEAST_CORRELATION} "
                "is the least. Processors with AMX get convolutions with fewer than 16 channels a group wrong in "
                "bfloat16 (ONEDNN_MAX_CPU_ISA=AVX512_CORE_BF16 sets them right); in float16, numbers may have become "
                "too large. On a CPU (--device cpu) it computes in float32"
            )


def _correlation(one: Frames, other: Frames) -> float:
    if not np.isfinite(other).all():
        return np.nan
    if np.array_equal(one, other):  # silence, too, which correlates with nothing
        return 1.0
    return float(np.corrcoef(one.ravel().astype(np.float64), other.ravel().astype(np.float64))[0, 1])


def spoken_second() -> Waveform:
    """Return one second that sounds like speech: a voice that glides through four syllables, in a little noise."""
    time_s = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    phase = 2 * np.pi * np.cumsum(120 + 20 * np.sin(2 * np.pi * 0.7 * time_s)) / SAMPLE_RATE
    voice = np.sum([np.sin(harmonic * phase) / harmonic for harmonic in range(1, 25)], axis=0)
    syllables = np.clip(np.sin(2 * np.pi * 4 * time_s), 0, 1)
    noise = np.random.default_rng(0).standard_normal(SAMPLE_RATE)
    second: Waveform = (0.1 * voice * syllables + 0.01 * noise).astype(np.float32)
    return second
