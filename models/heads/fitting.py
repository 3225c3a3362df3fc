"""The fit loop: gradient steps on batches, then the weights of the epoch with the best mean CCC on development data."""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from models.heads.checkpoints import Checkpoint, State, read_stage, write_stage
from models.heads.examples import DIMENSIONS, Examples, Features, Teaching
from models.heads.gradients import Loss, add_gradients
from models.heads.losses import ccc, ccc_loss
from models.heads.networks import Output, Readout, pad, side_by_side
from models.types import Frames

Watch = Mapping[str, Callable[[Output], float]]
"""Further columns of the history, each made of what the network says of the development data, all versions of it."""

AT_ONCE = 256
"""Utterances that are judged at once; bounds memory, and changes nothing."""


@dataclass(frozen=True)
class FitConfig:
    """How a network is trained; chosen on the development data of the probe corpus, where none of it matters much.

    Attributes:
        batch: utterances in a batch, about; 36 to 120 do equally well there. The moments of the CCC are those of the
            batch, so that a corpus of many thousands wants batches of many hundreds.
        learning_rate: the peak of the one-cycle schedule. Half of it needs a third more epochs for the same scores.
        weight_decay: of AdamW.
        epochs: at most. Valence is learnt last, and best while the learning rate falls.
        patience: epochs without a better mean CCC on the development data before training stops.
        clip: longest gradient, for the CCC of an unlucky batch is steep.
        weights: of activation, valence and dominance in the CCC loss; only their ratios matter.
        chunk: utterances of a batch whose activations are in memory at once, where those of the whole batch do not fit;
            None for all. The gradient is that of the whole batch all the same, for twice the forward passes.

    Raises:
        ValueError: for a number that is not positive, or weights that are negative or all 0.
    """

    batch: int = 72
    learning_rate: float = 4e-3
    weight_decay: float = 0.01
    epochs: int = 30
    patience: int = 10
    clip: float = 1.0
    weights: tuple[float, float, float] = (1 / 3, 1 / 3, 1 / 3)
    chunk: int | None = None

    def __post_init__(self) -> None:
        """Check ranges."""
        positive = {
            name: getattr(self, name) for name in ("batch", "learning_rate", "epochs", "patience", "clip", "chunk")
        }
        for name, value in positive.items():
            if value is not None and not value > 0:
                raise ValueError(f"{name} is {value}, must be above 0")
        if len(self.weights) != len(DIMENSIONS) or not min(self.weights) >= 0 or not sum(self.weights) > 0:
            raise ValueError(f"weights are {self.weights}, must be 0 or more for each of {DIMENSIONS}, not all 0")


DEFAULTS = FitConfig()
"""How a network is trained unless said."""


@dataclass(frozen=True)
class Lesson:
    """All that a network is trained with."""

    train: Examples
    dev: Examples
    seed: int
    teaching: Teaching | None = None
    fit: FitConfig = DEFAULTS
    checkpoint: Checkpoint | None = None


@dataclass
class _Course:
    """How a training went so far: by epoch its loss, its dev CCCs and what was watched; the best weights."""

    losses: list[float] = field(default_factory=list)
    scores: list[Tensor] = field(default_factory=list)
    watched: list[dict[str, float]] = field(default_factory=list)
    kept: int = 0
    weights: State = field(default_factory=dict)

    def is_over(self, config: FitConfig) -> bool:
        n_epochs = len(self.losses)
        return n_epochs >= config.epochs or (n_epochs > 0 and n_epochs - 1 - self.kept >= config.patience)


