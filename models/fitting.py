"""The fit loop: gradient steps on batches, then the weights of the epoch with the best mean CCC on development data."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from models.examples import DIMENSIONS, Examples, Features, Teaching
from models.heads import Output, Padded, Readout
from models.losses import ccc, ccc_loss
from models.types import Frames

Loss = Callable[[Output, Tensor, Tensor], Tensor]
"""What a batch costs, given what the network says, the labels, and the indices of these training utterances."""

AT_ONCE = 256
"""Utterances that are judged at once; bounds memory, and changes nothing."""


@dataclass(frozen=True)
class Lesson:
    """All that a network is trained with."""

    train: Examples
    dev: Examples
    seed: int
    teaching: Teaching | None = None


@dataclass(frozen=True)
class FitConfig:
    """How a network is trained; chosen on the development data of the probe corpus, where none of it matters much.

    Attributes:
        batch: utterances in a batch, about; 36 to 120 do equally well.
        learning_rate: the peak of the one-cycle schedule. Half of it needs a third more epochs for the same scores.
        weight_decay: of AdamW.
        epochs: at most. Valence is learnt last, and best while the learning rate falls.
        patience: epochs without a better mean CCC on the development data before training stops.
        clip: longest gradient, for the CCC of an unlucky batch is steep.
    """

    batch: int = 72
    learning_rate: float = 4e-3
    weight_decay: float = 0.01
    epochs: int = 30
    patience: int = 10
    clip: float = 1.0


def fit(network: nn.Module, loss: Loss, lesson: Lesson, config: FitConfig) -> pd.DataFrame:
    """Train a calibrated network and return its history; it is left with the weights of the epoch that is ``kept``.

    The learning rate rises and falls once over ``config.epochs``. Dropout draws from torch's global generator, which
    the caller seeds and restores.

    Returns:
        One row per epoch, see ``history_frame``.

    Raises:
        FloatingPointError: if the loss is no longer finite.
    """
    steps, labels = prepare(network, lesson.train.features), torch.tensor(lesson.train.labels).float()
    dev_steps, dev_labels = prepare(network, lesson.dev.features), torch.tensor(lesson.dev.labels)
    order = torch.Generator().manual_seed(lesson.seed)
    n_batches = max(1, round(len(labels) / config.batch))
    optimizer = torch.optim.AdamW(network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=n_batches * config.epochs
    )
    losses: list[float] = []
    scores: list[Tensor] = []
    kept = 0
    for epoch in range(config.epochs):
        network.train()
        costs = []
        # Batches are equal in size within one utterance: the CCC of the few that are left over would be noise.
        for indices in torch.randperm(len(labels), generator=order).tensor_split(n_batches):
            output = network([pad([utterances[index] for index in indices]) for utterances in steps])
            cost = loss(output, labels[indices], indices)
            if not cost.isfinite():
                raise FloatingPointError(
                    f"the loss is {cost.item()} in epoch {epoch + 1} at learning rate {config.learning_rate}"
                )
            optimizer.zero_grad()
            cost.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(network.parameters(), config.clip)
            optimizer.step()
            schedule.step()
            costs.append(cost.item())
        losses.append(sum(costs) / len(costs))
        scores.append(ccc(dev_labels, predictions(network, dev_steps)))
        if epoch == 0 or scores[epoch].mean() > scores[kept].mean():
            kept, weights = epoch, deepcopy(network.state_dict())
        if epoch - kept >= config.patience:
            break
    network.load_state_dict(weights)
    return history_frame(losses, scores, kept)


def learn_labels(network: nn.Module, lesson: Lesson) -> pd.DataFrame:
    """Train a network on the CCC loss alone."""
    return fit(network, lambda output, labels, _: ccc_loss(labels, output.prediction), lesson, FitConfig())


def calibrate(network: nn.Module, train: Examples) -> None:
    """Measure on training data the scales of inputs and labels that a network holds."""
    for branch, utterances in zip(_branches(network), train.features.values(), strict=True):
        branch.scale.fit(torch.cat([branch.reduce(_tensor(frames)) for frames in utterances]))
    for readout in network.modules():
        if isinstance(readout, Readout):
            readout.scale.fit(torch.tensor(train.labels))


def prepare(network: nn.Module, features: Features) -> list[list[Tensor]]:
    """Return the steps of every utterance for each input of a calibrated network."""
    return [
        [branch.prepare(_tensor(frames)) for frames in utterances]
        for branch, utterances in zip(_branches(network), features.values(), strict=True)
    ]


def predictions(network: nn.Module, steps: Sequence[Sequence[Tensor]]) -> Tensor:
    """Return what ``network`` says of prepared utterances, ``(n, 3)`` float64; it is left in evaluation mode.

    Utterances are padded to each other, some hundred at a time: fast, and equal to hearing them one by one but for
    rounding.
    """
    network.eval()
    with torch.no_grad():
        said = [
            network([pad(utterances[start : start + AT_ONCE]) for utterances in steps]).prediction
            for start in range(0, len(steps[0]), AT_ONCE)
        ]
    return torch.cat(said).double()


def pad(steps: Sequence[Tensor]) -> Padded:
    """Return the steps of several utterances side by side, zero past the end of each."""
    return Padded(nn.utils.rnn.pad_sequence(list(steps), batch_first=True), torch.tensor([len(one) for one in steps]))


def history_frame(losses: Sequence[float], scores: Sequence[Tensor], kept: int) -> pd.DataFrame:
    """Return a training's history, one row per epoch.

    Columns: ``epoch`` (from 1), ``train_loss``, ``dev_activation``, ``dev_valence``, ``dev_dominance`` and ``dev_mean``
    (CCC), and ``kept``, true for the epoch whose weights the network has.
    """
    table = torch.stack(list(scores)).numpy()
    return pd.DataFrame(
        {
            "epoch": range(1, len(table) + 1),
            "train_loss": list(losses),
            **{f"dev_{name}": table[:, column] for column, name in enumerate(DIMENSIONS)},
            "dev_mean": table.mean(axis=1),
            "kept": [epoch == kept for epoch in range(len(table))],
        }
    )


def _branches(network: nn.Module) -> list[Any]:
    # Any, for torch types the children of a module as modules: these have a scale, `reduce` and `prepare`.
    return list(network.get_submodule("branches").children())


def _tensor(frames: Frames) -> Tensor:
    # A copy: torch warns of arrays that may not be written to, as those read from a file are.
    return torch.tensor(frames, dtype=torch.float32)
