"""The tokenizers of text encoders: from the words of a text to the numbers of its tokens.

A checkpoint comes with a ``tokenizer.json``, or with vocabulary files of which transformers makes the same:
``vocab.txt``, ``vocab.json`` with ``merges.txt``, or a model of SentencePiece (XLM-R, CamemBERT, ALBERT, DeBERTa). Some
tokenizers are written in Python and cut words with a package of their own (of Japanese, for example); those packages
are the user's to install.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from models.weights.embedded import WeightsError


class Encoding(Protocol):
    """What a tokenizer makes of a text."""

    @property
    def ids(self) -> Sequence[int]:
        """The numbers of its tokens, special ones included."""


class Tokenizer(Protocol):
    """Turns a text into tokens: that of the library ``tokenizers``, or one that looks like it."""

    def encode(self, text: str, /) -> Encoding:
        """Return the tokens of a text."""

    def get_vocab_size(self) -> int:
        """Return how many tokens there are."""


def load_tokenizer(folder: Path, vocabulary: int, most: int) -> Tokenizer:
    """Return the tokenizer in ``folder``, made of its vocabulary files where it has no ``tokenizer.json``.

    Args:
        folder: of the checkpoint.
        vocabulary: how many tokens the network knows.
        most: tokens, special ones included, after which a text is cut.

    Raises:
        WeightsError: if there is none, it needs a package that is not installed, has other tokens than the network, or
            makes nothing of an empty text.
    """
    try:
        tokenizer = _load(folder, most)
    except ImportError as error:
        raise WeightsError(f"{folder}: its tokenizer needs a package that is not installed: {error}") from error
    except Exception as error:  # of any kind: each tokenizer's class has its own
        raise WeightsError(f"{folder}: no tokenizer could be made of its files: {error}") from error
    # Without its files transformers makes a tokenizer of five tokens; a network may have some rows that no token has.
    if not 0.9 * vocabulary <= tokenizer.get_vocab_size() <= vocabulary:
        raise WeightsError(
            f"{folder}: the tokenizer has {tokenizer.get_vocab_size()} tokens, the network {vocabulary}: "
            "tokenizer.json, or the vocabulary files, are missing or another model's"
        )
    if not tokenizer.encode("").ids:
        raise WeightsError(f"{folder}: the tokenizer adds no special tokens, so that an empty text would have no frame")
    return tokenizer


class _Ids(NamedTuple):
    ids: Sequence[int]


@dataclass(frozen=True)
class _InPython:
    """A tokenizer that transformers has in Python only."""

    inner: Any = field(repr=False)  # transformers.PythonBackend
    most: int

    def encode(self, text: str, /) -> _Ids:
        return _Ids(self.inner(text, truncation=True, max_length=self.most)["input_ids"])

    def get_vocab_size(self) -> int:
        return len(self.inner)


def _load(folder: Path, most: int) -> Tokenizer:
    import tokenizers
    from transformers import AutoTokenizer

    if (folder / "tokenizer.json").is_file():
        tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    else:
        loaded = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        if not loaded.is_fast:
            return _InPython(loaded, most)
        tokenizer = loaded.backend_tokenizer
    tokenizer.no_padding()  # MiniLM's file asks for 128 tokens, always
    tokenizer.enable_truncation(most)
    return tokenizer
