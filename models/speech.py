"""The speech encoders: a name for each way to turn a waveform into frames. To add one, write it and add a line."""

from collections.abc import Callable

from models.filterbank import filterbank
from models.types import SpeechEncoder
from models.whisper_encoder import whisper_encoder

SPEECH_ENCODERS: dict[str, Callable[[str], SpeechEncoder]] = {
    "filterbank": filterbank,
    "whisper-encoder": whisper_encoder,
}
"""Name -> function of the device ("cpu" or "cuda") that returns the encoder."""
