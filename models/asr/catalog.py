"""The recognisers: a kind for each way to turn a waveform into words. To add one, write it and add a line."""

from collections.abc import Callable

from models.asr.ctc import ctc
from models.asr.faster_whisper import faster_whisper
from models.asr.openai_whisper import openai_whisper
from models.asr.pocketsphinx import pocketsphinx
from models.asr.whisper import whisper_transcriber
from models.types import Pretrained, Transcriber

TRANSCRIBERS: dict[str, Callable[[str, Pretrained, str], Transcriber]] = {
    "ctc": ctc,
    "faster-whisper": faster_whisper,
    "openai-whisper": openai_whisper,
    "pocketsphinx": pocketsphinx,
    "whisper": whisper_transcriber,
}
"""Kind -> function of the device ("cpu" or "cuda"), the weights and the language: returns the transcriber."""

ENGLISH_ONLY = ("pocketsphinx",)
"""Kinds that hear no other language, whatever their weights."""
