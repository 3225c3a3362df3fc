from functools import cache

import numpy as np
import pytest

from models.speech.whisper_encoder import whisper_encoder
from models.types import SAMPLE_RATE, Pretrained
from models.weights import whisper_input
from models.weights.embedded import EMBEDDED, WeightsError, find
from models.weights.whisper import load_whisper

from .. import tiny

pytestmark = pytest.mark.embedded

LAYERS = (0, 1, 2, 3, 4)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The encoder of a small random Whisper: long clips are quick to encode."""
    folder = tmp_path_factory.mktemp("whisper")
    tiny.whisper(folder)
    return whisper_encoder("cpu", Pretrained(str(folder)))


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
def test_layers_in_one_pass_are_those_asked_for_alone_in_the_order_asked(small, duration_s):
    waveform = noise(duration_s)
    [together] = small([waveform], [1, 0, 2, 1])
    for layer, of_layer in zip([1, 0, 2, 1], together, strict=True):
        np.testing.assert_array_equal(of_layer, small([waveform], [layer])[0][0], strict=True)


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


def test_a_long_clip_is_its_pieces_one_after_the_other(small):
    waveform = noise(32)
    [[whole]] = small([waveform], [2])
    assert whole.shape == (1600, 32)
    np.testing.assert_array_equal(whole[:800], small([waveform[: 16 * SAMPLE_RATE]], [2])[0][0])


def test_the_padding_has_no_frames_and_is_silence():
    clip = noise(2)
    padded = np.pad(clip, (0, SAMPLE_RATE))
    np.testing.assert_array_equal(frames(clip, 4), frames(padded, 4)[:100])


def test_a_result_depends_neither_on_what_else_is_in_the_call_nor_on_order():
    clips = [noise(2, seed=1), np.zeros(800, np.float32), noise(14, seed=2), np.ones(1, np.float32)]
    backwards = encoder()(clips[::-1], [0, 2, 4])[::-1]
    for clip, among_others in zip(clips, backwards, strict=True):
        [alone] = encoder()([clip], [0, 2, 4])
        for layer, same in zip(alone, among_others, strict=True):
            assert np.isfinite(layer).all()
            np.testing.assert_array_equal(layer, same, strict=True)


@pytest.mark.parametrize("trained_as", ["Model", "ForConditionalGeneration"])
def test_any_whisper_in_the_format_of_the_hub_gives_the_frames_that_transformers_gives(tmp_path, trained_as):
    import torch
    import transformers

    tiny.whisper(tmp_path, trained_as)
    network = getattr(transformers, f"Whisper{trained_as}").from_pretrained(tmp_path).eval()
    same = whisper_encoder("cpu", Pretrained(str(tmp_path)))
    assert (same.n_layers, same.dim) == (2, 32)
    waveform = noise(20)
    with torch.inference_mode():
        mel = torch.from_numpy(whisper_input.log_mel(waveform, n_mels=128))[None]
        states = network.get_encoder()(mel, output_hidden_states=True).hidden_states
    for layer, mine in enumerate(same([waveform], [0, 1, 2])[0]):
        np.testing.assert_array_equal(mine, states[layer][0, :1000].numpy())


def test_packaged_weights_in_the_format_of_the_hub_give_the_same_frames(tmp_path):
    import torch
    from transformers.utils import logging

    logging.disable_progress_bar()
    load_whisper(find("whisper-tiny.en"), torch.float32).save_pretrained(tmp_path)
    same = whisper_encoder("cpu", Pretrained(str(tmp_path)))
    assert same.fingerprint != encoder().fingerprint  # these are other files
    for expected, mine in zip(encoder()([noise(1)], LAYERS)[0], same([noise(1)], LAYERS)[0], strict=True):
        np.testing.assert_array_equal(mine, expected)


def test_a_folder_of_faster_whisper_is_the_packaged_one(tmp_path):
    for file in EMBEDDED["whisper-tiny.en"].files:
        (tmp_path / file).symlink_to(find("whisper-tiny.en") / file)
    same = whisper_encoder("cpu", Pretrained(str(tmp_path)))
    np.testing.assert_array_equal(same([noise(1)], [4])[0][0], frames(noise(1), 4))


def test_whisper_base_has_six_layers_of_512():
    base = whisper_encoder("cpu", Pretrained("whisper-base"))
    assert (base.n_layers, base.dim) == (6, 512)
    [[layer]] = base([noise(1)], [6])
    assert layer.shape == (50, 512)
    assert base.fingerprint != encoder().fingerprint


def test_other_weights_have_another_fingerprint(tmp_path):
    for folder, width in (("a", 48), ("b", 64)):
        tiny.whisper(tmp_path / folder, encoder_ffn_dim=width)
    a, b = (whisper_encoder("cpu", Pretrained(str(tmp_path / folder))) for folder in ("a", "b"))
    assert a.fingerprint != b.fingerprint


def test_a_network_of_another_window_is_refused(tmp_path):
    tiny.whisper(tmp_path, max_source_positions=750)
    with pytest.raises(WeightsError, match="a window of 750 frames of 20 ms, where Whisper's has 1500"):
        whisper_encoder("cpu", Pretrained(str(tmp_path)))


def test_a_network_of_other_features_is_refused(tmp_path):
    tiny.whisper(tmp_path, num_mel_bins=40)
    with pytest.raises(WeightsError, match="features of 40 mel bands, where Whisper's have 80 or 128"):
        whisper_encoder("cpu", Pretrained(str(tmp_path)))


def test_what_is_no_whisper_is_refused():
    with pytest.raises(WeightsError, match="WhisperEncoder"):
        whisper_encoder("cpu", Pretrained("minilm"))


def test_a_checkpoint_with_a_weight_missing_is_refused(tmp_path):
    from safetensors.numpy import load_file, save_file

    tiny.whisper(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    del weights["model.encoder.layers.1.fc1.weight"]
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(WeightsError, match=r"missing: layers\.1\.fc1\.weight"):
        whisper_encoder("cpu", Pretrained(str(tmp_path)))
