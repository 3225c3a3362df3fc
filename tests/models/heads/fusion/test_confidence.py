from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.heads.fusion.confidence import Range, trust_by_certainty
from models.heads.fusion.late import trust
from models.heads.losses import ccc
from models.heads.training import predict, teach, train_head


def confident(n_utterances, value):
    return [np.full((1, 1), value, np.float32)] * n_utterances


def with_noise(examples, seed):
    """A copy in which words are other words and the recogniser is unsure; the sound is as before."""
    rng = np.random.default_rng(seed)
    n_utterances = len(examples.labels)
    clean = {**examples.features, "confidence": confident(n_utterances, 0.9)}
    order = rng.permutation(n_utterances)
    noisy = {
        "sound": clean["sound"],
        "words": [clean["words"][index] for index in order],
        "confidence": confident(n_utterances, 0.2),
    }
    return replace(examples, features=clean, copies=(noisy,))


@pytest.fixture(scope="module")
def noisy_test(planted):
    return with_noise(planted(200, 3), 3)


@pytest.fixture(scope="module")
def heads(planted):
    train, dev = with_noise(planted(240, 1), 1), with_noise(planted(100, 2), 2)
    names = {"fusion": ["sound", "words"], "fusion-confidence": ["sound", "words", "confidence"]}
    return {kind: train_head(kind, train.only(inputs), dev.only(inputs), seed=0).head for kind, inputs in names.items()}


def pooled_ccc(head, examples):
    said = np.concatenate([predict(head, version) for version in examples.versions])
    return ccc(torch.from_numpy(examples.pooled_labels), torch.from_numpy(said)).numpy()


def test_words_are_trusted_where_the_recogniser_is_sure_and_not_where_it_is_not(heads, noisy_test):
    clean, noisy = noisy_test.versions
    valence = {
        name: predict(heads["fusion-confidence"], heard)[:, 1].std()
        for name, heard in {"sure": clean, "unsure": noisy}.items()
    }
    assert valence["unsure"] < 0.4 * valence["sure"]


def test_knowing_the_confidence_helps_where_it_tells_words_from_noise(heads, noisy_test):
    late, by_confidence = (pooled_ccc(head, noisy_test) for head in heads.values())
    assert by_confidence[1] > late[1] + 0.05
    assert (by_confidence > late - 0.03).all()


def test_a_confidence_that_never_varies_makes_it_the_late_fusion(planted):
    def constant(n_utterances, seed):
        examples = planted(n_utterances, seed)
        return replace(examples, features={**examples.features, "confidence": confident(n_utterances, 0.7)})

    train, dev, test = constant(90, 1), constant(40, 2), constant(20, 3)
    ours = train_head("fusion-confidence", train, dev, seed=0).head
    both = ["sound", "words"]
    late = train_head("fusion", train.only(both), dev.only(both), seed=0).head
    np.testing.assert_allclose(predict(ours, test.features), predict(late, test.features), atol=1e-5)


def test_its_experts_are_the_heads_that_inputs_have_alone(trained, planted):
    features = planted(6, 3).features
    alone = teach(trained["tc-gru"].head, features).embeddings
    together = teach(trained["fusion-confidence"].head, features).embeddings
    assert np.array_equal(together[:, : alone.shape[1]], alone)


def test_the_embedding_that_is_taught_does_not_depend_on_the_confidence(trained, planted):
    head, features = trained["fusion-confidence"].head, planted(6, 3).features
    other = {**features, "confidence": confident(6, 0.01)}
    assert np.array_equal(teach(head, features).embeddings, teach(head, other).embeddings)


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (np.full((1, 1), 1.5, np.float32), r"one frame of one number in \[0, 1\]: got 1.5"),
        (np.full((1, 1), -2.0, np.float32), "got -2.0"),
        (np.full((2, 1), 0.5, np.float32), r"got frames of shape \(2, 1\)"),
    ],
)
def test_what_is_no_confidence_is_refused(frames, message, trained, planted):
    examples, dev = planted(20, 1), planted(20, 2)
    wrong = replace(examples, features={**examples.features, "confidence": [frames] * 20})
    with pytest.raises(ValueError, match=message):
        train_head("fusion-confidence", wrong, dev, seed=0)
    with pytest.raises(ValueError, match=message):
        predict(trained["fusion-confidence"].head, wrong.features)


def test_the_confidence_must_be_the_last_input(planted):
    order = ["confidence", "sound", "words"]
    with pytest.raises(ValueError, match="the last input of a confidence fusion must be a confidence"):
        train_head("fusion-confidence", planted(20, 1).only(order), planted(20, 2).only(order), seed=0)