def fit(network: nn.Module, loss: Loss, lesson: Lesson, stage: str = "", watch: Watch | None = None) -> pd.DataFrame:
    """Train a calibrated network and return its history; it is left with the weights of the epoch that is ``kept``.

    The learning rate rises and falls once over ``lesson.fit.epochs``. In every epoch each utterance is heard as one of
    its versions, the same one for all inputs. The CCC of a batch is that of the whole batch, however it is cut into
    chunks. Dropout draws from torch's global generator, which the caller seeds and restores.

    With ``lesson.checkpoint`` the state of the training is written after each epoch, and a training that was killed
    goes on where it was, in the same bits; one that is complete there is not trained again. For that ``loss`` must have
    no state of its own.

    Args:
        network: what is trained, in place.
        loss: what a batch costs.
        lesson: data, seed and options.
        stage: the name of this training, of which none other in the same head has the same.
        watch: what else is to be recorded after each epoch; it decides nothing.

    Returns:
        One row per epoch, see ``history_frame``, and the columns of ``watch``.

    Raises:
        FloatingPointError: if the loss or what is said of the development data is no longer finite.
    """
    config, train, dev = lesson.fit, lesson.train, lesson.dev
    steps, labels = prepare_versions(network, train), torch.tensor(train.labels).float()
    dev_steps, dev_labels = prepare_versions(network, dev), torch.tensor(dev.pooled_labels)
    order = torch.Generator().manual_seed(lesson.seed)
    # A stream of its own: batches hold the same utterances whether or not there are copies of them.
    choice = torch.Generator().manual_seed(-1 - lesson.seed)
    n_batches = max(1, round(len(labels) / config.batch))
    optimizer = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=n_batches * config.epochs
    )
    parts = {"network": network, "optimizer": optimizer, "schedule": schedule}
    course = _resume(lesson, stage, parts, (order, choice))
    while not course.is_over(config):
        network.train()
        costs = []
        # Batches are equal in size within one utterance: the CCC of the few that are left over would be noise.
        batches = torch.randperm(len(labels), generator=order).tensor_split(n_batches)
        rows = _choose_versions(len(labels), len(train.versions), choice)
        for indices in batches:
            heard = [[utterances[row] for row in rows[indices].tolist()] for utterances in steps]
            optimizer.zero_grad()
            costs.append(add_gradients(network, loss, heard, labels[indices], indices, config.chunk))
            if not np.isfinite(costs[-1]):
                raise FloatingPointError(
                    f"the loss is {costs[-1]} in epoch {len(course.losses) + 1} at learning rate {config.learning_rate}"
                )
            nn.utils.clip_grad_norm_(network.parameters(), config.clip)
            optimizer.step()
            schedule.step()
        said = outputs(network, dev_steps)
        course.losses.append(sum(costs) / len(costs))
        course.scores.append(ccc(dev_labels, said.prediction.double()))
        if not course.scores[-1].isfinite().all():
            raise FloatingPointError(
                f"predictions are not finite after epoch {len(course.losses)} at learning rate {config.learning_rate}"
            )
        course.watched.append({name: measure(said) for name, measure in (watch or {}).items()})
        if not course.weights or course.scores[-1].mean() > course.scores[course.kept].mean():
            course.kept, course.weights = len(course.losses) - 1, deepcopy(network.state_dict())
        if lesson.checkpoint is not None:
            write_stage(lesson.checkpoint, stage, _state(course, parts, (order, choice)))
    network.load_state_dict(course.weights)
    history = history_frame(course.losses, course.scores, course.kept, stage)
    return history.assign(**{name: [one[name] for one in course.watched] for name in watch or {}})


def learn_labels(network: nn.Module, lesson: Lesson, stage: str = "") -> pd.DataFrame:
    """Train a network on the CCC loss alone."""
    weights = lesson.fit.weights
    return fit(network, lambda output, labels, _: ccc_loss(labels, output.prediction, weights), lesson, stage)


def calibrate(network: nn.Module, train: Examples) -> None:
    """Measure on training data, all versions of it, the scales of inputs and labels that a network holds."""
    for branch, *versions in zip(_branches(network), *(one.values() for one in train.versions), strict=True):
        branch.scale.fit(branch.reduce(_tensor(frames)) for one in versions for frames in one)
    for readout in network.modules():
        if isinstance(readout, Readout):
            readout.scale.fit([torch.tensor(train.labels)])


def prepare(network: nn.Module, features: Features) -> list[list[Tensor]]:
    """Return the steps of every utterance for each input of a calibrated network."""
    return [list(_Steps(*one)) for one in zip(_branches(network), features.values(), strict=True)]


def prepare_versions(network: nn.Module, examples: Examples) -> list[Sequence[Tensor]]:
    """Return for each input the steps of all versions of all utterances, version after version.

    Steps are few and held in memory. Those of a branch that is ``late`` are made when they are asked for.

    Labels in this order are ``examples.pooled_labels``.
    """
    steps = [_Steps(*one) for one in zip(_branches(network), *(one.values() for one in examples.versions), strict=True)]
    return [one if getattr(one.branch, "late", False) else list(one) for one in steps]


