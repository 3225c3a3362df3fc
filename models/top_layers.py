"""The top layers of a speech encoder as plain data, so that a head can hold a copy of them and tune it.

Whisper, HuBERT, wav2vec 2.0 and data2vec are made of the same transformer layer: attention over all frames, then two
dense layers with a GELU between, each part added to what went in and normalised before or after. So their weights have
one form here, and a head that was tuned is read without the library that the encoder came from. The keys of attention
have no bias in it: the same number for all keys of a query changes no softmax.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class TopShape:
    """Sizes of a stack of transformer layers.

    Attributes:
        width: numbers per frame.
        heads: of the attention.
        inner: width between the two dense layers.
        n_layers: how many layers.
        norm_first: whether the parts of a layer are normalised before them and the stack at its end, as in Whisper and
            in the large models of the wav2vec 2.0 family, or after them, as in its base models.
        epsilon: of the norms.
    """

    width: int
    heads: int
    inner: int
    n_layers: int
    norm_first: bool
    epsilon: float = 1e-5


@dataclass(frozen=True)
class Top:
    """The layers of an encoder above one of its layers: their shape, and weights named as in ``tuning.TopLayers``."""

    shape: TopShape
    weights: Mapping[str, npt.NDArray[np.float32]]


WHISPER = {
    "attention.query": "self_attn.q_proj",
    "attention.key": "self_attn.k_proj",
    "attention.value": "self_attn.v_proj",
    "attention.out": "self_attn.out_proj",
    "attention_norm": "self_attn_layer_norm",
    "widen": "fc1",
    "narrow": "fc2",
    "dense_norm": "final_layer_norm",
}
"""Our names of the parts of a layer, and those of transformers' Whisper."""

SELF_SUPERVISED = {
    "attention.query": "attention.q_proj",
    "attention.key": "attention.k_proj",
    "attention.value": "attention.v_proj",
    "attention.out": "attention.out_proj",
    "attention_norm": "layer_norm",
    "widen": "feed_forward.intermediate_dense",
    "narrow": "feed_forward.output_dense",
    "dense_norm": "final_layer_norm",
}
"""The same for HuBERT, wav2vec 2.0 and data2vec."""


def top_of(encoder: object, layer: int) -> Top:
    """Return the layers of a speech encoder above ``layer``.

    Args:
        encoder: made by an entry of ``speech.SPEECH_ENCODERS``.
        layer: whose frames the layers are given; 0 for what enters the first.

    Raises:
        ValueError: if the encoder is not made of layers that can be taken out of it, or has none above ``layer``.

    Examples:
        >>> from models.whisper_encoder import whisper_encoder
        >>> top_of(whisper_encoder(), 3).shape
        TopShape(width=384, heads=6, inner=1536, n_layers=1, norm_first=True, epsilon=1e-05)
    """
    if not hasattr(encoder, "top"):
        raise ValueError(f"{type(encoder).__name__} has no layers to be tuned: `whisper` and `self-supervised` have")
    top: Top = encoder.top(layer)
    return top


def whisper_top(network: Any, layer: int) -> Top:
    """Return the layers above ``layer`` of transformers' ``WhisperEncoder``, see ``top_of``."""
    config = network.config
    shape = TopShape(
        config.d_model,
        config.encoder_attention_heads,
        config.encoder_ffn_dim,
        _count_above(network.layers, layer),
        norm_first=True,
    )
    return _top(shape, WHISPER, network.layers, network.layer_norm, config.activation_function)


def self_supervised_top(network: Any, layer: int) -> Top:
    """Return the layers above ``layer`` of a network of the wav2vec 2.0 family in transformers, see ``top_of``.

    Raises:
        ValueError: for WavLM, whose layers hand their relative positions on, and for layers with adapters.
    """
    config, encoder = network.config, network.encoder
    if config.model_type == "wavlm":
        raise ValueError("layers of WavLM cannot be tuned alone: they need the relative positions of its first layer")
    if getattr(config, "adapter_attn_dim", None) is not None:
        raise ValueError(f"layers of {type(network).__name__} with attention adapters cannot be tuned")
    shape = TopShape(
        config.hidden_size,
        config.num_attention_heads,
        config.intermediate_size,
        _count_above(encoder.layers, layer),
        norm_first=bool(getattr(config, "do_stable_layer_norm", False)),
        epsilon=config.layer_norm_eps,
    )
    return _top(shape, SELF_SUPERVISED, encoder.layers, encoder.layer_norm, config.hidden_act)


def _count_above(layers: Any, layer: int) -> int:
    if not 0 <= layer < len(layers):
        raise ValueError(f"there is nothing to tune above layer {layer}: it must be 0 to {len(layers) - 1}")
    return len(layers) - layer


def _top(shape: TopShape, names: Mapping[str, str], layers: Any, last_norm: Any, activation: str) -> Top:
    if activation != "gelu":
        raise ValueError(f"layers with the activation {activation!r} cannot be tuned, only those with 'gelu'")
    weights = {}
    for number, one in enumerate(layers[-shape.n_layers :]):
        for ours, theirs in names.items():
            part = one.get_submodule(theirs)
            weights[f"layers.{number}.{ours}.weight"] = part.weight
            if ours != "attention.key":
                weights[f"layers.{number}.{ours}.bias"] = part.bias
    if shape.norm_first:
        weights |= {"norm.weight": last_norm.weight, "norm.bias": last_norm.bias}
    return Top(shape, {name: weight.detach().float().cpu().numpy() for name, weight in weights.items()})
