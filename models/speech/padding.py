"""Keeps the padding of a batch out of networks of the wav2vec 2.0 family, so that a clip's frames are its own.

An attention mask is not enough. Two more things read what is beyond a clip's end:

- *base* models normalise their first convolution over time (one group per channel): padding changes the mean and
  variance of every frame, and the frames by more than their standard deviation;
- convolutions over positions. A single one reads zeros, for padding is zeroed before it, but data2vec has five in a
  row, and what the first makes of the edge is read by the second.

Nothing of a network is replaced: hooks do both for as long as one call takes.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any


@contextmanager
def padding_unheard(network: Any, n_samples: Sequence[int]) -> Iterator[None]:
    """Inside, a network with an attention mask computes for a padded clip what it computes for the clip alone.

    Args:
        network: of transformers, with the parts ``feature_extractor`` and ``encoder.pos_conv_embed``.
        n_samples: the length of every clip in the batch, without its padding.
    """
    import torch

    frames = convolved(n_samples, network.config)
    with ExitStack() as hooks:
        for convolution, lengths in zip(network.feature_extractor.conv_layers, frames, strict=True):
            for module in convolution.modules():
                if isinstance(module, torch.nn.GroupNorm):
                    hooks.enter_context(module.register_forward_hook(_normed_alone(lengths)))
        for module in network.encoder.pos_conv_embed.modules():
            if isinstance(module, torch.nn.Conv1d):
                hooks.enter_context(module.register_forward_pre_hook(_silenced(frames[-1])))
        yield


def convolved(n_samples: Sequence[int], config: Any) -> list[list[int]]:
    """Return how many frames of each clip there are after the first convolution, after the second, and so on.

    Args:
        n_samples: the length of each clip, at least one window of the network.
        config: of the network, with ``conv_kernel`` and ``conv_stride``.
    """
    lengths = [list(n_samples)]
    for kernel, stride in zip(config.conv_kernel, config.conv_stride, strict=True):
        lengths.append([(length - kernel) // stride + 1 for length in lengths[-1]])
    return lengths[1:]


def normed_alone(norm: Any, hidden: Any, lengths: Sequence[int]) -> Any:
    """Return the group norm of each clip over its own frames, and zero beyond them.

    Args:
        norm: a ``torch.nn.GroupNorm``.
        hidden: tensor ``(n_clips, n_channels, n_frames)``, padded at the end.
        lengths: how many frames of each clip are real.
    """
    import torch

    def norm_of(clip: Any) -> Any:
        return torch.nn.functional.group_norm(clip[None], norm.num_groups, norm.weight, norm.bias, norm.eps)[0]

    n_frames = hidden.shape[-1]
    return torch.stack(
        [
            torch.nn.functional.pad(norm_of(clip[:, :length]), (0, n_frames - length))
            for clip, length in zip(hidden, lengths, strict=True)
        ]
    )


def _normed_alone(lengths: Sequence[int]) -> Any:
    """Return a hook that replaces what a group norm made of a padded batch."""

    def hook(norm: Any, arguments: tuple[Any, ...], _normed_together: Any) -> Any:
        return normed_alone(norm, arguments[0], lengths)

    return hook


def _silenced(lengths: Sequence[int]) -> Any:
    """Return a hook that sets what a convolution reads beyond a clip's end to zero, as it is for the clip alone."""

    def hook(_convolution: Any, arguments: tuple[Any, ...]) -> Any:
        import torch

        hidden = arguments[0]
        real = (
            torch.arange(hidden.shape[-1], device=hidden.device) < torch.tensor(lengths, device=hidden.device)[:, None]
        )
        return (hidden * real[:, None], *arguments[1:])

    return hook
