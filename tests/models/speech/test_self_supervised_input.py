import json
from types import SimpleNamespace

import numpy as np
import pytest

from models.speech.self_supervised_input import normalises, pieces, prepared
from models.weights.embedded import WeightsError

CONFIG = SimpleNamespace(conv_kernel=(10, 3, 3, 3, 3, 2, 2), conv_stride=(5, 2, 2, 2, 2, 2, 2))
"""The convolutions of all published models of the family: windows of 400 samples every 320."""


def noise(n_samples, offset=0.1):
    return (offset + 0.1 * np.random.default_rng(0).standard_normal(n_samples)).astype(np.float32)


@pytest.mark.parametrize("n_samples", [400, 16_123, 200_000])
def test_a_waveform_is_normalised_as_the_feature_extractor_of_transformers_does_it(n_samples):
    from models.weights.torchaudio_cpu import import_torchaudio

    import_torchaudio()
    from transformers import Wav2Vec2FeatureExtractor

    [expected] = Wav2Vec2FeatureExtractor(do_normalize=True)(noise(n_samples), sampling_rate=16_000)["input_values"]
    np.testing.assert_array_equal(prepared(noise(n_samples), CONFIG, normalise=True), expected, strict=True)


def test_a_waveform_that_is_not_to_be_normalised_is_left_as_it_is():
    np.testing.assert_array_equal(prepared(noise(500), CONFIG, normalise=False), noise(500), strict=True)


@pytest.mark.parametrize("normalise", [True, False])
def test_what_is_shorter_than_a_window_is_normalised_and_then_padded_with_silence(normalise):
    found = prepared(noise(300), CONFIG, normalise=normalise)
    assert found.shape == (400,)
    assert not found[300:].any()
    assert found[:300].mean() == pytest.approx(0 if normalise else 0.1, abs=0.02)
    assert found[:300].std() == pytest.approx(1 if normalise else 0.1, rel=0.1)


@pytest.mark.parametrize("waveform", [np.zeros(1, np.float32), np.ones(1, np.float32), np.full(900, 0.25, np.float32)])
def test_silence_and_what_is_constant_stay_silence(waveform):
    assert not prepared(waveform, CONFIG, normalise=True).any()


def test_the_waveform_that_is_given_is_not_changed():
    waveform = noise(500)
    for normalise in (True, False):
        prepared(waveform, CONFIG, normalise=normalise)[:] = 7
    np.testing.assert_array_equal(waveform, noise(500))


@pytest.mark.parametrize("n_samples", [400, 719, 480_000, 480_319, 480_400, 500_000, 16_000 * 95 + 7, 16_000 * 301])
def test_pieces_are_few_equal_at_most_30_s_and_have_as_many_frames_as_the_whole(n_samples):
    waveform = np.arange(n_samples, dtype=np.float32)
    cut = list(pieces(waveform, CONFIG))
    frames = [(len(piece) - 400) // 320 + 1 for piece in cut]
    assert sum(frames) == (n_samples - 400) // 320 + 1
    assert max(frames) - min(frames) <= 1
    assert max(frames) <= 1499
    assert len(cut) == -(-sum(frames) // 1499)
    starts = 320 * np.cumsum([0, *frames[:-1]])
    for piece, start in zip(cut, starts, strict=True):
        np.testing.assert_array_equal(piece, waveform[start : start + len(piece)])
    assert cut[-1][-1] == waveform[-1]


def test_a_folder_that_says_nothing_wants_waveforms_normalised(tmp_path):
    assert normalises(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text(json.dumps({"sampling_rate": 16_000}))
    assert normalises(tmp_path)


@pytest.mark.parametrize("says", [True, False])
def test_a_preprocessor_says_whether_waveforms_are_normalised_and_a_processor_has_the_last_word(tmp_path, says):
    (tmp_path / "preprocessor_config.json").write_text(json.dumps({"do_normalize": says}))
    assert normalises(tmp_path) is says
    processor = tmp_path / "processor_config.json"
    processor.write_text(json.dumps({"processor_class": "Wav2Vec2Processor"}))
    assert normalises(tmp_path) is says
    processor.write_text(json.dumps({"feature_extractor": {"do_normalize": not says}}))
    assert normalises(tmp_path) is not says


def test_a_model_for_another_sampling_rate_is_refused(tmp_path):
    (tmp_path / "preprocessor_config.json").write_text(json.dumps({"sampling_rate": 8000}))
    with pytest.raises(WeightsError, match="sampling_rate of 8000, and waveforms here have 16000"):
        normalises(tmp_path)
