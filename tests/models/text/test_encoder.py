import json
from functools import cache

import numpy as np
import pytest

from models.text.catalog import TEXT_ENCODERS
from models.text.encoder import HEADS
from models.text.words import words_of
from models.types import Pretrained
from models.weights.embedded import WeightsError

from .. import tiny
from .checkpoints import (
    CORPUS,
    POSITIONS,
    VOCABULARY,
    by_hand,
    byte_pairs,
    edit,
    encoder_of,
    limit_of,
    network,
    save,
    tokenizer_of,
    wordpiece,
)

TEXTS = ["", "So what?", "I had a dreadful day, a dreadful day!", "the weather is lovely " * 40, "so what"]
FAMILIES = [
    "BertModel",
    "BertForPreTraining",  # as bert-base-uncased
    "BertForMaskedLM",
    "BertForSequenceClassification",
    "RobertaForMaskedLM",  # as roberta-base: no weights for pooling
    "RobertaModel",
    "DistilBertForMaskedLM",
    "DistilBertForSequenceClassification",
    "DebertaV2ForMaskedLM",
    "ElectraForPreTraining",
    "ElectraForMaskedLM",
    "MPNetForMaskedLM",
    "AlbertForMaskedLM",
]


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return cache(lambda name: save(tmp_path_factory.mktemp(name), name))


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("name", FAMILIES)
def test_frames_are_the_hidden_states_of_transformers(checkpoint, name, layer):
    encoder = encoder_of(checkpoint(name), layer)
    for text, frames in zip(TEXTS, encoder(TEXTS), strict=True):
        np.testing.assert_allclose(frames, by_hand(name, text, layer), rtol=0, atol=1e-6)
        assert frames.shape[1] == encoder.dim == 32
        assert frames.dtype == np.float32


@pytest.mark.parametrize("name", FAMILIES)
def test_the_last_layer_is_taken_unless_another_is_asked_for(checkpoint, name):
    last, second = encoder_of(checkpoint(name)), encoder_of(checkpoint(name), 2)
    assert last.fingerprint == second.fingerprint != encoder_of(checkpoint(name), 1).fingerprint
    np.testing.assert_array_equal(last(TEXTS)[1], second(TEXTS)[1])


@pytest.mark.parametrize("name", FAMILIES)
def test_the_frames_of_texts_computed_together_are_those_of_each_by_itself(checkpoint, name):
    encoder = encoder_of(checkpoint(name), 1)
    tokens = [encoder.tokenizer.encode(words_of(text)).ids for text in TEXTS]
    for alone, together in zip(encoder(TEXTS), encoder.encode_together(tokens), strict=True):
        np.testing.assert_allclose(alone, together, rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", FAMILIES)
def test_a_long_text_is_cut_where_the_model_has_no_more_positions(checkpoint, name):
    assert len(encoder_of(checkpoint(name))(["so what " * 50])[0]) == limit_of(name)


@pytest.mark.parametrize("layer", [-1, 3])
def test_a_layer_that_is_not_there_is_refused(checkpoint, layer):
    with pytest.raises(ValueError, match=f"there is no layer {layer}: layers are 0 to 2"):
        encoder_of(checkpoint("BertModel"), layer)


def test_weights_of_the_first_publications_are_read(tmp_path):
    """Norms called gamma and beta, and numbers of positions among the weights, as in bert-base-uncased."""
    import torch

    def as_first_published(state):
        state = {
            name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"): values
            for name, values in state.items()
        }
        return state | {"bert.embeddings.position_ids": torch.arange(POSITIONS)[None]}

    folder = save(tmp_path, "BertForPreTraining")
    edit(folder, as_first_published)
    np.testing.assert_allclose(encoder_of(folder)([TEXTS[2]])[0], by_hand("BertForPreTraining", TEXTS[2], 2), atol=1e-6)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda state: {k: v for k, v in state.items() if "layer.1.output.dense.weight" not in k}, "missing: .*output"),
        (
            lambda state: state | {"bert.encoder.layer.2.bias": next(iter(state.values())).clone()},
            "unexpected: .*2.bias",
        ),
        (lambda state: {f"model.{name}": values for name, values in state.items()}, "missing: "),
        (
            lambda state: {k: v[:, :16].clone() if "word_emb" in k else v for k, v in state.items()},
            "of another shape: ",
        ),
    ],
    ids=["one missing", "one too many", "another prefix", "another shape"],
)
def test_weights_that_are_not_exactly_the_encoders_are_an_error(tmp_path, change, complaint):
    folder = save(tmp_path, "BertForMaskedLM")
    edit(folder, change)
    with pytest.raises(WeightsError, match=complaint):
        encoder_of(folder)


