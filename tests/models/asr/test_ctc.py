import dataclasses
import json
import math
from types import SimpleNamespace

import numpy as np
import pytest

from models.asr.ctc import NETWORKS, ctc
from models.types import SAMPLE_RATE, Pretrained
from models.weights.embedded import WeightsError

from .. import tiny

KINDS = [(family, size) for family, (_, sizes) in tiny.SELF_SUPERVISED.items() for size in sizes]


@pytest.fixture(scope="module", params=KINDS, ids="-".join)
def transcriber(request, tmp_path_factory):
    return load(tiny.ctc(tmp_path_factory.mktemp("ctc"), *request.param))


@pytest.fixture
def folder(tmp_path):
    return tiny.ctc(tmp_path)


def load(folder):
    return ctc("cpu", Pretrained(str(folder)))


def noise(duration_s, seed=0):
    rng = np.random.default_rng(seed)
    return (0.1 * rng.standard_normal(round(duration_s * SAMPLE_RATE))).astype(np.float32)


def letters(waveform, transcriber):
    """The likeliest symbol of every frame of a clip of less than 30 s, and its log-probability, by transformers."""
    import torch
    from transformers import Wav2Vec2FeatureExtractor

    values = Wav2Vec2FeatureExtractor(do_normalize=True)(waveform, sampling_rate=SAMPLE_RATE, return_tensors="pt")
    with torch.inference_mode():
        best = transcriber.network(values.input_values).logits[0].softmax(-1).max(-1)
    return [tiny.LETTERS[symbol] for symbol in best.indices.tolist()], best.values.log().tolist()


def test_a_transcript_is_the_greedy_reading_of_what_transformers_computes(transcriber):
    waveform = noise(1.5)
    said, log_probabilities = letters(waveform, transcriber)
    [transcript] = transcriber([waveform])
    told = [letter for place, letter in enumerate(said) if place == 0 or letter != said[place - 1]]
    text = "".join(letter for letter in told if not letter.startswith("<")).replace("|", " ").lower()
    assert transcript.text == " ".join(text.split())
    counted = [value for letter, value in zip(said, log_probabilities, strict=True) if letter != "<pad>"]
    expected = np.mean(counted or log_probabilities)
    assert transcript.mean_log_probability == pytest.approx(expected, abs=1e-5)


def test_a_transcript_depends_on_its_clip_alone(transcriber):
    waveforms = [noise(1), noise(0.02), np.zeros(SAMPLE_RATE, np.float32), np.ones(1, np.float32), noise(31, 1)]
    for alone, among_others in zip(waveforms, transcriber(waveforms[::-1])[::-1], strict=True):
        [transcript] = transcriber([alone])
        assert transcript.text == among_others.text
        assert transcript.mean_log_probability == among_others.mean_log_probability <= 0
        assert math.isnan(transcript.no_speech_probability)


def says(symbols, tmp_path):
    """Return a transcriber whose network says these symbols, each with probability 0.8."""
    import torch

    class Network:
        config = SimpleNamespace(conv_kernel=(400,), conv_stride=(320,))

        def __call__(self, _samples):
            rows = [[0.8 if letter == symbol else 0.2 / 7 for letter in tiny.LETTERS] for symbol in symbols]
            return SimpleNamespace(logits=torch.tensor([rows]).log())

    loaded = load(tiny.ctc(tmp_path))
    return dataclasses.replace(loaded, network=Network())


@pytest.mark.parametrize(
    ("symbols", "text"),
    [
        ("T T <pad> E E", "te"),
        ("E <pad> E", "ee"),  # the same letter twice
        ("A | <pad> | T | |", "a t"),
        ("<s> A <unk> T </s>", "at"),
        ("<pad> <pad>", ""),
        ("| <pad> |", ""),
    ],
)
def test_symbols_become_words(symbols, text, tmp_path):
    [transcript] = says(symbols.split(), tmp_path)([noise(0.1)])
    assert transcript.text == text
    assert transcript.mean_log_probability == pytest.approx(math.log(0.8))


def test_small_letters_in_the_vocabulary_keep_the_capitals(tmp_path):
    mixed = ("<pad>", "<s>", "</s>", "<unk>", "|", "E", "t", "A")
    waveform = noise(3)
    spelled, plain = (load(tiny.ctc(tmp_path / name, letters=of)) for name, of in (("a", mixed), ("b", tiny.LETTERS)))
    texts = spelled([waveform])[0].text, plain([waveform])[0].text
    assert texts[0] == texts[1].replace("e", "E").replace("a", "A") != texts[1]


def test_a_checkpoint_without_the_weight_that_only_training_needs_is_complete(folder):
    from safetensors.torch import load_file, save_file

    expected = load(folder)([noise(1)])[0].text
    path = folder / "model.safetensors"
    state = load_file(path)
    del state["hubert.masked_spec_embed"]
    save_file(state, path, {"format": "pt"})
    assert load(folder)([noise(1)])[0].text == expected


def test_an_encoder_without_a_head_is_refused(tmp_path):
    with pytest.raises(WeightsError, match=r"not the weights of a HubertForCTC: missing: .*lm_head"):
        load(tiny.self_supervised(tmp_path, "hubert"))


def test_a_folder_without_a_vocabulary_is_refused(folder):
    (folder / "vocab.json").unlink()
    with pytest.raises(WeightsError, match=r"vocab\.json is absent"):
        load(folder)


def test_a_vocabulary_of_fewer_symbols_than_the_network_says_is_refused(folder):
    (folder / "vocab.json").write_text(json.dumps({"<pad>": 0, "<s>": 1, "</s>": 2, "<unk>": 3, "|": 4}))
    with pytest.raises(WeightsError, match="does not have symbol 5 of the network's 8"):
        load(folder)


def test_a_vocabulary_with_another_blank_is_refused(folder):
    (folder / "vocab.json").write_text(json.dumps({letter: k for k, letter in enumerate(reversed(tiny.LETTERS))}))
    with pytest.raises(WeightsError, match="blank is symbol 7, the network's 0"):
        load(folder)


def test_another_family_is_refused_with_those_that_are_known(folder):
    (folder / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(WeightsError, match=r"model_type is 'bert', not one of .*wavlm"):
        load(folder)
    assert set(NETWORKS) == set(tiny.SELF_SUPERVISED)


def test_no_weights_are_an_error():
    with pytest.raises(ValueError, match="needs `weights`"):
        ctc("cpu", Pretrained())


def test_fingerprints_follow_the_vocabulary(folder):
    first = load(folder).fingerprint
    (folder / "vocab.json").write_text(json.dumps({letter.upper(): k for k, letter in enumerate("_abcde|g")}))
    (folder / "tokenizer_config.json").write_text('{"pad_token": "_"}')
    assert load(folder).fingerprint != first
