import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.weights.batching import in_batches

SIZES = st.lists(st.integers(1, 50), max_size=30)


class Gpu:
    """Computes batches whose padded size fits into its memory; remembers them, and those that did not fit."""

    def __init__(self, memory=10**9):
        self.memory, self.batches, self.refused = memory, [], []

    def __call__(self, batch):
        import torch

        if padded(batch) > self.memory:
            self.refused.append(batch)
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        self.batches.append(batch)
        return [size * 10 for size in batch]


def padded(batch):
    return max(batch) * len(batch)


@given(sizes=SIZES, budget=st.integers(0, 200), memory=st.integers(50, 200))
def test_results_come_in_the_order_of_the_items_and_each_is_computed_once(sizes, budget, memory):
    gpu = Gpu(memory)
    assert in_batches(gpu, sizes, sizes, budget) == [size * 10 for size in sizes]
    assert sorted(size for batch in gpu.batches for size in batch) == sorted(sizes)


@given(sizes=SIZES, budget=st.integers(0, 200))
def test_a_batch_is_within_the_budget_or_a_single_item(sizes, budget):
    gpu = Gpu()
    in_batches(gpu, sizes, sizes, budget)
    assert all(padded(batch) <= budget or len(batch) == 1 for batch in gpu.batches)


@given(sizes=SIZES, budget=st.integers(0, 200))
def test_batches_are_of_neighbours_in_size_the_largest_first_and_as_few_as_that_allows(sizes, budget):
    gpu = Gpu()
    in_batches(gpu, sizes, sizes, budget)
    assert [size for batch in gpu.batches for size in batch] == sorted(sizes, reverse=True)
    for batch, following in zip(gpu.batches, gpu.batches[1:], strict=False):
        assert padded([*batch, following[0]]) > budget


def test_a_budget_of_nothing_means_one_item_at_a_time():
    gpu = Gpu()
    in_batches(gpu, [3, 1, 2], [3, 1, 2], 0)
    assert gpu.batches == [[3], [2], [1]]


def test_what_does_not_fit_is_tried_again_in_halves_and_later_batches_are_no_larger():
    gpu = Gpu(memory=25)
    assert in_batches(gpu, [10] * 20, [10] * 20, budget=80) == [100] * 20
    assert [len(batch) for batch in gpu.refused] == [8, 4]
    assert [len(batch) for batch in gpu.batches] == [2] * 10


def test_a_single_item_that_does_not_fit_is_the_callers_to_know():
    import torch

    gpu = Gpu(memory=9)
    with pytest.raises(torch.cuda.OutOfMemoryError):
        in_batches(gpu, [10, 10, 10], [10, 10, 10], budget=100)
    assert [len(batch) for batch in gpu.refused] == [3, 1]


def test_another_error_is_not_tried_again():
    calls = []

    def broken(batch):
        calls.append(batch)
        raise RuntimeError("device-side assert")

    with pytest.raises(RuntimeError, match="device-side assert"):
        in_batches(broken, [1, 1], [1, 1], budget=10)
    assert len(calls) == 1


def test_a_batch_with_results_missing_is_an_error():
    with pytest.raises(ValueError, match="zip"):
        in_batches(lambda batch: batch[1:], [1, 2], [1, 2], budget=10)


def test_what_a_failed_batch_held_is_free_before_the_next_try():
    import gc
    import weakref

    import torch

    held = []

    def compute(batch):
        assert all(tensor() is None for tensor in held)
        activations = torch.zeros(len(batch), 10)
        held.append(weakref.ref(activations))
        if len(batch) > 1:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")
        return batch

    gc.disable()
    try:
        assert in_batches(compute, [1, 1, 1, 1], [1] * 4, budget=4) == [1, 1, 1, 1]
    finally:
        gc.enable()
