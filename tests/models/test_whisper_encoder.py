from functools import cache

import numpy as np
import pytest

from models import whisper_input
from models.embedded import find
from models.types import SAMPLE_RATE
from models.whisper_encoder import whisper_encoder

pytestmark = pytest.mark.embedded

LAYERS = (0, 1, 2, 3, 4)


@cache
def encoder():
    return whisper_encoder()


def frames(waveform, layer):
    return encoder()([waveform], [layer])[0][0]


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
    np.testing.assert_allclose(frames(waveform, 4), expected, atol=1e-3)


def test_layers_are_those_of_transformers_own_list_of_hidden_states():
    import torch

    waveform = noise(20)
    mel = torch.from_numpy(whisper_input.log_mel(waveform))[None]
    with torch.inference_mode():
        states = encoder().network(mel, output_hidden_states=True).hidden_states
    for layer, mine in zip(LAYERS, encoder()([waveform], LAYERS)[0], strict=True):
        np.testing.assert_array_equal(mine, states[layer][0, :1000].numpy())


@pytest.mark.parametrize("duration_s", [0.5, 13, 31])
def test_layers_in_one_pass_are_those_asked_for_alone_in_the_order_asked(duration_s):
    waveform = noise(duration_s)
    [together] = encoder()([waveform], [3, 0, 4, 3])
    for layer, of_layer in zip([3, 0, 4, 3], together, strict=True):
        np.testing.assert_array_equal(of_layer, frames(waveform, layer), strict=True)


def test_layers_above_the_highest_asked_are_not_computed():
    calls = []
    hooks = [
        layer.register_forward_hook(lambda *_, number=number: calls.append(number))
        for number, layer in enumerate(encoder().network.layers, start=1)
    ]
    encoder()([noise(1)], [0, 2])
    for hook in hooks:
        hook.remove()
    assert calls == [1, 2]


def test_layers_differ():
    [layers] = encoder()([noise(1)], LAYERS)
    assert all(abs(a - b).mean() > 0.01 for a in layers for b in layers if a is not b)


@pytest.mark.parametrize("layer", [-1, 5])
def test_a_layer_that_does_not_exist_is_refused(layer):
    with pytest.raises(ValueError, match=f"no layer {layer}: layers are 0 to 4"):
        encoder()([noise(1)], [layer])


@pytest.mark.parametrize("n_samples", [1, 320, 321, 399, 16_000])
def test_there_are_as_many_frames_as_hold_speech(n_samples):
    assert frames(np.ones(n_samples, np.float32), 1).shape == (-(-n_samples // 320), 384)


def test_a_long_clip_is_its_pieces_one_after_the_other():
    waveform = noise(32)
    whole = frames(waveform, 1)
    assert whole.shape == (1600, 384)
    np.testing.assert_array_equal(whole[:800], frames(waveform[: 16 * SAMPLE_RATE], 1))


def test_a_result_depends_neither_on_what_else_is_in_the_call_nor_on_order():
    clips = [noise(2, seed=1), np.zeros(800, np.float32), noise(14, seed=2), np.ones(1, np.float32)]
    backwards = encoder()(clips[::-1], [0, 2, 4])[::-1]
    for clip, among_others in zip(clips, backwards, strict=True):
        [alone] = encoder()([clip], [0, 2, 4])
        for layer, same in zip(alone, among_others, strict=True):
            assert np.isfinite(layer).all()
            np.testing.assert_array_equal(layer, same, strict=True)
