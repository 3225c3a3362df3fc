"""Text encoders: a transcript in, one vector per token out.

MiniLM (all-MiniLM-L6-v2): six layers of BERT's architecture, 384 numbers per token, trained to tell what sentences
mean. The frames are the last layer's, the special tokens at both ends among them: their mean is the sentence's
embedding as its authors define it (before scaling to unit length), and an empty transcript has two frames instead of
none. Texts are cut after 256 tokens, the authors' own limit: more than a minute of speech.

Only words are read. A recogniser writes "!" after a sentence that was shouted and "?" after one that rose: on RAVDESS,
whose text is constant, Whisper's punctuation alone carried an activation CCC of 0.16 into this lexical path. That is
the voice, not the words, so punctuation is taken out of every text, reference transcripts included.

One text at a time: a sentence takes a few milliseconds, and its frames cannot depend on its neighbours.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.embedded import EMBEDDED, find
from models.torchaudio_cpu import import_torchaudio
from models.types import Frames, TextEncoder

WEIGHTS = "minilm"
VERSION = 2
"""To be raised with any change of the code that changes the frames."""

MAX_TOKENS = 256


@dataclass(frozen=True)
class BertTokens:
    """The last hidden states of a BERT, ``(n_tokens, dim)``, special tokens included."""

    dim: int
    device: str
    tokenizer: Any = field(repr=False)  # tokenizers.Tokenizer
    network: Any = field(repr=False)  # transformers.BertModel

    @property
    def fingerprint(self) -> str:
        """Text that changes whenever the frames may."""
        return f"minilm/{EMBEDDED[WEIGHTS].sha256}/{self.device}/v{VERSION}"

    def __call__(self, texts: Sequence[str]) -> list[Frames]:
        """Return the frames of each text, computed by itself."""
        return [self._encode(text) for text in texts]

    def _encode(self, text: str) -> Frames:
        import torch

        ids = torch.tensor([self.tokenizer.encode(words_of(text)).ids], device=self.device)
        with torch.inference_mode():
            hidden = self.network(input_ids=ids).last_hidden_state[0]
        frames: Frames = hidden.cpu().numpy()
        return frames


def words_of(text: str) -> str:
    """Return the words of ``text`` without punctuation, which in a transcript is a guess from the voice.

    Examples:
        >>> words_of("Don't -- they're sitting by the door!")
        "Don't they're sitting by the door"
    """
    return " ".join(re.findall(r"[\w']+", text))


def minilm(device: str = "cpu") -> BertTokens:
    """Return the encoder ``minilm``.

    Args:
        device: "cpu" or "cuda".

    Raises:
        WeightsError: if the weights are absent or not the right ones.

    Examples:
        >>> [frames.shape for frames in minilm()(["", "Hello there."])]
        [(2, 384), (4, 384)]
    """
    import_torchaudio()
    import torch
    from safetensors.torch import load_file
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertModel

    folder = find(WEIGHTS)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()  # the file asks for 128 tokens, always
    tokenizer.enable_truncation(MAX_TOKENS)
    with torch.random.fork_rng(devices=[]):  # the initial weights are thrown away, and so are the numbers they draw
        network = BertModel(BertConfig.from_json_file(folder / "config.json"))
    state = load_file(folder / "model.safetensors")
    del state["embeddings.position_ids"]  # 0, 1, 2 ...: once part of the weights, now made by transformers itself
    network.load_state_dict(state, strict=True)
    return BertTokens(network.config.hidden_size, device, tokenizer, network.eval().to(device))


TEXT_ENCODERS: dict[str, Callable[[str], TextEncoder]] = {
    "minilm": minilm,
}
"""Name -> function of the device ("cpu" or "cuda") that returns the encoder."""
