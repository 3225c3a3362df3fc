import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np
import pytest
import torch

import models.heads.fitting
from models.heads.checkpoints import lesson_digest, open_checkpoint, read_stage, write_stage
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
@pytest.mark.parametrize("content", ["text", "nothing", "head", "tensors"])
def test_a_file_that_is_no_checkpoint_costs_neither_the_training_nor_the_file(
    kind, trained, planted, tmp_path, content
):
    path = tmp_path / "precious"
    if content == "head":
        save_head(trained["tc-gru"].head, path)
    elif content == "tensors":
        torch.save({"weights": torch.zeros(3)}, path)
    else:
        path.write_bytes({"text": b"my only copy", "nothing": b""}[content])
    before = path.read_bytes()
    examples, dev = planted(10, 1, ("sound",)), planted(10, 2, ("sound",))
    with pytest.warns(
        UserWarning, match=r"precious: not the checkpoint of a training, or damaged; it is now precious\."
    ):
        resumed = train_head(kind, examples, dev, seed=0, fit=SHORT, checkpoint=path)
    assert_same_bits(resumed, train_head(kind, examples, dev, seed=0, fit=SHORT))
    [kept] = tmp_path.iterdir()
    assert kept.name.startswith("precious.")
    assert kept.read_bytes() == before


@pytest.fixture
def stored(tmp_path):
    """A checkpoint of a stage, and what is in it."""
    checkpoint = open_checkpoint(tmp_path / "training.checkpoint", lesson_digest("lesson"))
    state = {"epoch": 1, "network": {"weight": torch.arange(6.0)}}
    write_stage(checkpoint, "first", state)
    return checkpoint, state


def test_a_bit_that_flips_anywhere_is_found_and_the_state_is_written_anew(stored):
    checkpoint, state = stored
    whole = checkpoint.path.read_bytes()
    for bit in np.random.default_rng(0).integers(8 * len(whole), size=40):
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        checkpoint.path.write_bytes(damaged)
        with pytest.warns(UserWarning, match=r"training\.checkpoint: not the checkpoint"):
            assert read_stage(checkpoint, "first") is None
        write_stage(checkpoint, "first", state)
        assert checkpoint.path.read_bytes() == whole


@pytest.mark.parametrize("length", [0, 1, 100, 170, -1])
def test_a_checkpoint_without_its_end_is_found(stored, length):
    checkpoint, _ = stored
    checkpoint.path.write_bytes(checkpoint.path.read_bytes()[:length])
    with pytest.warns(UserWarning, match="or damaged"):
        assert read_stage(open_checkpoint(checkpoint.path, checkpoint.lesson), "first") is None


def test_processes_that_train_the_same_at_once_all_end_in_the_same_bits(planted, tmp_path):
    examples, dev = planted(10, 1, ("sound",)), planted(10, 2, ("sound",))
    learn = partial(train_head, "tc-gru", examples, dev, seed=0, fit=FitConfig(epochs=8))
    unbroken, path = learn(), tmp_path / "training.checkpoint"
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        there = [pool.submit(learn, checkpoint=path) for _ in range(2)]
        while not (path.exists() or there[0].done()):
            time.sleep(0.01)
        while not there[-1].done():
            assert_same_bits(learn(checkpoint=path), unbroken)
    for future in there:
        assert_same_bits(future.result(), unbroken)
    assert list(tmp_path.iterdir()) == []


def test_a_state_whose_writing_is_cut_short_leaves_the_one_before(stored, monkeypatch):
    checkpoint, state = stored

    def cut_short(_):
        raise Killed

    monkeypatch.setattr("os.fsync", cut_short)
    with pytest.raises(Killed):
        write_stage(checkpoint, "first", {"epoch": 2})
    assert read_stage(checkpoint, "first").keys() == state.keys()
    assert list(checkpoint.path.parent.iterdir()) == [checkpoint.path]
