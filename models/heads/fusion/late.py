"""Late fusion: experts on several representations of an utterance, with an embedding that a student can be taught from.

Each input has the TC-GRU that it has alone, and one linear readout of all embeddings side by side decides,
for each dimension, how far each input is trusted. Trust is found on development data, for on training data every input
seems to know everything: a text branch remembers its sentences. What comes of training all branches together is in
``models.heads.fusion.joint``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import torch
from scipy.optimize import nnls
from torch import Tensor, nn

from models.heads.examples import Examples
from models.heads.fitting import Lesson, calibrate, history_frame, learn_labels, predictions, prepare_versions
from models.heads.losses import ccc, matched_slope, varies
from models.heads.networks import Branch, Input, Output, Padded, Readout, TcGru, TcGruConfig


@dataclass(frozen=True)
class FusionConfig:
    """Sizes of a fusion: those of every branch. Its embedding is as wide as theirs together."""

    branch: TcGruConfig = field(default_factory=TcGruConfig)


class Fusion(nn.Module):
    """Branches side by side, and one readout of all their embeddings."""

    def __init__(self, config: FusionConfig, inputs: Sequence[Input]) -> None:
        super().__init__()
        self.config = config
        self.inputs = tuple(inputs)
        self.branches = nn.ModuleList(Branch(config.branch, source) for source in inputs)
        self.readout = Readout(config.branch.embedding * len(inputs))

    def forward(self, batch: Sequence[Padded]) -> Output:
        """Return the fused predictions, and the embeddings of the branches side by side."""
        embedding = torch.cat([branch(padded) for branch, padded in zip(self.branches, batch, strict=True)], dim=1)
        return Output(self.readout(embedding), embedding)


def learn_branches(network: Fusion, lesson: Lesson) -> pd.DataFrame:
    """Train each branch alone, then find how far each is trusted, on all versions of the development data.

    Returns:
        The histories of the branches one after the other, and a last row, the one that is kept, for the fusion.
    """
    experts, histories = train_experts(network.config.branch, network.inputs, lesson)
    adopt_branches(network.branches, experts)
    weights = trust(torch.tensor(lesson.dev.pooled_labels), said_alone(experts, lesson.dev))
    trust_experts(network.readout, experts, weights)
    return with_last_row(histories, network, lesson)


def train_experts(
    sizes: TcGruConfig, inputs: Sequence[Input], lesson: Lesson
) -> tuple[list[TcGru], list[pd.DataFrame]]:
    """Return a TC-GRU trained alone on each input, to the bit the head that it has alone, and their histories."""
    experts, histories = [], []
    for source in inputs:
        alone = replace(lesson, train=lesson.train.only([source.name]), dev=lesson.dev.only([source.name]))
        torch.manual_seed(lesson.seed)
        expert = TcGru(sizes, [source])
        calibrate(expert, alone.train)
        histories.append(learn_labels(expert, alone, stage=source.name))
        experts.append(expert)
    return experts, histories


def adopt_branches(branches: Iterable[nn.Module], experts: Sequence[TcGru]) -> None:
    """Give each branch the weights and the scale of the expert for the same input."""
    for branch, expert in zip(branches, experts, strict=True):
        branch.load_state_dict(expert.branches[0].state_dict())


def said_alone(experts: Sequence[TcGru], examples: Examples) -> Tensor:
    """Return what each expert predicts of all versions of ``examples``, ``(n_experts, n_versions * n, 3)`` float64."""
    names = list(examples.features)[: len(experts)]
    alone = [examples.only([name]) for name in names]
    return torch.stack(
        [predictions(expert, prepare_versions(expert, one)) for expert, one in zip(experts, alone, strict=True)]
    )


def trust_experts(readout: Readout, experts: Sequence[TcGru], weights: Tensor) -> None:
    """Make ``readout``, of the experts' embeddings side by side, the sum of theirs with ``weights`` from ``trust``."""
    readouts = [expert.readout.linear for expert in experts]
    with torch.no_grad():
        pairs = list(zip(weights.float(), readouts, strict=True))
        readout.linear.weight.copy_(torch.cat([trusted[:, None] * linear.weight for trusted, linear in pairs], dim=1))
        readout.linear.bias.copy_(torch.stack([trusted * linear.bias for trusted, linear in pairs]).sum(0))


def with_last_row(histories: Sequence[pd.DataFrame], network: nn.Module, lesson: Lesson) -> pd.DataFrame:
    """Return the histories one under the other, and a last row, the one that is kept, for all that was made of them."""
    loss, scores = (_judge(network, part) for part in (lesson.train, lesson.dev))
    last = history_frame([1 - loss.mean().item()], [scores], kept=0, stage="fusion")
    return one_after_another([*(one.assign(kept=False) for one in histories), last])


def one_after_another(histories: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the histories of several stages as one, its epochs numbered through."""
    history = pd.concat(histories, ignore_index=True)
    return history.assign(epoch=range(1, len(history) + 1))


def trust(truth: Tensor, said: Tensor) -> Tensor:
    """Return how far each input is trusted for each dimension, ``(n_inputs, dimensions)``, 0 or more.

    The weights of non-negative least squares, both sides about their means, stretched until the weighted sum spreads as
    the truth does (``models.heads.losses.matched_slope``). An input that says the same of every utterance, but for
    rounding, has weight 0. Where no input knows anything all weights are 0, and the fusion says the mean label.

    Args:
        truth: labels, ``(n, dimensions)`` float64.
        said: what each input says alone, ``(n_inputs, n, dimensions)`` float64.

    Examples:
        >>> truth = torch.tensor([[0.0], [1.0], [2.0]], dtype=torch.float64)
        >>> trust(truth, torch.stack([truth / 2, -truth]))
        tensor([[2.],
                [0.]], dtype=torch.float64)
    """
    heard = varies(truth, said)
    said, labels = (said - said.mean(1, keepdim=True)) * heard[:, None], truth - truth.mean(0)
    solved = [nnls(said[:, :, column].T.numpy(), labels[:, column].numpy())[0] for column in range(truth.shape[1])]
    weights = torch.from_numpy(np.stack(solved, axis=1))
    return weights * matched_slope(truth, (weights[:, None] * said).sum(0))


def _judge(network: nn.Module, examples: Examples) -> Tensor:
    said = predictions(network, prepare_versions(network, examples))
    return ccc(torch.tensor(examples.pooled_labels), said)
