import json
from pathlib import Path

import numpy as np
import pytest

from models.speech import self_supervised as under_test
from models.speech.self_supervised import BATCH_S, DTYPE, FAMILIES, encode, self_supervised
from models.speech.self_supervised_input import pieces
from models.types import Pretrained
from models.weights.embedded import WeightsError
from models.weights.torchaudio_cpu import import_torchaudio

from .. import tiny

import_torchaudio()

ARCHITECTURES = [(family, size) for family, (_, sizes) in tiny.SELF_SUPERVISED.items() for size in sizes]
ALL_LAYERS = (0, 1, 2, 3)

every_architecture = pytest.mark.parametrize(
    "architecture", ARCHITECTURES, ids=[f"{family} {size}" for family, size in ARCHITECTURES]
)


@pytest.fixture(scope="session")
def folders(tmp_path_factory) -> dict[tuple[str, str], Path]:
    root = tmp_path_factory.mktemp("self-supervised")
    return {
        (family, size): tiny.self_supervised(root / f"{family}-{size}", family, size) for family, size in ARCHITECTURES
    }


@pytest.fixture(scope="session")
def encoders(folders):
    return {architecture: self_supervised("cpu", Pretrained(str(folder))) for architecture, folder in folders.items()}


def noise(n_samples, seed=0, dc=0.1):
    rng = np.random.default_rng(seed)
    loudness = np.clip(np.sin(np.arange(n_samples) / 900), 0.05, None)
    return (dc + 0.1 * loudness * rng.standard_normal(n_samples)).astype(np.float32)


def by_transformers(folder, waveform):
    """The hidden states as the library's own documentation gets them: all layers, one clip, no mask."""
    import torch
    from transformers import AutoModel, Wav2Vec2FeatureExtractor

    extract = Wav2Vec2FeatureExtractor.from_pretrained(folder)
    network = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.inference_mode():
        inputs = extract(waveform, sampling_rate=16_000, return_tensors="pt")
        out = network(inputs.input_values, output_hidden_states=True)
    return [state[0].numpy() for state in (*out.hidden_states[:-1], out.last_hidden_state)]


def test_there_is_a_tiny_checkpoint_of_every_family():
    assert set(tiny.SELF_SUPERVISED) == set(FAMILIES)


@every_architecture
@pytest.mark.parametrize("normalise", [True, False])
def test_layers_are_the_hidden_states_of_transformers(folders, tmp_path, architecture, normalise):
    folder = tmp_path / "model"
    folder.mkdir()
    for path in folders[architecture].iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "preprocessor_config.json").write_text(json.dumps({"do_normalize": normalise}))
    waveform = noise(16_123)
    encoder = self_supervised("cpu", Pretrained(str(folder)))
    [found] = encoder([waveform], ALL_LAYERS)
    expected = by_transformers(folder, waveform)
    assert len(expected) == encoder.n_layers + 1
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours, theirs, strict=True)


@every_architecture
def test_layers_come_in_the_order_and_as_often_as_they_are_asked_for(encoders, architecture):
    encoder = encoders[architecture]
    [every] = encoder([noise(5000)], ALL_LAYERS)
    [some] = encoder([noise(5000)], (3, 0, 3, 1))
    for found, layer in zip(some, (3, 0, 3, 1), strict=True):
        np.testing.assert_array_equal(found, every[layer], strict=True)


def test_layers_above_the_highest_are_not_computed(encoders):
    encoder, ran = encoders["hubert", "base"], []
    hooks = [
        layer.register_forward_hook(lambda *_, number=number: ran.append(number))
        for number, layer in enumerate(encoder.network.encoder.layers)
    ]
    try:
        encoder([noise(5000)], (2, 1))
    finally:
        for hook in hooks:
            hook.remove()
    assert ran == [0, 1]


@every_architecture
def test_a_layer_that_is_not_there_is_an_error(encoders, architecture):
    with pytest.raises(ValueError, match="there is no layer 4: layers are 0 to 3"):
        encoders[architecture]([noise(5000)], (4,))


@every_architecture
def test_a_clip_in_a_padded_batch_has_the_frames_it_has_alone(encoders, architecture):
    encoder = encoders[architecture]
    clips = [noise(n_samples, seed) for seed, n_samples in enumerate((48_000, 400, 720, 3000, 31_999, 16_000, 47_999))]
    together = encode(encoder.network, clips, ALL_LAYERS)
    for clip, found in zip(clips, together, strict=True):
        [alone] = encode(encoder.network, [clip], ALL_LAYERS)
        for layer, expected in zip(found, alone, strict=True):
            np.testing.assert_allclose(layer, expected, rtol=0, atol=1e-4 * expected.std(), strict=True)


