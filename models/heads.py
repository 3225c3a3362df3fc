"""Heads: from the frames of a representation to an embedding and to activation, valence and dominance.

A head's network holds all it needs, weights and the scales of its inputs and labels, and works in two parts.
``branches[i].prepare`` turns the frames of one utterance into few standardised steps: fixed once the scale is, so
training does it once. ``forward`` turns one ``Padded`` batch of steps per input into an ``Output``. Padding never
changes a result beyond rounding: it is zero like the edge that a convolution sees, the GRU runs forward in time, and
means are taken over real steps.

TC-GRU is the shape of Mitra et al. (2022, 2023): temporal convolution, GRU, embedding layer, three linear outputs.
The papers' sizes are not known to us; ours are chosen for a few hundred utterances and one CPU thread.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.examples import DIMENSIONS
from models.losses import ROUNDING


class Padded(NamedTuple):
    """Utterances of one input side by side: steps ``(n, longest, dim)``, zero past each end, and ``(n,)`` lengths."""

    steps: Tensor
    lengths: Tensor


class Output(NamedTuple):
    """What a head says of a batch: predictions ``(n, 3)`` in label space and embeddings ``(n, width)``."""

    prediction: Tensor
    embedding: Tensor


@dataclass(frozen=True)
class Input:
    """One input of a head: the name of its representation, its numbers per frame, and how many frames make one step."""

    name: str
    dim: int
    stride: int


@dataclass(frozen=True)
class TcGruConfig:
    """Sizes of a TC-GRU: small, for a few hundred utterances and one CPU thread.

    Attributes:
        channels: of the temporal convolution.
        kernel: steps that the convolution sees at once; odd.
        width: of the GRU.
        embedding: width of the embedding layer.
        input_dropout: share of input numbers silenced for a whole utterance, so that many of them share the work; with
            0.2 the Whisper encoder loses 0.01 to 0.03 of valence CCC on development data.
        dropout: before the GRU and before the embedding layer.
    """

    channels: int = 64
    kernel: int = 3
    width: int = 64
    embedding: int = 32
    input_dropout: float = 0.4
    dropout: float = 0.3


class Scale(nn.Module):
    """Mean and standard deviation of each of ``dim`` numbers on the training data, saved with the weights."""

    mean: Tensor
    std: Tensor

    def __init__(self, dim: int, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(dim, dtype=dtype))
        self.register_buffer("std", torch.ones(dim, dtype=dtype))

    def fit(self, values: Tensor) -> None:
        """Measure ``values``, ``(n, dim)``; a number that varies by no more than rounding is centred only."""
        values = values.double()
        mean, std = values.mean(0), values.std(0, correction=0)
        self.mean.copy_(mean)
        self.std.copy_(torch.where(std > ROUNDING * mean.abs(), std, torch.ones_like(std)))

    def forward(self, values: Tensor) -> Tensor:
        """Return ``values`` with mean 0 and standard deviation 1 on the training data."""
        return (values - self.mean) / self.std

    def undo(self, standardised: Tensor) -> Tensor:
        """Return standardised values on their own scale again."""
        return self.mean + self.std * standardised


class Branch(nn.Module):
    """Temporal convolution, GRU, mean over time, embedding layer."""

    def __init__(self, config: TcGruConfig, source: Input) -> None:
        super().__init__()
        self.stride = source.stride
        self.scale = Scale(source.dim)
        self.input_dropout = nn.Dropout1d(config.input_dropout)
        self.dropout = nn.Dropout(config.dropout)
        self.convolve = nn.Conv1d(source.dim, config.channels, kernel_size=config.kernel, padding=config.kernel // 2)
        self.gru = nn.GRU(config.channels, config.width, batch_first=True)
        self.embed = nn.Linear(config.width, config.embedding)

    def reduce(self, frames: Tensor) -> Tensor:
        """Return the mean of each ``stride`` frames of an utterance, the last over what is left: ``(n_steps, dim)``."""
        whole = len(frames) // self.stride * self.stride
        steps = frames[:whole].reshape(-1, self.stride, frames.shape[1]).mean(1)
        return torch.cat([steps, frames[whole:].mean(0, keepdim=True)]) if whole < len(frames) else steps

    def prepare(self, frames: Tensor) -> Tensor:
        """Return the standardised steps of one utterance, ``(n_steps, dim)``."""
        standardised: Tensor = self.scale(self.reduce(frames))
        return standardised

    def forward(self, batch: Padded) -> Tensor:
        """Return the embedding of each utterance, ``(n, embedding)`` in [-1, 1]."""
        convolved = functional.relu(self.convolve(self.input_dropout(batch.steps.transpose(1, 2))))
        hidden, _ = self.gru(self.dropout(convolved.transpose(1, 2)))
        real = torch.arange(hidden.shape[1]) < batch.lengths[:, None]
        pooled = (hidden * real[..., None]).sum(1) / batch.lengths[:, None]
        return torch.tanh(self.embed(self.dropout(pooled)))


class Readout(nn.Module):
    """Three linear outputs in label space: zero weights would predict the mean training label."""

    def __init__(self, width: int, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.scale = Scale(len(DIMENSIONS), dtype)
        self.linear = nn.Linear(width, len(DIMENSIONS), dtype=dtype)

    def forward(self, embedding: Tensor) -> Tensor:
        """Return predictions, ``(n, 3)``."""
        return self.scale.undo(self.linear(embedding))


class TcGru(nn.Module):
    """The TC-GRU head: one branch and its readout."""

    def __init__(self, config: TcGruConfig, inputs: Sequence[Input]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(Branch(config, source) for source in inputs)
        self.readout = Readout(config.embedding)

    def forward(self, batch: Sequence[Padded]) -> Output:
        """Return predictions and embeddings for the only input."""
        embedding = self.branches[0](batch[0])
        return Output(self.readout(embedding), embedding)
