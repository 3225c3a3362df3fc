import numpy as np
import pytest
import torch

from models.heads.catalog import HEADS
from models.heads.examples import Examples
from models.heads.fitting import FitConfig, prepare
from models.heads.networks import Input, pad
from models.heads.training import load_head, n_parameters, predict, save_head, teach, train_head
from models.heads.tuning import TopLayers, Tuned, TunedConfig, put_top
from models.speech.catalog import SPEECH_ENCODERS
from models.speech.self_supervised import self_supervised
from models.speech.top_layers import TopShape, top_of
from models.speech.whisper_encoder import hidden_states, whisper_encoder
from models.types import Pretrained

from .. import tiny

SHORT = FitConfig(epochs=2)
WIDTH = tiny.SMALL["hidden_size"]
ARCHITECTURES = [
    (family, size) for family, (_, sizes) in tiny.SELF_SUPERVISED.items() if family != "wavlm" for size in sizes
]


@pytest.fixture(scope="module")
def hubert(tmp_path_factory):
    """A tiny HuBERT of three layers."""
    return self_supervised("cpu", Pretrained(str(tiny.self_supervised(tmp_path_factory.mktemp("hubert")))))


@pytest.fixture(scope="module")
def heard(hubert):
    """Random sounds of different lengths in its second layer, with labels that their level decides."""
    rng = np.random.default_rng(0)
    levels = rng.uniform(0, 1, (24, 3))
    sounds = [
        (0.1 * rng.standard_normal(rng.integers(2_000, 9_000)) + level).astype(np.float32) for level in levels[:, 0]
    ]
    frames = [layer for [layer] in hubert(sounds, [2])]
    return Examples(
        {"hubert": [one + np.float32(level) for one, level in zip(frames, levels[:, 0], strict=True)]}, levels
    )


def layers_of(top) -> TopLayers:
    layers = TopLayers(top.shape, dropout=0.5).eval()
    layers.load_state_dict({name: torch.tensor(weight) for name, weight in top.weights.items()})
    return layers


@torch.no_grad()
def above(top, frames):
    return layers_of(top)(pad([torch.tensor(frames)]))[0].numpy()


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=" ".join)
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_untuned_layers_are_those_of_the_encoder(tmp_path, architecture, layer):
    encoder = self_supervised("cpu", Pretrained(str(tiny.self_supervised(tmp_path, *architecture))))
    for network in (encoder.network.encoder.layers, encoder.network.encoder.layer_norm):
        for parameter in network.parameters():  # norms and biases are ones and zeros until they are trained
            parameter.data += 0.1 * torch.linspace(-1, 1, parameter.numel()).view_as(parameter)
    sound = np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    [[low, last]] = encoder([sound], [layer, 3])
    top = top_of(encoder, layer)
    assert top.shape.n_layers == 3 - layer
    np.testing.assert_allclose(above(top, low), last, atol=1e-5)


@pytest.mark.embedded
@pytest.mark.parametrize("layer", [0, 3])
def test_untuned_layers_are_those_of_whisper(layer):
    encoder = whisper_encoder()
    mel = torch.from_numpy(np.random.default_rng(0).standard_normal((1, 80, 3000)).astype(np.float32))
    with torch.no_grad():
        low, last = (one[0].numpy() for one in hidden_states(encoder.network, mel, [layer, 4]))
    np.testing.assert_allclose(above(top_of(encoder, layer), low), last, atol=1e-4)


def test_padding_is_unheard(hubert):
    rng = np.random.default_rng(1)
    frames = [torch.tensor(rng.standard_normal((length, WIDTH)), dtype=torch.float32) for length in (7, 30, 1, 19)]
    for layer in (0, 2):
        layers = layers_of(top_of(hubert, layer))
        with torch.no_grad():
            together = layers(pad(frames))
            for one, row in zip(frames, together, strict=True):
                torch.testing.assert_close(row[: len(one)], layers(pad([one]))[0], atol=1e-5, rtol=0)


def test_a_tuned_head_says_the_same_of_an_utterance_alone_and_beside_others(hubert, heard):
    head = train_head("tuned", heard, heard, seed=0, top=top_of(hubert, 2), fit=SHORT).head
    alone = teach(head, heard.features)
    with torch.no_grad():
        together = head.network([pad(prepare(head.network, heard.features)[0])])
    np.testing.assert_allclose(together.prediction, alone.predictions, atol=1e-4)
    np.testing.assert_allclose(together.embedding, alone.embeddings, atol=1e-4)


