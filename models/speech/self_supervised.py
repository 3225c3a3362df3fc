"""Speech encoders of the wav2vec 2.0 family: wav2vec 2.0, HuBERT, WavLM and data2vec, base and large.

Convolutions turn the waveform into frames of 25 ms every 20 ms, a transformer refines them layer by layer. Layers are
the ``hidden_states`` of transformers: 0 is what enters the first layer. The last is ``last_hidden_state``, what the
model gives out: in large models (all but data2vec's) it has been through a final norm, which those below have not, and
which the last of transformers' own list has not either.

What a waveform goes through before stands in ``models.speech.self_supervised_input``. On a CPU clips are computed one
by one in float32, so that a clip's frames are the same bits whatever the call. On CUDA they are computed in batches of
bfloat16, which is compared with float32 when a network is loaded (``models.weights.precision``), and nothing of one
clip reaches another (``models.speech.padding``) beyond what rounding makes of another batch.
"""

import warnings
from collections.abc import Callable, Sequence
from contextlib import ExitStack, nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models.speech.padding import convolved, padding_unheard
from models.speech.self_supervised_input import normalises, pieces, prepared
from models.speech.top_layers import Top, self_supervised_top
from models.types import SAMPLE_RATE, Frames, Pretrained, Waveform, check_layers, check_waveforms
from models.weights.batching import in_batches
from models.weights.hub import Located, load_network, locate, model_type
from models.weights.precision import lowered
from models.weights.torchaudio_cpu import import_torchaudio

VERSION = 1
"""To be raised with any change of the code that changes the frames."""

DTYPE = {"cpu": "float32", "cuda": "bfloat16"}

BATCH_S = {"cpu": 0, "cuda": 160}
"""Seconds of padded audio in a batch; 0 means one clip. A second takes 24 to 26 MB in float32, measured on a CPU with
networks of base and large width: the first convolution has 512 channels of 3,200 frames a second, held four times. That
is 13 MB in bfloat16, and 3 more where all layers of a large model are kept. So 160 s are under 3 GB, and their 8,000
frames are enough work for a GPU: an estimate, not measured on one. Where it is too much, batches are halved."""


@dataclass(frozen=True)
class Family:
    """The class in transformers, and its fastest attention that is exact with a mask."""

    network: str
    attention: str


FAMILIES = {
    "data2vec-audio": Family("Data2VecAudioModel", "sdpa"),
    "hubert": Family("HubertModel", "sdpa"),
    "wav2vec2": Family("Wav2Vec2Model", "sdpa"),
    "wavlm": Family("WavLMModel", "eager"),  # its position bias is gated by the frames: it has no other
}
"""``model_type`` of a config.json -> what reads it."""

HEADS = ("lm_head.", "quantizer.", "project_q.", "project_hid.", "projector.", "classifier.", "layer_weights")
"""Parts of a checkpoint for what a model was trained on; its frames do without them."""

MASK = ("masked_spec_embed",)
"""What hidden frames are replaced by in training, and only there: some checkpoints leave it out."""


@dataclass(frozen=True)
class SelfSupervised:
    """Frames every 20 ms, ``(max(1, (n_samples - 400) // 320 + 1), dim)``, of any hidden layer.

    Layers above the highest that is asked for are not computed.
    """

    located: Located
    device: str
    normalise: bool
    network: Any = field(repr=False)  # one of FAMILIES

    @property
    def fingerprint(self) -> str:
        """Text that changes whenever the frames may."""
        return f"self-supervised/{self.located.sha256}/{self.device}/{DTYPE[self.device]}/v{VERSION}"

    @property
    def revision(self) -> str | None:
        """The commit of the hub's repository; None for a folder."""
        return self.located.revision

    @property
    def dim(self) -> int:
        """Numbers per frame: 768 for base, 1024 for large models."""
        return int(self.network.config.hidden_size)

    @property
    def n_layers(self) -> int:
        """The number of the last layer: 12 for base, 24 for large models."""
        return int(self.network.config.num_hidden_layers)

    def __call__(self, waveforms: Sequence[Waveform], layers: Sequence[int]) -> list[list[Frames]]:
        """Return the frames of each waveform in each of ``layers``."""
        check_waveforms(waveforms)
        check_layers(layers, self.n_layers)
        config = self.network.config
        clips = [list(pieces(prepared(one, config, normalise=self.normalise), config)) for one in waveforms]
        parts = [piece for clip in clips for piece in clip]
        encoded = iter(
            in_batches(
                lambda batch: encode(self.network, batch, layers),
                parts,
                [len(piece) for piece in parts],
                BATCH_S[self.device] * SAMPLE_RATE,
            )
        )
        return [[np.concatenate(layer) for layer in zip(*(next(encoded) for _ in clip), strict=True)] for clip in clips]

    def top(self, layer: int) -> Top:
        """Return the layers above ``layer``, see ``top_layers.top_of``."""
        return self_supervised_top(self.network, layer)


