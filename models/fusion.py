"""Fusion: several representations of an utterance heard together, with an embedding that a student can be taught from.

Late fusion: each input has the TC-GRU that it has alone, and one linear readout of all embeddings side by side decides,
for each dimension, how far each input is trusted. Trust is found on development data, for on training data every input
seems to know everything: trained jointly on the 360 utterances of the probe corpus, activation lost about 0.03 and
dominance 0.1 of CCC on development data to a text branch that remembered its sentences, whatever the dropout and the
weights of the losses.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import torch
from scipy.optimize import nnls
from torch import Tensor, nn

from models.examples import Examples
from models.fitting import Lesson, calibrate, history_frame, learn_labels, predictions, prepare_versions
from models.heads import Branch, Input, Output, Padded, Readout, TcGru, TcGruConfig
from models.losses import ccc, matched_slope, varies


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
    """Train each branch alone, then find how far each is trusted.

    Returns:
        The histories of the branches one after the other, and a last row, the one that is kept, for the fusion.
    """
    experts, histories = [], []
    for branch, source in zip(network.branches, network.inputs, strict=True):
        alone = replace(lesson, train=lesson.train.only([source.name]), dev=lesson.dev.only([source.name]))
        torch.manual_seed(lesson.seed)  # so that the branch is, to the bit, the head that its input has alone
        expert = TcGru(network.config.branch, [source])
        calibrate(expert, alone.train)
        histories.append(learn_labels(expert, alone, stage=source.name))
        branch.load_state_dict(expert.branches[0].state_dict())
        experts.append(expert)
    _join(network, experts, lesson.dev)
    loss, scores = (_judge(network, part) for part in (lesson.train, lesson.dev))
    history = pd.concat(
        [*histories, history_frame([1 - loss.mean().item()], [scores], kept=0, stage="fusion")], ignore_index=True
    )
    return history.assign(epoch=range(1, len(history) + 1), kept=[False] * (len(history) - 1) + [True])


def trust(truth: Tensor, said: Tensor) -> Tensor:
    """Return how far each input is trusted for each dimension, ``(n_inputs, dimensions)``, 0 or more.

    The weights of non-negative least squares, both sides about their means, stretched until the weighted sum spreads as
    the truth does (``losses.matched_slope``). An input that says the same of every utterance, but for rounding, has
    weight 0. Where no input knows anything all weights are 0, and the fusion says the mean label.

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


def _join(network: Fusion, experts: Sequence[TcGru], dev: Examples) -> None:
    heard = prepare_versions(network, dev)
    alone = [predictions(expert, [steps]) for expert, steps in zip(experts, heard, strict=True)]
    weights = trust(torch.tensor(dev.pooled_labels), torch.stack(alone)).float()
    readouts = [expert.readout.linear for expert in experts]
    with torch.no_grad():
        blocks = [trusted[:, None] * readout.weight for trusted, readout in zip(weights, readouts, strict=True)]
        biases = [trusted * readout.bias for trusted, readout in zip(weights, readouts, strict=True)]
        network.readout.linear.weight.copy_(torch.cat(blocks, dim=1))
        network.readout.linear.bias.copy_(torch.stack(biases).sum(0))


def _judge(network: Fusion, examples: Examples) -> Tensor:
    said = predictions(network, prepare_versions(network, examples))
    return ccc(torch.tensor(examples.pooled_labels), said)
