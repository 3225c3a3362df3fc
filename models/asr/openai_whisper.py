"""Whisper through openai-whisper's own ``decode``: what the others are measured against.

The conventions are those of ``models.asr.faster_whisper``, but for the window, which is always 30 s: the library's
encoder takes no other.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from models.asr.faster_whisper import MAX_NEW_TOKENS, TASK
from models.asr.languages import ENGLISH, check_heard, languages, suffix
from models.asr.pieces import Heard, transcribe
from models.speech.openai_whisper import TINY_EN, identify_openai_whisper, load_openai_whisper
from models.types import Pretrained, Transcript, Waveform
from models.weights import whisper_input
from models.weights.whisper import DTYPE

VERSION = 1
"""To be raised with any change of the code that changes a transcript."""


@dataclass(frozen=True)
class OpenaiWhisperTranscriber:
    """A transcriber made of openai-whisper's model."""

    sha256: str
    revision: str | None
    device: str
    language: str
    model: Any = field(repr=False)  # whisper.Whisper

    @property
    def fingerprint(self) -> str:
        """Text that changes whenever the transcripts may."""
        return f"openai-whisper/{self.sha256}/{self.device}/{DTYPE[self.device]}/v{VERSION}{suffix(self.language)}"

    def __call__(self, waveforms: Sequence[Waveform]) -> list[Transcript]:
        """Return the transcript of each waveform; one longer than 30 s is read piece by piece and the texts are joined.

        Noise and silence get whatever words the recogniser invents: that is a finding, not an error.
        """
        return transcribe(waveforms, self._hear)

    def options(self) -> Any:
        """Return the ``whisper.DecodingOptions`` that every piece is heard with."""
        from whisper import DecodingOptions

        return DecodingOptions(
            task=TASK,
            language=self.language,
            sample_len=MAX_NEW_TOKENS,
            without_timestamps=True,
            fp16=DTYPE[self.device] == "float16",
        )

    def _hear(self, piece: Waveform) -> Heard:
        import torch
        from whisper import decode

        mel = whisper_input.log_mel(piece, self.model.dims.n_mels, whisper_input.LONG_WINDOW_S)
        result = decode(self.model, torch.from_numpy(mel).to(self.device), self.options())
        n_tokens = len(result.tokens) + 1
        return Heard(
            text=result.text,
            n_tokens=min(n_tokens, MAX_NEW_TOKENS),  # the library counts an end even where the limit ended the text
            log_probability=result.avg_logprob * n_tokens,
            no_speech_probability=result.no_speech_prob,
        )


def openai_whisper(
    device: str = "cpu", pretrained: Pretrained = TINY_EN, language: str = ENGLISH
) -> OpenaiWhisperTranscriber:
    """Return the transcriber ``openai-whisper``.

    Args:
        device: "cpu" or "cuda".
        pretrained: one of openai's names, a file ``*.pt``, or what the encoder ``whisper`` takes.
        language: what is spoken, a code of ``models.asr.languages``.

    Raises:
        ValueError: if no weights are named.
        WeightsError: if the weights are absent, not those of a Whisper, or do not know the language.

    Examples:
        >>> import numpy as np
        >>> openai_whisper()([np.zeros(16_000, np.float32)])[0].no_speech_probability > 0.6
        True
    """
    from whisper.tokenizer import get_tokenizer

    sha256, revision = identify_openai_whisper(pretrained)
    model = load_openai_whisper(device, pretrained)
    check_heard(language, pretrained.weights, [*languages()][: model.num_languages] if model.is_multilingual else ())
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "unclosed file", ResourceWarning)  # it leaves its table of tokens open
        get_tokenizer(model.is_multilingual, num_languages=model.num_languages, language=language, task=TASK)
    return OpenaiWhisperTranscriber(sha256, revision, device, language, model)
