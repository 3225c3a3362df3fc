"""Heads: train one, predict with it, teach with it, keep it in a file.

Training and prediction run on one CPU thread whatever torch is set to, and leave torch's number of threads and its
random state as they were. A seed gives the same bits each time; a prediction is the same bits whatever else is in the
call.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from pydantic import TypeAdapter
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from models.heads.catalog import Config, HeadRecipe, find_recipe
from models.heads.checkpoints import lesson_digest, open_checkpoint, remove_checkpoint
from models.heads.examples import (
    DIMENSIONS,
    Examples,
    Features,
    Labels,
    Teaching,
    check_features,
    frame_shape,
    in_words,
)
from models.heads.fitting import DEFAULTS, FitConfig, Lesson, calibrate, prepare
from models.heads.networks import Input, LayerSum, Output, pad
from models.heads.tuning import put_top
from models.speech.top_layers import Top
from models.types import Frames

__all__ = [
    "DIMENSIONS", "Examples", "Features", "FitConfig", "Head", "Teaching", "TrainedHead",
    "layer_weights", "load_head", "n_parameters", "predict", "save_head", "teach", "train_head",
]  # fmt: skip

STEPS = 32
"""Steps the median training utterance is cut into: a GRU costs by the step. A text has fewer tokens, and keeps each."""

FORMAT = "emonoise head 2"
_METADATA = "emonoise"

NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True)
class Head:
    """A trained head: the name of its recipe, its sizes, its inputs in order, and its network with the weights."""

    kind: str
    config: Config
    inputs: tuple[Input, ...]
    network: nn.Module


@dataclass(frozen=True)
class TrainedHead:
    """A head and how it came about: ``history`` has one row per epoch, see ``fitting.history_frame``."""

    head: Head
    history: pd.DataFrame


def train_head(
    kind: str,
    train: Examples,
    dev: Examples,
    *,
    seed: int,
    teaching: Teaching | None = None,
    top: Top | None = None,
    fit: FitConfig = DEFAULTS,
    checkpoint: Path | None = None,
) -> TrainedHead:
    """Return a head trained on ``train`` and chosen on ``dev``, the same bits for the same arguments.

    Args:
        kind: a name in ``models.heads.catalog.HEADS``.
        train: the head's inputs are the names of its features, in their order.
        dev: must have the same inputs; decides when to stop, a ridge's penalty and slope, a fusion's trust.
        seed: decides initial weights, dropout and the order of the utterances.
        teaching: for a ``taught`` head what its teacher says of the utterances of ``train``, from ``teach``; else None.
        top: for a ``tuned`` head the layers of the encoder above the one whose frames it hears, from
            ``models.speech.top_layers.top_of``; else None.
        fit: how networks are trained.
        checkpoint: a file that keeps the state of the training while it lasts. Called again with the same arguments, a
            training that was killed goes on from there and ends in the same bits. The file of another training is
            replaced, and one that is none or damaged is renamed, with a warning; at the end it is removed.

    Raises:
        ValueError: if the kind is unknown, inputs, teaching or layers do not fit it, or all labels of a dimension are
            equal.
        FloatingPointError: if training diverges.
    """
    recipe = find_recipe(kind)
    _check_lesson(kind, recipe, train, dev, teaching)
    if (top is not None) != recipe.tuned:
        raise ValueError(f"a {kind} head {'needs the' if recipe.tuned else 'takes no'} top layers of an encoder")
    inputs = tuple(_input(name, utterances) for name, utterances in train.features.items())
    dev = dev.only([source.name for source in inputs])
    config = recipe.configure(recipe.config, train, teaching)
    config = config if top is None else replace(config, top=top.shape)
    lesson = Lesson(train, dev, seed, teaching, fit)
    if checkpoint is not None:
        lesson = replace(
            lesson, checkpoint=open_checkpoint(checkpoint, lesson_digest(kind, config, inputs, lesson, top))
        )
    with _one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = recipe.build(config, inputs)
        if top is None:
            calibrate(network, train)
        else:  # it learns the scale of what its layers give out before it tunes them
            put_top(network, top)
        history = recipe.learn(network, lesson)
    if lesson.checkpoint is not None:
        remove_checkpoint(lesson.checkpoint)
    return TrainedHead(Head(kind, config, inputs, network), history)


def predict(head: Head, features: Features) -> Labels:
    """Return predictions in label space, ``(n, 3)``, not clipped to [0, 1].

    Utterances are heard one by one, so each prediction is the same bits whatever else is in the call.

    Args:
        head: a trained head.
        features: must hold the head's inputs; others are not looked at.

    Raises:
        ValueError: if an input is missing or its frames do not fit.
    """
    return teach(head, features).predictions


def teach(head: Head, features: Features) -> Teaching:
    """Return what ``head`` says of each utterance: embeddings ``(n, width)`` and the predictions of ``predict``.

    Raises:
        ValueError: if an input is missing or its frames do not fit.
    """
    names = [source.name for source in head.inputs]
    missing = [name for name in names if name not in features]
    if missing:
        raise ValueError(f"this {head.kind} head hears {names}; features lack {missing}")
    check_features({name: features[name] for name in names})
    for source in head.inputs:
        heard, learnt = frame_shape(features[source.name][0]), (source.layers, source.dim)
        if heard != learnt:
            raise ValueError(
                f"{source.name}: frames have {in_words(heard)}, this {head.kind} head was trained on {in_words(learnt)}"
            )
    with _one_thread(), torch.inference_mode():
        outputs = [_hear(head, index, features) for index in range(len(features[names[0]]))]
    return Teaching(
        np.stack([output.embedding[0].numpy() for output in outputs]).astype(np.float32),
        np.stack([output.prediction[0].numpy() for output in outputs]).astype(np.float64),
    )


def n_parameters(head: Head) -> int:
    """Return how many numbers of ``head`` were learnt; the scales of its inputs and labels were measured."""
    return sum(parameter.numel() for parameter in head.network.parameters())


def layer_weights(head: Head) -> dict[str, npt.NDArray[np.float64]]:
    """Return for each input of several layers the weight of each layer, ``(n_layers,)`` with sum 1.

    Heads that do not weigh layers, such as a ridge, have none.
    """
    branches = head.network.get_submodule("branches").children()
    return {
        source.name: part.weights().detach().double().numpy()
        for source, branch in zip(head.inputs, branches, strict=True)
        for part in branch.modules()
        if isinstance(part, LayerSum) and source.layers > 1
    }


def save_head(head: Head, path: Path, about: Mapping[str, str] = NOTHING) -> None:
    """Write ``head`` to one safetensors file: its weights, and in the metadata its kind, sizes and inputs.

    The file is written in place: a caller whose writing may be cut short writes to a temporary path and renames it.

    Args:
        head: what ``train_head`` returned.
        path: the file.
        about: what else stands in the metadata; ``load_head`` passes over it.

    Raises:
        ValueError: if a weight is not finite.
    """
    for name, tensor in head.network.state_dict().items():
        if tensor.is_floating_point() and not tensor.isfinite().all():
            raise ValueError(f"{path}: the weights {name} of a {head.kind} head are not finite")
    said = {
        "format": FORMAT,
        "kind": head.kind,
        "config": asdict(head.config),
        "inputs": [asdict(source) for source in head.inputs],
        **about,
    }
    # Of several keys, safetensors writes each time another first.
    metadata = {_METADATA: json.dumps(said)}
    save_file({name: tensor.contiguous() for name, tensor in head.network.state_dict().items()}, path, metadata)


def load_head(path: Path) -> Head:
    """Return the head that ``save_head`` wrote; its predictions are the same bits as before.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is not a head's safetensors file, its kind is unknown, or its weights are not exactly those of
            its kind and sizes; the message names the file.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a mapping)
    except SafetensorError as error:
        raise ValueError(f"{path}: not a safetensors file: {error}") from error
    try:
        said = TypeAdapter(dict[str, Any]).validate_json(metadata.get(_METADATA, "{}"))
    except ValueError as error:
        raise ValueError(f"{path}: not a head this version can read: {error}") from error
    if said.get("format") != FORMAT:
        raise ValueError(f"{path}: format is {said.get('format')!r}, need {FORMAT!r}")
    try:
        recipe = find_recipe(said["kind"])
        config = TypeAdapter(type(recipe.config)).validate_python(said["config"])
        inputs = TypeAdapter(tuple[Input, ...]).validate_python(said["inputs"])
        with torch.random.fork_rng(devices=[]):  # building draws weights that are thrown away
            network = recipe.build(config, inputs)
        network.load_state_dict(weights)
    except (KeyError, ValueError, RuntimeError) as error:
        raise ValueError(f"{path}: not a head this version can read: {error}") from error
    return Head(said["kind"], config, inputs, network.eval())


