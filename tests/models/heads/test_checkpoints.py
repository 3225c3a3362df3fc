import numpy as np
import pytest
import torch

import models.heads.fitting
from models.heads.checkpoints import open_checkpoint, read_stage, write_stage
from models.heads.examples import Examples
from models.heads.fitting import FitConfig
from models.heads.training import TrainedHead, save_head, train_head

SHORT = FitConfig(batch=30, epochs=5, learning_rate=1e-3)


class Killed(Exception):  # noqa: N818 (it stands for a signal)
    pass


@pytest.fixture
def kill_after(monkeypatch):
    """Let ``kill_after(n)`` end a training when it would take its n + 1st step from now on."""
    take_step = models.heads.fitting.add_gradients

    def set_limit(n_steps: int) -> None:
        left = iter(range(n_steps))

        def step_or_die(*args):
            if next(left, None) is None:
                raise Killed
            return take_step(*args)

        monkeypatch.setattr(models.heads.fitting, "add_gradients", step_or_die)

    return set_limit


def assert_same_bits(one: TrainedHead, other: TrainedHead) -> None:
    assert one.history.equals(other.history)
    ours, theirs = one.head.network.state_dict(), other.head.network.state_dict()
    assert list(ours) == list(theirs)
    for name, tensor in ours.items():
        assert torch.equal(tensor, theirs[name]), name


def noisy(examples: Examples, seed: int) -> Examples:
    rng = np.random.default_rng(seed)
    heard = [frames + rng.normal(size=frames.shape).astype(np.float32) for frames in examples.features["sound"]]
    return Examples(examples.features, examples.labels, copies=({"sound": heard},))


def test_a_training_that_is_killed_again_and_again_ends_in_the_same_bits(kind, train, kill_after, tmp_path):
    unbroken = train(kind, fit=SHORT)
    path = tmp_path / "training.checkpoint"
    resumed = None
    for _ in range(60):
        kill_after(4)  # in the middle of an epoch, which has three steps
        try:
            resumed = train(kind, fit=SHORT, checkpoint=path)
        except Killed:
            assert path.exists()
        else:
            break
    assert resumed is not None, "no progress from one killing to the next"
    assert_same_bits(resumed, unbroken)
    assert list(tmp_path.iterdir()) == []


def test_the_choice_among_versions_goes_on_where_it_was(planted, kill_after, tmp_path):
    examples, dev = noisy(planted(90, 1, ("sound",)), 1), noisy(planted(40, 2, ("sound",)), 2)
    unbroken = train_head("tc-gru", examples, dev, seed=0, fit=SHORT)
    kill_after(7)
    path = tmp_path / "training.checkpoint"
    with pytest.raises(Killed):
        train_head("tc-gru", examples, dev, seed=0, fit=SHORT, checkpoint=path)
    kill_after(1000)
    assert_same_bits(train_head("tc-gru", examples, dev, seed=0, fit=SHORT, checkpoint=path), unbroken)


@pytest.mark.parametrize("other", ["seed", "options", "data", "kind"])
def test_the_checkpoint_of_another_lesson_is_not_gone_on_with(planted, kill_after, tmp_path, other):
    examples, dev = planted(90, 1, ("sound",)), planted(40, 2, ("sound",))
    path = tmp_path / "training.checkpoint"
    kill_after(7)
    with pytest.raises(Killed):
        train_head("tc-gru", examples, dev, seed=0, fit=SHORT, checkpoint=path)
    kill_after(1000)

    def train_otherwise(checkpoint=None):
        return train_head(
            "multi-task" if other == "kind" else "tc-gru",
            noisy(examples, 1) if other == "data" else examples,
            dev,
            seed=1 if other == "seed" else 0,
            fit=FitConfig(batch=30, epochs=4) if other == "options" else SHORT,
            checkpoint=checkpoint,
        )

    assert_same_bits(train_otherwise(path), train_otherwise())
    assert not path.exists()


@pytest.mark.parametrize("kind", ["tc-gru", "ridge"])
@pytest.mark.parametrize("content", ["text", "other text", "letters", "nothing", "head", "tensors", "stages"])
def test_a_file_that_is_no_checkpoint_is_neither_read_nor_lost(kind, trained, planted, tmp_path, content):
    path = tmp_path / "precious"
    if content == "head":
        save_head(trained["tc-gru"].head, path)
    elif content == "tensors":
        torch.save({"weights": torch.zeros(3)}, path)
    elif content == "stages":
        torch.save({"stages": {}}, path)
    else:
        # What an unpickler makes of a text depends on its first letter, and so does the error.
        texts = {"text": b"my only copy", "other text": b"a list\n", "letters": b"hello\n", "nothing": b""}
        path.write_bytes(texts[content])
    before = path.read_bytes()
    with pytest.raises(ValueError, match="precious: not the checkpoint of a training"):
        train_head(kind, planted(10, 1, ("sound",)), planted(10, 2, ("sound",)), seed=0, checkpoint=path)
    assert path.read_bytes() == before


def test_a_state_whose_writing_is_cut_short_leaves_the_one_before(tmp_path, monkeypatch):
    checkpoint = open_checkpoint(tmp_path / "training.checkpoint", "lesson")
    write_stage(checkpoint, "first", {"epoch": 1})

    def cut_short(_content, path):
        path.write_bytes(b"half of it")
        raise Killed

    monkeypatch.setattr(torch, "save", cut_short)
    with pytest.raises(Killed):
        write_stage(checkpoint, "first", {"epoch": 2})
    assert read_stage(checkpoint, "first") == {"epoch": 1}
