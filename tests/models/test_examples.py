import numpy as np
import pytest

from models.examples import Examples, check_features

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
