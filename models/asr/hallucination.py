"""Signs that a recogniser invented what it wrote down. They are counted and reported; no transcript is changed by them.

These are the rules by which openai-whisper's ``transcribe`` (its defaults) decides to decode a window again or to drop
it, and one more for silence, of which Whisper writes "you" with much confidence. Their limits were set for Whisper's
tokens; with another recogniser compare its own conditions with each other, not its rates with Whisper's. That words
were inserted shows only against a reference: see ``models.asr.wer``.
"""

import zlib
from collections.abc import Callable

from models.types import Transcript

MAX_COMPRESSION_RATIO = 2.4
MIN_MEAN_LOG_PROBABILITY = -1.0
MAX_NO_SPEECH_PROBABILITY = 0.6

MAX_NO_SPEECH_PROBABILITY_OF_SURE_WORDS = 0.9
"""Ours: beyond it nobody spoke, however sure the words. See ``hears_no_speech``."""


def compression_ratio(text: str) -> float:
    """Return the bytes of ``text`` in UTF-8 per byte of its zlib compression: the higher, the more it repeats itself.

    Of plain English the first words give less than 1, a thousand letters 1.7 and ten thousand 2.2: longer texts are
    flagged without repeating themselves. Whisper takes the ratio of one window of 30 s, in any script. But where a
    letter has three bytes of which two are always the same, plain text compresses more: of three hundred letters
    English has 1.6, Russian 1.8, Hindi 2.3 and Thai 2.4, Chinese and Japanese 1.5 or less. So compare rates of
    repetition within a language, across conditions.

    Examples:
        >>> compression_ratio("the door is open and nobody is at home") < 1
        True
        >>> compression_ratio("thank you " * 40) > MAX_COMPRESSION_RATIO
        True
        >>> compression_ratio("")
        0.0
    """
    data = text.encode()
    return len(data) / len(zlib.compress(data))


def repeats(transcript: Transcript) -> bool:
    """Return whether the text compresses more than speech does, as that of a decoder in a loop."""
    return compression_ratio(transcript.text) > MAX_COMPRESSION_RATIO


def is_unsure(transcript: Transcript) -> bool:
    """Return whether the tokens' mean log-probability is below Whisper's limit."""
    return transcript.mean_log_probability < MIN_MEAN_LOG_PROBABILITY


def hears_no_speech(transcript: Transcript) -> bool:
    """Return whether the recogniser surely heard no speech, or probably and is not sure of its words.

    Never without that number. By openai-whisper's own rule alone, none of 12 clips of digital silence and one of 12 of
    white noise at -80 dBFS shows it with tiny.en, which writes "you" for all of them; by both rules all do, and of 40
    utterances no other than before, clean, 40 dB softer or in white noise down to -5 dB. Of those 50 dB softer, where
    most words are wrong, 12 show it instead of 9. See ``tests/benchmarks/whisper_hearing.py``.

    Examples:
        >>> hears_no_speech(Transcript("you", mean_log_probability=-1.2, no_speech_probability=0.7))
        True
        >>> hears_no_speech(Transcript("you", mean_log_probability=-0.6, no_speech_probability=0.7))
        False
        >>> hears_no_speech(Transcript("you", mean_log_probability=-0.6, no_speech_probability=0.99))
        True
    """
    probability = transcript.no_speech_probability  # of NaN every comparison is False
    doubtful = probability > MAX_NO_SPEECH_PROBABILITY and transcript.mean_log_probability <= MIN_MEAN_LOG_PROBABILITY
    return doubtful or probability > MAX_NO_SPEECH_PROBABILITY_OF_SURE_WORDS


FLAGS: dict[str, Callable[[Transcript], bool]] = {
    "repetition": repeats,
    "low-confidence": is_unsure,
    "no-speech": hears_no_speech,
}
"""Name -> what a transcript shows or not. The share of transcripts that show it is a mean of zeros and ones."""