def test_layers_hear_every_frame_and_only_the_head_hears_steps(hubert, heard):
    head = train_head("tuned", heard, heard, seed=0, top=top_of(hubert, 2), fit=SHORT).head
    longest = max(heard.features["hubert"], key=len)
    [branch] = head.network.branches
    assert branch.prepare(torch.tensor(longest)).shape == longest.shape
    wide = Input("sound", WIDTH, stride=4)
    network = Tuned(TunedConfig(top=top_of(hubert, 2).shape), [wide]).eval()
    assert network.branches[0].reduce(torch.tensor(longest)).shape == (-(-len(longest) // 4), WIDTH)


def test_tuning_moves_the_layers_and_the_encoder_keeps_its_own(hubert, heard):
    top = top_of(hubert, 2)
    before = {name: weight.copy() for name, weight in top.weights.items()}
    head = train_head("tuned", heard, heard, seed=0, top=top, fit=SHORT).head
    tuned = head.network.branches[0].top.state_dict()
    moved = [name for name, weight in before.items() if not np.array_equal(tuned[name].numpy(), weight)]
    assert set(moved) == set(before)
    assert all(np.abs(tuned[name].numpy() - weight).max() < 0.01 for name, weight in before.items())  # not far
    assert all(np.array_equal(weight, before[name]) for name, weight in top_of(hubert, 2).weights.items())
    assert n_parameters(head) > sum(weight.size for weight in before.values())


def test_the_history_tells_settling_from_tuning(hubert, heard):
    history = train_head("tuned", heard, heard, seed=0, top=top_of(hubert, 2), fit=SHORT).history
    assert history["stage"].tolist() == ["settling"] * 2 + ["tuning"] * TunedConfig().epochs
    assert history.loc[history["kept"], "stage"].tolist() == ["tuning"]


def test_noisy_copies_are_heard_while_settling_and_while_tuning(hubert, heard):
    noisy = {"hubert": [frames + 1 for frames in heard.features["hubert"]]}
    both = Examples(heard.features, heard.labels, copies=(noisy,))
    heads = [
        train_head("tuned", examples, heard, seed=0, top=top_of(hubert, 2), fit=SHORT) for examples in (heard, both)
    ]
    assert not np.array_equal(*(predict(one.head, heard.features) for one in heads))


def test_a_tuned_student_follows_its_teacher(hubert, heard):
    teacher = train_head("tc-gru", heard, heard, seed=1, fit=SHORT).head
    teaching = teach(teacher, heard.features)
    top = top_of(hubert, 2)
    trained = train_head("tuned-student", heard, heard, seed=0, teaching=teaching, top=top, fit=SHORT)
    assert trained.history["trust_valence"].between(0, 1).all()
    assert teach(trained.head, heard.features).embeddings.shape == teaching.embeddings.shape


@pytest.mark.parametrize("layers", [1, 3])
def test_a_file_holds_all_that_the_head_needs(hubert, heard, layers, tmp_path):
    features = {"hubert": heard.features["hubert"][:3]}
    head = train_head("tuned", heard, heard, seed=0, top=top_of(hubert, 3 - layers), fit=SHORT).head
    save_head(head, tmp_path / "head.safetensors")
    again = load_head(tmp_path / "head.safetensors")
    assert again.config == head.config
    assert np.array_equal(predict(again, features), predict(head, features))


def test_wavlm_is_refused(tmp_path):
    encoder = self_supervised("cpu", Pretrained(str(tiny.self_supervised(tmp_path, "wavlm"))))
    with pytest.raises(ValueError, match="WavLM cannot be tuned alone: they need the relative positions"):
        top_of(encoder, 2)


@pytest.mark.parametrize("layer", [-1, 3])
def test_there_must_be_a_layer_above(hubert, layer):
    with pytest.raises(ValueError, match=f"nothing to tune above layer {layer}: it must be 0 to 2"):
        top_of(hubert, layer)


def test_an_encoder_without_layers_is_refused():
    with pytest.raises(ValueError, match="no layers to be tuned: `whisper` and `self-supervised` have"):
        top_of(SPEECH_ENCODERS["filterbank"]("cpu", Pretrained()), 0)


def test_layers_with_another_activation_are_refused(hubert, monkeypatch):
    monkeypatch.setattr(hubert.network.config, "hidden_act", "relu")
    with pytest.raises(ValueError, match="activation 'relu' cannot be tuned, only those with 'gelu'"):
        top_of(hubert, 2)


def test_layers_with_adapters_are_refused(hubert, monkeypatch):
    monkeypatch.setattr(hubert.network.config, "adapter_attn_dim", 16, raising=False)
    with pytest.raises(ValueError, match="HubertModel with attention adapters cannot be tuned"):
        top_of(hubert, 2)


def test_a_head_that_tunes_needs_layers_and_no_other_takes_any(hubert, heard):
    with pytest.raises(ValueError, match="a tuned head needs the top layers of an encoder"):
        train_head("tuned", heard, heard, seed=0)
    with pytest.raises(ValueError, match="a tc-gru head takes no top layers of an encoder"):
        train_head("tc-gru", heard, heard, seed=0, top=top_of(hubert, 2))


def test_frames_of_another_width_are_refused(hubert, heard):
    narrow = Examples({"hubert": [frames[:, :40] for frames in heard.features["hubert"]]}, heard.labels)
    with pytest.raises(ValueError, match=rf"hubert: frames have 1 layer\(s\) of 40 numbers, .* need one of {WIDTH}"):
        train_head("tuned", narrow, narrow, seed=0, top=top_of(hubert, 2))


def test_layers_of_another_shape_are_refused(hubert):
    network = Tuned(TunedConfig(top=TopShape(WIDTH, 4, 96, 2, norm_first=False)), [Input("hubert", WIDTH, 1)])
    with pytest.raises(RuntimeError, match="Missing key"):
        put_top(network, top_of(hubert, 2))


def test_only_tuned_heads_are_tuned():
    assert {kind for kind, recipe in HEADS.items() if recipe.tuned} == {"tuned", "tuned-student"}
