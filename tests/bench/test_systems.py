import numpy as np
import pytest

from bench.systems import CONTROLS, REPRESENTATIONS, SYSTEMS, needed


@pytest.mark.parametrize("name", SYSTEMS)
def test_everything_a_system_names_exists(name: str):
    from models.training import HEADS

    system = SYSTEMS[name]
    assert set(system.inputs) <= set(REPRESENTATIONS)
    assert {system.teacher, system.trained_as} <= {*SYSTEMS, None}
    assert system.head in (HEADS if system.inputs else CONTROLS)


@pytest.mark.parametrize("name", REPRESENTATIONS)
def test_everything_a_representation_names_exists(name: str):
    from models.asr import TRANSCRIBERS
    from models.speech import SPEECH_ENCODERS
    from models.text import TEXT_ENCODERS

    one = REPRESENTATIONS[name]
    assert one.encoder in (SPEECH_ENCODERS if one.source == "audio" else TEXT_ENCODERS)
    assert (one.transcriber in TRANSCRIBERS) == (one.source == "asr")


def test_teachers_come_before_their_students():
    assert needed(["student", "mfb", "fusion"]) == ["fusion", "student", "mfb"]


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_rates_an_utterance_the_same_in_any_company(control: str):
    labels = np.random.default_rng(0).uniform(size=(50, 3))
    ids = [f"u{index}" for index in range(20)]
    together = CONTROLS[control](labels, ids, 1)
    assert together.shape == (20, 3)
    np.testing.assert_array_equal(CONTROLS[control](labels, ids[::-1], 1)[::-1], together)


def test_the_random_rater_draws_whole_labels_and_another_seed_draws_others():
    labels = np.random.default_rng(0).uniform(size=(50, 3))
    ids = [f"u{index}" for index in range(20)]
    rated = CONTROLS["random"](labels, ids, 0)
    assert all(row.tolist() in labels.tolist() for row in rated)
    assert (rated != CONTROLS["random"](labels, ids, 1)).any()