def _hear(head: Head, index: int, features: Features) -> Output:
    alone = {source.name: [features[source.name][index]] for source in head.inputs}
    output: Output = head.network([pad(steps) for steps in prepare(head.network, alone)])
    return output


def _check_lesson(kind: str, recipe: HeadRecipe, train: Examples, dev: Examples, teaching: Teaching | None) -> None:
    fewest, most = recipe.n_inputs
    if len(train.features) < fewest or (most is not None and len(train.features) > most):
        allowed = f"{fewest} or more" if most is None else f"{most}"
        raise ValueError(f"a {kind} head takes {allowed} of the inputs {list(train.features)}")
    if set(train.features) != set(dev.features):
        raise ValueError(f"inputs differ: {list(train.features)} for training, {list(dev.features)} for development")
    for name, utterances in train.features.items():
        trained, judged = frame_shape(utterances[0]), frame_shape(dev.features[name][0])
        if trained != judged:
            raise ValueError(
                f"{name}: frames have {in_words(trained)} in training and {in_words(judged)} in development"
            )
    constant = [name for name, spread in zip(DIMENSIONS, np.ptp(train.labels, axis=0), strict=True) if spread == 0]
    if constant:
        raise ValueError(f"the training labels of {', '.join(constant)} are all the same: there is nothing to learn")
    if (teaching is not None) != recipe.taught:
        raise ValueError(f"a {kind} head {'needs a' if recipe.taught else 'takes no'} teacher")
    if teaching is not None and not len(teaching.embeddings) == len(teaching.predictions) == len(train.labels):
        raise ValueError(
            f"the teacher speaks of {len(teaching.embeddings)} utterances, training has {len(train.labels)}"
        )


def _input(name: str, utterances: Sequence[Frames]) -> Input:
    median = float(np.median([len(frames) for frames in utterances]))
    layers, dim = frame_shape(utterances[0])
    return Input(name, dim, stride=max(1, round(median / STEPS)), layers=layers)


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
