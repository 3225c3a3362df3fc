from functools import cache

import numpy as np
import pytest

from models.text.encoder import MAX_TOKENS, transformers_text
from models.types import Pretrained
from models.weights.embedded import find


@cache
def minilm():
    return transformers_text("cpu", Pretrained("minilm"))


@pytest.mark.embedded
class TestMiniLM:
    def embedding(self, text):
        mean = minilm()([text])[0].mean(axis=0)
        return mean / np.linalg.norm(mean)

    def test_there_is_a_frame_per_token_and_one_at_each_end(self):
        assert len(minilm()(["hello there you"])[0]) == 3 + 2

    @pytest.mark.parametrize("text", ["", " ", "\n\t", "..."])
    def test_an_empty_transcript_has_the_two_frames_of_its_ends(self, text):
        np.testing.assert_array_equal(minilm()([text])[0], minilm()([""])[0])
        assert minilm()([text])[0].shape == (2, 384)

    def test_a_long_text_is_cut_at_the_models_limit(self):
        cut, uncut = minilm()(["dog " * 10_000, "dog " * (MAX_TOKENS - 2)])
        np.testing.assert_array_equal(cut, uncut)
        assert len(cut) == MAX_TOKENS

    def test_punctuation_and_capitals_which_a_recogniser_guesses_from_the_voice_are_not_read(self):
        shouted, said = minilm()(["Kids are TALKING by the door!", "kids are talking, by the door"])
        np.testing.assert_array_equal(shouted, said)

    def test_frames_are_those_of_the_published_files_read_by_hand(self):
        import torch
        from safetensors.torch import load_file
        from tokenizers import Tokenizer
        from transformers import BertConfig, BertModel

        folder = find("minilm")
        state = load_file(folder / "model.safetensors")
        del state["embeddings.position_ids"]
        with torch.random.fork_rng(devices=[]):
            bert = BertModel(BertConfig.from_json_file(folder / "config.json")).eval()
        bert.load_state_dict(state, strict=True)
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_padding()
        ids = tokenizer.encode("i had a dreadful day").ids
        with torch.inference_mode():
            expected = bert(input_ids=torch.tensor([ids])).last_hidden_state[0].numpy()
        np.testing.assert_array_equal(minilm()(["I had a dreadful day."])[0], expected)

    def test_sentences_of_one_meaning_lie_closer_than_sentences_of_another(self):
        glad, happy, sad = map(
            self.embedding, ("I am so glad today.", "This day makes me happy.", "The train leaves at noon.")
        )
        assert glad @ happy > glad @ sad + 0.2
