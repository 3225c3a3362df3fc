"""Whisper's encoder as a speech encoder: what a speech recogniser makes of sound before it turns it into words.

Any Whisper will do: a repository of ``openai/whisper-*``, a folder in the same format, or the weights of a CTranslate2
file (packaged, or of faster-whisper), which are read into the same network of transformers, so that every layer can be
reached.

The third of the four layers of tiny.en is a good choice. On RAVDESS, with emotion categories mapped to anchor points
as a proxy, ridge regression on pooled frames (the best of four regularisations) gave, for speakers it had not heard, a
CCC of .71/.74/.75/.71 for activation and .49/.58/.61/.58 for valence with layers 1 to 4 (log-mel energies: .57 and
.21). The text is constant there, so this is about voices; the last layer is the closest to words. Of the six layers of
base (half of the clips, all twelve speakers left out in turn) 3 to 6 differ by less than such data can tell: .74/.75/
.75/.74 for activation, .58/.57/.61/.60 for valence, .72/.70/.70/.67 for dominance. The fourth is a fair choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from models.speech.top_layers import Top, whisper_top
from models.types import Frames, Pretrained, Waveform, check_layers, check_waveforms
from models.weights import whisper_input
from models.weights.precision import lowered
from models.weights.whisper import DTYPE, load_whisper_encoder, locate_whisper

TINY_EN = Pretrained("whisper-tiny.en")
VERSION = 2
"""To be raised with any change of the code that changes the frames."""


@dataclass(frozen=True)
class WhisperEncoder:
    """Frames of 20 ms of Whisper's encoder, ``(ceil(n_samples / 320), dim)``: the padding has none.

    Layer 0 is what enters the first layer: convolutions and positions. The last layer is normalised, as the decoder
    sees it; the others are as they flow through the network. Layers above those that are asked for are not computed.
    """

    sha256: str
    revision: str | None
    device: str
    network: Any = field(repr=False)  # transformers' WhisperEncoder

    @property
    def fingerprint(self) -> str:
        """Text that changes whenever the frames may."""
        return f"whisper-encoder/{self.sha256}/{self.device}/{DTYPE[self.device]}/v{VERSION}"

    @property
    def dim(self) -> int:
        """Numbers per frame."""
        return int(self.network.config.d_model)

    @property
    def n_layers(self) -> int:
        """The number of the last layer: 4 for tiny, 6 for base, 12, 24 and 32 for small, medium and large."""
        return len(self.network.layers)

    def __call__(self, waveforms: Sequence[Waveform], layers: Sequence[int]) -> list[list[Frames]]:
        """Return the frames of each waveform, computed by itself; one longer than 30 s is encoded piece by piece."""
        check_waveforms(waveforms)
        check_layers(layers, self.n_layers)
        return whisper_input.encode_pieces(
            waveforms,
            lambda mel: hidden_states(self.network, mel, layers),
            self.device,
            self.network.config.num_mel_bins,
        )

    def top(self, layer: int) -> Top:
        """Return the layers above ``layer``, see ``top_layers.top_of``."""
        return whisper_top(self.network, layer)


def whisper_encoder(device: str = "cpu", pretrained: Pretrained = TINY_EN) -> WhisperEncoder:
    """Return the encoder ``whisper``.

    Args:
        device: "cpu" or "cuda".
        pretrained: a packaged Whisper, or a folder or hub repository in the format of transformers or CTranslate2.

    Raises:
        WeightsError: if the weights are absent, not those of a Whisper of this format, or compute something else in the
            precision of the device.

    Examples:
        >>> import numpy as np
        >>> encoder = whisper_encoder()
        >>> [[third, last]] = encoder([np.zeros(16_000, np.float32)], layers=[3, encoder.n_layers])
        >>> third.shape, last.shape
        ((50, 384), (50, 384))
    """
    import torch

    located = locate_whisper(pretrained)
    network = load_whisper_encoder(located.folder, torch.float32).to(device)
    network = lowered(network, DTYPE[device], every_layer, str(located.folder))
    return WhisperEncoder(located.sha256, located.revision, device, network)


def every_layer(network: Any, waveform: Waveform) -> list[Frames]:
    """Return the frames of a waveform of up to 30 s in every layer of transformers' ``WhisperEncoder``."""
    layers = range(len(network.layers) + 1)
    [frames] = whisper_input.encode_pieces(
        [waveform], lambda mel: hidden_states(network, mel, layers), network.device.type, network.config.num_mel_bins
    )
    return frames


def hidden_states(network: Any, mel: Any, layers: Sequence[int]) -> list[Any]:
    """Return the states of each layer, tensors ``(batch, n_frames, dim)``, in the order of ``layers``.

    Args:
        network: transformers' ``WhisperEncoder``, whose own forward takes the long window only.
        mel: features ``(batch, n_mels, 2 * n_frames)`` of either window.
        layers: 0 for what enters the first layer; the last one is normalised.
    """
    from torch.nn.functional import gelu

    embedded = gelu(network.conv2(gelu(network.conv1(mel.to(network.dtype))))).transpose(1, 2)
    hidden = [embedded + network.embed_positions.weight[: embedded.shape[1]]]  # a short window: the first of them
    for layer in network.layers[: max(layers)]:
        hidden.append(layer(hidden[-1], None))
    n_layers = len(network.layers)
    return [network.layer_norm(hidden[layer]) if layer == n_layers else hidden[layer] for layer in layers]
