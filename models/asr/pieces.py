"""From what a recogniser hears in a piece of a recording to the transcript of the whole.

Every recogniser hears one piece at a time, so that a transcript is a function of its clip alone: on one CPU thread a
batch is no faster, and what a batch of float32 computes differs in the last bits with its size. Speed comes from
several processes with one thread each.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.types import Transcript, Waveform, check_waveforms
from models.weights import whisper_input


@dataclass(frozen=True)
class Heard:
    """What was heard in one piece: ``n_tokens``, at least one, that have ``log_probability`` (natural) together."""

    text: str
    n_tokens: int
    log_probability: float
    no_speech_probability: float


def transcribe(waveforms: Sequence[Waveform], hear: Callable[[Waveform], Heard]) -> list[Transcript]:
    """Return the transcript of each waveform; of one longer than 30 s the pieces are heard, and their texts joined.

    Args:
        waveforms: of any length.
        hear: the recogniser, given up to 30 s.

    Raises:
        ValueError: for what is not a waveform.

    Examples:
        >>> import numpy as np
        >>> hear = lambda piece: Heard(f"{len(piece)} samples", 2, -0.5, 0.0)
        >>> transcribe([np.zeros(9, np.float32)], hear)
        [Transcript(text='9 samples', mean_log_probability=-0.25, no_speech_probability=0.0)]
    """
    check_waveforms(waveforms)
    return [_transcript(list(whisper_input.pieces(waveform)), hear) for waveform in waveforms]


def _transcript(pieces: Sequence[Waveform], hear: Callable[[Waveform], Heard]) -> Transcript:
    """Return one transcript: every token counts once in the one mean, every sample once in the other."""
    heard = [hear(piece) for piece in pieces]
    weighted = [one.no_speech_probability * len(piece) for one, piece in zip(heard, pieces, strict=True)]
    return Transcript(
        text=" ".join(one.text for one in heard if one.text),
        mean_log_probability=sum(one.log_probability for one in heard) / sum(one.n_tokens for one in heard),
        no_speech_probability=sum(weighted) / sum(len(piece) for piece in pieces),
    )
