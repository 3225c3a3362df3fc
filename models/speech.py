"""The speech encoders: a name for each way to turn a waveform into frames. To add one, write it and add a line."""

from collections.abc import Callable
from functools import partial

from models.filterbank import filterbank
from models.types import SpeechEncoder
from models.whisper_encoder import whisper_encoder

SPEECH_ENCODERS: dict[str, Callable[[str], SpeechEncoder]] = {
    "filterbank": filterbank,
    "filterbank-80": partial(filterbank, n_mels=80),
    "whisper-encoder": whisper_encoder,
    "whisper-encoder-1": partial(whisper_encoder, layer=1),
    "whisper-encoder-2": partial(whisper_encoder, layer=2),
    "whisper-encoder-4": partial(whisper_encoder, layer=4),
}
"""Name -> function of the device ("cpu" or "cuda") that returns the encoder.

Without a number these are the filterbank of 40 bands and the third of the four layers of Whisper's encoder.
"""
