import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.heads.networks import Branch, Input, LayerSum, Readout, Scale, TcGruConfig, pad


def small_branch(stride: int = 3) -> Branch:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        branch = Branch(TcGruConfig(), Input("sound", 4, stride)).eval()
    branch.scale.fit([torch.from_numpy(np.random.default_rng(0).normal(2, 3, size=(50, 4)))])
    return branch


def noise(n_frames: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(n_frames).normal(size=(n_frames, 4)).astype(np.float32))


@settings(deadline=None)
@given(n_frames=st.integers(1, 40), stride=st.integers(1, 8))
def test_steps_are_means_of_neighbouring_frames(n_frames, stride):
    frames = noise(n_frames)
    literal = [frames[start : start + stride].mean(0) for start in range(0, n_frames, stride)]
    torch.testing.assert_close(small_branch(stride).reduce(frames), torch.stack(literal))


@settings(deadline=None)
@given(lengths=st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_padding_changes_an_embedding_by_rounding_only(lengths):
    branch = small_branch()
    steps = [branch.prepare(noise(length)) for length in lengths]
    with torch.inference_mode():
        together = branch(pad(steps))
        alone = torch.cat([branch(pad([one])) for one in steps])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


def test_a_scale_gives_mean_zero_and_standard_deviation_one_and_can_be_undone():
    values = torch.from_numpy(np.random.default_rng(0).normal(5, 2, size=(100, 3))).float()
    scale = Scale(3)
    scale.fit([values])
    torch.testing.assert_close(scale(values).mean(0), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(scale(values).std(0, correction=0), torch.ones(3))
    torch.testing.assert_close(scale.undo(scale(values)), values)


@given(cuts=st.lists(st.integers(1, 99), max_size=8, unique=True), mean=st.sampled_from([0.0, 5.0, 1e4]))
def test_a_scale_is_that_of_all_values_however_they_are_cut_into_utterances(cuts, mean):
    values = torch.from_numpy(np.random.default_rng(0).normal(mean, 2, size=(100, 3)))
    scale = Scale(3, torch.float64)
    scale.fit(values.tensor_split(sorted(cuts)))
    torch.testing.assert_close(scale.mean, values.mean(0), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(scale.std, values.std(0, correction=0), rtol=1e-8, atol=0)


@given(cuts=st.lists(st.integers(1, 99), max_size=8, unique=True))
def test_a_number_that_never_changes_is_centred_only(cuts):
    scale = Scale(1, torch.float64)
    scale.fit(torch.full((100, 1), 0.1, dtype=torch.float64).tensor_split(sorted(cuts)))
    assert scale.std.item() == 1
    assert scale.mean.item() == pytest.approx(0.1)


@pytest.mark.parametrize("parts", [torch.zeros(5, 3), [torch.zeros(5, 2)], []])
def test_a_scale_refuses_what_it_cannot_measure(parts):
    with pytest.raises(ValueError, match="need \\(n, 3\\)|nothing to measure"):
        Scale(3).fit(parts)


def test_a_readout_without_weights_says_the_mean_training_label():
    readout = Readout(4)
    readout.scale.fit([torch.tensor([[0.0, 0.2, 0.4], [1.0, 0.4, 0.4]])])
    torch.nn.init.zeros_(readout.linear.weight)
    torch.nn.init.zeros_(readout.linear.bias)
    torch.testing.assert_close(readout(torch.ones(1, 4)), torch.tensor([[0.5, 0.3, 0.4]]))


def test_a_sum_of_layers_is_weighed_by_the_softmax_of_what_is_learnt():
    layers = LayerSum(Input("sound", 4, 1, layers=3))
    torch.nn.init.normal_(layers.logits, generator=torch.Generator().manual_seed(0))
    steps = np.random.default_rng(0).normal(size=(2, 5, 3, 4)).astype(np.float32)
    exponentials = np.exp(LayerSum.SPEED * layers.logits.detach().numpy())
    literal = sum(steps[:, :, one] * exponentials[one] / exponentials.sum() for one in range(3))
    with torch.inference_mode():
        summed = layers(torch.from_numpy(steps.reshape(2, 5, 12)))
    assert summed.numpy() == pytest.approx(literal, abs=1e-6)


def test_a_sum_of_one_layer_is_that_layer_and_learns_nothing():
    layer = LayerSum(Input("sound", 4, 1))
    steps = torch.ones(2, 5, 4)
    assert layer(steps) is steps
    assert list(layer.parameters()) == []
    assert layer.weights().tolist() == [1.0]


@settings(deadline=None)
@given(n_frames=st.integers(1, 20), stride=st.integers(1, 8))
def test_layers_are_reduced_each_as_if_it_were_alone(n_frames, stride):
    frames = torch.from_numpy(np.random.default_rng(n_frames).normal(size=(n_frames, 3, 4)).astype(np.float32))
    reduced = Branch(TcGruConfig(), Input("sound", 4, stride, layers=3)).reduce(frames)
    alone = Branch(TcGruConfig(), Input("sound", 4, stride))
    for layer, steps in enumerate(reduced.split(4, dim=1)):
        torch.testing.assert_close(steps, alone.reduce(frames[:, layer]))