def self_supervised(device: str, pretrained: Pretrained) -> SelfSupervised:
    """Return the encoder ``self-supervised``.

    Args:
        device: "cpu" or "cuda".
        pretrained: a repository of the hub or a folder, with a ``model_type`` of :data:`FAMILIES`.

    Raises:
        ValueError: if no weights are named.
        WeightsError: if they are absent, not of a known family, incomplete, for another sampling rate, or compute
            something else in the precision of the device.
    """
    import_torchaudio()
    import torch
    import transformers

    located = locate(pretrained)
    family = FAMILIES[model_type(located.folder, FAMILIES)]
    network = load_network(
        getattr(transformers, family.network),
        located.folder,
        dtype=torch.float32,
        unused=HEADS,
        spare=MASK,
        attn_implementation=family.attention,
    )
    normalise = normalises(located.folder)

    def every_layer(network: Any, waveform: Waveform) -> list[Frames]:
        given = prepared(waveform, network.config, normalise=normalise)
        return encode(network, [given], range(network.config.num_hidden_layers + 1))[0]

    network = lowered(network.to(device), DTYPE[device], every_layer, str(located.folder))
    return SelfSupervised(located, device, normalise, network)


def encode(network: Any, batch: Sequence[Waveform], layers: Sequence[int]) -> list[list[Frames]]:
    """Return the frames of each waveform in each layer, computed together.

    Args:
        network: of one of :data:`FAMILIES`.
        batch: waveforms as the network expects them, each at least a window long.
        layers: numbers of layers.
    """
    import torch

    lengths = [len(waveform) for waveform in batch]
    samples = torch.zeros(len(batch), max(lengths))
    for row, waveform in zip(samples, batch, strict=True):
        row[: len(waveform)] = torch.from_numpy(waveform)
    padded = min(lengths) < max(lengths)
    real = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    with torch.inference_mode(), padding_unheard(network, lengths) if padded else nullcontext():
        found = hidden_states(
            network,
            samples.to(network.device, network.dtype),
            real.to(network.device) if padded else None,
            layers,
        )
    kept = [found[layer].float().cpu().numpy() for layer in layers]
    n_frames = convolved(lengths, network.config)[-1]
    return [[layer[row, :length] for layer in kept] for row, length in enumerate(n_frames)]


class _Enough(Exception):  # noqa: N818 - not an error: ends a forward pass whose rest nobody needs
    pass


def hidden_states(network: Any, samples: Any, real: Any, layers: Sequence[int]) -> dict[int, Any]:
    """Return the hidden states of some layers, without computing those above.

    Args:
        network: of one of :data:`FAMILIES`.
        samples: tensor ``(n_clips, n_samples)``.
        real: tensor of bool of the same shape, False in padding; None if there is none.
        layers: numbers of layers.

    Returns:
        Layer -> tensor ``(n_clips, n_frames, dim)``.
    """
    found: dict[int, Any] = {}
    encoder = network.encoder
    last = len(encoder.layers)

    def keep(layer: int, hidden: Any) -> None:
        found[layer] = hidden
        if layer == max(layers):
            raise _Enough

    def keep_input(layer: int) -> Callable[[Any, tuple[Any, ...]], None]:
        return lambda _layer, given: keep(layer, given[0])

    def keep_output(_encoder: Any, _given: Any, output: Any) -> None:
        keep(last, output[0])

    with ExitStack() as hooks:
        for layer in set(layers) - {last}:
            hooks.enter_context(encoder.layers[layer].register_forward_pre_hook(keep_input(layer)))
        hooks.enter_context(encoder.register_forward_hook(keep_output))
        # WavLM hands torch a mask of another type than its position bias, which works but is frowned upon.
        hooks.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("ignore", "Support for mismatched key_padding_mask", UserWarning)
        with suppress(_Enough):
            network(samples, attention_mask=real)
    return found
