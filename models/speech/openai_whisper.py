"""Whisper as openai-whisper runs it: the whole model, for recognition, and its encoder as a speech encoder.

The weights are one of openai's own names ("tiny.en", "large-v3", ...), which the library finds in its cache or
downloads, a checkpoint of openai-whisper, a file ``*.pt``, or those of any other Whisper, packaged or of a hub.

The window is always 30 s, as the library's encoder wants it: for short clips the encoder ``whisper``, the same network,
costs less than half.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.types import Frames, Pretrained, Waveform, check_layers, check_waveforms
from models.weights import whisper_input
from models.weights.embedded import WeightsError
from models.weights.files import file_sha256
from models.weights.precision import check_rounding, spoken_second
from models.weights.whisper import DTYPE, load_whisper, locate_whisper

TINY_EN = Pretrained("whisper-tiny.en")
VERSION = 1
"""To be raised with any change of the code that changes the frames."""

RENAMED = {
    "encoder.layer_norm.": "encoder.ln_post.",
    "decoder.layer_norm.": "decoder.ln.",
    ".layers.": ".blocks.",
    ".embed_positions.weight": ".positional_embedding",
    ".embed_tokens.": ".token_embedding.",
    ".self_attn_layer_norm.": ".attn_ln.",
    ".self_attn.": ".attn.",
    ".encoder_attn_layer_norm.": ".cross_attn_ln.",
    ".encoder_attn.": ".cross_attn.",
    ".final_layer_norm.": ".mlp_ln.",
    ".q_proj.": ".query.",
    ".k_proj.": ".key.",
    ".v_proj.": ".value.",
    ".out_proj.": ".out.",
    ".fc1.": ".mlp.0.",
    ".fc2.": ".mlp.2.",
}
"""Parts of the names of weights in transformers, and what they are in openai-whisper."""


@dataclass(frozen=True)
class OpenaiWhisperEncoder:
    """Frames of 20 ms of Whisper's encoder, ``(ceil(n_samples / 320), dim)``: the padding has none.

    The last layer is what ``embed_audio`` returns; the others are what flows between the library's blocks.
    """

    sha256: str
    revision: str | None
    device: str
    model: Any = field(repr=False)  # whisper.Whisper

    @property
    def fingerprint(self) -> str:
        """Text that changes whenever the frames may."""
        return f"openai-whisper-encoder/{self.sha256}/{self.device}/{DTYPE[self.device]}/v{VERSION}"

    @property
    def dim(self) -> int:
        """Numbers per frame."""
        return int(self.model.dims.n_audio_state)

    @property
    def n_layers(self) -> int:
        """The number of the last layer."""
        return int(self.model.dims.n_audio_layer)

    def __call__(self, waveforms: Sequence[Waveform], layers: Sequence[int]) -> list[list[Frames]]:
        """Return the frames of each waveform, computed by itself; one longer than 30 s is encoded piece by piece."""
        check_waveforms(waveforms)
        check_layers(layers, self.n_layers)
        return _encode(self.model, waveforms, layers, DTYPE[self.device])


def openai_whisper_encoder(device: str = "cpu", pretrained: Pretrained = TINY_EN) -> OpenaiWhisperEncoder:
    """Return the encoder ``openai-whisper``.

    Args:
        device: "cpu" or "cuda".
        pretrained: as for :func:`load_openai_whisper`.

    Raises:
        WeightsError: if the weights are absent, not those of a Whisper, or compute something else in the precision of
            the device.

    Examples:
        >>> import numpy as np
        >>> encoder = openai_whisper_encoder()
        >>> [[last]] = encoder([np.zeros(16_000, np.float32)], layers=[encoder.n_layers])
        >>> last.shape
        (50, 384)
    """
    sha256, revision = identify_openai_whisper(pretrained)
    return OpenaiWhisperEncoder(sha256, revision, device, load_openai_whisper(device, pretrained))


def _encode(model: Any, waveforms: Sequence[Waveform], layers: Sequence[int], dtype: str) -> list[list[Frames]]:
    """Return the frames of each waveform in each of ``layers``, computed in a type of torch's."""
    return whisper_input.encode_pieces(
        waveforms,
        lambda mel: _hidden_states(model, mel, layers, dtype),
        model.device.type,
        model.dims.n_mels,
        whisper_input.LONG_WINDOW_S,
    )


