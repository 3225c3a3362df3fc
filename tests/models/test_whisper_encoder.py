from functools import cache

import numpy as np
import pytest

from models import whisper_input
from models.embedded import find
from models.types import SAMPLE_RATE
from models.whisper_encoder import whisper_encoder

pytestmark = pytest.mark.embedded


@cache
def encoder(layer):
    return whisper_encoder(layer=layer)


def noise(duration_s, seed=0):
    rng = np.random.default_rng(seed)
    return (0.1 * rng.standard_normal(round(duration_s * SAMPLE_RATE))).astype(np.float32)


@pytest.mark.parametrize("duration_s", [3, 13])
def test_the_last_layer_is_what_the_recogniser_sees(duration_s):
    import ctranslate2

    waveform = noise(duration_s)
    recogniser = ctranslate2.models.Whisper(str(find("whisper-tiny.en")), compute_type="float32", intra_threads=1)
    mel = ctranslate2.StorageView.from_array(whisper_input.log_mel(waveform)[None])
    expected = np.array(recogniser.encode(mel))[0, : duration_s * 50]
    np.testing.assert_allclose(encoder(4)([waveform])[0], expected, atol=1e-3)


def test_layers_are_those_of_transformers_own_list_of_hidden_states():
    import torch

    waveform = noise(2)
    mel = torch.from_numpy(whisper_input.log_mel(waveform))[None]
    with torch.inference_mode():
        states = encoder(4).encoders[15](mel, output_hidden_states=True).hidden_states
    for layer in (1, 2, 3, 4):
        np.testing.assert_allclose(encoder(layer)([waveform])[0], states[layer][0, :100].numpy(), atol=1e-5)


def test_layers_differ():
    frames = [encoder(layer)([noise(1)])[0] for layer in (1, 2, 3, 4)]
    assert all(abs(a - b).mean() > 0.01 for a in frames for b in frames if a is not b)
    assert len({encoder(layer).fingerprint for layer in (1, 2, 3, 4)}) == 4


@pytest.mark.parametrize("layer", [0, 5])
def test_a_layer_that_does_not_exist_is_refused(layer):
    with pytest.raises(ValueError, match=f"layers 1 to 4, not {layer}"):
        whisper_encoder(layer=layer)


@pytest.mark.parametrize("n_samples", [1, 320, 321, 399, 16_000])
def test_there_are_as_many_frames_as_hold_speech(n_samples):
    assert encoder(1)([np.ones(n_samples, np.float32)])[0].shape == (-(-n_samples // 320), 384)


def test_a_long_clip_is_its_pieces_one_after_the_other():
    waveform = noise(32)
    whole = encoder(1)([waveform])[0]
    assert whole.shape == (1600, 384)
    np.testing.assert_array_equal(whole[:800], encoder(1)([waveform[: 16 * SAMPLE_RATE]])[0])
