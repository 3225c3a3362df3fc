"""Speech recognition: a waveform in, a transcript with two numbers of confidence out.

Whisper tiny.en through faster-whisper's CTranslate2 model: greedy, without timestamps, without a memory of earlier
text and without the fallbacks that look at what came out and try again, so that a transcript is a function of the
clip alone. int8 on a CPU, float16 on CUDA.

One clip at a time: on one CPU thread a batch is no faster, and what a batch of float32 computes differs in the last
bits with its size. Speed comes from several processes with one thread each.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from models import whisper_input
from models.embedded import EMBEDDED, find
from models.types import Transcriber, Transcript, Waveform, check_waveforms

WEIGHTS = "whisper-tiny.en"
VERSION = 1
"""To be raised with any change of the code that changes a transcript."""

MAX_NEW_TOKENS = 224
"""Half of the decoder's context, openai-whisper's limit: what a hallucination without end is stopped at."""

COMPUTE_TYPE = {"cpu": "int8", "cuda": "float16"}


@dataclass(frozen=True)
class WhisperTranscriber:
    """A transcriber made of a faster-whisper model and its tokenizer."""

    device: str
    model: Any = field(repr=False)  # faster_whisper.WhisperModel
    tokenizer: Any = field(repr=False)  # faster_whisper.tokenizer.Tokenizer

    @property
    def fingerprint(self) -> str:
        """Text that changes whenever the transcripts may."""
        return f"whisper/{EMBEDDED[WEIGHTS].sha256}/{COMPUTE_TYPE[self.device]}/v{VERSION}"

    def __call__(self, waveforms: Sequence[Waveform]) -> list[Transcript]:
        """Return the transcript of each waveform; one longer than 30 s is read piece by piece and the texts are joined.

        Noise and silence get whatever words the recogniser invents, often "you": that is a finding, not an error.
        """
        check_waveforms(waveforms)
        return [_join([self._transcribe(piece) for piece in whisper_input.pieces(waveform)]) for waveform in waveforms]

    def _transcribe(self, piece: Waveform) -> "_Piece":
        prompt = [self.tokenizer.sot, self.tokenizer.no_timestamps]
        result = self.model.model.generate(
            self.model.encode(whisper_input.log_mel(piece)),
            [prompt],
            beam_size=1,
            length_penalty=0,  # the score is then the plain sum of the tokens' log-probabilities
            max_length=len(prompt) + MAX_NEW_TOKENS,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        tokens = result.sequences_ids[0]
        return _Piece(
            text=self.tokenizer.decode(tokens).strip(),
            n_tokens=min(len(tokens) + 1, MAX_NEW_TOKENS),
            log_probability=result.scores[0],
            n_samples=len(piece),
            no_speech_probability=result.no_speech_prob,
        )


@dataclass(frozen=True)
class _Piece:
    """What was heard in one window; ``n_tokens`` counts the one that ends the text, unless the limit ended it."""

    text: str
    n_tokens: int
    log_probability: float
    n_samples: int
    no_speech_probability: float


def _join(pieces: Sequence[_Piece]) -> Transcript:
    """Return one transcript: every token counts once in the one mean, every sample once in the other."""
    return Transcript(
        text=" ".join(piece.text for piece in pieces if piece.text),
        mean_log_probability=sum(piece.log_probability for piece in pieces) / sum(piece.n_tokens for piece in pieces),
        no_speech_probability=sum(piece.no_speech_probability * piece.n_samples for piece in pieces)
        / sum(piece.n_samples for piece in pieces),
    )


def whisper_tiny_en(device: str = "cpu") -> WhisperTranscriber:
    """Return the transcriber ``whisper-tiny.en``, which uses one CPU thread.

    Raises:
        WeightsError: if the weights are absent or not the right ones.
    """
    from faster_whisper import WhisperModel
    from faster_whisper.tokenizer import Tokenizer

    model = WhisperModel(str(find(WEIGHTS)), device=device, compute_type=COMPUTE_TYPE[device], cpu_threads=1)
    return WhisperTranscriber(device, model, Tokenizer(model.hf_tokenizer, multilingual=False))


TRANSCRIBERS: dict[str, Callable[[str], Transcriber]] = {
    "whisper-tiny.en": whisper_tiny_en,
}
"""Name -> function of the device ("cpu" or "cuda") that returns the transcriber."""
