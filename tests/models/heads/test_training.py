from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.heads.catalog import HEADS
from models.heads.examples import DIMENSIONS, Examples, Teaching
from models.heads.losses import ccc
from models.heads.training import (
    FitConfig,
    layer_weights,
    load_head,
    n_parameters,
    predict,
    save_head,
    teach,
    train_head,
)

HISTORY = ["stage", "epoch", "train_loss", "dev_activation", "dev_valence", "dev_dominance", "dev_mean", "kept"]


def scores(head, examples: Examples) -> dict[str, float]:
    found = ccc(torch.from_numpy(examples.labels), torch.from_numpy(predict(head, examples.features)))
    return dict(zip(DIMENSIONS, found.tolist(), strict=True))


def test_every_kind_of_head_is_tested(trained):
    assert set(trained) == set(HEADS)


def test_planted_effects_come_back(head, planted):
    found = scores(head, planted(80, 3))
    heard = {"sound": ("activation", "dominance"), "words": ("valence",), "confidence": ()}
    for source in head.inputs:
        for dimension in heard[source.name]:
            assert found[dimension] > 0.5, found


def test_a_seed_gives_the_same_bits_whatever_the_global_random_state_which_is_left_alone(
    head, kind, train, planted, tmp_path
):
    features = planted(10, 3).features
    torch.manual_seed(7)
    np.random.seed(7)  # noqa: NPY002
    torch_before, numpy_before, threads = torch.get_rng_state(), np.random.get_state()[1], torch.get_num_threads()  # noqa: NPY002
    again = train(kind).head
    assert np.array_equal(predict(head, features), predict(again, features))
    save_head(head, tmp_path / "head.safetensors")
    load_head(tmp_path / "head.safetensors")
    assert torch.equal(torch.get_rng_state(), torch_before)
    assert np.array_equal(np.random.get_state()[1], numpy_before)  # noqa: NPY002
    assert torch.get_num_threads() == threads


def test_another_seed_gives_another_head(trained, train, planted):
    features = planted(10, 3).features
    assert not np.array_equal(predict(trained["tc-gru"].head, features), predict(train("tc-gru", 1).head, features))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.lists(st.integers(0, 11), min_size=1, max_size=12))
def test_a_prediction_is_the_same_bits_whatever_else_is_in_the_call(head, planted, order):
    examples = planted(12, 3)
    together = predict(head, examples.features)
    chosen = {name: [frames[index] for index in order] for name, frames in examples.features.items()}
    assert np.array_equal(predict(head, chosen), together[order])


def test_history_tells_which_epoch_was_kept(trained, kind, planted):
    history = trained[kind].history
    assert list(history.columns)[: len(HISTORY)] == HISTORY
    assert list(history["epoch"]) == list(range(1, len(history) + 1))
    assert history["kept"].sum() == 1
    kept = history[history["kept"]].iloc[0]
    # What is learnt in several stages is kept of the last: tuning goes on where settling ended.
    assert kept["dev_mean"] == history.loc[history["stage"] == kept["stage"], "dev_mean"].max()
    found = scores(trained[kind].head, planted(40, 2))
    assert [kept[f"dev_{name}"] for name in DIMENSIONS] == pytest.approx([found[name] for name in DIMENSIONS], abs=1e-5)


def test_a_loaded_head_predicts_the_same_bits(head, planted, tmp_path):
    save_head(head, tmp_path / "head.safetensors")
    loaded = load_head(tmp_path / "head.safetensors")
    features = planted(10, 3).features
    assert (loaded.kind, loaded.config, loaded.inputs) == (head.kind, head.config, head.inputs)
    assert np.array_equal(predict(loaded, features), predict(head, features))
    assert np.array_equal(teach(loaded, features).embeddings, teach(head, features).embeddings)


def test_an_unknown_kind_is_refused(planted):
    with pytest.raises(ValueError, match="unknown head 'svm': there are tc-gru"):
        train_head("svm", planted(4, 1), planted(4, 2), seed=0)


def test_a_wrong_number_of_inputs_is_refused(planted):
    with pytest.raises(ValueError, match="a tc-gru head takes 1 of the inputs"):
        train_head("tc-gru", planted(4, 1), planted(4, 2), seed=0)


def test_different_inputs_for_development_are_refused(planted):
    with pytest.raises(ValueError, match="inputs differ"):
        train_head("tc-gru", planted(4, 1, ("sound",)), planted(4, 2, ("words",)), seed=0)


def test_labels_that_are_all_the_same_are_refused(planted):
    examples = planted(4, 1, ("sound",))
    labels = examples.labels.copy()
    labels[:, 1] = 0.5
    with pytest.raises(ValueError, match="training labels of valence are all the same"):
        train_head("tc-gru", Examples(examples.features, labels), planted(4, 2, ("sound",)), seed=0)


def test_a_student_needs_a_teacher_and_no_one_else_takes_one(planted):
    sound, dev = planted(4, 1, ("sound",)), planted(4, 2, ("sound",))
    teaching = Teaching(np.zeros((4, 8), np.float32), np.zeros((4, 3)))
    with pytest.raises(ValueError, match="a student head needs a teacher"):
        train_head("student", sound, dev, seed=0)
    with pytest.raises(ValueError, match="a tc-gru head takes no teacher"):
        train_head("tc-gru", sound, dev, seed=0, teaching=teaching)
    with pytest.raises(ValueError, match="the teacher speaks of 4 utterances, training has 5"):
        train_head("student", planted(5, 1, ("sound",)), dev, seed=0, teaching=teaching)


