from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.speech.padding import convolved, normed_alone, padding_unheard
from models.weights.torchaudio_cpu import import_torchaudio

from .. import tiny

import_torchaudio()
torch = pytest.importorskip("torch")

LENGTHS = st.lists(st.integers(1, 40), min_size=1, max_size=6)


@cache
def network(model_type="hubert", size="base"):
    """A random network, its convolutions as published."""
    import transformers

    prefix, _ = tiny.SELF_SUPERVISED[model_type]
    config = getattr(transformers, f"{prefix}Config")(**tiny.SMALL, **tiny.ARCHITECTURE[size])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return getattr(transformers, f"{prefix}Model")(config).eval()


def padded(rng, lengths, n_channels=6):
    hidden = torch.from_numpy(rng.normal(2, 3, (len(lengths), n_channels, max(lengths))))
    return hidden, [clip[:, :length].clone() for clip, length in zip(hidden, lengths, strict=True)]


@given(lengths=LENGTHS, n_groups=st.sampled_from([1, 2, 6]))
def test_a_clip_is_normed_over_its_own_frames_as_written_in_the_definition(lengths, n_groups):
    rng = np.random.default_rng(0)
    hidden, clips = padded(rng, lengths)
    norm = torch.nn.GroupNorm(n_groups, 6, dtype=torch.float64)
    norm.weight.data, norm.bias.data = torch.from_numpy(rng.normal(size=(2, 6)))
    for found, clip in zip(normed_alone(norm, hidden, lengths), clips, strict=True):
        groups = clip.numpy().reshape(n_groups, -1)
        mean, variance = groups.mean(axis=1, keepdims=True), groups.var(axis=1, keepdims=True)
        whitened = ((groups - mean) / np.sqrt(variance + norm.eps)).reshape(clip.shape)
        expected = whitened * norm.weight.data.numpy()[:, None] + norm.bias.data.numpy()[:, None]
        np.testing.assert_allclose(found[:, : clip.shape[1]].detach(), expected, atol=1e-9)
        assert not found[:, clip.shape[1] :].any()


def test_gradients_pass_through_a_norm_of_clips_alone():
    hidden, _ = padded(np.random.default_rng(0), [5, 3])
    hidden.requires_grad = True
    norm = torch.nn.GroupNorm(6, 6, dtype=torch.float64)
    (normed_alone(norm, hidden, [5, 3]) ** 3).sum().backward()
    assert norm.weight.grad.abs().min() > 0
    assert hidden.grad[0].abs().min() > 0
    assert not hidden.grad[1, :, 3:].any()


@given(n_samples=st.lists(st.integers(400, 30_000), min_size=1, max_size=3))
def test_frames_are_counted_as_the_convolutions_make_them(n_samples):
    config = network().config
    expected = []
    for kernel, stride in zip(config.conv_kernel, config.conv_stride, strict=True):
        lengths = expected[-1] if expected else n_samples
        shapes = [
            torch.nn.functional.conv1d(torch.zeros(1, 1, n), torch.zeros(1, 1, kernel), stride=stride) for n in lengths
        ]
        expected.append([shape.shape[-1] for shape in shapes])
    assert convolved(n_samples, config) == expected


@pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask")  # WavLM with any mask
@pytest.mark.parametrize("model_type", ["hubert", "wav2vec2", "wavlm", "data2vec-audio"])
def test_a_mask_alone_does_not_keep_padding_out(model_type):
    """The reason why this module is there: what its hooks do is not done by transformers."""
    both, alone = network(model_type), torch.from_numpy(np.random.default_rng(0).normal(0, 1, 8000)).float()
    samples = torch.zeros(2, 32_000)
    samples[0, :8000], samples[1] = alone, torch.randn(32_000, generator=torch.Generator().manual_seed(0))
    real = torch.arange(32_000) < torch.tensor([[8000], [32_000]])
    with torch.inference_mode():
        [expected] = both(alone[None]).last_hidden_state
        masked = both(samples, attention_mask=real).last_hidden_state[0, : len(expected)]
        with padding_unheard(both, [8000, 32_000]):
            found = both(samples, attention_mask=real).last_hidden_state[0, : len(expected)]
    assert (masked - expected).abs().max() > 0.5 * expected.std()
    assert (found - expected).abs().max() < 1e-4 * expected.std()


def test_nothing_is_left_behind_in_the_network():
    for model_type, (_, sizes) in tiny.SELF_SUPERVISED.items():
        for size in sizes:
            one = network(model_type, size)
            with padding_unheard(one, [500, 400]):
                assert any(module._forward_hooks or module._forward_pre_hooks for module in one.modules())
            assert not any(module._forward_hooks or module._forward_pre_hooks for module in one.modules())


def test_a_batch_norm_before_the_positions_does_not_let_padding_in():
    """Some HuBERTs have one: what it makes of silence is not silence."""
    from transformers import HubertConfig, HubertModel

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        both = HubertModel(HubertConfig(**tiny.SMALL, conv_pos_batch_norm=True)).eval()
    both.encoder.pos_conv_embed.batch_norm.bias.data += 3
    samples = torch.randn(2, 8000, generator=torch.Generator().manual_seed(0))
    samples[0, 3000:] = 0
    real = torch.arange(8000) < torch.tensor([[3000], [8000]])
    with torch.inference_mode(), padding_unheard(both, [3000, 8000]):
        found = both(samples, attention_mask=real).last_hidden_state[0]
    with torch.inference_mode():
        [expected] = both(samples[:1, :3000]).last_hidden_state
    assert (found[: len(expected)] - expected).abs().max() < 1e-4 * expected.std()
