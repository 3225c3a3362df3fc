"""Multi-task: a TC-GRU that is trained to tell emotion categories, too, for what is asked of its embedding.

That categories beside activation, valence and dominance help is from Mitra et al. (2022, arXiv 2207.03334). How they
did it is not known to us. Our reading: a second linear layer on the embedding, trained by cross entropy on the
utterances that have a category, plays no part in predictions.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import torch
from scipy.stats import entropy
from torch import Tensor, nn
from torch.nn import functional

from models.heads.examples import Examples, Teaching
from models.heads.fitting import Lesson, fit
from models.heads.losses import ccc_loss
from models.heads.networks import Branch, Input, Output, Padded, Readout, TcGruConfig

NONE = -1
"""Stands for an utterance without a category among the numbers of categories."""


@dataclass(frozen=True)
class MultiTaskConfig:
    """Sizes of a multi-task head.

    Attributes:
        branch: those of the TC-GRU.
        weight: of the loss on categories beside the CCC loss, whose weight is 1; a head that always says the same has
            a loss of 1 in either. On the development data of the probe corpus 0.1 and 0.3 do equally well, and 1 loses
            0.01 to 0.02 of CCC.
        emotions: the categories, two or more; those of the training data, see ``name_emotions``.
    """

    branch: TcGruConfig = field(default_factory=TcGruConfig)
    weight: float = 0.3
    emotions: tuple[str, ...] = ()


class MultiTask(nn.Module):
    """The TC-GRU head with a logit for each category beside; it starts from the weights of the TC-GRU of its seed."""

    def __init__(self, config: MultiTaskConfig, inputs: Sequence[Input]) -> None:
        super().__init__()
        self.config = config
        self.branches = nn.ModuleList(Branch(config.branch, source) for source in inputs)
        self.readout = Readout(config.branch.embedding)
        self.emotions = nn.Linear(config.branch.embedding, len(config.emotions))

    def forward(self, batch: Sequence[Padded]) -> Output:
        """Return predictions and embeddings for the only input; ``emotions`` of the embeddings are the logits."""
        embedding = self.branches[0](batch[0])
        return Output(self.readout(embedding), embedding)


def name_emotions(config: MultiTaskConfig, train: Examples, _: Teaching | None) -> MultiTaskConfig:
    """Return ``config`` with the categories of the training data, sorted.

    Raises:
        ValueError: if there are fewer than two.
    """
    named = sorted({emotion for emotion in train.emotions or () if emotion is not None})
    if len(named) < 2:  # noqa: PLR2004
        raise ValueError(
            f"the emotion categories of the training utterances are {named}: a multi-task head needs two or more"
        )
    return replace(config, emotions=tuple(named))


def learn_both(network: MultiTask, lesson: Lesson) -> pd.DataFrame:
    """Train a network on labels and categories; what is kept is chosen by the CCC of the labels alone.

    Returns:
        A history with the column ``dev_emotion_recall`` beside: the unweighted average recall of the categories on the
        development data, NaN if none of them occurs there.
    """
    config = network.config
    categories, dev_categories = (_numbered(part, config.emotions) for part in (lesson.train, lesson.dev))
    dev_categories = dev_categories.repeat(len(lesson.dev.versions))
    uncertainty = _entropy(categories)

    def loss(output: Output, labels: Tensor, indices: Tensor) -> Tensor:
        told = category_loss(categories[indices], network.emotions(output.embedding)) / uncertainty
        return ccc_loss(labels, output.prediction, lesson.fit.weights) + config.weight * told

    def recall(output: Output) -> float:
        with torch.no_grad():
            return average_recall(dev_categories, network.emotions(output.embedding).argmax(1))

    return fit(network, loss, lesson, watch={"dev_emotion_recall": recall})


def category_loss(categories: Tensor, logits: Tensor) -> Tensor:
    """Return the mean cross entropy in nats over the utterances that have a category; 0 if none has.

    Args:
        categories: numbers of categories, or ``NONE``, ``(n,)``.
        logits: ``(n, n_categories)``.

    Examples:
        >>> float(category_loss(torch.tensor([0, NONE, 1]), torch.zeros(3, 2)))
        0.6931...
        >>> float(category_loss(torch.tensor([NONE]), torch.zeros(1, 2)))
        0.0
    """
    total = functional.cross_entropy(logits, categories, ignore_index=NONE, reduction="sum")
    return total / (categories != NONE).sum().clamp(min=1)


def average_recall(truth: Tensor, prediction: Tensor) -> float:
    """Return the recall of each category that occurs in ``truth``, averaged over them, in [0, 1]; NaN if none does.

    Args:
        truth: numbers of categories, or ``NONE``, ``(n,)``.
        prediction: numbers of categories, ``(n,)``.

    Examples:
        >>> average_recall(torch.tensor([0, 0, 0, 1, NONE]), torch.tensor([0, 0, 0, 0, 0]))
        0.5
    """
    recalls = [(prediction[truth == one] == one).double().mean().item() for one in torch.unique(truth) if one != NONE]
    return sum(recalls) / len(recalls) if recalls else math.nan


def _numbered(examples: Examples, emotions: Sequence[str]) -> Tensor:
    # A category of the development data that training never heard cannot be told, and stands for none.
    numbers = {emotion: number for number, emotion in enumerate(emotions)}
    named = examples.emotions or (None,) * len(examples.labels)
    return torch.tensor([NONE if emotion is None else numbers.get(emotion, NONE) for emotion in named])


def _entropy(categories: Tensor) -> float:
    return float(entropy(np.bincount(categories[categories != NONE])))
