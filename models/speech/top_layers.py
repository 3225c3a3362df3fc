"""The top layers of a speech encoder as plain data, so that a head can hold a copy of them and tune it.

Whisper, HuBERT, wav2vec 2.0 and data2vec are made of the same transformer layer: attention over all frames, then two
dense layers with a GELU between, each part added to what went in and normalised before or after. That is also PyTorch's
``TransformerEncoderLayer``, so their weights have its names here, and a head that was tuned is read without the library
that the encoder came from.
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
    """The layers of an encoder above one of its layers: their shape and weights.

    Weights are named as in ``models.heads.tuning.TopLayers``, which tunes them.
    """

    shape: TopShape
    weights: Mapping[str, npt.NDArray[np.float32]]


ATTENTION = "self_attn"
"""PyTorch's name of the attention of a layer."""

WHISPER = {
    ATTENTION: "self_attn",
    "norm1": "self_attn_layer_norm",
    "linear1": "fc1",
    "linear2": "fc2",
    "norm2": "final_layer_norm",
}
"""PyTorch's names of the parts of a layer, and those of transformers' Whisper."""

SELF_SUPERVISED = {
    ATTENTION: "attention",
    "norm1": "layer_norm",
    "linear1": "feed_forward.intermediate_dense",
    "linear2": "feed_forward.output_dense",
    "norm2": "final_layer_norm",
}
"""The same for HuBERT, wav2vec 2.0 and data2vec."""


def top_of(encoder: object, layer: int) -> Top:
    """Return the layers of a speech encoder above ``layer``.

    Args:
        encoder: made by an entry of ``models.speech.catalog.SPEECH_ENCODERS``.
        layer: whose frames the layers are given; 0 for what enters the first.

    Raises:
        ValueError: if the encoder is not made of layers that can be taken out of it, or has none above ``layer``.

    Examples:
        >>> from models.speech.whisper_encoder import whisper_encoder
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
    weights: dict[str, Any] = {}
    for number, one in enumerate(layers[-shape.n_layers :]):
        for name, theirs in names.items():
            part = one.get_submodule(theirs)
            state = _attention(part) if name == ATTENTION else part.state_dict()
            weights |= {f"stack.layers.{number}.{name}.{key}": weight for key, weight in state.items()}
    if shape.norm_first:
        weights |= {f"stack.norm.{key}": weight for key, weight in last_norm.state_dict().items()}
    return Top(shape, {name: weight.detach().float().cpu().numpy() for name, weight in weights.items()})


def _attention(part: Any) -> dict[str, Any]:
    """Return the weights of an attention of transformers as PyTorch has them: queries, keys and values in one."""
    import torch

    projections = [part.q_proj, part.k_proj, part.v_proj]
    biases = [torch.zeros_like(part.q_proj.bias) if one.bias is None else one.bias for one in projections]
    return {
        "in_proj_weight": torch.cat([one.weight for one in projections]),
        "in_proj_bias": torch.cat(biases),  # Whisper's keys have none
        **{f"out_proj.{key}": weight for key, weight in part.out_proj.state_dict().items()},
    }
