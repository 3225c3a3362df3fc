import numpy as np
import pytest

from models.heads.examples import Examples, check_features

FRAMES = np.zeros((3, 2), np.float32)
LABELS = np.array([[0.0, 0.5, 1.0], [0.2, 0.4, 0.6]])


@pytest.mark.parametrize(
    ("features", "message"),
    [
        ({}, "one or more"),
        ({"a": []}, "one or more"),
        ({"a": [FRAMES], "b": []}, r"got \{'a': 1, 'b': 0\}"),
        ({"a": [FRAMES, FRAMES[:0]]}, r"a: frames of utterance 1 have shape \(0, 2\)"),
        ({"a": [FRAMES, FRAMES[0]]}, r"a: frames of utterance 1 have shape \(2,\)"),
        ({"a": [FRAMES, FRAMES[:, :1]]}, "a: frames of utterance 1 have 1 dimensions, those of utterance 0 have 2"),
        ({"a": [FRAMES, FRAMES * np.float32("nan")]}, "a: frames of utterance 1 hold NaN or infinity"),
    ],
)
def test_features_that_no_head_can_hear_are_refused(features, message):
    with pytest.raises(ValueError, match=message):
        check_features(features)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (LABELS[:1], r"labels have shape \(1, 3\), need \(2, 3\)"),
        (LABELS * 1.5, "dominance of utterance 0 is 1.5"),
        (LABELS * np.nan, "activation of utterance 0 is nan"),
    ],
)
def test_labels_that_mean_nothing_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        Examples({"a": [FRAMES, FRAMES]}, labels)


def test_one_utterance_is_too_few():
    with pytest.raises(ValueError, match="at least 2"):
        Examples({"a": [FRAMES]}, LABELS[:1])


LAYERS = np.zeros((3, 4, 2), np.float32)


def test_frames_of_several_layers_are_features():
    assert check_features({"a": [LAYERS, LAYERS[:1]]}) == 2


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ([LAYERS, FRAMES], "a: frames of utterance 1 have 2 dimensions, those of utterance 0 have 4 layers of 2 dim"),
        ([LAYERS, LAYERS[:, :3]], "a: frames of utterance 1 have 3 layers of 2 dimensions"),
        ([FRAMES, LAYERS[:, :0]], r"a: frames of utterance 1 have shape \(3, 0, 2\)"),
        ([LAYERS[None]], r"a: frames of utterance 0 have shape \(1, 3, 4, 2\)"),
        ([FRAMES[0]], r"a: frames of utterance 0 have shape \(2,\)"),
    ],
)
def test_layers_that_differ_are_refused(frames, message):
    with pytest.raises(ValueError, match=message):
        check_features({"a": frames})


@pytest.mark.parametrize(
    ("copies", "message"),
    [
        (({"b": [FRAMES, FRAMES]},), r"copy 1 has the representations \['b'\], need \['a'\]"),
        (({"a": [FRAMES, FRAMES]}, {"a": [FRAMES]}), "copy 2 has 1 utterances, need 2"),
        (({"a": [FRAMES[:, :1], FRAMES[:, :1]]},), "a: frames of copy 1 have 1 dimensions, need 2 dimensions"),
        (({"a": [FRAMES, FRAMES * np.float32("nan")]},), "NaN or infinity"),
    ],
)
def test_copies_of_something_else_are_refused(copies, message):
    with pytest.raises(ValueError, match=message):
        Examples({"a": [FRAMES, FRAMES]}, LABELS, copies=copies)


def test_another_number_of_emotions_is_refused():
    with pytest.raises(ValueError, match="1 emotions for 2 utterances"):
        Examples({"a": [FRAMES, FRAMES]}, LABELS, emotions=("calm",))


def test_only_keeps_every_version_and_all_that_belongs_to_the_utterances():
    both = {"a": [FRAMES, FRAMES], "b": [FRAMES + 1, FRAMES + 2]}
    examples = Examples(both, LABELS, copies=(both, both), emotions=("calm", None))
    alone = examples.only(["b"])
    assert [list(version) for version in alone.versions] == [["b"]] * 3
    assert alone.emotions == examples.emotions
    assert alone.labels is examples.labels
    assert np.array_equal(alone.pooled_labels, np.concatenate([LABELS] * 3))