@every_architecture
def test_what_pads_a_batch_does_not_matter(encoders, architecture, monkeypatch):
    import torch

    encoder, clips = encoders[architecture], [noise(9000), noise(4000, 1), noise(400, 2)]
    silent = encode(encoder.network, clips, ALL_LAYERS)
    # hidden_states is given the batch: in its padding there is loud noise now
    original = under_test.hidden_states

    def loud(network, samples, real, layers):
        generator = torch.Generator().manual_seed(0)
        return original(network, samples + 5 * torch.randn(samples.shape, generator=generator) * ~real, real, layers)

    monkeypatch.setattr(under_test, "hidden_states", loud)
    for before, after in zip(silent, encode(encoder.network, clips, ALL_LAYERS), strict=True):
        for one, other in zip(before, after, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-4 * one.std(), strict=True)


@every_architecture
def test_batches_as_on_a_gpu_give_what_one_clip_at_a_time_gives(encoders, architecture, monkeypatch):
    encoder = encoders[architecture]
    clips = [noise(n_samples, seed) for seed, n_samples in enumerate((700, 32_000, 100, 9000, 20_000, 33_000))]
    alone = encoder(clips, (1, 3))
    monkeypatch.setitem(BATCH_S, "cpu", 3)
    for one, other in zip(alone, encoder(clips, (1, 3)), strict=True):
        for expected, layer in zip(one, other, strict=True):
            np.testing.assert_allclose(layer, expected, rtol=0, atol=1e-4 * expected.std(), strict=True)


@every_architecture
def test_bfloat16_is_close_to_float32(folders, encoders, architecture, monkeypatch):
    clips = [noise(16_000), noise(9000, 1)]
    exact = encoders[architecture](clips, ALL_LAYERS)
    monkeypatch.setitem(DTYPE, "cpu", "bfloat16")
    monkeypatch.setitem(BATCH_S, "cpu", 10)
    rounded = self_supervised("cpu", Pretrained(str(folders[architecture])))(clips, ALL_LAYERS)
    for one, other in zip(exact, rounded, strict=True):
        for expected, layer in zip(one, other, strict=True):
            assert layer.dtype == np.float32
            assert np.corrcoef(layer.ravel(), expected.ravel())[0, 1] > 0.995


@every_architecture
def test_a_gpu_gives_what_a_cpu_gives(folders, encoders, architecture):
    import torch

    if not torch.cuda.is_available():
        pytest.skip("needs a GPU")
    clips = [noise(n_samples, seed) for seed, n_samples in enumerate((700, 32_000, 100, 9000, 20_000, 500_000))]
    on_gpu = self_supervised("cuda", Pretrained(str(folders[architecture])))(clips, ALL_LAYERS)
    for one, other in zip(encoders[architecture](clips, ALL_LAYERS), on_gpu, strict=True):
        for expected, layer in zip(one, other, strict=True):
            assert layer.shape == expected.shape
            assert np.corrcoef(layer.ravel(), expected.ravel())[0, 1] > 0.995


@pytest.mark.parametrize(("n_samples", "n_frames"), [(1, 1), (399, 1), (400, 1), (719, 1), (720, 2), (16_000, 49)])
def test_a_frame_is_25_ms_every_20_ms_and_there_is_at_least_one(encoders, n_samples, n_frames):
    for encoder in encoders.values():
        [[frames]] = encoder([noise(n_samples)], (2,))
        assert frames.shape == (n_frames, encoder.dim)
        assert np.isfinite(frames).all()


def test_silence_has_finite_frames_and_a_constant_is_silence(encoders):
    for encoder in encoders.values():
        zeros, constant = encoder([np.zeros(4000, np.float32), np.full(4000, 0.5, np.float32)], ALL_LAYERS)
        for silent, still in zip(zeros, constant, strict=True):
            assert np.isfinite(silent).all()
            np.testing.assert_allclose(still, silent, atol=1e-4)


def test_loudness_and_offset_make_no_difference_to_a_normalised_waveform(encoders):
    for encoder in encoders.values():
        soft, loud = encoder([noise(8000, dc=0), 4 * noise(8000, dc=0) + np.float32(0.25)], (2,))
        np.testing.assert_allclose(loud[0], soft[0], atol=1e-2)


