"""Kinds of heads by name: how each is built and how it learns. To add one, write it and add a line to ``HEADS``."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from torch import nn

from models.heads.examples import Examples, Teaching
from models.heads.fitting import Lesson, learn_labels
from models.heads.fusion.confidence import ConfidenceConfig, ConfidenceFusion, learn_confidence
from models.heads.fusion.joint import EarlyFusion, GatedConfig, GatedFusion, JointConfig
from models.heads.fusion.late import Fusion, FusionConfig, learn_branches
from models.heads.multitask import MultiTask, MultiTaskConfig, learn_both, name_emotions
from models.heads.networks import Input, TcGru, TcGruConfig
from models.heads.ridge import Ridge, RidgeConfig, solve_ridge
from models.heads.students import Distillation, Student, StudentConfig, learn_from_teacher
from models.heads.tuning import Tuned, TunedConfig, tune

Config = TcGruConfig | MultiTaskConfig | FusionConfig | JointConfig | RidgeConfig | TunedConfig


def as_wide_as_teacher(config: Any, _: Examples, teaching: Teaching | None) -> Any:
    """Return ``config`` with an embedding as wide as that of the teacher, if there is one."""
    return config if teaching is None else replace(config, embedding=teaching.embeddings.shape[1])


@dataclass(frozen=True)
class HeadRecipe:
    """How a kind of head is built and trained.

    Attributes:
        config: sizes.
        build: ``(config, inputs)`` -> network with blank scales and random weights.
        learn: trains a calibrated network in place and returns the history.
        n_inputs: the fewest and the most inputs it can have; None for any number.
        description: a sentence on it, for people.
        taught: whether it learns from a teacher.
        tuned: whether it begins with a copy of the top layers of an encoder.
        configure: ``(config, train, teaching)`` -> the sizes that fit what is learnt from; unless said, the embedding
            of a taught head is made as wide as its teacher's.
    """

    config: Config
    build: Callable[[Any, Sequence[Input]], nn.Module]
    learn: Callable[[Any, Lesson], pd.DataFrame]
    n_inputs: tuple[int, int | None]
    description: str
    taught: bool = False
    tuned: bool = False
    configure: Callable[[Any, Examples, Teaching | None], Any] = as_wide_as_teacher


HEADS: dict[str, HeadRecipe] = {
    "tc-gru": HeadRecipe(
        TcGruConfig(), TcGru, learn_labels, (1, 1), "A temporal convolution, a GRU, an embedding and a readout."
    ),
    "multi-task": HeadRecipe(
        MultiTaskConfig(),
        MultiTask,
        learn_both,
        (1, 1),
        "A TC-GRU that learns emotion categories beside.",
        configure=name_emotions,
    ),
    "ridge": HeadRecipe(
        RidgeConfig(), Ridge, solve_ridge, (1, None), "Linear regression on the pooled features of all inputs."
    ),
    "fusion": HeadRecipe(
        FusionConfig(),
        Fusion,
        learn_branches,
        (2, None),
        "Late fusion: branches that are trained apart, and one readout of their embeddings.",
    ),
    "fusion-confidence": HeadRecipe(
        ConfidenceConfig(),
        ConfidenceFusion,
        learn_confidence,
        (3, None),
        "Late fusion with two readouts: for a recogniser that is sure, and for one that is not.",
    ),
    "fusion-early": HeadRecipe(
        JointConfig(),
        EarlyFusion,
        learn_labels,
        (2, None),
        "Branches that are trained together, their embeddings side by side into a dense layer.",
    ),
    "fusion-gated": HeadRecipe(
        GatedConfig(),
        GatedFusion,
        learn_labels,
        (2, None),
        "Branches that are trained together, with a gate for every number of their embeddings.",
    ),
    "fusion-gated-dropout": HeadRecipe(
        GatedConfig(silence=0.2),
        GatedFusion,
        learn_labels,
        (2, None),
        "The same, with branches silenced now and then in training.",
    ),
    "student": HeadRecipe(
        StudentConfig(),
        Student,
        learn_from_teacher,
        (1, 1),
        "A TC-GRU that learns from its teacher, too.",
        taught=True,
    ),
    "student-untaught": HeadRecipe(
        StudentConfig(distillation=Distillation(embedding=0, predictions=0)),
        Student,
        learn_from_teacher,
        (1, 1),
        "The control of a student: the same network, which the teacher does not teach.",
        taught=True,
    ),
    "student-soft": HeadRecipe(
        StudentConfig(distillation=Distillation(trust="soft")),
        Student,
        learn_from_teacher,
        (1, 1),
        "A student that follows its teacher the more, the nearer that is to the label.",
        taught=True,
    ),
    "student-hard": HeadRecipe(
        StudentConfig(distillation=Distillation(trust="hard")),
        Student,
        learn_from_teacher,
        (1, 1),
        "A student that follows its teacher only where that is near the label.",
        taught=True,
    ),
    "tuned": HeadRecipe(
        TunedConfig(),
        Tuned,
        tune(learn_labels),
        (1, 1),
        "A TC-GRU and the top layers of its encoder.",
        tuned=True,
    ),
    "tuned-student": HeadRecipe(
        TunedConfig(distillation=Distillation(trust="soft")),
        Tuned,
        tune(learn_from_teacher),
        (1, 1),
        "The same as a student that follows its teacher the more, the nearer that is to the label.",
        taught=True,
        tuned=True,
    ),
}


def find_recipe(kind: str) -> HeadRecipe:
    """Return the recipe of that name.

    Raises:
        ValueError: if there is none.
    """
    if kind not in HEADS:
        raise ValueError(f"unknown head {kind!r}: there are {', '.join(HEADS)}")
    return HEADS[kind]
