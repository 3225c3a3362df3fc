from pathlib import Path

import numpy as np
import pytest

from bench.store import Store
from bench.train import read_features, write_features


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
