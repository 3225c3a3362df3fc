"""The speech encoders: a kind for each way to turn a waveform into frames. To add one, write it and add a line."""

from collections.abc import Callable

from models.speech.avd import avd
from models.speech.egemaps import egemaps, egemaps_lld
from models.speech.filterbank import filterbank, filterbank_80
from models.speech.openai_whisper import openai_whisper_encoder
from models.speech.self_supervised import self_supervised
from models.speech.whisper_encoder import whisper_encoder
from models.types import Pretrained, SpeechEncoder

SPEECH_ENCODERS: dict[str, Callable[[str, Pretrained], SpeechEncoder]] = {
    "filterbank": filterbank,
    "filterbank-80": filterbank_80,
    "egemaps": egemaps,
    "egemaps-lld": egemaps_lld,
    "self-supervised": self_supervised,
    "whisper": whisper_encoder,
    "openai-whisper": openai_whisper_encoder,
    "avd": avd,
}
"""Kind -> function of the device ("cpu" or "cuda") and the weights that returns the encoder."""
