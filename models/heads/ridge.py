"""Ridge regression on pooled features: the fast alternative to a trained network, in closed form."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor, nn

from models.heads.examples import DIMENSIONS
from models.heads.fitting import Lesson, history_frame, prepare_versions
from models.heads.losses import ccc, matched_slope
from models.heads.networks import Input, Output, Padded, Readout, Scale


@dataclass(frozen=True)
class RidgeConfig:
    """Penalties to try, per training utterance: features are standardised, so they mean the same for every input."""

    penalties: tuple[float, ...] = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)


class Pool(nn.Module):
    """Mean and standard deviation over the frames of an utterance: one step of twice the numbers, in float64.

    Layers are numbers like others: a linear head needs no weights of layers beside its own.
    """

    def __init__(self, source: Input) -> None:
        super().__init__()
        self.scale = Scale(_width(source), torch.float64)

    def reduce(self, frames: Tensor) -> Tensor:
        """Return means and standard deviations of one utterance, ``(1, 2 * n_layers * dim)``."""
        frames = frames.flatten(1).double()
        return torch.cat([frames.mean(0), frames.std(0, correction=0)])[None]

    def prepare(self, frames: Tensor) -> Tensor:
        """Return the standardised means and standard deviations of one utterance, ``(1, 2 * n_layers * dim)``."""
        standardised: Tensor = self.scale(self.reduce(frames))
        return standardised


class Ridge(nn.Module):
    """Linear regression on the pooled features of all inputs; they are its embedding too."""

    def __init__(self, config: RidgeConfig, inputs: Sequence[Input]) -> None:
        super().__init__()
        self.penalties = config.penalties
        self.branches = nn.ModuleList(Pool(source) for source in inputs)
        self.readout = Readout(sum(_width(source) for source in inputs), torch.float64)

    def forward(self, batch: Sequence[Padded]) -> Output:
        """Return predictions and the pooled, standardised features."""
        pooled = torch.cat([padded.steps[:, 0] for padded in batch], dim=1)
        return Output(self.readout(pooled), pooled)


def solve_ridge(network: Ridge, lesson: Lesson) -> pd.DataFrame:
    """Set the weights in closed form, with the penalty that has the best CCC on development data, one per dimension.

    Least squares shrinks predictions towards the mean, which CCC punishes and correlation does not notice. So each
    dimension is stretched about the mean training label until its standard deviation on the development data is that
    of the labels there: the best slope wherever the correlation is positive, and not applied elsewhere. The mean
    stays: corrected, it would follow the few development speakers. All versions of an utterance are learnt from.

    Returns:
        A history of one row, like that of a trained network. The seed does not matter.
    """
    pooled, dev_pooled = (
        torch.cat([torch.cat(list(steps)) for steps in prepare_versions(network, part)], 1)
        for part in (lesson.train, lesson.dev)
    )
    labels, dev_labels = torch.tensor(lesson.train.pooled_labels), torch.tensor(lesson.dev.pooled_labels)
    readout = network.readout
    left, singular, right = torch.linalg.svd(pooled, full_matrices=False)
    targets = left.T @ readout.scale(labels)
    best = torch.full((len(DIMENSIONS),), -torch.inf, dtype=torch.float64)
    with torch.no_grad():
        readout.linear.bias.zero_()
        for penalty in network.penalties:
            weights = right.T @ (targets * (singular / (singular**2 + penalty * len(pooled)))[:, None])
            weights = weights * matched_slope(readout.scale(dev_labels), dev_pooled @ weights)
            scores = ccc(dev_labels, readout.scale.undo(dev_pooled @ weights))
            better = scores > best
            readout.linear.weight[better] = weights.T[better]
            best = torch.where(better, scores, best)
        loss = 1 - ccc(labels, readout(pooled)).mean()
    network.eval()
    return history_frame([loss.item()], [best], kept=0)


def _width(source: Input) -> int:
    return 2 * source.layers * source.dim
