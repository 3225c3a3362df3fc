from dataclasses import replace

import numpy as np
import pytest
import torch

from models.heads.examples import DIMENSIONS, Teaching
from models.heads.fitting import Lesson
from models.heads.losses import ccc
from models.heads.students import learn_from_teacher
from models.heads.training import n_parameters, predict, teach, train_head


def test_a_student_has_an_embedding_as_wide_as_its_teachers(trained, planted):
    features = planted(5, 3).features
    widths = {kind: teach(trained[kind].head, features).embeddings.shape for kind in ("fusion", "student")}
    assert widths["student"] == widths["fusion"]


def test_a_student_knows_the_embedding_of_what_both_can_hear(trained, planted):
    test = planted(80, 3)
    teacher, student = (teach(trained[kind].head, test.features).embeddings for kind in ("fusion", "student"))
    sound, words = np.split(teacher, 2, axis=1)
    of_sound, of_words = np.split(student, 2, axis=1)

    def explained(truth, prediction):
        return 1 - ((truth - prediction) ** 2).mean() / truth.var(0).mean()

    assert explained(sound, of_sound) > 0.5
    assert explained(words, of_words) < 0.2


def test_what_the_teacher_says_decides_what_the_student_learns(planted):
    sound, dev = planted(60, 1, ("sound",)), planted(40, 2, ("sound",))
    embeddings = np.random.default_rng(0).uniform(-1, 1, size=(60, 8)).astype(np.float32)
    heads = [
        train_head("student", sound, dev, seed=0, teaching=Teaching(embeddings, predictions)).head
        for predictions in (sound.labels, 1 - sound.labels)
    ]
    agreeing, contrary = (predict(head, dev.features) for head in heads)
    assert not np.allclose(agreeing, contrary)


def taught(planted, kind, predictions, embeddings=None):
    sound, dev = planted(60, 1, ("sound",)), planted(40, 2, ("sound",))
    if embeddings is None:
        embeddings = np.random.default_rng(0).uniform(-1, 1, size=(60, 8))
    return train_head(kind, sound, dev, seed=0, teaching=Teaching(embeddings.astype(np.float32), predictions))


def bits(trained):
    return b"".join(tensor.numpy().tobytes() for tensor in trained.head.network.state_dict().values())


@pytest.mark.parametrize("kind", ["student-soft", "student-hard"])
def test_with_a_perfect_teacher_a_conditional_student_is_the_unconditional_one_to_the_bit(kind, planted):
    labels = planted(60, 1).labels
    assert bits(taught(planted, kind, labels)) == bits(taught(planted, "student", labels))


@pytest.mark.parametrize("kind", ["student-soft", "student-hard"])
def test_a_teacher_who_is_never_right_teaches_a_conditional_student_nothing(kind, planted):
    labels = planted(60, 1).labels
    # An error of the same size everywhere, towards the other side: each quality is the CCC, which is negative.
    wrong = labels + np.where(labels < labels.mean(0), 1, -1)
    embeddings = np.random.default_rng(1).uniform(-1, 1, size=(60, 8))
    ours = taught(planted, kind, wrong)
    assert bits(ours) == bits(taught(planted, kind, 2 * wrong - labels, embeddings))
    assert bits(ours) != bits(taught(planted, "student", wrong))
    assert (ours.history[[f"trust_{name}" for name in DIMENSIONS]] == 0).all(axis=None)


def test_an_untaught_student_is_the_same_network_and_learns_nothing_of_its_teacher(planted):
    labels = planted(60, 1).labels
    ours = taught(planted, "student-untaught", labels)
    assert bits(ours) == bits(taught(planted, "student-untaught", 1 - labels, np.zeros((60, 8))))
    assert n_parameters(ours.head) == n_parameters(taught(planted, "student", labels).head)
    assert bits(ours) != bits(taught(planted, "student", labels))


def test_the_history_tells_of_the_teachers_quality_and_how_far_it_was_trusted(planted):
    labels = planted(60, 1).labels
    said = labels + 0.15 * np.random.default_rng(0).normal(size=labels.shape)
    histories = {kind: taught(planted, kind, said).history for kind in ("student", "student-soft", "student-hard")}
    expected = ccc(torch.tensor(labels), torch.tensor(said)).tolist()
    for history in histories.values():
        assert [history[f"quality_{name}"].unique().item() for name in DIMENSIONS] == pytest.approx(expected)
    for name in DIMENSIONS:
        always, soft, hard = (history[f"trust_{name}"].iloc[0] for history in histories.values())
        assert always == 1
        assert 0 < soft < 1
        assert 60 * hard == pytest.approx(round(60 * hard))  # a share of 60 gates
        assert 0 < hard < 1


def test_a_student_hears_copies_of_what_its_teacher_heard(planted):
    sound, dev = planted(60, 1, ("sound",)), planted(40, 2, ("sound",))
    noisy = {"sound": [frames + 1 for frames in sound.features["sound"]]}
    both = replace(sound, copies=(noisy,))
    teaching = Teaching(np.zeros((60, 8), np.float32) + sound.labels[:, :1].astype(np.float32), sound.labels)
    head = train_head("student-soft", both, dev, seed=0, teaching=teaching).head
    assert np.isfinite(predict(head, noisy)).all()


def test_a_student_without_teaching_is_refused(trained, planted):
    sound = planted(4, 1, ("sound",))
    with pytest.raises(ValueError, match="a student learns from a teacher"):
        learn_from_teacher(trained["student"].head.network, Lesson(sound, sound, seed=0))
