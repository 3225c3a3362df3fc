"""Whisper through transformers: any checkpoint in its format, a fine-tuned one too, on a CPU or a GPU.

The conventions are those of ``models.asr.faster_whisper``: greedy, no timestamps, no memory of earlier text, one
language, the window of ``models.weights.whisper_input``. The loop is ours because transformers' ``generate`` wants the
window of 30 s, which costs a short clip twice as much, and does not tell the probability that nobody spoke. What is no
word is not said, as openai-whisper has it, whatever a checkpoint's own generation config says.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from models.asr.faster_whisper import MAX_NEW_TOKENS, TASK, languages_of
from models.asr.languages import ENGLISH, check_heard, suffix
from models.asr.pieces import Heard, transcribe
from models.speech.whisper_encoder import TINY_EN, every_layer, hidden_states
from models.types import Frames, Pretrained, Transcript, Waveform
from models.weights import whisper_input
from models.weights.hub import Located, reading
from models.weights.precision import lowered
from models.weights.torchaudio_cpu import import_torchaudio
from models.weights.whisper import DTYPE, load_whisper, locate_whisper

VERSION = 1
"""To be raised with any change of the code that changes a transcript."""

MULTILINGUAL_VOCABULARY = 51_865
"""From this size on a Whisper knows languages; the English models have one token less."""


@dataclass(frozen=True)
class WhisperTranscriber:
    """A transcriber made of transformers' Whisper and of a tokenizer."""

    located: Located
    device: str
    language: str
    network: Any = field(repr=False)  # transformers.WhisperForConditionalGeneration
    tokenizer: Any = field(repr=False)  # faster_whisper.tokenizer.Tokenizer

    @property
    def fingerprint(self) -> str:
        """Text that changes whenever the transcripts may."""
        return f"whisper/{self.located.sha256}/{self.device}/{DTYPE[self.device]}/v{VERSION}{suffix(self.language)}"

    @property
    def revision(self) -> str | None:
        """The commit of the hub's repository that the weights are of; None for a folder."""
        return self.located.revision

    def __call__(self, waveforms: Sequence[Waveform]) -> list[Transcript]:
        """Return the transcript of each waveform; one longer than 30 s is read piece by piece and the texts are joined.

        Noise and silence get whatever words the recogniser invents: that is a finding, not an error.
        """
        return transcribe(waveforms, self._hear)

    def _hear(self, piece: Waveform) -> Heard:
        import torch

        config = self.network.config
        mel = torch.from_numpy(whisper_input.log_mel(piece, config.num_mel_bins)).to(self.device)
        with torch.inference_mode():
            [encoded] = hidden_states(self.network.model.encoder, mel[None], [config.encoder_layers])
            return self._decode(encoded)

    def _decode(self, encoded: Any) -> Heard:
        """Return what is said in ``encoded``, token by token, each the likeliest after those before it."""
        from faster_whisper.transcribe import get_suppressed_tokens

        tokenizer = self.tokenizer
        never = list(get_suppressed_tokens(tokenizer, [-1]))
        not_first = [*tokenizer.encode(" "), tokenizer.eot]
        logits, cache = self._step([*tokenizer.sot_sequence, tokenizer.no_timestamps], encoded, None)
        no_speech = logits[0].softmax(-1)[tokenizer.no_speech].item()  # what follows the token that starts a transcript
        tokens: list[int] = []
        log_probability = 0.0
        while True:
            scores = logits[-1]
            scores[never if tokens else [*never, *not_first]] = -float("inf")
            best, token = scores.log_softmax(-1).max(-1)
            tokens.append(int(token))
            log_probability += best.item()
            if tokens[-1] == tokenizer.eot or len(tokens) == MAX_NEW_TOKENS:
                return Heard(tokenizer.decode(tokens).strip(), len(tokens), log_probability, no_speech)
            logits, cache = self._step(tokens[-1:], encoded, cache)

    def _step(self, tokens: Sequence[int], encoded: Any, cache: Any) -> tuple[Any, Any]:
        """Return the logits ``(n_tokens, n_vocabulary)`` of what follows each token, and the cache for what follows."""
        import torch

        ids = torch.tensor([tokens], device=self.device)
        decoded = self.network.model.decoder(ids, encoder_hidden_states=encoded, past_key_values=cache, use_cache=True)
        return self.network.proj_out(decoded.last_hidden_state[0]).float(), decoded.past_key_values


def whisper_transcriber(
    device: str = "cpu", pretrained: Pretrained = TINY_EN, language: str = ENGLISH
) -> WhisperTranscriber:
    """Return the transcriber ``whisper``.

    Args:
        device: "cpu" or "cuda".
        pretrained: a packaged Whisper, or a folder or hub repository in the format of transformers, such as
            ``openai/whisper-small``, or of CTranslate2.
        language: what is spoken, a code of ``models.asr.languages``.

    Raises:
        WeightsError: if the weights are absent, not those of a Whisper of this format, do not know the language, or its
            encoder computes something else in the precision of the device.

    Examples:
        >>> import numpy as np
        >>> whisper_transcriber()([np.zeros(16_000, np.float32)])[0].no_speech_probability > 0.6
        True
    """
    import_torchaudio()
    import torch
    from faster_whisper.tokenizer import Tokenizer
    from transformers import WhisperTokenizer

    located = locate_whisper(pretrained)
    network = load_whisper(located.folder, torch.float32).to(device)
    network = lowered(network, DTYPE[device], _every_layer, str(located.folder))
    with reading(located.folder):
        words = WhisperTokenizer.from_pretrained(
            located.folder, local_files_only=True, trust_remote_code=False
        ).backend_tokenizer
    multilingual = network.config.vocab_size >= MULTILINGUAL_VOCABULARY
    check_heard(language, pretrained.weights, languages_of(words) if multilingual else ())
    tokenizer = Tokenizer(words, multilingual, task=TASK, language=language)
    return WhisperTranscriber(located, device, language, network, tokenizer)


def _every_layer(network: Any, waveform: Waveform) -> list[Frames]:
    return every_layer(network.model.encoder, waveform)