def tables(seed, n_inputs, n=30):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(n, 3))
    said = 0.5 * truth + rng.normal(size=(n_inputs, n, 3))
    return torch.from_numpy(truth), torch.from_numpy(said), torch.from_numpy(rng.uniform(size=(n, 1)))


def mixed(weights, said, certainty):
    sure, unsure = weights
    return ((certainty * sure[:, None] + (1 - certainty) * unsure[:, None]) * said).sum(0)


@given(seed=st.integers(0, 10_000), n_inputs=st.integers(1, 3), steadiness=st.floats(0, 10))
def test_trust_is_not_negative_and_makes_predictions_spread_as_labels_do(seed, n_inputs, steadiness):
    truth, said, certainty = tables(seed, n_inputs)
    weights = trust_by_certainty(truth, said, certainty, steadiness)
    assert weights.shape == (2, n_inputs, 3)
    assert (weights >= 0).all()
    spread = mixed(weights, said, certainty).std(0, correction=0)
    heard = weights.sum((0, 1)) > 0
    torch.testing.assert_close(spread[heard], truth.std(0, correction=0)[heard])


def correlation(truth, prediction):
    truth, prediction = truth - truth.mean(0), prediction - prediction.mean(0)
    return (truth * prediction).mean(0) / (truth.std(0, correction=0) * prediction.std(0, correction=0))


@given(seed=st.integers(0, 10_000))
def test_without_steadiness_it_never_fits_development_data_worse_than_a_trust_that_does_not_vary(seed):
    truth, said, certainty = tables(seed, 2)
    varying = mixed(trust_by_certainty(truth, said, certainty, 0), said, certainty)
    fixed = (trust(truth, said)[:, None] * said).sum(0)
    heard = fixed.std(0) > 0
    assert (correlation(truth, varying) >= correlation(truth, fixed) - 1e-6)[heard].all()


@given(seed=st.integers(0, 10_000), n_inputs=st.integers(1, 3))
def test_with_endless_steadiness_it_is_the_late_fusion(seed, n_inputs):
    truth, said, certainty = tables(seed, n_inputs)
    sure, unsure = trust_by_certainty(truth, said, certainty, 1e9)
    torch.testing.assert_close(sure, trust(truth, said), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(unsure, trust(truth, said), atol=1e-4, rtol=1e-4)


@given(seed=st.integers(0, 10_000), steadiness=st.floats(0, 10), scale=st.floats(0.1, 10))
def test_trust_makes_up_for_the_scale_of_an_expert(seed, steadiness, scale):
    truth, said, certainty = tables(seed, 2)
    scales = torch.tensor([scale, 1.0], dtype=torch.float64)[:, None]
    ours = trust_by_certainty(truth, said * scales[..., None], certainty, steadiness) * scales
    torch.testing.assert_close(ours, trust_by_certainty(truth, said, certainty, steadiness), atol=1e-6, rtol=1e-6)


def test_an_expert_that_says_the_same_of_every_utterance_is_not_trusted():
    truth, said, certainty = tables(0, 1)
    constant = (0.3 + 1e-8 * truth).float().double()
    sure, unsure = trust_by_certainty(truth, torch.stack([constant, said[0]]), certainty, 0)
    assert sure[0].tolist() == unsure[0].tolist() == [0, 0, 0]


@given(values=st.lists(st.floats(0, 1, width=32), min_size=1, max_size=30), other=st.floats(0, 1, width=32))
def test_certainty_is_between_0_and_1_and_rises_with_confidence(values, other):
    fitted = Range()
    fitted.fit(torch.tensor(values).reshape(-1, 1, 1))
    low, high = fitted(torch.tensor([[min(other, values[0])], [max(other, values[0])]])).flatten().tolist()
    assert 0 <= low <= high <= 1


def test_a_confidence_is_certain_where_few_training_utterances_have_more():
    fitted = Range()
    fitted.fit(torch.linspace(0, 1, 101).reshape(-1, 1, 1))
    found = fitted(torch.tensor([[0.0], [0.05], [0.5], [0.95], [1.0]]))
    assert found.flatten().tolist() == pytest.approx([0, 0, 0.5, 1, 1], abs=1e-6)


def test_without_copies_it_works(trained, planted):
    head, test = trained["fusion-confidence"].head, planted(80, 3)
    assert ccc(torch.from_numpy(test.labels), torch.from_numpy(predict(head, test.features))).min() > 0.5