def test_no_part_of_an_encoder_is_taken_for_a_head():
    for name in FAMILIES:
        parts = [name for name, _ in network(name).base_model.named_parameters()]
        assert not [part for part in parts if part.startswith(HEADS) and not part.startswith("pooler.")]


@pytest.mark.parametrize("name", ["BertModel", "DistilBertForMaskedLM", "RobertaForMaskedLM"])
@pytest.mark.parametrize("config", [None, {"model_max_length": 20, "do_lower_case": False}], ids=["bare", "configured"])
def test_a_tokenizer_is_made_of_a_folder_that_has_only_vocabulary_files(tmp_path, checkpoint, name, config):
    folder = save(tmp_path, name)
    (folder / "tokenizer.json").unlink()
    tokenizer_of(name).save_model(str(folder))
    if config:
        (folder / "tokenizer_config.json").write_text(json.dumps(config))
    for made, read in zip(encoder_of(folder)(TEXTS), encoder_of(checkpoint(name))(TEXTS), strict=True):
        np.testing.assert_array_equal(made, read)


def test_a_folder_without_a_vocabulary_is_an_error_not_a_tokenizer_of_five_tokens(tmp_path):
    folder = save(tmp_path, "BertModel")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(WeightsError, match="5 tokens, the network"):
        encoder_of(folder)


def test_a_damaged_tokenizer_is_an_error_that_names_its_folder(tmp_path):
    folder = save(tmp_path, "BertModel")
    (folder / "tokenizer.json").write_text("{")
    with pytest.raises(WeightsError, match=f"{folder}: no tokenizer could be made of its files"):
        encoder_of(folder)


def test_another_models_tokenizer_is_an_error(tmp_path):
    with pytest.raises(WeightsError, match=f"tokens, the network {len(VOCABULARY)}"):
        encoder_of(save(tmp_path, "BertModel", byte_pairs()))


def test_a_tokenizer_without_special_tokens_is_an_error(tmp_path):
    from tokenizers import ByteLevelBPETokenizer

    tokenizer = ByteLevelBPETokenizer()
    tokenizer.train_from_iterator(CORPUS, vocab_size=290, show_progress=False)
    with pytest.raises(WeightsError, match="no special tokens"):
        encoder_of(save(tmp_path, "RobertaModel", tokenizer))


@pytest.mark.parametrize("content", ['{"model_type": "t5"}', '{"model_type": "vit"}', "{}", "nonsense"])
def test_what_is_no_text_encoder_is_refused_by_name(tmp_path, content):
    save(tmp_path, "BertModel")
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(WeightsError, match=str(tmp_path)):
        encoder_of(tmp_path)


@pytest.mark.parametrize("model_type", ["gpt2", "xlnet", "hubert"])
def test_a_network_of_texts_or_sounds_that_is_not_like_bert_is_refused_by_its_type(tmp_path, model_type):
    import transformers

    configs = {
        "gpt2": transformers.GPT2Config(
            vocab_size=72, n_embd=32, n_layer=1, n_head=2, bos_token_id=None, eos_token_id=None
        ),
        "xlnet": transformers.XLNetConfig(vocab_size=72, d_model=32, n_layer=1, n_head=2, d_inner=64),
        "hubert": transformers.HubertConfig(**tiny.SMALL),
    }
    tiny.save(transformers.MODEL_MAPPING[type(configs[model_type])], configs[model_type], tmp_path)
    wordpiece().save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(WeightsError, match=f"{tmp_path}: a model of type '{model_type}' is not a text encoder"):
        encoder_of(tmp_path)


def test_other_weights_have_another_fingerprint(tmp_path, checkpoint):
    folder = save(tmp_path, "BertModel")
    before = encoder_of(folder).fingerprint
    edit(folder, lambda state: {name: values + 1 for name, values in state.items()})
    assert encoder_of(folder).fingerprint != before


def test_loading_draws_nothing_from_the_global_generator(checkpoint):
    import torch

    before = torch.get_rng_state()
    encoder_of(checkpoint("RobertaForMaskedLM"))
    assert torch.equal(torch.get_rng_state(), before)


def test_there_are_weights_to_be_named():
    with pytest.raises(ValueError, match="weights"):
        TEXT_ENCODERS["transformers"]("cpu", Pretrained(), None)