def test_a_missing_input_is_refused(head):
    with pytest.raises(ValueError, match="features lack"):
        predict(head, {"smell": [np.zeros((3, 6), np.float32)]})


def test_frames_of_another_dimension_are_refused(trained):
    with pytest.raises(ValueError, match="sound: frames have 7 dimensions, this tc-gru head was trained on 6"):
        predict(trained["tc-gru"].head, {"sound": [np.zeros((3, 7), np.float32)]})


def test_other_features_are_not_looked_at(trained, planted):
    features = planted(5, 3).features
    head = trained["tc-gru"].head
    assert np.array_equal(predict(head, features), predict(head, {"sound": features["sound"]}))


@pytest.mark.parametrize("n_frames", [1, 2, 3, 1000])
def test_any_length_can_be_heard(head, n_frames):
    features = {"sound": [np.ones((n_frames, 6), np.float32)], "words": [np.ones((n_frames, 5), np.float32)]}
    features["confidence"] = [np.ones((1, 1), np.float32)]
    assert np.isfinite(predict(head, features)).all()


def test_a_number_that_never_varies_does_no_harm(planted):
    train, dev = planted(20, 1, ("sound",)), planted(20, 2, ("sound",))
    for examples in (train, dev):
        for frames in examples.features["sound"]:
            frames[:, 3] = 0.1  # a mean of many is not the number itself, to the last bit
    for kind in ("tc-gru", "ridge"):
        head = train_head(kind, train, dev, seed=0).head
        assert np.isfinite(predict(head, dev.features)).all()


def test_features_that_may_not_be_written_to_can_be_learnt_from(planted):
    train, dev = planted(20, 1, ("sound",)), planted(20, 2, ("sound",))
    for examples in (train, dev):
        examples.labels.flags.writeable = False
        for frames in examples.features["sound"]:
            frames.flags.writeable = False
    for kind in ("tc-gru", "ridge"):
        predict(train_head(kind, train, dev, seed=0).head, dev.features)


def layered(examples: Examples, useful: int, n_layers: int = 4) -> Examples:
    """Return examples with layers of which one is the sound, and the others are noise, louder the deeper."""
    rng = np.random.default_rng(len(examples.labels))

    def hide(frames):
        layers = rng.normal(size=(len(frames), n_layers, frames.shape[1])) * 10.0 ** np.arange(n_layers)[:, None]
        layers[:, useful] = frames
        return layers.astype(np.float32)

    return replace(examples, features={"sound": [hide(frames) for frames in examples.features["sound"]]})


@pytest.mark.parametrize("kind", ["tc-gru", "multi-task"])
def test_the_layer_that_helps_gets_most_of_the_weight(kind, planted, tmp_path):
    train, dev = planted(90, 1, ("sound",)), planted(40, 2, ("sound",))
    head = train_head(kind, layered(train, 2), layered(dev, 2), seed=0, fit=FitConfig(batch=30)).head
    weights = layer_weights(head)["sound"]
    assert weights.sum() == pytest.approx(1)
    assert weights.argmax() == 2
    assert weights[2] > 0.5, weights
    assert scores(head, layered(planted(80, 3, ("sound",)), 2))["activation"] > 0.5
    save_head(head, tmp_path / "head.safetensors")
    loaded = load_head(tmp_path / "head.safetensors")
    features = layered(dev, 2).features
    assert np.array_equal(predict(loaded, features), predict(head, features))
    assert np.array_equal(layer_weights(loaded)["sound"], weights)


def test_one_layer_is_heard_as_frames_without_layers_are(planted):
    parts = planted(30, 1, ("sound",)), planted(10, 2, ("sound",))
    single = [
        replace(part, features={"sound": [frames[:, None] for frames in part.features["sound"]]}) for part in parts
    ]
    plain, of_one = (
        train_head("tc-gru", *examples, seed=0, fit=FitConfig(epochs=3)).head for examples in (parts, single)
    )
    said = predict(plain, parts[1].features)
    assert np.array_equal(said, predict(of_one, single[1].features))
    assert np.array_equal(said, predict(of_one, parts[1].features))
    assert layer_weights(plain) == {}


def test_another_number_of_layers_is_refused(trained, planted):
    with pytest.raises(
        ValueError, match="sound: frames have 2 layers of 6 dimensions, this tc-gru head was trained on 6"
    ):
        predict(trained["tc-gru"].head, {"sound": [np.zeros((3, 2, 6), np.float32)]})
    train, dev = planted(10, 1, ("sound",)), planted(10, 2, ("sound",))
    with pytest.raises(ValueError, match="sound: frames have 4 layers of 6 dimensions in training and 6 dimensions in"):
        train_head("tc-gru", layered(train, 2), dev, seed=0)


def test_the_number_of_parameters_is_that_of_the_formula(trained):
    inputs, channels, kernel, width, embedding = 6, 64, 3, 64, 32
    branch = inputs * channels * kernel + channels + 3 * width * (channels + width + 2) + (width + 1) * embedding
    assert n_parameters(trained["tc-gru"].head) == branch + 3 * (embedding + 1)
    assert n_parameters(trained["multi-task"].head) == branch + (3 + 2) * (embedding + 1)
    assert n_parameters(trained["ridge"].head) == 3 * (2 * (6 + 5) + 1)


def test_stages_of_a_training_have_names(trained):
    assert list(trained["fusion"].history["stage"].unique()) == ["sound", "words", "fusion"]
    assert set(trained["tc-gru"].history["stage"]) == {""}
