"""Confidence fusion: experts whose weights depend on how sure the recogniser is of its transcript.

A late fusion trusts each input the same, however noisy the utterance. Yet the recogniser says how well it heard: the
last input is the confidence of the transcript, exp(mean log-probability), one frame of one number in [0, 1]. Experts
are trained alone as in ``models.heads.fusion.late``, and each is trusted more, or less, the surer the recogniser is:

    prediction = mean label + slope * sum_i (alpha_i c + beta_i (1 - c)) (expert_i - mean label)

c is the certainty, see ``Certainty``; alpha and beta, 0 or more for each expert and dimension, are found on all
versions of the development data by least squares that are reluctant to let them differ, see ``trust_by_certainty``; the
slope makes predictions spread as labels do there. Where alpha = beta this is the late fusion. The method is ours, no
paper's.

What trust should be where the recogniser is unsure can be learnt only where it sometimes is: from development data with
copies in noise. Without copies the fusion works, but is hardly more than a late one.

What it is good for, on the development data of the probe corpus with two copies in noise, where weights were found
without the speaker they were tried on (two seeds): on all versions together it won 0.02 of the CCC of valence over the
late fusion, and lost 0.002 of that of dominance. It wins by saying less where little is known. Under one condition
alone, noise as loud as the speech and of a kind that no copy had, that is no gain: predictions spread less than labels
do, and it lost 0.04 of valence.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from scipy.optimize import nnls
from torch import Tensor, nn

from models.heads.fitting import Lesson, prepare_versions
from models.heads.fusion.late import (
    FusionConfig,
    adopt_branches,
    said_alone,
    train_experts,
    trust_experts,
    with_last_row,
)
from models.heads.losses import matched_slope, varies
from models.heads.networks import Branch, Input, Output, Padded, Readout, pad

FEW = 0.05
"""Share of the training utterances whose confidence is below the range of certainty, and above it."""


@dataclass(frozen=True)
class ConfidenceConfig(FusionConfig):
    """Sizes of a confidence fusion.

    Attributes:
        steadiness: how reluctant trust is to follow the certainty; 0 not at all, and without end it is a late fusion.
            With 0.1 most of what 0 wins on the development data of the probe corpus is left, and a third of what it
            loses in other noise.
    """

    steadiness: float = 0.1


class Range(nn.Module):
    """Where the confidence of all but a few training utterances lies, saved with the weights."""

    low: Tensor
    high: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("low", torch.zeros(1))
        self.register_buffer("high", torch.ones(1))

    def fit(self, parts: Iterable[Tensor]) -> None:
        """Measure the values of all utterances, each ``(1, 1)``."""
        values = torch.cat(list(parts))
        self.low.copy_(values.quantile(FEW, dim=0))
        self.high.copy_(values.quantile(1 - FEW, dim=0))

    def forward(self, values: Tensor) -> Tensor:
        """Return 0 at and below the range, 1 at and above it, and what is between in proportion."""
        width = self.high - self.low
        return ((values - self.low) / width.where(width > 0, torch.ones_like(width))).clip(0, 1)


class Certainty(nn.Module):
    """How sure the recogniser is, in [0, 1], among the training utterances and their copies.

    Recognisers differ in what confidence they give to what they know and do not know. Taken as it is, trust would be
    found in a corner of its range, and extrapolated to a certainty that never occurs.
    """

    def __init__(self) -> None:
        super().__init__()
        self.scale = Range()

    def reduce(self, frames: Tensor) -> Tensor:
        """Return the confidence of one utterance, ``(1, 1)``.

        Raises:
            ValueError: if it is not one number in [0, 1].
        """
        if frames.shape != (1, 1) or not 0 <= frames.item() <= 1:
            raise ValueError(
                "the last input of a confidence fusion must be a confidence, one frame of one number in [0, 1]: "
                f"got {_in_words(frames)}"
            )
        return frames

    def prepare(self, frames: Tensor) -> Tensor:
        """Return the certainty about one utterance, ``(1, 1)``."""
        certainty: Tensor = self.scale(self.reduce(frames))
        return certainty

    def forward(self, batch: Padded) -> Tensor:
        """Return the certainty about each utterance, ``(n, 1)``."""
        return batch.steps[:, 0]


class ConfidenceFusion(nn.Module):
    """Branches, and two readouts of all their embeddings: for a recogniser that is sure, and for one that is not."""

    def __init__(self, config: ConfidenceConfig, inputs: Sequence[Input]) -> None:
        super().__init__()
        self.config = config
        self.inputs = tuple(inputs[:-1])
        parts: list[nn.Module] = [Branch(config.branch, source) for source in self.inputs]
        self.branches = nn.ModuleList([*parts, Certainty()])
        width = config.branch.embedding * len(self.inputs)
        self.sure, self.unsure = Readout(width), Readout(width)

    def forward(self, batch: Sequence[Padded]) -> Output:
        """Return the fused predictions, and the embeddings of the experts side by side, whatever the confidence."""
        *said, certainty = (branch(padded) for branch, padded in zip(self.branches, batch, strict=True))
        embedding = torch.cat(said, dim=1)
        return Output(certainty * self.sure(embedding) + (1 - certainty) * self.unsure(embedding), embedding)


def learn_confidence(network: ConfidenceFusion, lesson: Lesson) -> pd.DataFrame:
    """Train each expert alone, then find how far each is trusted by how sure the recogniser is.

    Returns:
        The histories of the experts one after the other, and a last row, the one that is kept, for the fusion.
    """
    experts, histories = train_experts(network.config.branch, network.inputs, lesson)
    *branches, certainty = network.branches
    adopt_branches(branches, experts)
    sure = certainty(pad(prepare_versions(network, lesson.dev)[-1])).double()
    weights = trust_by_certainty(
        torch.tensor(lesson.dev.pooled_labels),
        said_alone(experts, lesson.dev) - network.sure.scale.mean.double(),
        sure,
        network.config.steadiness,
    )
    for readout, of_experts in zip((network.sure, network.unsure), weights, strict=True):
        trust_experts(readout, experts, of_experts)
    return with_last_row(histories, network, lesson)


def trust_by_certainty(truth: Tensor, said: Tensor, certainty: Tensor, steadiness: float) -> Tensor:
    """Return how far each expert is trusted where the recogniser is sure, and where it is not.

    The weights alpha and beta, 0 or more, for which the sum over utterances of
    (truth - sum_i (alpha_i c + beta_i (1 - c)) said_i)^2, both sides about their means, plus ``steadiness`` times the
    sum over utterances and experts of (alpha_i - beta_i)^2 var(said_i), is least; then stretched until the weighted sum
    spreads as the truth does, as in ``models.heads.fusion.late.trust``. An expert that says the same of every
    utterance, but for rounding, has weight 0 in both.

    Args:
        truth: labels, ``(n, dimensions)`` float64.
        said: what each expert says alone, about the mean label: ``(n_experts, n, dimensions)`` float64.
        certainty: ``(n, 1)``, in [0, 1].
        steadiness: 0 or more.

    Returns:
        Shape ``(2, n_experts, dimensions)``: alpha, then beta.

    Examples:
        >>> truth = torch.tensor([[-1.0], [1.0], [-2.0], [2.0]], dtype=torch.float64)
        >>> certainty = torch.tensor([[1.0], [1.0], [0.0], [0.0]], dtype=torch.float64)
        >>> said = torch.stack([truth / (1 + certainty), -truth])
        >>> trust_by_certainty(truth, said, certainty, steadiness=0)[..., 0].round(decimals=6)
        tensor([[2., 0.],
                [1., 0.]], dtype=torch.float64)
    """
    said = said * varies(truth, said)[:, None]
    by_certainty = torch.cat([certainty * said, (1 - certainty) * said])
    centred = by_certainty - by_certainty.mean(1, keepdim=True)
    labels, spreads = (truth - truth.mean(0)).numpy(), said.std(1, correction=0).numpy()
    found = []
    for column in range(truth.shape[1]):
        # Least squares whose further rows say: alpha_i - beta_i should be 0.
        tie = np.sqrt(steadiness * len(labels)) * np.diag(spreads[:, column])
        rows = np.vstack([centred[:, :, column].T.numpy(), np.hstack([tie, -tie])])
        found.append(nnls(rows, np.concatenate([labels[:, column], np.zeros(len(tie))]))[0])
    weights = torch.from_numpy(np.stack(found, axis=1))
    stretched = weights * matched_slope(truth, (weights[:, None] * by_certainty).sum(0))
    return stretched.reshape(2, len(said), -1)


def _in_words(frames: Tensor) -> str:
    return f"{frames.item()}" if frames.numel() == 1 else f"frames of shape {tuple(frames.shape)}"
