"""Whisper's encoder as a speech encoder: what a speech recogniser makes of sound before it turns it into words.

The weights are the recogniser's own, read out of its CTranslate2 file into the encoder of transformers, where every
layer can be reached. Reading takes a tenth of a second, so nothing converted is stored. Computed in float32, one clip
at a time: on a CPU a batch is no faster, and so a clip's frames cannot depend on its neighbours.

The third of four layers is the default. On RAVDESS, with emotion categories mapped to anchor points as a proxy, ridge
regression on pooled frames (the best of four regularisations) gave, for speakers it had not heard, a CCC of
.71/.74/.75/.71 for activation and .49/.58/.61/.58 for valence with layers 1 to 4 (log-mel energies: .57 and .21). The
text is constant there, so this is about voices; the last layer is the closest to words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models import whisper_input
from models.ctranslate2_weights import read_variables, whisper_encoder_state
from models.embedded import EMBEDDED, find
from models.torchaudio_cpu import import_torchaudio
from models.types import SAMPLE_RATE, Frames, Waveform, check_waveforms

WEIGHTS = "whisper-tiny.en"
DEFAULT_LAYER = 3
VERSION = 1
"""To be raised with any change of the code that changes the frames."""


@dataclass(frozen=True)
class WhisperEncoder:
    """Frames of 20 ms from one layer of Whisper's encoder, ``(ceil(n_samples / 320), dim)``: the padding has none."""

    layer: int
    dim: int
    device: str
    encoders: Mapping[int, Any] = field(repr=False)  # window in seconds -> transformers' WhisperEncoder

    @property
    def fingerprint(self) -> str:
        """Text that changes whenever the frames may."""
        return f"whisper-encoder/{EMBEDDED[WEIGHTS].sha256}/layer {self.layer}/{self.device}/v{VERSION}"

    def __call__(self, waveforms: Sequence[Waveform]) -> list[Frames]:
        """Return the frames of each waveform, computed by itself; one longer than 30 s is encoded piece by piece."""
        check_waveforms(waveforms)
        return [
            np.concatenate([self._encode(piece) for piece in whisper_input.pieces(waveform)]) for waveform in waveforms
        ]

    def _encode(self, piece: Waveform) -> Frames:
        import torch

        mel = torch.from_numpy(whisper_input.log_mel(piece)).to(self.device)
        with torch.inference_mode():
            hidden = self.encoders[whisper_input.window_s(len(piece))](mel[None]).last_hidden_state[0]
        frames: Frames = hidden[: whisper_input.frame_count(len(piece))].cpu().numpy()
        return frames


def whisper_encoder(device: str = "cpu", layer: int = DEFAULT_LAYER) -> WhisperEncoder:
    """Return the encoder ``whisper-encoder``.

    Args:
        device: "cpu" or "cuda".
        layer: which layer's output to take, 1 to 4. Layers above it are not computed. The last one's output is
            normalised, as the decoder sees it; the others are as they flow through the network.

    Raises:
        ValueError: for a layer that is not there.
        WeightsError: if the weights are absent or not the right ones.
    """
    import torch

    variables = read_variables(find(WEIGHTS) / "model.bin")
    state = {name: torch.from_numpy(values) for name, values in whisper_encoder_state(variables).items()}
    n_layers = len({name.split(".")[1] for name in state if name.startswith("layers.")})
    if not 1 <= layer <= n_layers:
        raise ValueError(f"Whisper's encoder has layers 1 to {n_layers}, not {layer}")
    n_heads = int(variables["encoder/num_heads"])
    encoders = {
        seconds: _build(state, n_layers, n_heads, layer, seconds).to(device)
        for seconds in (whisper_input.SHORT_WINDOW_S, whisper_input.LONG_WINDOW_S)
    }
    return WhisperEncoder(layer, state["layer_norm.weight"].numel(), device, encoders)


def _build(state: Mapping[str, Any], n_layers: int, n_heads: int, layer: int, seconds: int) -> Any:
    """Return transformers' encoder for a window of ``seconds``, cut off after ``layer``, made of ``state``."""
    import_torchaudio()
    import torch
    from transformers import WhisperConfig
    from transformers.models.whisper.modeling_whisper import WhisperEncoder as Network

    n_positions = whisper_input.frame_count(seconds * SAMPLE_RATE)
    config = WhisperConfig(
        d_model=state["layer_norm.weight"].numel(),
        encoder_layers=n_layers,
        encoder_attention_heads=n_heads,
        encoder_ffn_dim=state["layers.0.fc1.bias"].numel(),
        num_mel_bins=whisper_input.N_MELS,
        max_source_positions=n_positions,
    )
    with torch.device("meta"):  # no random initial weights: they would draw from the global generator
        network = Network(config)
    positions = {"embed_positions.weight": state["embed_positions.weight"][:n_positions]}
    network.load_state_dict({**state, **positions}, strict=True, assign=True)
    if layer < n_layers:
        network.layers = network.layers[:layer]
        network.layer_norm = torch.nn.Identity()
    return network.eval()
