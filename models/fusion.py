"""Fusion: an acoustic and a lexical representation heard together, with an embedding that a student can be taught from.

Each input has a branch of its own, the embeddings are concatenated, and one more embedding layer mixes them. All of
it is trained jointly, and each branch also has a readout of its own whose CCC loss is part of what is minimised: with
a few hundred utterances the fused loss alone lets the input that is learnt fastest starve the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd
import torch
from torch import Tensor, nn

from models.fitting import FitConfig, Lesson, fit
from models.heads import Branch, Input, Output, Padded, Readout, TcGruConfig
from models.losses import ccc_loss


@dataclass(frozen=True)
class FusionConfig:
    """Sizes of a fusion: those of every branch, and the width of the fused embedding."""

    branch: TcGruConfig = field(default_factory=TcGruConfig)
    embedding: int = 32
    dropout: float = 0.3
    branch_weight: float = 0.5


class Fusion(nn.Module):
    """Branches side by side, their embeddings concatenated, an embedding layer and a readout."""

    def __init__(self, config: FusionConfig, inputs: Sequence[Input]) -> None:
        super().__init__()
        self.branch_weight = config.branch_weight
        self.branches = nn.ModuleList(Branch(config.branch, each) for each in inputs)
        self.branch_readouts = nn.ModuleList(Readout(config.branch.embedding) for _ in inputs)
        self.dropout = nn.Dropout(config.dropout)
        self.embed = nn.Linear(config.branch.embedding * len(inputs), config.embedding)
        self.readout = Readout(config.embedding)

    def forward(self, batch: Sequence[Padded]) -> Output:
        """Return the fused predictions and embeddings, and what each branch would say alone."""
        embeddings = [branch(padded) for branch, padded in zip(self.branches, batch, strict=True)]
        fused = torch.tanh(self.embed(self.dropout(torch.cat(embeddings, dim=1))))
        alone = [readout(embedding) for readout, embedding in zip(self.branch_readouts, embeddings, strict=True)]
        return Output(self.readout(fused), fused, tuple(alone))


def learn_jointly(network: Fusion, lesson: Lesson) -> pd.DataFrame:
    """Train a fusion on the CCC loss of the fused predictions and, with less weight, of what each branch says alone."""

    def loss(output: Output, labels: Tensor, _: Tensor) -> Tensor:
        alone = torch.stack([ccc_loss(labels, prediction) for prediction in output.branches])
        return ccc_loss(labels, output.prediction) + network.branch_weight * alone.sum()

    return fit(network, loss, lesson, FitConfig())
