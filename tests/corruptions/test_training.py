import pickle
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader, TensorDataset

from corruptions import CLEAN, Condition, Material, parse_condition
from corruptions.training import NoisyDataset

from .signals import like_speech

N_ITEMS = 6
SPEECH = [like_speech(seed, 0.5) for seed in range(N_ITEMS)]
SPEAKERS = [f"s{i % 3}" for i in range(N_ITEMS)]
CONDITIONS = [parse_condition(text) for text in ("clean", "street@5dB", "babble@0dB", "pink@-5dB", "white@10dB")]


@pytest.fixture(scope="module")
def training(material: Material) -> Material:
    return replace(material, recordings={"street": replace(material.recordings["street"], split="train")})


@pytest.fixture
def noisy(training: Material) -> NoisyDataset:
    return NoisyDataset(list(zip(SPEECH, range(N_ITEMS), strict=True)), CONDITIONS, training, seed=3, speakers=SPEAKERS)


def digests(items: Iterable[tuple[object, int]]) -> dict[int, bytes]:
    return {int(i): np.asarray(audio).tobytes() for audio, i in items}


def test_items_are_the_same_whatever_loads_them(noisy: NoisyDataset) -> None:
    for epoch in (0, 5):
        noisy.set_epoch(epoch)
        one_by_one = digests(noisy[i] for i in range(N_ITEMS))
        assert digests(noisy[i] for i in reversed(range(N_ITEMS))) == one_by_one
        assert digests(pickle.loads(pickle.dumps(noisy))[i] for i in range(N_ITEMS)) == one_by_one  # noqa: S301
        for n_workers in (0, 2):
            loader = DataLoader(
                noisy, batch_size=None, shuffle=True, num_workers=n_workers, generator=torch.Generator().manual_seed(1)
            )
            assert digests(loader) == one_by_one


def test_epochs_differ_and_come_back(noisy: NoisyDataset) -> None:
    epochs = []
    for epoch in (0, 1, 2, 0):
        noisy.set_epoch(epoch)
        epochs.append(digests(noisy[i] for i in range(N_ITEMS)))
    assert epochs[0] == epochs[3]
    for before, after in pairwise(epochs):
        assert sum(before[i] != after[i] for i in range(N_ITEMS)) >= N_ITEMS // 2  # clean twice is the same twice


def test_workers_that_outlive_an_epoch_hear_of_the_next(noisy: NoisyDataset) -> None:
    loader = DataLoader(noisy, batch_size=None, num_workers=2, persistent_workers=True)
    for epoch in (0, 1, 2):
        noisy.set_epoch(epoch)
        assert digests(loader) == digests(noisy[i] for i in range(N_ITEMS))


def test_another_seed_or_another_item_is_another_noise(training: Material) -> None:
    same = [SPEECH[0], SPEECH[0]]
    first, second = (NoisyDataset(same, CONDITIONS[1:], training, seed=s, speakers=["s0"] * 2) for s in (0, 1))
    assert len({first[0].tobytes(), first[1].tobytes(), second[0].tobytes(), second[1].tobytes()}) == 4


def test_every_condition_occurs_as_often_as_it_is_named() -> None:
    conditions = [CLEAN, CLEAN, CLEAN, parse_condition("white@0dB")]
    noisy = NoisyDataset([SPEECH[0][:100]] * 2000, conditions, seed=0)
    clean = np.mean([np.array_equal(noisy[i], SPEECH[0][:100]) for i in range(2000)])
    assert clean == pytest.approx(0.75, abs=0.04)


def test_clean_alone_changes_nothing_and_lends_nothing_out() -> None:
    noisy = NoisyDataset(SPEECH, [CLEAN], seed=0)
    for item, speech in zip(noisy, SPEECH, strict=True):
        assert item.tobytes() == speech.tobytes()
        assert not np.shares_memory(item, speech)


def test_tensors_stay_tensors_and_the_rest_of_an_item_is_kept() -> None:
    waveforms, labels = torch.from_numpy(np.stack(SPEECH)), torch.arange(N_ITEMS)
    before = waveforms.clone()
    noisy = NoisyDataset(TensorDataset(waveforms, labels, -labels), [parse_condition("white@5dB")], seed=0)
    arrays = NoisyDataset(SPEECH, [parse_condition("white@5dB")], seed=0)
    for i, (audio, label, other) in enumerate(noisy):
        assert isinstance(audio, torch.Tensor)
        assert audio.numpy().tobytes() == arrays[i].tobytes()
        assert (int(label), int(other)) == (i, -i)
    assert torch.equal(waveforms, before)
    (audio, label, _), *_ = DataLoader(noisy, batch_size=N_ITEMS)
    assert (audio.shape, label.shape) == ((N_ITEMS, len(SPEECH[0])), (N_ITEMS,))


