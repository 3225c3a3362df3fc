"""Whisper through faster-whisper's CTranslate2: the recogniser that costs least on a CPU.

Greedy, without timestamps, without a memory of earlier text and without the fallbacks that look at what came out and
try again, so that a transcript is a function of the clip alone. int8 on a CPU, float16 on CUDA. A multilingual model
is told which language it hears, and to transcribe it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.asr.languages import ENGLISH, check_heard, languages, suffix
from models.asr.pieces import Heard, transcribe
from models.types import Pretrained, Transcript, Waveform
from models.weights import whisper_input
from models.weights.embedded import WeightsError
from models.weights.hub import Located, locate

FILES = ("model.bin", "config.json", "tokenizer.json", "vocabulary.*")
TINY_EN = Pretrained("whisper-tiny.en")
VERSION = 1
"""To be raised with any change of the code that changes a transcript."""

TASK = "transcribe"

MAX_NEW_TOKENS = 224
"""Half of the decoder's context, openai-whisper's limit: what a hallucination without end is stopped at."""

COMPUTE_TYPE = {"cpu": "int8", "cuda": "float16"}


@dataclass(frozen=True)
class FasterWhisper:
    """A transcriber made of a faster-whisper model and its tokenizer."""

    located: Located
    device: str
    language: str
    model: Any = field(repr=False)  # faster_whisper.WhisperModel
    tokenizer: Any = field(repr=False)  # faster_whisper.tokenizer.Tokenizer

    @property
    def fingerprint(self) -> str:
        """Text that changes whenever the transcripts may."""
        return f"faster-whisper/{self.located.sha256}/{COMPUTE_TYPE[self.device]}/v{VERSION}{suffix(self.language)}"

    @property
    def revision(self) -> str | None:
        """The commit of the hub's repository that the weights are of; None for a folder."""
        return self.located.revision

    def __call__(self, waveforms: Sequence[Waveform]) -> list[Transcript]:
        """Return the transcript of each waveform; one longer than 30 s is read piece by piece and the texts are joined.

        Noise and silence get whatever words the recogniser invents, often "you": that is a finding, not an error.
        """
        return transcribe(waveforms, self._hear)

    def _hear(self, piece: Waveform) -> Heard:
        prompt = [*self.tokenizer.sot_sequence, self.tokenizer.no_timestamps]
        result = self.model.model.generate(
            self.model.encode(whisper_input.log_mel(piece, self.model.model.n_mels)),
            [prompt],
            beam_size=1,
            length_penalty=0,  # the score is then the plain sum of the tokens' log-probabilities
            max_length=len(prompt) + MAX_NEW_TOKENS,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        tokens = result.sequences_ids[0]
        return Heard(
            text=self.tokenizer.decode(tokens).strip(),
            n_tokens=min(len(tokens) + 1, MAX_NEW_TOKENS),  # the one that ends the text, unless the limit ended it
            log_probability=result.scores[0],
            no_speech_probability=result.no_speech_prob,
        )


def faster_whisper(device: str = "cpu", pretrained: Pretrained = TINY_EN, language: str = ENGLISH) -> FasterWhisper:
    """Return the transcriber ``faster-whisper``, which uses one CPU thread.

    Args:
        device: "cpu" or "cuda".
        pretrained: a packaged Whisper, or a folder or hub repository in CTranslate2's format, such as
            ``Systran/faster-whisper-small``.
        language: what is spoken, a code of ``models.asr.languages``.

    Raises:
        WeightsError: if the weights are absent, not those of a Whisper of this format, or do not know the language.

    Examples:
        >>> import numpy as np
        >>> faster_whisper()([np.zeros(16_000, np.float32)])[0].no_speech_probability > 0.6
        True
    """
    from faster_whisper import WhisperModel
    from faster_whisper.tokenizer import Tokenizer

    located = locate(pretrained, FILES)
    _check_files(located.folder)
    try:
        model = WhisperModel(str(located.folder), device=device, compute_type=COMPUTE_TYPE[device], cpu_threads=1)
        multilingual = model.model.is_multilingual
    except RuntimeError as error:
        raise WeightsError(f"{located.folder}: not a Whisper that CTranslate2 can read ({error})") from error
    check_heard(language, pretrained.weights, languages_of(model.hf_tokenizer) if multilingual else ())
    tokenizer = Tokenizer(model.hf_tokenizer, multilingual, task=TASK, language=language)
    return FasterWhisper(located, device, language, model, tokenizer)


def languages_of(words: Any) -> list[str]:
    """Return the languages that a multilingual Whisper has a token for; ``words`` is a ``tokenizers.Tokenizer``."""
    return [code for code in languages() if words.token_to_id(f"<|{code}|>") is not None]


def _check_files(folder: Path) -> None:
    """Refuse a folder without one of the files: faster-whisper would fetch another model's tokenizer."""
    absent = [pattern for pattern in FILES if not any(folder.glob(pattern))]
    if absent:
        raise WeightsError(f"{folder}: {', '.join(absent)} is absent; a Whisper for faster-whisper has all of {FILES}")