def test_a_long_waveform_is_normalised_as_a_whole_and_encoded_in_pieces(encoders, monkeypatch):
    monkeypatch.setattr("models.speech.self_supervised_input.LONGEST_S", 0.5)
    for encoder in encoders.values():
        waveform = noise(20_000)
        [found] = encoder([waveform], (0, 2))
        scaled = (waveform - waveform.mean()) / np.sqrt(waveform.var() + 1e-7)
        separate = [encode(encoder.network, [piece], (0, 2))[0] for piece in pieces(scaled, encoder.network.config)]
        assert len(separate) == 3
        for layer, expected in zip(found, zip(*separate, strict=True), strict=True):
            assert len(layer) == (20_000 - 400) // 320 + 1
            np.testing.assert_array_equal(layer, np.concatenate(expected))


# ---- checkpoints as they are found


TRAINED_AS = [
    ("hubert", "ForCTC"),
    ("wav2vec2", "ForPreTraining"),
    ("wav2vec2", "ForCTC"),
    ("wavlm", "ForSequenceClassification"),
    ("data2vec-audio", "ForCTC"),
]


@pytest.mark.parametrize(("family", "trained_as"), TRAINED_AS)
@pytest.mark.parametrize("old_names", [False, True], ids=["new names", "old names"])
def test_a_checkpoint_with_the_head_it_was_trained_with_gives_the_hidden_states_of_its_body(
    tmp_path, family, trained_as, old_names
):
    import torch
    import transformers
    from safetensors.torch import load_file

    folder = tiny.self_supervised(tmp_path / "model", family, trained_as=trained_as)
    whole = getattr(transformers, tiny.SELF_SUPERVISED[family][0] + trained_as).from_pretrained(folder).eval()
    if old_names:  # weight norm before torch 2.0, in a pickled file, as most of the hub's checkpoints are
        state = load_file(folder / "model.safetensors")
        (folder / "model.safetensors").unlink()
        renamed = {
            name.replace("parametrizations.weight.original0", "weight_g").replace(
                "parametrizations.weight.original1", "weight_v"
            ): values
            for name, values in state.items()
        }
        torch.save(renamed, folder / "pytorch_model.bin")
        assert family == "data2vec-audio" or set(renamed) != set(state)
    waveform = noise(6000)
    [found] = self_supervised("cpu", Pretrained(str(folder)))([waveform], ALL_LAYERS)
    scaled = (waveform - waveform.mean()) / np.sqrt(waveform.var() + 1e-7)
    with torch.inference_mode():
        states = whole(torch.from_numpy(scaled)[None], output_hidden_states=True).hidden_states
    for ours, theirs in zip(found, states, strict=True):
        np.testing.assert_array_equal(ours, theirs[0].numpy(), strict=True)


def test_a_checkpoint_may_lack_what_masks_frames_in_training(folders, encoders, tmp_path):
    from safetensors.torch import load_file, save_file

    folder = tiny.self_supervised(tmp_path / "model")
    state = load_file(folder / "model.safetensors")
    del state["masked_spec_embed"]
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    encoder = self_supervised("cpu", Pretrained(str(folder)))
    assert not encoder.network.masked_spec_embed.any()
    [found, expected] = *encoder([noise(5000)], (3,)), *encoders["hubert", "base"]([noise(5000)], (3,))
    np.testing.assert_array_equal(found[0], expected[0])


@pytest.mark.parametrize("model_type", ["bert", None])
def test_another_kind_of_model_is_an_error_that_names_file_value_and_what_is_allowed(tmp_path, model_type):
    folder = tiny.self_supervised(tmp_path / "model")
    config = json.loads((folder / "config.json").read_text()) | {"model_type": model_type}
    (folder / "config.json").write_text(json.dumps(config))
    expected = f"config.json: model_type is {model_type!r}, not one of data2vec-audio, hubert, wav2vec2, wavlm"
    with pytest.raises(WeightsError, match=expected):
        self_supervised("cpu", Pretrained(str(folder)))


@pytest.mark.parametrize("content", [None, "{", "[]"], ids=["absent", "not JSON", "a list"])
def test_a_config_that_cannot_be_read_is_named(tmp_path, content):
    folder = tiny.self_supervised(tmp_path / "model")
    (folder / "config.json").unlink()
    if content:
        (folder / "config.json").write_text(content)
    with pytest.raises(WeightsError, match="config.json: "):
        self_supervised("cpu", Pretrained(str(folder)))


def test_a_folder_has_no_revision_and_its_files_are_in_the_fingerprint(tmp_path):
    folder = tiny.self_supervised(tmp_path / "model")
    before = self_supervised("cpu", Pretrained(str(folder)))
    assert before.revision is None
    assert {"self-supervised", before.located.sha256, "float32"} <= set(before.fingerprint.split("/"))
    (folder / "preprocessor_config.json").write_text(json.dumps({"do_normalize": False}))
    assert self_supervised("cpu", Pretrained(str(folder))).fingerprint != before.fingerprint
