from dataclasses import replace

import numpy as np
import pytest
import torch

from models.heads.examples import Examples
from models.heads.ridge import RidgeConfig
from models.heads.training import layer_weights, predict, teach, train_head


def test_a_noiseless_linear_effect_is_recovered():
    rng = np.random.default_rng(0)

    def examples(n_utterances: int) -> Examples:
        latent = rng.uniform(size=(n_utterances, 3))
        frames = [
            np.repeat(row[None], 5, axis=0).astype(np.float32) @ np.float32([[1, 2, 0], [0, 1, 1], [1, 0, 1]])
            for row in latent
        ]
        return Examples({"sound": frames}, latent)

    head = train_head("ridge", examples(60), examples(40), seed=0).head
    test = examples(20)
    assert predict(head, test.features) == pytest.approx(test.labels, abs=0.05)


def test_predictions_on_development_data_spread_as_the_labels_do(planted):
    dev = planted(40, 2)
    head = train_head("ridge", planted(120, 1), dev, seed=0).head
    assert predict(head, dev.features).std(0) == pytest.approx(dev.labels.std(0), rel=1e-6)


def test_weights_are_those_of_the_normal_equations(planted):
    train, dev = planted(60, 1), planted(40, 2)
    head = train_head("ridge", train, dev, seed=0).head
    pooled = teach(head, train.features).embeddings.astype(np.float64)
    labels = (train.labels - train.labels.mean(0)) / train.labels.std(0)
    for column, ours in enumerate(head.network.readout.linear.weight.detach().numpy()):
        directions = [
            np.linalg.solve(pooled.T @ pooled + penalty * 60 * np.eye(pooled.shape[1]), pooled.T @ labels[:, column])
            for penalty in RidgeConfig().penalties
        ]
        cosines = [ours @ one / np.linalg.norm(ours) / np.linalg.norm(one) for one in directions]
        assert max(cosines) == pytest.approx(1, abs=1e-5)


def test_pooled_features_are_mean_and_standard_deviation(trained):
    head = trained["ridge"].head
    pool = head.network.branches[0]
    frames = np.random.default_rng(0).normal(size=(7, 6)).astype(np.float32)
    expected = np.concatenate([frames.mean(0), frames.std(0)])
    assert pool.reduce(torch.from_numpy(frames))[0].numpy() == pytest.approx(expected, abs=1e-6)


def test_versions_are_learnt_from_as_further_utterances(planted):
    train, dev = planted(40, 1, ("sound",)), planted(20, 2, ("sound",))
    loud = [[2 * frames + 1 for frames in part.features["sound"]] for part in (train, dev)]
    copied = [replace(part, copies=({"sound": heard},)) for part, heard in zip((train, dev), loud, strict=True)]
    stacked = [
        Examples({"sound": [*part.features["sound"], *heard]}, np.concatenate([part.labels, part.labels]))
        for part, heard in zip((train, dev), loud, strict=True)
    ]
    ours, literal = (train_head("ridge", *parts, seed=0).head for parts in (copied, stacked))
    np.testing.assert_allclose(predict(ours, dev.features), predict(literal, dev.features), rtol=0, atol=1e-12)


def test_layers_are_numbers_like_others(planted):
    parts = planted(40, 1, ("sound",)), planted(20, 2, ("sound",))
    layered = [
        replace(part, features={"sound": [frames.reshape(-1, 3, 2) for frames in part.features["sound"]]})
        for part in parts
    ]
    plain, of_layers = (train_head("ridge", *examples, seed=0).head for examples in (parts, layered))
    assert np.array_equal(predict(plain, parts[1].features), predict(of_layers, layered[1].features))
    assert layer_weights(of_layers) == {}
