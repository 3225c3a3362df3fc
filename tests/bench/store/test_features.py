import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from safetensors import SafetensorError, numpy

from bench.store.features import read_features, write_features
from bench.store.store import Store
from models.heads.training import Examples, FitConfig, train_head


def test_a_full_disk_is_said_to_be_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(numpy, "save_file", full)
    with pytest.raises(OSError, match=r"\.safetensors: the disk is full, \d+ MB free"):
        write_features(Store(tmp_path), "a" * 32, [np.zeros((1, 1), np.float32)])
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_is_not_finite_is_not_stored(tmp_path: Path):
    with pytest.raises(ValueError, match="not finite"):
        write_features(Store(tmp_path), "a" * 32, [np.full((1, 1), np.nan, np.float32)])
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("order", ["C", "F"])
def test_features_come_back_as_they_were_however_they_lay_in_memory(tmp_path: Path, order: str):
    store = Store(tmp_path)
    rng = np.random.default_rng(0)
    frames = [np.array(rng.normal(size=(n, 5)), np.float32, order=order) for n in (3, 7, 1)]
    write_features(store, "a" * 32, frames[:2])
    write_features(store, "b" * 32, frames[2:])
    for stored, original in zip(read_features(store, ["a" * 32, "b" * 32]), frames, strict=True):
        np.testing.assert_array_equal(stored, original)


def test_utterances_keep_their_order_beyond_ten(tmp_path: Path):
    store = Store(tmp_path)
    write_features(store, "a" * 32, [np.full((1, 1), index, np.float32) for index in range(12)])
    assert [one.item() for one in read_features(store, ["a" * 32])] == list(range(12))


def test_blocks_are_one_sequence_of_which_a_part_can_be_had(tmp_path: Path):
    store = Store(tmp_path)
    for block, key in enumerate(("a" * 32, "b" * 32)):
        write_features(store, key, [np.full((1, 1), 3 * block + index, np.float32) for index in range(3)])
    stored = read_features(store, ["a" * 32, "b" * 32])
    assert len(stored) == 6
    assert stored[-1].item() == 5
    assert [one.item() for one in stored[1:5]] == [1, 2, 3, 4]
    with pytest.raises(IndexError):
        stored[6]


def test_only_what_is_asked_for_is_read(tmp_path: Path):
    store = Store(tmp_path)
    write_features(store, "a" * 32, [np.zeros((1000, 1000), np.float32) for _ in range(20)])
    tracemalloc.start()
    stored = read_features(store, ["a" * 32])
    assert sum(one.sum() for one in stored) == 0
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * 4_000_000


@pytest.mark.parametrize("kind", ["tc-gru", "ridge"])
def test_a_head_learns_the_same_bits_from_stored_features_as_from_those_in_memory(kind: str, tmp_path: Path):
    store, rng = Store(tmp_path), np.random.default_rng(0)
    labels = rng.uniform(size=(40, 3))
    frames = [rng.normal(size=(rng.integers(5, 90), 4)).astype(np.float32) + one[0] for one in labels]
    write_features(store, "a" * 32, frames[:24])
    write_features(store, "b" * 32, frames[24:])
    heads = [
        train_head(kind, *[Examples({"sound": heard}, labels)] * 2, seed=0, fit=FitConfig(epochs=2)).head
        for heard in (frames, read_features(store, ["a" * 32, "b" * 32]))
    ]
    in_memory, stored = (head.network.state_dict() for head in heads)
    for name, weights in in_memory.items():
        assert weights.numpy().tobytes() == stored[name].numpy().tobytes(), name
