from functools import cache

import numpy as np
import pytest

from models.embedded import find
from models.text import MAX_TOKENS, minilm

pytestmark = pytest.mark.embedded


@cache
def encoder():
    return minilm()


def embedding(text):
    mean = encoder()([text])[0].mean(axis=0)
    return mean / np.linalg.norm(mean)


def test_there_is_a_frame_per_token_and_one_at_each_end():
    assert len(encoder()(["hello there you"])[0]) == 3 + 2


@pytest.mark.parametrize("text", ["", " ", "\n\t"])
def test_an_empty_transcript_has_the_two_frames_of_its_ends(text):
    np.testing.assert_array_equal(encoder()([text])[0], encoder()([""])[0])
    assert encoder()([text])[0].shape == (2, 384)


def test_a_long_text_is_cut_at_the_models_limit():
    cut, uncut = encoder()(["dog " * 10_000, "dog " * (MAX_TOKENS - 2)])
    np.testing.assert_array_equal(cut, uncut)
    assert len(cut) == MAX_TOKENS


def test_punctuation_which_a_recogniser_guesses_from_the_voice_is_not_read():
    shouted, said = encoder()(["Kids are talking by the door!", "kids are talking, by the door"])
    np.testing.assert_array_equal(shouted, said)


def test_case_does_not_matter():
    np.testing.assert_array_equal(encoder()(["HELLO There"])[0], encoder()(["hello there"])[0])


def test_weights_are_those_of_transformers_own_loader():
    import torch
    from transformers import BertModel

    loaded = BertModel.from_pretrained(find("minilm"), dtype=torch.float32).state_dict()
    ours = encoder().network.state_dict()
    assert loaded.keys() == ours.keys()
    assert all(torch.equal(loaded[name], ours[name]) for name in ours)


def test_sentences_of_one_meaning_lie_closer_than_sentences_of_another():
    glad, happy, sad = map(embedding, ("I am so glad today.", "This day makes me happy.", "The train leaves at noon."))
    assert glad @ happy > glad @ sad + 0.2