@given(index=st.integers(-20, 20))
def test_an_item_has_the_numbers_a_list_would_give_it(index: int) -> None:
    noisy = NoisyDataset(SPEECH, [parse_condition("white@5dB")], seed=0)
    if -N_ITEMS <= index < N_ITEMS:
        assert noisy[index].tobytes() == noisy[index % N_ITEMS].tobytes()
    else:
        with pytest.raises(IndexError):
            noisy[index]


def test_the_speaker_of_an_item_is_never_heard_behind_it(training: Material) -> None:
    two = replace(training, talkers={name: training.talkers[name] for name in ("s0", "s1")})
    condition = [parse_condition("talker@0dB")]
    speakers = ["s0", "s1"]
    noisy = NoisyDataset(SPEECH[:2], condition, two, seed=0, speakers=speakers)
    alone = [replace(training, talkers={other: two.talkers[other]}) for other in ("s1", "s0")]
    for epoch in range(5):
        noisy.set_epoch(epoch)
        for i, material in enumerate(alone):
            # With nobody else to choose from, the other one would talk in the same way.
            only = NoisyDataset([SPEECH[i]] * 2, condition, material, seed=0, speakers=[speakers[i]] * 2)
            only.set_epoch(epoch)
            assert noisy[i].tobytes() == only[i].tobytes()
    with pytest.raises(ValueError, match="talker@0dB: one talker is needed besides 's0'"):
        NoisyDataset(SPEECH[:1], condition, alone[1], seed=0, speakers=["s0"])


@pytest.mark.parametrize(
    ("split", "message"),
    [("test", "is the test split"), ("dev", "is the dev split"), (None, "not marked as any split")],
)
@pytest.mark.parametrize("condition", ["street@5dB", "street@5dB+silence"])
def test_noise_that_is_not_of_a_training_split_is_refused(
    material: Material, split, message: str, condition: str
) -> None:
    folder = replace(material.recordings["street"], split=split)
    with pytest.raises(ValueError, match=f"street@5dB.*: .*{message}, and only a training split may be trained on"):
        NoisyDataset(
            SPEECH, [CLEAN, parse_condition(condition)], replace(material, recordings={"street": folder}), seed=0
        )
    # A folder that no condition uses does no harm.
    NoisyDataset(SPEECH, [CLEAN], replace(material, recordings={"street": folder}), seed=0)


@pytest.mark.parametrize(
    ("conditions", "speakers", "message"),
    [
        ([], None, "no conditions"),
        (["white@5dB"], ["s0"], "1 speaker for 6 items"),
        (["white@5dB", "babble@5dB"], None, "babble@5dB: people talk in it; give speakers"),
        (["speech-modulated@5dB"], None, "speech-modulated@5dB: people talk in it"),
        (["thunder@5dB"], None, "no corruption is called 'thunder'"),
    ],
)
def test_what_cannot_be_trained_on_is_said_at_once(
    training: Material, conditions: list[str], speakers, message: str
) -> None:
    parsed: list[Condition] = [parse_condition(text) for text in conditions]
    with pytest.raises(ValueError, match=message):
        NoisyDataset(SPEECH, parsed, training, seed=0, speakers=speakers)


def test_seeds_and_epochs_are_not_negative() -> None:
    with pytest.raises(ValueError, match="seed -1: a seed is 0 or more"):
        NoisyDataset(SPEECH, [CLEAN], seed=-1)
    with pytest.raises(ValueError, match="epoch -1: epochs are counted from 0"):
        NoisyDataset(SPEECH, [CLEAN], seed=0).set_epoch(-1)


@pytest.mark.parametrize(
    ("item", "error", "message"),
    [
        (np.zeros(100, np.float32), ValueError, "item 1: speech: .*silent"),
        (np.ones((2, 100), np.float32), ValueError, r"item 1: speech: .*shape \(2, 100\)"),
        (np.ones(100), ValueError, "item 1: speech has dtype float64"),
        ({"audio": SPEECH[0]}, TypeError, "item 1 is or begins with a dict"),
        (("label", SPEECH[0]), TypeError, "item 1 is or begins with a str"),
    ],
)
def test_an_item_that_is_not_speech_is_named(item: object, error: type[Exception], message: str) -> None:
    noisy = NoisyDataset([SPEECH[0], item], [CLEAN], seed=0)
    with pytest.raises(error, match=message):
        noisy[1]
