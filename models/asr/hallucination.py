"""Signs that a recogniser invented what it wrote down. They are counted and reported; no transcript is changed by them.

These are the rules by which openai-whisper's ``transcribe`` (its defaults) decides to decode a window again or to drop
it. Their limits were set for Whisper's tokens; with another recogniser compare its own conditions with each other, not
its rates with Whisper's. That words were inserted shows only against a reference: see ``models.asr.wer``.
"""

import zlib
from collections.abc import Callable

from models.types import Transcript

MAX_COMPRESSION_RATIO = 2.4
MIN_MEAN_LOG_PROBABILITY = -1.0
MAX_NO_SPEECH_PROBABILITY = 0.6


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
    """Return whether the recogniser probably heard no speech and is not sure of its words; never without that number.

    Examples:
        >>> hears_no_speech(Transcript("you", mean_log_probability=-1.2, no_speech_probability=0.9))
        True
        >>> hears_no_speech(Transcript("you", mean_log_probability=-0.7, no_speech_probability=0.9))
        False
    """
    doubtful = transcript.no_speech_probability > MAX_NO_SPEECH_PROBABILITY  # False for NaN
    return doubtful and transcript.mean_log_probability <= MIN_MEAN_LOG_PROBABILITY


FLAGS: dict[str, Callable[[Transcript], bool]] = {
    "repetition": repeats,
    "low-confidence": is_unsure,
    "no-speech": hears_no_speech,
}
"""Name -> what a transcript shows or not. The share of transcripts that show it is a mean of zeros and ones."""
