import numpy as np
import pytest

from bench.suite.representations import MODELS, REPRESENTATIONS, Words
from bench.suite.systems import CONTROLS, SYSTEMS, Catalog, System, needed
from bench.suite.systems_check import check_catalog, check_levels_are_learnt
from corruptions import parse_condition


@pytest.mark.parametrize("name", SYSTEMS)
def test_everything_a_system_names_exists(name: str):
    from models.heads.catalog import HEADS

    system = SYSTEMS[name]
    assert set(system.inputs) <= set(REPRESENTATIONS)
    assert {system.teacher, system.trained_as} <= {*SYSTEMS, None}
    assert system.head in (HEADS if system.inputs else CONTROLS)
    assert (system.teacher is not None) == (system.head in HEADS and HEADS[system.head].taught)


@pytest.mark.parametrize("name", REPRESENTATIONS)
def test_everything_a_representation_names_exists(name: str):
    check_catalog(of(only={"inputs": (name,), "trained_as": "lender"}), ["only"], can_be_noisy=False)


def of(**systems: dict) -> Catalog:
    """What is built in, and these systems."""
    default = {"description": "", "family": "acoustic", "inputs": ("mfb",)}
    own = {name: System.model_validate(default | keys) for name, keys in {"lender": {}, **systems}.items()}
    return Catalog(MODELS, REPRESENTATIONS, {**SYSTEMS, **own})


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"inputs": ("mbf",)}, "systems.mine.inputs: there is no 'mbf'; there are mfb, "),
        ({"teacher": "nobody"}, "systems.mine: there is no 'nobody'; there are "),
        ({"head": "tc-gro"}, "systems.mine.head: there is no 'tc-gro'; there are tc-gru, "),
        ({"inputs": (), "head": "tc-gru"}, "systems.mine.head: there is no 'tc-gru'; there are random, constant"),
        ({"head": "student"}, "systems.mine: a student head needs a teacher"),
        ({"teacher": "lender"}, "systems.mine: a tc-gru head has no teacher"),
        ({"inputs": ("mfb", "text")}, "systems.mine: a head of the kind tc-gru takes 1 input, not "),
        ({"head": "fusion"}, "systems.mine: a head of the kind fusion takes 2 or more different inputs, not "),
        ({"head": "fusion", "inputs": ("mfb", "mfb")}, "takes 2 or more different inputs, not "),
        ({"head": "as-is", "inputs": ("mfb", "text")}, "systems.mine: a head of the kind as-is takes 1 input, not "),
        ({"head": "as-is"}, "systems.mine: mfb is no prediction that can be used as-is: .* of the kind avd"),
        ({"head": "constant", "inputs": (), "teacher": "mfb"}, "systems.mine: constant is not trained"),
        ({"head": "student", "teacher": "mine"}, "systems.mine learns from itself: mine from mine"),
        ({"trained_as": "mine"}, "systems.mine learns from itself"),
        ({"head": "student", "teacher": "random"}, "systems.mine.teacher: random is random: it has no heads"),
        ({"head": "student", "teacher": "text-oracle"}, "mine.teacher: text-oracle borrows its heads: name text"),
        ({"trained_as": "text-oracle"}, "systems.mine.trained_as: text-oracle borrows its heads: name text"),
        ({"trained_as": "lender", "teacher": "text"}, "mine borrows its heads: how they are trained is said of lender"),
        ({"trained_on": "noisy"}, "systems.mine is trained_on: noisy, but training.conditions are not given"),
        ({"inputs": ("text-clean-asr",)}, "systems.mine: text-clean-asr hears clean speech only"),
        (
            {"inputs": ("mfb", "text"), "trained_as": "lender"},
            "mine has 2 inputs, lender, whose heads it uses, 1",
        ),
    ],
)
def test_a_system_that_does_not_fit_is_refused_by_name(keys: dict, message: str):
    with pytest.raises(ValueError, match=message):
        check_catalog(of(mine=keys), ["mine"], can_be_noisy=False)


def test_systems_that_teach_each_other_are_refused():
    pair = {"mine": {"head": "student", "teacher": "yours"}, "yours": {"head": "student", "teacher": "mine"}}
    with pytest.raises(ValueError, match="systems.mine learns from itself: mine from yours from mine"):
        check_catalog(of(**pair), ["mine", "yours"], can_be_noisy=False)


def test_a_transcriber_may_not_be_called_like_a_representation_in_use():
    found = of(mine={"inputs": ("words",)})
    catalog = Catalog(
        {**found.models, "whisper": found.models["whisper-tiny.en"]},
        {**found.representations, "words": Words(text="minilm", transcriber="whisper")},
        found.systems,
    )
    check_catalog(catalog, ["mine"], can_be_noisy=False)
    with pytest.raises(ValueError, match="representations.words.transcriber: whisper is a representation too"):
        check_catalog(catalog, ["mine", "whisper"], can_be_noisy=False)


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


@pytest.mark.parametrize(
    ("training", "learns"),
    [([], True), (["pink@5dB"], True), (["mine@5dB"], True), (["reverb@0.5s+white@0dB"], True), (["gsm"], False)],
)
def test_the_level_of_noise_is_not_learnt_where_training_has_noiseless_conditions_only(training, learns):
    conditions = [parse_condition(one) for one in training]
    if learns:
        check_levels_are_learnt(["noise-level", "mfb"], of(), conditions, {"mine"})
        return
    with pytest.raises(ValueError, match=r"systems\.noise-level learns from the level of noise"):
        check_levels_are_learnt(["noise-level", "mfb"], of(), conditions, {"mine"})
    check_levels_are_learnt(["mfb"], of(), conditions, {"mine"})
