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
        taught: whether it learns from a teacher.
        tuned: whether it begins with a copy of the top layers of an encoder.
        configure: ``(config, train, teaching)`` -> the sizes that fit what is learnt from; unless said, the embedding
            of a taught head is made as wide as its teacher's.
    """

    config: Config
    build: Callable[[Any, Sequence[Input]], nn.Module]
    learn: Callable[[Any, Lesson], pd.DataFrame]
    n_inputs: tuple[int, int | None]
    taught: bool = False
    tuned: bool = False
    configure: Callable[[Any, Examples, Teaching | None], Any] = as_wide_as_teacher


HEADS: dict[str, HeadRecipe] = {
    "tc-gru": HeadRecipe(TcGruConfig(), TcGru, learn_labels, n_inputs=(1, 1)),
    "multi-task": HeadRecipe(MultiTaskConfig(), MultiTask, learn_both, n_inputs=(1, 1), configure=name_emotions),
    "ridge": HeadRecipe(RidgeConfig(), Ridge, solve_ridge, n_inputs=(1, None)),
    "fusion": HeadRecipe(FusionConfig(), Fusion, learn_branches, n_inputs=(2, None)),
    "fusion-confidence": HeadRecipe(ConfidenceConfig(), ConfidenceFusion, learn_confidence, n_inputs=(3, None)),
    "fusion-early": HeadRecipe(JointConfig(), EarlyFusion, learn_labels, n_inputs=(2, None)),
    "fusion-gated": HeadRecipe(GatedConfig(), GatedFusion, learn_labels, n_inputs=(2, None)),
    "fusion-gated-dropout": HeadRecipe(GatedConfig(silence=0.2), GatedFusion, learn_labels, n_inputs=(2, None)),
    "student": HeadRecipe(StudentConfig(), Student, learn_from_teacher, n_inputs=(1, 1), taught=True),
    "student-untaught": HeadRecipe(
        StudentConfig(distillation=Distillation(embedding=0, predictions=0)),
        Student,
        learn_from_teacher,
        n_inputs=(1, 1),
        taught=True,
    ),
    "student-soft": HeadRecipe(
        StudentConfig(distillation=Distillation(trust="soft")), Student, learn_from_teacher, (1, 1), taught=True
    ),
    "student-hard": HeadRecipe(
        StudentConfig(distillation=Distillation(trust="hard")), Student, learn_from_teacher, (1, 1), taught=True
    ),
    "tuned": HeadRecipe(TunedConfig(), Tuned, tune(learn_labels), n_inputs=(1, 1), tuned=True),
    "tuned-student": HeadRecipe(
        TunedConfig(distillation=Distillation(trust="soft")),
        Tuned,
        tune(learn_from_teacher),
        n_inputs=(1, 1),
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
