"""Text encoders: a transcript in, one vector per token out.

Any encoder of the Hugging Face kind: BERT, RoBERTa, DistilBERT, DeBERTa, ELECTRA, MPNet and their relatives. The frames
are the hidden states of one layer, special tokens included, so that an empty transcript has the frames of its two ends
instead of none. In ``minilm`` (all-MiniLM-L6-v2: BERT's architecture, six layers of 384 numbers, trained to tell what
sentences mean) the mean of the last layer is the sentence's embedding as its authors define it, before scaling to unit
length. Texts are cut after 256 tokens, special ones included, or where the model has no more positions: MiniLM's own
limit, and more than a minute of speech.

Only words are read. A recogniser writes "!" after a sentence that was shouted and "?" after one that rose: on RAVDESS,
whose text is constant, Whisper's punctuation alone carried an activation CCC of 0.16 into this lexical path. That is
the voice, not the words, so punctuation is taken out of every text, reference transcripts included. So are capitals,
which mark where a recogniser hears sentences begin (one without punctuation writes nothing but capitals), and events
that somebody wrote down in brackets: see ``models.text.words``.

On a CPU one text at a time: a sentence takes a few milliseconds, and its frames cannot depend on its neighbours. On
CUDA in batches, whose padding is masked: frames agree with those of one text at a time within 1e-4. Always float32.
"""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.text.tokenizer import Tokenizer, load_tokenizer
from models.text.words import words_of
from models.types import Frames, Pretrained, check_layers
from models.weights.batching import in_batches
from models.weights.embedded import WeightsError
from models.weights.hub import load_network, locate, reading
from models.weights.torchaudio_cpu import import_torchaudio

VERSION = 4
"""To be raised with any change of the code that changes the frames."""

MAX_TOKENS = 256

BATCH_TOKENS = {"cpu": 0, "cuda": 16_384}
"""Tokens in a batch, padding included; 0 means one text. The hidden states of all layers of a
large model are 1.7 GB for 16,384."""

# Beginnings of names of weights that stand on top of an encoder: what it was trained with or fine-tuned for.
HEADS = (
    "cls.",  # BERT, DeBERTa
    "lm_head.",  # RoBERTa, MPNet
    "vocab_",  # DistilBERT
    "generator_",  # ELECTRA
    "discriminator_",
    "predictions.",  # ALBERT
    "lm_predictions.",  # DeBERTa as first published
    "mask_predictions.",
    "classifier.",
    "pre_classifier.",
    "sop_classifier.",
    "qa_outputs.",
    "pooler.",
)


@dataclass(frozen=True)
class TokenStates:
    """One layer's hidden states, ``(n_tokens, dim)``, special tokens included."""

    sha256: str
    revision: str | None
    layer: int
    n_layers: int
    dim: int
    device: str
    tokenizer: Tokenizer = field(repr=False)
    network: Any = field(repr=False)  # of transformers, without pooling and heads

    @property
    def fingerprint(self) -> str:
        """Text that changes whenever the frames may."""
        return f"text-transformers/{self.sha256}/layer {self.layer}/{self.device}/float32/v{VERSION}"

    def __call__(self, texts: Sequence[str]) -> list[Frames]:
        """Return the frames of each text."""
        tokens = [self.tokenizer.encode(words_of(text)).ids for text in texts]
        return in_batches(self.encode_together, tokens, [len(ids) for ids in tokens], BATCH_TOKENS[self.device])

    def encode_together(self, tokens: Sequence[Sequence[int]]) -> list[Frames]:
        """Return the frames of each sequence of token numbers, computed as one batch."""
        import torch

        lengths = [len(ids) for ids in tokens]
        inputs = torch.full((len(tokens), max(lengths)), self.network.config.pad_token_id or 0)
        for row, ids in zip(inputs, tokens, strict=True):
            row[: len(ids)] = torch.tensor(ids)
        mask = (torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]).long().to(self.device)
        inner = self.layer < self.n_layers
        with torch.inference_mode():
            states = self.network(
                input_ids=inputs.to(self.device),
                attention_mask=None if min(lengths) == max(lengths) else mask,
                output_hidden_states=inner,
            )
        hidden = states.hidden_states[self.layer] if inner else states.last_hidden_state
        return [row[:length].cpu().numpy() for row, length in zip(hidden, lengths, strict=True)]


def transformers_text(device: str, pretrained: Pretrained, layer: int | None = None) -> TokenStates:
    """Return the encoder ``transformers``.

    Args:
        device: "cpu" or "cuda".
        pretrained: "minilm", a folder or a repository on the hub.
        layer: 0 for the input embeddings, 1 for the first layer's output and so on; the last layer's unless said.

    Raises:
        ValueError: for a layer that is not there.
        WeightsError: if the weights are absent, incomplete or not an encoder's, or the tokenizer is not theirs.

    Examples:
        >>> encoder = transformers_text("cpu", Pretrained("minilm"))
        >>> [frames.shape for frames in encoder(["", "Hello there."])]
        [(2, 384), (4, 384)]
    """
    import_torchaudio()

    located = locate(pretrained)
    network = _network(located.folder)
    n_layers = network.config.num_hidden_layers
    layer = n_layers if layer is None else layer
    check_layers([layer], n_layers)
    tokenizer = load_tokenizer(located.folder, network.config.vocab_size, min(MAX_TOKENS, _n_positions(network)))
    return TokenStates(
        located.sha256,
        located.revision,
        layer,
        n_layers,
        network.config.hidden_size,
        device,
        tokenizer,
        network.to(device),
    )


def _network(folder: Path) -> Any:
    """Return the encoder in ``folder`` without what stands on top of it, in float32."""
    import torch
    from transformers import MODEL_MAPPING, AutoConfig

    with reading(folder / "config.json"):
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    network = MODEL_MAPPING.get(type(config), None)
    if network is None or config.is_encoder_decoder or not hasattr(config, "vocab_size"):
        raise WeightsError(f"{folder}: a model of type {config.model_type!r} is not a text encoder")
    # Where there is a pooling layer, checkpoints of language models come without its weights; it is not needed.
    has_pooling = "add_pooling_layer" in inspect.signature(network).parameters
    options: dict[str, Any] = {"add_pooling_layer": False} if has_pooling else {}
    loaded = load_network(
        network,
        folder,
        dtype=torch.float32,
        unused=(*HEADS, f"{network.base_model_prefix}.pooler."),
        **options,
    )
    if not hasattr(loaded, "embeddings"):  # GPT, Llama, XLNet, speech recognisers: theirs have other names
        raise WeightsError(f"{folder}: a model of type {config.model_type!r} is not a text encoder like BERT")
    return loaded


def _n_positions(network: Any) -> int:
    """Return how many tokens a network has positions for: RoBERTa's begin after the padding's."""
    positions = getattr(network.embeddings, "position_embeddings", None)
    before = 0 if positions is None or positions.padding_idx is None else positions.padding_idx + 1
    return getattr(network.config, "max_position_embeddings", MAX_TOKENS) - before
