"""Heads: from the frames of a representation to an embedding and to activation, valence and dominance.

A head's network holds all it needs, weights and the scales of its inputs and labels, and works in two parts.
``branches[i].prepare`` turns the frames of one utterance into few standardised steps: fixed once the scale is, so
training does it once. ``forward`` turns one ``Padded`` batch of steps per input into an ``Output``. Padding never
changes a result beyond rounding: it is zero like the edge that a convolution sees, the GRU runs forward in time, and
means are taken over real steps.

TC-GRU is the shape of Mitra et al. (2022, 2023): temporal convolution, GRU, embedding layer, three linear outputs.
The papers' sizes are not known to us; ours are chosen for a few hundred utterances and one CPU thread.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.heads.examples import DIMENSIONS
from models.heads.losses import ROUNDING


class Padded(NamedTuple):
    """Utterances of one input side by side: steps ``(n, longest, width)``, zero past each end, and ``(n,)`` lengths."""

    steps: Tensor
    lengths: Tensor


class Output(NamedTuple):
    """What a head says of a batch: predictions ``(n, 3)`` in label space and embeddings ``(n, width)``."""

    prediction: Tensor
    embedding: Tensor


def pad(steps: Sequence[Tensor]) -> Padded:
    """Return the steps of several utterances side by side, zero past the end of each."""
    return Padded(nn.utils.rnn.pad_sequence(list(steps), batch_first=True), torch.tensor([len(one) for one in steps]))


def side_by_side(said: Sequence[Output]) -> Output:
    """Return what a head says of several batches as of one."""
    return Output(*(torch.cat(parts) for parts in zip(*said, strict=True)))


@dataclass(frozen=True)
class Input:
    """One input of a head.

    Attributes:
        name: of its representation.
        dim: numbers per frame, or per layer of a frame.
        stride: how many frames make one step.
        layers: of an encoder in each frame; 1 for frames ``(n_frames, dim)``.
    """

    name: str
    dim: int
    stride: int
    layers: int = 1


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

    def fit(self, parts: Iterable[Tensor]) -> None:
        """Measure values that come in parts, each ``(n, dim)``: together they need not be in memory.

        A number that varies by no more than rounding is centred only. Moments are put together as by Chan, Golub and
        LeVeque (1983), so that a large mean costs no digits of a small deviation.

        Raises:
            ValueError: if there is nothing to measure, or a part has another shape.
        """
        count, dim = 0, len(self.mean)
        mean, squares = torch.zeros(dim, dtype=torch.float64), torch.zeros(dim, dtype=torch.float64)
        for values in parts:
            if values.ndim != 2 or values.shape[1] != dim:  # noqa: PLR2004
                raise ValueError(f"values have shape {tuple(values.shape)}, need (n, {dim})")
            n, own = len(values), values.double().mean(0)
            apart = own - mean
            squares += ((values - own) ** 2).sum(0) + apart**2 * (count * n / (count + n))
            mean += apart * (n / (count + n))
            count += n
        if not count:
            raise ValueError("there is nothing to measure the scale of")
        std = (squares / count).sqrt()
        self.mean.copy_(mean)
        self.std.copy_(torch.where(std > ROUNDING * mean.abs(), std, torch.ones_like(std)))

    def forward(self, values: Tensor) -> Tensor:
        """Return ``values`` with mean 0 and standard deviation 1 on the training data."""
        return (values - self.mean) / self.std

    def undo(self, standardised: Tensor) -> Tensor:
        """Return standardised values on their own scale again."""
        return self.mean + self.std * standardised


class LayerSum(nn.Module):
    """The weighted sum of an encoder's layers, with weights that are learnt, positive and sum to 1.

    As in ELMo (Peters et al. 2018, arXiv 1802.05365), whose common factor the layer that follows makes up for. An input
    of one layer passes as it is. Layers must be standardised: weights then tell of use, not of loudness.
    """

    logits: nn.Parameter

    # AdamW moves any number about as far in a step. A weight that is to leave 1 / n_layers within the some hundred
    # steps of a small training must be moved further: by a logit that is so many times what is learnt. On the probe
    # corpus the last of five layers gets a third of the weight so, and 0.23 without; scores are the same.
    SPEED = 10.0

    def __init__(self, source: Input) -> None:
        super().__init__()
        self.n_layers = source.layers
        if source.layers > 1:
            self.logits = nn.Parameter(torch.zeros(source.layers))

    def weights(self) -> Tensor:
        """Return the weight of each layer, ``(n_layers,)``, sum 1."""
        return torch.softmax(self.SPEED * self.logits, 0) if self.n_layers > 1 else torch.ones(1)

    def forward(self, steps: Tensor) -> Tensor:
        """Return the sum for steps ``(..., n_layers * dim)``, a layer after the other: ``(..., dim)``."""
        if self.n_layers == 1:
            return steps
        by_layer = steps.reshape(*steps.shape[:-1], self.n_layers, -1)
        return torch.einsum("...ld,l->...d", by_layer, self.weights())


class Branch(nn.Module):
    """Weighted sum of layers where there are several, temporal convolution, GRU, mean over time, embedding layer."""

    def __init__(self, config: TcGruConfig, source: Input) -> None:
        super().__init__()
        self.stride = source.stride
        self.scale = Scale(source.layers * source.dim)
        self.layers = LayerSum(source)
        self.input_dropout = nn.Dropout1d(config.input_dropout)
        self.dropout = nn.Dropout(config.dropout)
        self.convolve = nn.Conv1d(source.dim, config.channels, kernel_size=config.kernel, padding=config.kernel // 2)
        self.gru = nn.GRU(config.channels, config.width, batch_first=True)
        self.embed = nn.Linear(config.width, config.embedding)

    def reduce(self, frames: Tensor) -> Tensor:
        """Return the mean of each ``stride`` frames of an utterance, the last over what is left.

        Args:
            frames: ``(n_frames, dim)`` or ``(n_frames, n_layers, dim)``.

        Returns:
            Shape ``(n_steps, n_layers * dim)``, a layer after the other.
        """
        frames = frames.flatten(1)
        whole = len(frames) // self.stride * self.stride
        steps = frames[:whole].reshape(-1, self.stride, frames.shape[1]).mean(1)
        return torch.cat([steps, frames[whole:].mean(0, keepdim=True)]) if whole < len(frames) else steps

    def prepare(self, frames: Tensor) -> Tensor:
        """Return the standardised steps of one utterance, ``(n_steps, n_layers * dim)``."""
        standardised: Tensor = self.scale(self.reduce(frames))
        return standardised

    def forward(self, batch: Padded) -> Tensor:
        """Return the embedding of each utterance, ``(n, embedding)`` in [-1, 1]."""
        heard = self.layers(batch.steps)
        convolved = functional.relu(self.convolve(self.input_dropout(heard.transpose(1, 2))))
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
