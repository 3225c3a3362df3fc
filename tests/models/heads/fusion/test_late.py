import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.heads.examples import Examples
from models.heads.fusion.late import trust
from models.heads.losses import ccc
from models.heads.training import predict, teach, train_head


def test_a_branch_of_a_fusion_is_the_head_that_its_input_has_alone(trained, planted):
    features = planted(6, 3).features
    alone = teach(trained["tc-gru"].head, features).embeddings
    together = teach(trained["fusion"].head, features).embeddings
    assert np.array_equal(together[:, : alone.shape[1]], alone)


def test_fusion_is_as_good_as_the_better_input_on_every_dimension(trained, planted):
    test = planted(80, 3)

    def scores(head):
        return ccc(torch.from_numpy(test.labels), torch.from_numpy(predict(head, test.features))).numpy()

    words = train_head("tc-gru", planted(90, 1, ("words",)), planted(40, 2, ("words",)), seed=0).head
    better = np.maximum(scores(trained["tc-gru"].head), scores(words))
    assert (scores(trained["fusion"].head) > better - 0.03).all()


def test_the_last_row_of_the_history_is_the_fusion(trained):
    history = trained["fusion"].history
    assert list(history["kept"]) == [False] * (len(history) - 1) + [True]
    assert history["dev_mean"].iloc[-1] == history["dev_mean"].max()


def random_table(rng_seed: int, *shape: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(rng_seed).normal(size=shape))


@given(seed=st.integers(0, 10_000), n_inputs=st.integers(1, 4))
def test_trust_is_never_negative_and_makes_predictions_spread_as_labels_do(seed, n_inputs):
    truth, predictions = random_table(seed, 20, 3), random_table(seed + 1, n_inputs, 20, 3)
    weights = trust(truth, predictions)
    assert weights.shape == (n_inputs, 3)
    assert (weights >= 0).all()
    spread = (weights[:, None] * predictions).sum(0).std(0, correction=0)
    heard = weights.sum(0) > 0
    torch.testing.assert_close(spread[heard], truth.std(0, correction=0)[heard])


@given(scale=arrays(np.float64, 3, elements=st.floats(0.1, 10)))
def test_trust_does_not_depend_on_the_mean_and_makes_up_for_the_scale(scale):
    truth, predictions = random_table(0, 20, 3), random_table(1, 2, 20, 3) + random_table(0, 20, 3)
    weights = trust(truth, predictions * torch.from_numpy(scale) + 5)
    torch.testing.assert_close(weights * torch.from_numpy(scale), trust(truth, predictions))


def test_an_input_that_says_the_same_of_every_utterance_is_not_trusted_for_its_rounding():
    truth = random_table(0, 20, 3)
    constant = (0.5 + 1e-7 * truth).float().double()
    weights = trust(truth, torch.stack([constant, truth / 2]))
    assert weights[0].tolist() == [0, 0, 0]
    assert weights[1].tolist() == pytest.approx([2, 2, 2])
    assert trust(truth, constant[None]).tolist() == [[0, 0, 0]]


@pytest.mark.parametrize("kind", ["fusion", "ridge"])
def test_words_that_are_always_the_same_do_no_harm(kind, planted):
    sentence = np.random.default_rng(0).normal(size=(4, 5)).astype(np.float32)

    def speechless(n_utterances, seed):
        sound = planted(n_utterances, seed, ("sound",))
        return Examples({**sound.features, "words": [sentence] * n_utterances}, sound.labels)

    head = train_head(kind, speechless(90, 1), speechless(40, 2), seed=0).head
    test = planted(80, 3)
    said = predict(head, test.features)  # here the words differ, and mean something
    np.testing.assert_allclose(said, predict(head, speechless(80, 3).features), rtol=0, atol=1e-6)
    scores = ccc(torch.from_numpy(test.labels), torch.from_numpy(said))
    assert scores[[0, 2]].min() > 0.5


def test_an_input_that_says_the_opposite_is_not_trusted():
    truth = random_table(0, 20, 3)
    assert trust(truth, -truth[None]).tolist() == [[0.0, 0.0, 0.0]]
