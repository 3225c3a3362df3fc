import json

import numpy as np
import pytest
import torch
from torch import nn

from bench.stages.costs import Parts, costs, count_parameters
from models.heads.training import Examples, train_head
from models.types import NO_WEIGHTS, Pretrained

RNG = np.random.default_rng(0)


class Clock:
    """A clock that goes on only when it is told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture(scope="module")
def head():
    features = {"sound": [RNG.normal(size=(5, 3)).astype(np.float32) for _ in range(8)]}
    examples = Examples(features, RNG.random((8, 3)))
    return train_head("ridge", examples, examples, seed=0).head


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def represent(clock):
    """Takes a second for the sound of an utterance and 10 for its text, 100 more where it is heard the first time."""
    known = set()

    def represent(names, number):
        clock.now += sum({"sound": 1, "text": 10}[name] for name in names) * (number + 1)
        clock.now += 0 if names in known else 100
        known.add(names)
        return {name: [np.ones((5, 3), np.float32)] for name in names}

    return represent


def test_a_row_says_what_using_this_system_alone_costs(head, clock, represent):
    systems = {
        "student": Parts(("sound",), (), head),
        "twin": Parts(("sound",), (), head),
        "published": Parts(("sound", "text"), ("speech", "asr")),
        "random": Parts(),
    }
    table = costs(systems, {"speech": 70, "asr": 5}, represent, [2.0, 2.0, 2.0], clock=clock)
    assert table["system"].tolist() == list(systems)
    # 1, 2 and 3 seconds for 2 seconds of sound: the median is 1; what the first one took longer is not in it.
    assert table["real_time_factor"].tolist() == [1, 1, 11, 0]
    assert table["trained_parameters"].tolist() == [3 * 2 * 3 + 3, 3 * 2 * 3 + 3, 0, 0]
    assert table["pretrained_parameters"].tolist() == [0, 0, 75, 0]


def test_what_several_systems_hear_is_made_once_for_all_of_them(head, clock, represent):
    one = costs({"a": Parts(("sound",), (), head)}, {}, represent, [1.0], clock=clock)
    took = clock.now
    clock.now = 0.0
    several = costs({name: Parts(("sound",), (), head) for name in "abc"}, {}, represent, [1.0], clock=clock)
    assert clock.now == took - 100
    assert several["real_time_factor"].tolist() == one["real_time_factor"].tolist() * 3


def test_a_model_that_nobody_can_count_leaves_its_systems_uncounted(clock, represent):
    table = costs({"text": Parts(("text",), ("asr", "bert"))}, {"asr": None, "bert": 9}, represent, [1.0], clock=clock)
    assert table["pretrained_parameters"].isna().all()
    assert str(table["pretrained_parameters"].dtype) == "Int64"


@pytest.mark.parametrize("durations_s", [[], [1.0, 0.0]])
def test_utterances_without_length_are_refused(durations_s, represent):
    with pytest.raises(ValueError, match="one or more must be heard"):
        costs({"random": Parts()}, {}, represent, durations_s)


def test_the_networks_of_a_model_are_counted_and_nothing_else_can_be():
    class Model:
        def __init__(self, **fields):
            self.__dict__.update(fields)

    assert count_parameters(Model(network=nn.Linear(3, 2), other=nn.Linear(2, 1), dim=3)) == 8 + 3
    assert count_parameters(Model(decoder=object())) is None
    assert count_parameters(Model(decoder=object()), NO_WEIGHTS) is None  # PocketSphinx and openSMILE name none


@pytest.mark.embedded
def test_whisper_has_as_many_numbers_as_its_authors_say():
    from models.asr.catalog import TRANSCRIBERS

    weights = Pretrained("whisper-tiny.en")
    model = TRANSCRIBERS["faster-whisper"]("cpu", weights)
    assert count_parameters(model, weights) == pytest.approx(39e6, rel=0.05)  # 39 million, says its model card


@pytest.mark.embedded
def test_real_systems_cost_time_and_the_larger_costs_more(head):
    from models.speech.catalog import SPEECH_ENCODERS

    kinds = {"mfb": ("filterbank", NO_WEIGHTS), "whisper": ("whisper", Pretrained("whisper-tiny.en"))}
    encoders = {name: SPEECH_ENCODERS[kind]("cpu", weights) for name, (kind, weights) in kinds.items()}
    waveforms = [RNG.normal(size=n).astype(np.float32) * 0.1 for n in (24_000, 32_000)]

    def represent(names, number):
        return {name: [encoders[name]([waveforms[number]], [encoders[name].n_layers])[0][0]] for name in names}

    def trained(names):
        examples = [represent(names, number) for number in (0, 1)]
        features = {name: [one[name][0] for one in examples] for name in names}
        material = Examples(features, np.array([[0.1, 0.2, 0.3], [0.3, 0.1, 0.2]]))
        return train_head("ridge", material, material, seed=0).head

    systems = {
        "mfb": Parts(("mfb",), (), trained(("mfb",))),
        "whisper": Parts(("whisper",), ("whisper",), trained(("whisper",))),
        "both": Parts(("mfb", "whisper"), ("whisper",), trained(("mfb", "whisper"))),
    }
    sizes = {"whisper": count_parameters(encoders["whisper"])}
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        table = costs(systems, sizes, represent, [len(one) / 16_000 for one in waveforms]).set_index("system")
    finally:
        torch.set_num_threads(before)
    mfb, whisper, both = (table.loc[name] for name in systems)
    assert 0 < mfb["real_time_factor"] < whisper["real_time_factor"]
    assert mfb["trained_parameters"] < both["trained_parameters"]
    assert (mfb["pretrained_parameters"], both["pretrained_parameters"]) == (0, sizes["whisper"])
    assert 7e6 < sizes["whisper"] < 9e6
    json.loads(table.to_json())  # plain numbers, as a report needs them
