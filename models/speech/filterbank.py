"""Log-mel filterbank energies: what speech systems used before pretrained encoders, and the cheapest of encoders.

Conventions: windows of 25 ms every 10 ms (Hann, 512-point Fourier transform), the first one centred on the first
sample and the signal taken as silent outside; filters from 20 Hz to 8 kHz on Slaney's mel scale, which is linear
below 1 kHz, so that none of 80 filters is narrower than a bin of the transform. The energies of all bands together
are twice the mean square of the windowed signal: 1 for a sine of full scale, whose natural logarithm is 0. Nothing is
normalised per utterance, for loudness carries activation.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from models.types import NO_WEIGHTS, SAMPLE_RATE, Frames, Pretrained, Waveform, check_layers, check_waveforms
from models.weights.torchaudio_cpu import import_torchaudio

WINDOW = 400  # samples, 25 ms
HOP = 160  # samples, 10 ms
FOURIER = 512
FLOOR = 1e-10
"""What lower energies are raised to, so that silence has a logarithm: 100 dB below a full-scale sine."""

VERSION = 1
"""To be raised with any change of the code that changes the frames."""


@dataclass(frozen=True)
class Filterbank:
    """Natural logarithms of mel energies, ``(1 + n_samples // 160, dim)``, at least -23.03. There are no weights."""

    dim: int
    device: str
    transform: Any = field(repr=False)  # torchaudio.transforms.MelSpectrogram

    @property
    def fingerprint(self) -> str:
        """Text that changes whenever the frames may."""
        return f"filterbank-{self.dim}/{self.device}/v{VERSION}"

    @property
    def n_layers(self) -> int:
        """There is layer 0 only."""
        return 0

    def __call__(self, waveforms: Sequence[Waveform], layers: Sequence[int] = (0,)) -> list[list[Frames]]:
        """Return the log-mel energies of each waveform, computed by itself."""
        check_waveforms(waveforms)
        check_layers(layers, self.n_layers)
        return [[self._encode(waveform)] * len(layers) for waveform in waveforms]

    def _encode(self, waveform: Waveform) -> Frames:
        import torch

        energies = self.transform(torch.from_numpy(waveform).to(self.device))
        scaled = energies * (4 / (FOURIER * (3 / 8) * WINDOW))  # Parseval; a Hann window's mean square is 3/8
        frames: Frames = scaled.clamp(min=FLOOR).log().T.contiguous().cpu().numpy()
        return frames


def filterbank(device: str = "cpu", pretrained: Pretrained = NO_WEIGHTS, n_mels: int = 40) -> Filterbank:
    """Return the encoder ``filterbank``.

    Args:
        device: "cpu" or "cuda".
        pretrained: nothing, for nothing is learnt.
        n_mels: 40 or 80 bands.

    Raises:
        ValueError: for another number of bands, or if weights are named.

    Examples:
        >>> import numpy as np
        >>> encoder = filterbank()
        >>> [frames.shape for [frames] in encoder([np.zeros(16_000, np.float32), np.ones(1, np.float32)])]
        [(101, 40), (1, 40)]
    """
    if pretrained.weights is not None:
        raise ValueError(f"a filterbank has no weights, so {pretrained.weights!r} has no place")
    if n_mels not in (40, 80):
        raise ValueError(f"a filterbank has 40 or 80 bands, not {n_mels}")
    transform = import_torchaudio().transforms.MelSpectrogram(
        SAMPLE_RATE,
        n_fft=FOURIER,
        win_length=WINDOW,
        hop_length=HOP,
        f_min=20.0,
        n_mels=n_mels,
        pad_mode="constant",
        mel_scale="slaney",
    )
    return Filterbank(n_mels, device, transform.to(device))


def filterbank_80(device: str = "cpu", pretrained: Pretrained = NO_WEIGHTS) -> Filterbank:
    """Return the encoder ``filterbank-80``, of twice as many bands."""
    return filterbank(device, pretrained, n_mels=80)
