"""Whisper in transformers, whole or its encoder alone, from weights in either of two formats.

A folder holds a CTranslate2 ``model.bin``, as packaged weights and faster-whisper's repositories do, or what
transformers saved. A CTranslate2 file is read into the very same network: reading takes a tenth of a second for the
smallest, so nothing converted is stored.
"""

from pathlib import Path
from typing import Any

from models.types import SAMPLE_RATE, Pretrained
from models.weights import whisper_input
from models.weights.ctranslate2 import read_variables, whisper_sizes, whisper_state
from models.weights.embedded import WeightsError
from models.weights.hub import FILES, Located, in_own_memory, load_network, locate
from models.weights.torchaudio_cpu import import_torchaudio

PACKED = "model.bin"
"""CTranslate2's file."""

N_POSITIONS = whisper_input.frame_count(whisper_input.LONG_WINDOW_S * SAMPLE_RATE)

DTYPE = {"cpu": "float32", "cuda": "float16"}
"""Whisper was published in float16; on a CPU that is slower than float32."""


def locate_whisper(pretrained: Pretrained) -> Located:
    """Return where the files of a Whisper are: a packaged one, a folder or a hub repository, of either format.

    Raises:
        ValueError: if no weights are named.
        WeightsError: if they are nowhere, or are not what they should be.
    """
    return locate(pretrained, (*FILES, PACKED))


def load_whisper(folder: Path, dtype: Any) -> Any:
    """Return transformers' ``WhisperForConditionalGeneration``, in evaluation mode, of weights in either format.

    Args:
        folder: of :func:`locate_whisper`.
        dtype: torch's type of the weights.

    Raises:
        WeightsError: if these are not the weights of a Whisper, all of them.
    """
    import_torchaudio()
    from transformers import WhisperForConditionalGeneration

    return _load(WhisperForConditionalGeneration, folder, dtype)


def load_whisper_encoder(folder: Path, dtype: Any) -> Any:
    """Return transformers' ``WhisperEncoder``; otherwise as :func:`load_whisper`."""
    import_torchaudio()
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    options = {"key_mapping": {r"^(model\.)?encoder\.": ""}, "unused": ("model.decoder.", "decoder.", "proj_out.")}
    return _load(WhisperEncoder, folder, dtype, prefix="model.encoder.", **options)


def _load(network: Any, folder: Path, dtype: Any, prefix: str = "", **options: Any) -> Any:
    if (folder / PACKED).is_file():
        try:
            loaded = _from_ctranslate2(network, folder / PACKED, dtype, prefix)
        except (ValueError, KeyError, RuntimeError) as error:  # of the format, of a variable, of transformers' network
            raise WeightsError(f"{folder / PACKED}: not the weights of a Whisper: {error}") from error
    else:
        loaded = load_network(network, folder, dtype=dtype, **options)
    if (n_positions := loaded.config.max_source_positions) != N_POSITIONS:
        raise WeightsError(f"{folder}: a window of {n_positions} frames of 20 ms, where Whisper's has {N_POSITIONS}")
    if (n_mels := loaded.config.num_mel_bins) not in (80, 128):
        raise WeightsError(f"{folder}: features of {n_mels} mel bands, where Whisper's have 80 or 128")
    return loaded


def _from_ctranslate2(network: Any, path: Path, dtype: Any, prefix: str) -> Any:
    """Return the network with those weights whose names begin with ``prefix``, which its own names do without."""
    import torch
    from transformers import WhisperConfig

    variables = read_variables(path)
    with torch.device("meta"):  # no random initial weights: they would draw from the global generator
        loaded = network(WhisperConfig(**whisper_sizes(variables)))
    state = {
        name.removeprefix(prefix): torch.from_numpy(values).to(dtype)
        for name, values in whisper_state(variables).items()
        if name.startswith(prefix)
    }
    if (words := "model.decoder.embed_tokens.weight") in state:  # what comes out is compared with what goes in
        state["proj_out.weight"] = state[words]
    loaded.load_state_dict(state, strict=True, assign=True)
    loaded.tie_weights()
    return in_own_memory(loaded.eval())
