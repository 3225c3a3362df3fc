from dataclasses import replace

import numpy as np
import pytest
import torch

from models.heads.catalog import HEADS
from models.heads.fitting import FitConfig, Lesson, calibrate
from models.heads.multitask import NONE, MultiTask, average_recall, category_loss, learn_both, name_emotions
from models.heads.networks import Input
from models.heads.training import load_head, predict, save_head, train_head

SHORT = FitConfig(epochs=3)


def test_categories_are_learnt_beside_the_labels(trained):
    history = trained["multi-task"].history
    assert history[history["kept"]]["dev_emotion_recall"].item() > 0.8
    assert history.columns[-1] == "dev_emotion_recall"


def test_the_categories_are_those_of_the_training_data_and_are_saved(trained, tmp_path):
    assert trained["multi-task"].head.config.emotions == ("calm", "excited")
    save_head(trained["multi-task"].head, tmp_path / "head.safetensors")
    assert load_head(tmp_path / "head.safetensors").config.emotions == ("calm", "excited")


def test_it_starts_from_the_weights_of_the_tc_gru_of_its_seed():
    source = Input("sound", 6, 1)
    started = {}
    for kind in ("tc-gru", "multi-task"):
        config = HEADS[kind].config if kind == "tc-gru" else replace(HEADS[kind].config, emotions=("a", "b"))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            started[kind] = HEADS[kind].build(config, [source]).state_dict()
    for name, tensor in started["tc-gru"].items():
        assert torch.equal(tensor, started["multi-task"][name])


def test_an_utterance_without_a_category_is_learnt_from_for_its_labels(planted):
    train, dev = planted(30, 1, ("sound",)), planted(10, 2, ("sound",))
    assert None in train.emotions

    def said(examples):
        return predict(train_head("multi-task", examples, dev, seed=0, fit=SHORT).head, dev.features)

    index = train.emotions.index(None)
    labels = train.labels.copy()
    labels[index] = 1 - labels[index]
    named = tuple("calm" if place == index else one for place, one in enumerate(train.emotions))
    assert not np.array_equal(said(train), said(replace(train, labels=labels)))
    assert not np.array_equal(said(train), said(replace(train, emotions=named)))


def test_a_category_that_only_development_has_counts_as_none(planted):
    train, dev = planted(30, 1, ("sound",)), planted(10, 2, ("sound",))
    strange = replace(dev, emotions=tuple("smug" if one is None else one for one in dev.emotions))
    with_it, without = (train_head("multi-task", train, one, seed=0, fit=SHORT).history for one in (strange, dev))
    assert with_it.equals(without)


def test_development_data_without_categories_have_no_recall(planted):
    train, dev = planted(30, 1, ("sound",)), replace(planted(10, 2, ("sound",)), emotions=None)
    assert train_head("multi-task", train, dev, seed=0, fit=SHORT).history["dev_emotion_recall"].isna().all()


@pytest.mark.parametrize("emotions", [None, (None,) * 10, ("calm",) * 9 + (None,)])
def test_fewer_than_two_categories_are_refused(planted, emotions):
    train = replace(planted(10, 1, ("sound",)), emotions=emotions)
    with pytest.raises(ValueError, match="a multi-task head needs two or more"):
        train_head("multi-task", train, train, seed=0)


def test_recall_does_not_depend_on_how_often_a_category_occurs():
    truth = torch.tensor([0] * 90 + [1] * 10 + [NONE] * 5)
    assert average_recall(truth, torch.zeros(105, dtype=torch.int64)) == 0.5
    assert np.isnan(average_recall(torch.tensor([NONE]), torch.tensor([0])))


def test_category_loss_is_the_mean_negative_log_probability_of_those_that_have_one():
    logits = torch.from_numpy(np.random.default_rng(0).normal(size=(4, 3)))
    categories = torch.tensor([2, NONE, 0, 1])
    probabilities = np.exp(logits.numpy()) / np.exp(logits.numpy()).sum(1, keepdims=True)
    literal = -np.mean([np.log(probabilities[0, 2]), np.log(probabilities[2, 0]), np.log(probabilities[3, 1])])
    assert category_loss(categories, logits).item() == pytest.approx(literal)


def test_a_head_that_always_says_how_common_categories_are_has_a_loss_of_one(planted):
    train = planted(50, 1, ("sound",))
    recipe = HEADS["multi-task"]
    config = replace(name_emotions(recipe.config, train, None), weight=1000.0)
    network = MultiTask(config, [Input("sound", 6, 1)])
    calibrate(network, train)
    shares = [sum(one == name for one in train.emotions) for name in config.emotions]
    with torch.no_grad():
        network.emotions.weight.zero_()
        network.emotions.bias.copy_(torch.tensor(shares).log())
    history = learn_both(network, Lesson(train, train, 0, fit=FitConfig(batch=50, epochs=1, learning_rate=1e-9)))
    assert history["train_loss"].item() == pytest.approx(1000, abs=2)
