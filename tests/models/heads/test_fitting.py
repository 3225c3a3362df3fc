from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.heads.examples import Examples
from models.heads.fitting import FitConfig, Lesson, calibrate, fit, prepare_versions
from models.heads.losses import ccc, ccc_loss
from models.heads.networks import Branch, Input, Output, Padded, TcGruConfig
from models.heads.training import predict, train_head

N_UTTERANCES, N_VERSIONS = 11, 3


class AsItIs(nn.Module):
    def prepare(self, frames: Tensor) -> Tensor:
        return frames


class Recorder(nn.Module):
    """A network that learns one bias, and notes what it hears: ``(n, n_inputs)`` numbers of each batch."""

    def __init__(self, n_inputs: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(AsItIs() for _ in range(n_inputs))
        self.bias = nn.Parameter(torch.zeros(3))
        self.trained: list[Tensor] = []
        self.judged: list[Tensor] = []

    def forward(self, batch: Sequence[Padded]) -> Output:
        heard = torch.stack([padded.steps[:, 0, 0] for padded in batch], dim=1)
        (self.trained if self.training else self.judged).append(heard)
        return Output(heard[:, :1] + self.bias, heard)


def numbered() -> Examples:
    """Two inputs whose only number tells the utterance, and in hundreds the version."""

    def version(number: int) -> dict[str, list[np.ndarray]]:
        return {name: [np.float32([[100 * number + one]]) for one in range(N_UTTERANCES)] for name in ("a", "b")}

    labels = np.random.default_rng(0).uniform(size=(N_UTTERANCES, 3))
    return Examples(version(0), labels, copies=tuple(map(version, range(1, N_VERSIONS))))


def record(examples: Examples, epochs: int, batch: int, seed: int = 0) -> tuple[Recorder, list[Tensor]]:
    network = Recorder(n_inputs=2)
    costed = []

    def loss(output: Output, labels: Tensor, indices: Tensor) -> Tensor:
        costed.append(indices)
        return ccc_loss(labels, output.prediction)

    config = FitConfig(batch=batch, epochs=epochs, patience=epochs)
    fit(network, loss, Lesson(examples, examples, seed, fit=config))
    return network, costed


def test_an_epoch_hears_each_utterance_once_as_one_version_which_all_inputs_share():
    network, costed = record(numbered(), epochs=60, batch=4)
    heard, indices = torch.cat(network.trained), torch.cat(costed)
    assert torch.equal(heard[:, 0], heard[:, 1])
    assert torch.equal(heard[:, 0] % 100, indices.float())
    for epoch in indices.split(N_UTTERANCES):
        assert sorted(epoch.tolist()) == list(range(N_UTTERANCES))
    shares = torch.bincount((heard[:, 0] // 100).long()) / len(heard)
    assert shares.tolist() == pytest.approx([1 / N_VERSIONS] * N_VERSIONS, abs=0.06)
    by_utterance = {(int(one) % 100, int(one) // 100) for one in heard[:, 0]}
    assert len(by_utterance) == N_UTTERANCES * N_VERSIONS


def test_batches_hold_the_same_utterances_with_and_without_copies():
    _, with_copies = record(numbered(), epochs=3, batch=4)
    _, without = record(replace(numbered(), copies=()), epochs=3, batch=4)
    assert all(torch.equal(one, other) for one, other in zip(with_copies, without, strict=True))


def test_all_versions_of_development_data_are_judged_together():
    network, _ = record(numbered(), epochs=1, batch=4)
    judged = torch.cat(network.judged)[:, 0].tolist()
    assert judged == [100 * version + one for version in range(N_VERSIONS) for one in range(N_UTTERANCES)]


@pytest.mark.parametrize("kind", ["tc-gru", "fusion", "ridge"])
def test_the_score_that_decides_pools_all_versions(kind, planted):
    inputs = ("sound",) if kind == "tc-gru" else ("sound", "words")
    quiet, dev = planted(60, 1, inputs), planted(40, 2, inputs)
    loud = {name: [3 * frames for frames in utterances] for name, utterances in dev.features.items()}
    dev = replace(dev, copies=(loud,))
    trained = train_head(kind, quiet, dev, seed=0, fit=FitConfig(epochs=8))
    said = np.concatenate([predict(trained.head, features) for features in (dev.features, loud)])
    expected = ccc(torch.from_numpy(np.concatenate([dev.labels, dev.labels])), torch.from_numpy(said))
    kept = trained.history[trained.history["kept"]].iloc[0]
    assert kept["dev_mean"] == pytest.approx(expected.mean().item(), abs=1e-5)


def test_scales_are_measured_over_all_versions(planted):
    examples = planted(10, 1, ("sound",))
    loud = {"sound": [3 * frames + 1 for frames in examples.features["sound"]]}
    network = nn.Module()
    network.branches = nn.ModuleList([Branch(TcGruConfig(), Input("sound", 6, 1))])
    calibrate(network, replace(examples, copies=(loud,)))
    every = np.concatenate([*examples.features["sound"], *loud["sound"]]).astype(np.float64)
    assert network.branches[0].scale.mean.numpy() == pytest.approx(every.mean(0), abs=1e-5)
    assert network.branches[0].scale.std.numpy() == pytest.approx(every.std(0), abs=1e-5)


def test_a_copy_is_matched_by_name_not_by_order(planted):
    examples = planted(5, 1, ("sound", "words"))
    turned = {name: examples.features[name] for name in ("words", "sound")}
    network = nn.Module()
    network.branches = nn.ModuleList([Branch(TcGruConfig(), Input("s", 6, 1)), Branch(TcGruConfig(), Input("w", 5, 1))])
    steps = prepare_versions(network, replace(examples, copies=(turned,)))
    for of_input in steps:
        assert all(torch.equal(one, other) for one, other in zip(of_input[:5], of_input[5:], strict=True))


def test_what_has_no_weight_is_not_learnt(planted):
    train, dev = planted(90, 1, ("sound",)), planted(40, 2, ("sound",))

    def scores(weights):
        head = train_head("tc-gru", train, dev, seed=0, fit=FitConfig(weights=weights)).head
        return ccc(torch.from_numpy(dev.labels), torch.from_numpy(predict(head, dev.features))).tolist()

    assert scores((1, 0, 1))[2] > 0.5 > scores((1, 0, 0))[2]


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"batch": 0}, "batch is 0, must be above 0"),
        ({"chunk": 0}, "chunk is 0, must be above 0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"weights": (1, -1, 1)}, "must be 0 or more for each of"),
        ({"weights": (0, 0, 0)}, "not all 0"),
        ({"weights": (1, 1)}, "must be 0 or more for each of"),
    ],
)
def test_options_that_mean_nothing_are_refused(option, message):
    with pytest.raises(ValueError, match=message):
        FitConfig(**option)


def test_chunks_train_a_head_that_is_as_good(planted):
    train, dev = planted(90, 1, ("sound",)), planted(40, 2, ("sound",))
    history = train_head("tc-gru", train, dev, seed=0, fit=FitConfig(chunk=25)).history
    assert history["dev_activation"].max() > 0.7


def test_a_training_that_diverges_is_an_error(planted):
    train, dev = planted(20, 1, ("sound",)), planted(10, 2, ("sound",))
    with pytest.raises(FloatingPointError, match="not finite after epoch|the loss is nan in epoch"):
        train_head("tc-gru", train, dev, seed=0, fit=FitConfig(learning_rate=1e30))
