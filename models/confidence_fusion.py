"""Confidence fusion: experts whose weights depend on how sure the recogniser is of its transcript.

A late fusion trusts each input the same, however noisy the utterance. Yet the recogniser says how well it heard: its
last input is the confidence of the transcript, exp(mean log-probability), one frame of one number in [0, 1]. Experts
are trained alone as in ``models.fusion``, and each is trusted more, or less, the surer the recogniser is:

    prediction = mean label + slope * sum_i (alpha_i c + beta_i (1 - c)) (expert_i - mean label)

with alpha, beta 0 or more for each expert and dimension, by non-negative least squares on all versions of the
development data, and a slope that makes predictions spread as labels do there. c is the certainty, see ``Certainty``.
Where alpha = beta this is the late fusion. The method is ours, no paper's.

What trust should be where the recogniser is unsure can be learnt only where it sometimes is: from development data with
copies in noise. Without copies the fusion works, but is hardly more than a late one.
"""

from collections.abc import Sequence

import pandas as pd
import torch
from torch import Tensor, nn

from models.fitting import Lesson, prepare_versions
from models.fusion import (
    FusionConfig,
    adopt_branches,
    said_alone,
    train_experts,
    trust,
    trust_experts,
    with_last_row,
)
from models.heads import Branch, Input, Output, Padded, Readout, Scale, pad
from models.losses import varies


class Certainty(nn.Module):
    """How sure the recogniser is, in (0, 1), against how sure it was of the training utterances.

    The logistic function of the standardised confidence. Recognisers differ in what confidence they give to what they
    know, and a mean of probabilities never comes near 0: taken as it is, trust would be extrapolated to a certainty
    that never occurs.
    """

    def __init__(self) -> None:
        super().__init__()
        self.scale = Scale(1)

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
        """Return the standardised confidence of one utterance, ``(1, 1)``."""
        standardised: Tensor = self.scale(self.reduce(frames))
        return standardised

    def forward(self, batch: Padded) -> Tensor:
        """Return the certainty of each utterance, ``(n, 1)``."""
        return torch.sigmoid(batch.steps[:, 0])


class ConfidenceFusion(nn.Module):
    """Branches, and two readouts of all their embeddings: for a recogniser that is sure, and for one that is not."""

    def __init__(self, config: FusionConfig, inputs: Sequence[Input]) -> None:
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
    labels, said = torch.tensor(lesson.dev.pooled_labels), said_alone(experts, lesson.dev)
    steps = prepare_versions(network, lesson.dev)[-1]
    sure = certainty(pad(steps)).double()
    weights = trust_by_certainty(labels, said, sure, mean=network.sure.scale.mean.double())
    for readout, of_experts in zip((network.sure, network.unsure), weights, strict=True):
        trust_experts(readout, experts, of_experts)
    return with_last_row(histories, network, lesson)


def trust_by_certainty(truth: Tensor, said: Tensor, certainty: Tensor, mean: Tensor) -> Tensor:
    """Return how far each expert is trusted where the recogniser is sure, and where it is not.

    ``fusion.trust`` of twice as many experts: what each says about the mean, times the certainty, and times what is
    missing to 1. An expert that says the same of every utterance, but for rounding, has weight 0 in both.

    Args:
        truth: labels, ``(n, dimensions)`` float64.
        said: what each expert says alone, ``(n_experts, n, dimensions)`` float64.
        certainty: ``(n, 1)``, in [0, 1].
        mean: label about which experts are heard, ``(dimensions,)``: that of the training utterances.

    Returns:
        Shape ``(2, n_experts, dimensions)``, 0 or more: sure, then unsure.

    Examples:
        >>> truth = torch.tensor([[-1.0], [1.0], [-2.0], [2.0]], dtype=torch.float64)
        >>> certainty = torch.tensor([[1.0], [1.0], [0.0], [0.0]], dtype=torch.float64)
        >>> weights = trust_by_certainty(truth, torch.stack([truth / 2, -truth]), certainty, mean=torch.zeros(1))
        >>> weights[..., 0]
        tensor([[2., 0.],
                [2., 0.]], dtype=torch.float64)
    """
    about = (said - mean) * varies(truth, said)[:, None]
    both = torch.stack([certainty * about, (1 - certainty) * about])
    return trust(truth, both.flatten(0, 1)).reshape(2, len(said), -1)


def _in_words(frames: Tensor) -> str:
    return f"{frames.item()}" if frames.numel() == 1 else f"frames of shape {tuple(frames.shape)}"
