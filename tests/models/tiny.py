"""Tiny random checkpoints in the hub's own format: what weights that come in no package are stood in for by.

Every function writes a folder as a repository of the hub looks, and returns it.
"""

import json
from pathlib import Path
from typing import Any

from models.weights.torchaudio_cpu import import_torchaudio

SELF_SUPERVISED = {
    "data2vec-audio": ("Data2VecAudio", ("base",)),  # base and large differ in numbers only
    "hubert": ("Hubert", ("base", "large")),
    "wav2vec2": ("Wav2Vec2", ("base", "large")),
    "wavlm": ("WavLM", ("base", "large")),
}
"""model_type -> beginning of the classes in transformers, and the architectures."""

ARCHITECTURE: dict[str, dict[str, Any]] = {
    "base": {},
    "large": {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True},
}

SMALL = {
    "hidden_size": 96,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "intermediate_size": 96,
    "conv_dim": (32,) * 7,
    "num_conv_pos_embedding_groups": 2,
}
"""48 channels a group of the convolution over positions, as in the published base models."""

WHISPER = {
    "d_model": 32,
    "encoder_layers": 2,
    "encoder_attention_heads": 2,
    "encoder_ffn_dim": 128,
    "decoder_layers": 1,
    "decoder_attention_heads": 2,
    "decoder_ffn_dim": 128,
    "num_mel_bins": 128,  # as large-v3
    "vocab_size": 8,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 3,
}


def self_supervised(
    folder: Path, model_type: str = "hubert", size: str = "base", trained_as: str = "Model", **preprocessor: Any
) -> Path:
    """Save a speech encoder, as it was trained (``ForCTC``, ``ForPreTraining``) or bare, and its preprocessor."""
    import_torchaudio()
    import transformers

    prefix, _ = SELF_SUPERVISED[model_type]
    config = getattr(transformers, f"{prefix}Config")(**SMALL, **ARCHITECTURE[size], vocab_size=8)
    save(getattr(transformers, prefix + trained_as), config, folder)
    about = {"do_normalize": True, "sampling_rate": 16_000, "feature_extractor_type": "Wav2Vec2FeatureExtractor"}
    (folder / "preprocessor_config.json").write_text(json.dumps(about | preprocessor))
    return folder


LETTERS = ("<pad>", "<s>", "</s>", "<unk>", "|", "E", "T", "A")


def ctc(folder: Path, model_type: str = "hubert", size: str = "base", letters: tuple[str, ...] = LETTERS) -> Path:
    """Save a recogniser of eight symbols, of which the first is the blank."""
    self_supervised(folder, model_type, size, "ForCTC")
    (folder / "vocab.json").write_text(json.dumps({letter: number for number, letter in enumerate(letters)}))
    return folder


def whisper(folder: Path, trained_as: str = "ForConditionalGeneration", **changes: Any) -> Path:
    """Save a Whisper as openai's repositories have it, or bare (``Model``)."""
    import_torchaudio()
    import transformers

    save(getattr(transformers, f"Whisper{trained_as}"), transformers.WhisperConfig(**(WHISPER | changes)), folder)
    return folder


def save(network: Any, config: Any, folder: Path, seed: int = 0) -> None:
    """Save a network of transformers with random weights, the same for the same seed."""
    import torch
    from transformers.utils import logging

    logging.disable_progress_bar()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network(config).save_pretrained(folder)
