"""Recognisers of the wav2vec 2.0 family: an encoder that says a letter, or nothing (the blank), every 20 ms.

Greedy: the likeliest symbol of every frame, those that follow each other without change told once, blanks left out, and
the letters put together by the checkpoint's own vocabulary. There is no language model, so words come out as they
sound. A vocabulary that has capitals only says nothing by them, so its text is made lower case.

A piece of up to 30 s is scaled as the checkpoint wants it and padded to one frame:
``models.speech.self_supervised_input``.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.asr.languages import ENGLISH
from models.asr.pieces import Heard, transcribe
from models.speech.self_supervised import FAMILIES
from models.speech.self_supervised_input import normalises, prepared
from models.types import Pretrained, Transcript, Waveform
from models.weights.embedded import WeightsError
from models.weights.hub import Located, load_network, locate, model_type, reading
from models.weights.torchaudio_cpu import import_torchaudio

VERSION = 1
"""To be raised with any change of the code that changes a transcript."""

NETWORKS = {
    "data2vec-audio": "Data2VecAudioForCTC",
    "hubert": "HubertForCTC",
    "wav2vec2": "Wav2Vec2ForCTC",
    "wavlm": "WavLMForCTC",
}
"""``model_type`` of a config.json -> the class in transformers; float32 on every device."""


@dataclass(frozen=True)
class CtcTranscriber:
    """A transcriber made of an encoder with a CTC head, and of its vocabulary."""

    located: Located
    device: str
    normalise: bool
    network: Any = field(repr=False)  # one of NETWORKS
    tokenizer: Any = field(repr=False)  # transformers.Wav2Vec2CTCTokenizer

    @property
    def fingerprint(self) -> str:
        """Text that changes whenever the transcripts may."""
        return f"ctc/{self.located.sha256}/{self.device}/v{VERSION}"

    @property
    def revision(self) -> str | None:
        """The commit of the hub's repository that the weights are of; None for a folder."""
        return self.located.revision

    def __call__(self, waveforms: Sequence[Waveform]) -> list[Transcript]:
        """Return the transcript of each waveform; one longer than 30 s is read piece by piece and the texts are joined.

        The confidence is the mean log-probability of the frames that say something. A piece that says nothing counts
        as one frame, with the mean of its blanks. There is no belief that nobody spoke.
        """
        return transcribe(waveforms, self._hear)

    def _hear(self, piece: Waveform) -> Heard:
        import torch

        samples = prepared(piece, self.network.config, normalise=self.normalise)
        with torch.inference_mode():
            logits = self.network(torch.tensor(samples[None], device=self.device)).logits[0]
            log_probabilities, symbols = logits.log_softmax(-1).max(-1)
        said = symbols != self.tokenizer.pad_token_id
        if not said.any():
            return Heard("", 1, log_probabilities.mean().item(), math.nan)
        return Heard(
            text=self._spell(torch.unique_consecutive(symbols).tolist()),
            n_tokens=int(said.sum()),
            log_probability=log_probabilities[said].sum().item(),
            no_speech_probability=math.nan,
        )

    def _spell(self, symbols: Sequence[int]) -> str:
        tokenizer = self.tokenizer
        silent = set(tokenizer.all_special_ids) - {tokenizer.word_delimiter_token_id}
        # Grouped already: without the blanks two equal letters in a row would become one.
        text = tokenizer.decode([symbol for symbol in symbols if symbol not in silent], group_tokens=False)
        words = " ".join(text.split())
        return words if any(letter.islower() for letter in _letters(tokenizer)) else words.lower()


def ctc(device: str, pretrained: Pretrained, language: str = ENGLISH) -> CtcTranscriber:  # noqa: ARG001
    """Return the transcriber ``ctc``.

    Args:
        device: "cpu" or "cuda".
        pretrained: a repository of the hub or a folder, such as ``facebook/wav2vec2-base-960h``, with a ``model_type``
            of :data:`NETWORKS` and a ``vocab.json``.
        language: that of the checkpoint; it changes no transcript, only how its words are compared with a reference's.

    Raises:
        ValueError: if no weights are named.
        WeightsError: if they are absent, not of a known family, incomplete, for another sampling rate, or do not fit
            the vocabulary.
    """
    import_torchaudio()
    import torch
    import transformers

    located = locate(pretrained)
    family = model_type(located.folder, NETWORKS)
    kind = getattr(transformers, NETWORKS[family])
    network = load_network(
        kind,
        located.folder,
        dtype=torch.float32,
        spare=(f"{kind.base_model_prefix}.masked_spec_embed",),  # for training only, and left out of some checkpoints
        attn_implementation=FAMILIES[family].attention,
    )
    tokenizer = _tokenizer(located.folder, network.config)
    return CtcTranscriber(located, device, normalises(located.folder), network.to(device), tokenizer)


def _tokenizer(folder: Path, config: Any) -> Any:
    """Return the checkpoint's vocabulary, which must have the network's symbols and the same blank."""
    from transformers import Wav2Vec2CTCTokenizer

    path = folder / "vocab.json"
    if not path.is_file():
        raise WeightsError(f"{path} is absent: it says which letters the network's symbols are")
    with reading(path):
        tokenizer = Wav2Vec2CTCTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    unknown = set(range(config.vocab_size)) - set(tokenizer.get_vocab().values())
    if unknown:
        raise WeightsError(f"{path}: does not have symbol {min(unknown)} of the network's {config.vocab_size}")
    if tokenizer.pad_token_id != config.pad_token_id:
        raise WeightsError(
            f"{folder}: the vocabulary's blank is symbol {tokenizer.pad_token_id}, the network's {config.pad_token_id}"
        )
    return tokenizer


def _letters(tokenizer: Any) -> list[str]:
    return [token for token in tokenizer.encoder if token not in tokenizer.all_special_tokens]
