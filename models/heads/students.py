"""Students: heads on a cheap representation that learn from labels and from a teacher's embedding and predictions.

The teacher is plain data (``Teaching``), asked once about the clean training utterances: the student never sees the
teacher or the teacher's features, and may itself hear other audio of the same utterances. What a student minimises, for
labels y, the teacher's predictions t and embeddings e, its own p and f, and trust w in [0, 1] per utterance and
dimension:

    ccc_loss(y, p) + ccc_loss(w t + (1 - w) y, p) + embedding_loss(e, f, mean of w over dimensions)

Without conditions w is 1 everywhere. A conditional student follows the teacher only as far as it is right, which is our
reading of Srinivasan et al. (2022), see ``models.heads.losses``: softly, w = clip(q, 0, 1) of the teacher's quality q,
or through a gate, w = 1 where q is above it and else 0. With a perfect teacher all three are the same; with one that is
never right a conditional student learns from the labels alone. That the embedding counts as its predictions do, and
that labels are learnt from beside the target, is ours.

The teacher knows the training utterances, on which q is found: there it is nearly always right, and conditions change
little. The history says how little: of late and early fusions on the probe corpus q has means of 0.84 to 0.94, of the
gates 0.93 to 1.00 are open, and students differ by less than 0.01 of mean CCC on development data. A teacher that is
asked about utterances it was not trained on (cross-fitting: one teacher for each part of the training data, trained on
the others) would be judged more fairly; we have none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd
import torch
from torch import Tensor

from models.heads.examples import DIMENSIONS
from models.heads.fitting import Lesson, fit
from models.heads.losses import ccc_loss, conditional_target, embedding_loss, gated_trust, soft_trust, teacher_quality
from models.heads.networks import Input, Output, TcGru, TcGruConfig

TRUST: dict[str, Callable[[Tensor, float], Tensor]] = {
    "always": lambda quality, _: torch.ones_like(quality),
    "soft": lambda quality, _: soft_trust(quality),
    "hard": gated_trust,
}
"""Trust, of the teacher's quality and the gate, both as in ``models.heads.losses``."""


@dataclass(frozen=True)
class Distillation:
    """How a student learns from its teacher; the CCC loss on the labels has weight 1.

    All three losses are 1 for a student that always says the mean, and equal weights do as well on the development data
    of the probe corpus as others between 0.3 and 1; without the embedding dominance loses 0.01.

    Attributes:
        embedding: weight of the teacher's embedding.
        predictions: weight of its predictions, or of what stands in for them.
        trust: a name in ``TRUST``.
        gate: the quality above which a ``hard`` student follows its teacher. Where teacher and labels spread alike, 0.5
            is an error as large as the standard deviation of the labels: the teacher knows more than the mean.
    """

    embedding: float = 1.0
    predictions: float = 1.0
    trust: Literal["always", "soft", "hard"] = "always"
    gate: float = 0.5


@dataclass(frozen=True)
class StudentConfig(TcGruConfig):
    """Sizes of a student, those of a TC-GRU but for its embedding, which is its teacher's; and how it learns."""

    distillation: Distillation = field(default_factory=Distillation)


class Student(TcGru):
    """A TC-GRU that knows how it learns."""

    def __init__(self, config: StudentConfig, inputs: Sequence[Input]) -> None:
        super().__init__(config, inputs)
        self.distillation = config.distillation


def learn_from_teacher(network: Any, lesson: Lesson, stage: str = "") -> pd.DataFrame:
    """Train a network with a ``distillation``, its embedding as wide as its teacher's, on labels and on its teacher.

    Returns:
        One row per epoch, with the columns of ``fitting.history_frame`` and, the same in every row,
        ``quality_activation`` and so on, the teacher's CCC on the training utterances, and ``trust_activation`` and so
        on, the mean trust, which for a ``hard`` student is the share of gates that are open.

    Raises:
        ValueError: if there is no teacher.
    """
    if lesson.teaching is None:
        raise ValueError("a student learns from a teacher: pass what `teach` returns for the training utterances")
    how: Distillation = network.distillation
    said, true = torch.tensor(lesson.teaching.predictions), torch.tensor(lesson.train.labels)
    quality = teacher_quality(said, true)
    trust = TRUST[how.trust](quality, how.gate)
    embeddings = torch.tensor(lesson.teaching.embeddings).float()
    targets, followed = conditional_target(said, true, trust).float(), trust.mean(1).float()

    def loss(output: Output, labels: Tensor, indices: Tensor) -> Tensor:
        return (
            ccc_loss(labels, output.prediction, lesson.fit.weights)
            + how.embedding * embedding_loss(embeddings[indices], output.embedding, followed[indices])
            + how.predictions * ccc_loss(targets[indices], output.prediction, lesson.fit.weights)
        )

    history = fit(network, loss, lesson, stage)
    return history.assign(**_by_dimension("quality", quality), **_by_dimension("trust", trust))


def _by_dimension(name: str, values: Tensor) -> dict[str, float]:
    return {f"{name}_{dimension}": mean.item() for dimension, mean in zip(DIMENSIONS, values.mean(0), strict=True)}
