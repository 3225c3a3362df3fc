import numpy as np
import pytest

from models.examples import Teaching
from models.fitting import Lesson
from models.students import learn_from_teacher
from models.training import predict, teach, train_head


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


def test_a_student_without_teaching_is_refused(trained, planted):
    sound = planted(4, 1, ("sound",))
    with pytest.raises(ValueError, match="a student learns from a teacher"):
        learn_from_teacher(trained["student"].head.network, Lesson(sound, sound, seed=0))
