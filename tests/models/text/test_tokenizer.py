"""Tokenizers of checkpoints that come without a ``tokenizer.json``."""

import json
import unicodedata
from functools import cache
from io import BytesIO

import numpy as np
import pytest

from models.text.tokenizer import load_tokenizer
from models.text.words import words_of
from models.weights.embedded import WeightsError
from models.weights.torchaudio_cpu import import_torchaudio

from .checkpoints import CORPUS, encoder_of

TEXTS = ["", "So what?", "L'été, they don't know", "the weather is lovely " * 40, "Grüße 你好 नमस्ते"]
BERT = {
    "pad_id": 0,
    "unk_id": 1,
    "bos_id": -1,
    "eos_id": -1,
    "pad_piece": "<pad>",
    "control_symbols": ["[CLS]", "[SEP]", "[MASK]"],
}
DEBERTA = {"pad_id": 0, "bos_id": 1, "eos_id": 2, "unk_id": 3} | {
    f"{name}_piece": f"[{piece}]" for name, piece in (("pad", "PAD"), ("bos", "CLS"), ("eos", "SEP"), ("unk", "UNK"))
}
# model_type -> the file of the hub's repositories, how such a model is trained, and how far its numbers are from the
# pieces' own: XLM-R puts its special tokens before them.
SENTENCEPIECE = {
    "albert": ("spiece.model", BERT, 0),
    "deberta-v2": ("spm.model", DEBERTA, 0),
    "xlm-roberta": ("sentencepiece.bpe.model", {}, 1),
    "camembert": ("sentencepiece.bpe.model", {}, 4),
}


@cache
def pieces(model_type):
    """Return a small model of SentencePiece, as bytes."""
    import sentencepiece

    model = BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([*CORPUS, "été grüße"] * 5),
        model_writer=model,
        vocab_size=60,
        hard_vocab_limit=False,
        minloglevel=2,
        **SENTENCEPIECE[model_type][1],
    )
    return model.getvalue()


def processor(model_type):
    import sentencepiece

    return sentencepiece.SentencePieceProcessor(model_proto=pieces(model_type))


def without_accents(text):
    return "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))


@pytest.fixture(params=SENTENCEPIECE)
def model_type(request):
    return request.param


@pytest.fixture
def folder(tmp_path, model_type):
    (tmp_path / SENTENCEPIECE[model_type][0]).write_bytes(pieces(model_type))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": model_type}))
    return tmp_path


def vocabulary(model_type):
    """Return about how many tokens there are: the pieces, and special ones."""
    return processor(model_type).get_piece_size() + SENTENCEPIECE[model_type][2] + 1


def test_the_tokens_are_those_of_sentencepiece_itself(folder, model_type):
    tokenizer = load_tokenizer(folder, vocabulary(model_type), 10_000)
    cut, offset = processor(model_type), SENTENCEPIECE[model_type][2]
    unknown = tokenizer.encode("你").ids[-2]
    for text in map(words_of, TEXTS):
        first, *ids, last = tokenizer.encode(text).ids
        numbers = cut.encode(without_accents(text) if model_type == "albert" else text)  # as its authors have it
        own = [unknown if number == cut.unk_id() else number + offset for number in numbers]
        assert ids == own
        assert first != last


def test_a_text_is_cut_and_keeps_its_end(folder, model_type):
    tokenizer = load_tokenizer(folder, vocabulary(model_type), 9)
    ids = tokenizer.encode("the weather is lovely " * 40).ids
    assert len(ids) == 9
    assert [ids[0], ids[-1]] == tokenizer.encode("").ids


def test_an_encoder_reads_with_it(folder, model_type):
    import_torchaudio()
    import torch
    import transformers

    size = vocabulary(model_type)
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    config = transformers.CONFIG_MAPPING[model_type](**shape, vocab_size=size, max_position_embeddings=40)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        transformers.MODEL_MAPPING[type(config)](config).save_pretrained(folder)
    encoder = encoder_of(folder)
    for text, frames in zip(TEXTS, encoder(TEXTS), strict=True):
        assert len(frames) == min(len(encoder.tokenizer.encode(words_of(text)).ids), 40)
        assert np.isfinite(frames).all()


@pytest.fixture
def japanese(tmp_path):
    """A checkpoint whose tokenizer is written in Python: words as somebody cuts them, then characters."""

    def write(**options):
        (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
        (tmp_path / "vocab.txt").write_text(
            "\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"今日は良い天気"])
        )
        about = {"tokenizer_class": "BertJapaneseTokenizer", "subword_tokenizer_type": "character"}
        (tmp_path / "tokenizer_config.json").write_text(json.dumps(about | options))
        return tmp_path

    return write


def test_a_tokenizer_that_is_written_in_python_is_one_too(japanese):
    tokenizer = load_tokenizer(japanese(word_tokenizer_type="basic"), 12, 5)
    assert tokenizer.encode("今日は").ids == [2, 5, 6, 7, 3]
    assert tokenizer.encode("").ids == [2, 3]
    assert tokenizer.encode("今日は良い天気").ids == [2, 5, 6, 7, 3]


def test_a_package_that_is_not_installed_is_named_with_the_weights(japanese):
    folder = japanese(word_tokenizer_type="mecab")
    with pytest.raises(WeightsError, match=f"{folder}: its tokenizer needs a package that is not installed: .*fugashi"):
        load_tokenizer(folder, 12, 5)