def predictions(network: nn.Module, steps: Sequence[Sequence[Tensor]]) -> Tensor:
    """Return what ``network`` predicts of prepared utterances, ``(n, 3)`` float64; see ``outputs``."""
    return outputs(network, steps).prediction.double()


def outputs(network: nn.Module, steps: Sequence[Sequence[Tensor]]) -> Output:
    """Return what ``network`` says of prepared utterances; it is left in evaluation mode.

    Utterances are padded to each other, some hundred at a time: fast, and equal to hearing them one by one but for
    rounding.
    """
    network.eval()
    with torch.no_grad():
        said = [
            network([pad(utterances[start : start + AT_ONCE]) for utterances in steps])
            for start in range(0, len(steps[0]), AT_ONCE)
        ]
    return side_by_side(said)


def history_frame(losses: Sequence[float], scores: Sequence[Tensor], kept: int, stage: str = "") -> pd.DataFrame:
    """Return a training's history, one row per epoch.

    Columns: ``stage``, empty for a head that trains in one, ``epoch`` (from 1), ``train_loss``, ``dev_activation``,
    ``dev_valence``, ``dev_dominance`` and ``dev_mean`` (CCC over all versions of the development data), and ``kept``,
    true for the epoch whose weights the network has.
    """
    table = torch.stack(list(scores)).numpy()
    return pd.DataFrame(
        {
            "stage": stage,
            "epoch": range(1, len(table) + 1),
            "train_loss": list(losses),
            **{f"dev_{name}": table[:, column] for column, name in enumerate(DIMENSIONS)},
            "dev_mean": table.mean(axis=1),
            "kept": [epoch == kept for epoch in range(len(table))],
        }
    )


def _resume(lesson: Lesson, stage: str, parts: Mapping[str, Any], generators: Sequence[torch.Generator]) -> _Course:
    saved = None if lesson.checkpoint is None else read_stage(lesson.checkpoint, stage)
    if saved is None:
        return _Course()
    for name, part in parts.items():
        part.load_state_dict(saved[name])
    for generator, state in zip(generators, saved["generators"], strict=True):
        generator.set_state(state)
    torch.set_rng_state(saved["random"])
    return _Course(**saved["course"])


def _state(course: _Course, parts: Mapping[str, Any], generators: Sequence[torch.Generator]) -> State:
    states = {name: part.state_dict() for name, part in parts.items()}
    drawn = {"generators": [generator.get_state() for generator in generators], "random": torch.get_rng_state()}
    return {**states, **drawn, "course": vars(course)}


def _choose_versions(n_utterances: int, n_versions: int, choice: torch.Generator) -> Tensor:
    """Return for each utterance the row of ``prepare_versions`` that is heard of it, ``(n_utterances,)``."""
    rows = torch.arange(n_utterances)
    if n_versions == 1:
        return rows
    return rows + n_utterances * torch.randint(n_versions, (n_utterances,), generator=choice)


def _branches(network: nn.Module) -> list[Any]:
    # Any, for torch types the children of a module as modules: these have a scale, `reduce` and `prepare`.
    return list(network.get_submodule("branches").children())


class _Steps(Sequence[Tensor]):
    """The steps that a branch makes of all versions of all utterances, each of them when it is asked for."""

    def __init__(self, branch: Any, *versions: Sequence[Frames]) -> None:
        self.branch = branch
        self._versions = versions

    def __len__(self) -> int:
        return len(self._versions[0]) * len(self._versions)

    @overload
    def __getitem__(self, index: int) -> Tensor: ...

    @overload
    def __getitem__(self, index: slice) -> list[Tensor]: ...

    def __getitem__(self, index: int | slice) -> Tensor | list[Tensor]:
        if isinstance(index, slice):
            return [self[one] for one in range(len(self))[index]]
        version, utterance = divmod(range(len(self))[index], len(self._versions[0]))
        steps: Tensor = self.branch.prepare(_tensor(self._versions[version][utterance]))
        return steps


def _tensor(frames: Frames) -> Tensor:
    # A copy: torch warns of arrays that may not be written to, as those read from a file are.
    return torch.tensor(frames, dtype=torch.float32)