def _hidden_states(model: Any, mel: Any, layers: Sequence[int], dtype: str) -> list[Any]:
    import torch

    hidden: list[Any] = []
    hooks = [
        block.register_forward_pre_hook(lambda _, given: hidden.append(given[0])) for block in model.encoder.blocks
    ]
    try:
        last = model.embed_audio(mel.to(getattr(torch, dtype)))  # the layers follow its type
    finally:
        for hook in hooks:
            hook.remove()
    return [[*hidden, last][layer] for layer in layers]


def load_openai_whisper(device: str, pretrained: Pretrained) -> Any:
    """Return a ``whisper.Whisper``, encoder and decoder, in evaluation mode; its weights are float32.

    Args:
        device: "cpu" or "cuda".
        pretrained: one of openai's names, a file ``*.pt``, or what the encoder ``whisper`` takes: a packaged Whisper,
            a folder or a hub repository. They are looked for in this order.

    Raises:
        ValueError: if no weights are named.
        WeightsError: if the weights are absent, could not be downloaded, are not those of a Whisper, or its encoder
            computes something else in the precision of the device.
    """
    model = _load(pretrained).to(device).eval()
    if (dtype := DTYPE[device]) != "float32":
        second, layers = [spoken_second()], range(model.dims.n_audio_layer + 1)
        [exact], [rounded] = _encode(model, second, layers, "float32"), _encode(model, second, layers, dtype)
        check_rounding(exact, rounded, dtype, str(pretrained.weights))
    return model


def _load(pretrained: Pretrained) -> Any:
    import torch
    import whisper

    name = pretrained.weights
    with torch.random.fork_rng(devices=[]):  # initial weights that are thrown away draw from the global generator
        if name not in whisper.available_models() and not _is_file(name):
            return _from_transformers(locate_whisper(pretrained).folder)
        try:
            return whisper.load_model(name, device="cpu")
        except Exception as error:  # of the network, of the file system, or of torch where a file is something else
            raise WeightsError(f"{name}: openai-whisper cannot load it ({type(error).__name__}: {error})") from error


def identify_openai_whisper(pretrained: Pretrained) -> tuple[str, str | None]:
    """Return the SHA-256 of the weights that :func:`load_openai_whisper` loads, and their commit if a hub has one.

    Raises:
        ValueError: if no weights are named, or a revision of what has none.
        WeightsError: if they are nowhere.
    """
    import whisper

    name = pretrained.weights
    of_openai = name in whisper.available_models()
    if name is None or not (of_openai or _is_file(name)):
        located = locate_whisper(pretrained)
        return located.sha256, located.revision
    if pretrained.revision is not None:
        raise ValueError(f"{name} has no revisions: leave {pretrained.revision!r} out")
    # The library verifies that the file has the sum in its address.
    return (str(whisper._MODELS[name].split("/")[-2]) if of_openai else file_sha256(Path(name))), None


def _is_file(name: str | None) -> bool:
    return name is not None and Path(name).is_file()


def _from_transformers(folder: Path) -> Any:
    import torch
    from whisper.model import ModelDimensions, Whisper

    theirs = load_whisper(folder, torch.float32)
    config = theirs.config
    if {config.encoder_ffn_dim, config.decoder_ffn_dim} != {4 * config.d_model}:
        raise WeightsError(f"{folder}: openai-whisper's layers are 4 times as wide inside as outside, these are not")
    model = Whisper(
        ModelDimensions(
            n_mels=config.num_mel_bins,
            n_audio_ctx=config.max_source_positions,
            n_audio_state=config.d_model,
            n_audio_head=config.encoder_attention_heads,
            n_audio_layer=config.encoder_layers,
            n_vocab=config.vocab_size,
            n_text_ctx=config.max_target_positions,
            n_text_state=config.d_model,
            n_text_head=config.decoder_attention_heads,
            n_text_layer=config.decoder_layers,
        )
    )
    state = {_rename(name): weight for name, weight in theirs.model.state_dict().items()}
    model.load_state_dict(state, strict=True)
    return model


def _rename(name: str) -> str:
    """Return openai-whisper's name of a weight of transformers' Whisper.

    Examples:
        >>> _rename("decoder.layers.3.encoder_attn.q_proj.bias")
        'decoder.blocks.3.cross_attn.query.bias'
    """
    for theirs, openais in RENAMED.items():
        name = name.replace(theirs, openais)
    return name
