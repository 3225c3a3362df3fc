import pytest

from bench.suite.references import NAMES, TAUGHT, references
from bench.suite.suite import Suite
from bench.suite.systems import SYSTEMS, UNTAUGHT, System


def system(family, head="tc-gru", **keys):
    return System(description="", family=family, inputs=("mfb",), head=head, **keys)


TESTED = {
    "a": system("acoustic"),
    "b": system("acoustic"),
    "noisy": system("acoustic", trained_on="noisy"),
    "lent": system("lexical", trained_as="c"),
    "c": system("lexical"),
    "s": system("student", "student", teacher="t"),
    "soft": system("student", "student-soft", teacher="t"),
    "bare": system("acoustic", UNTAUGHT, teacher="t"),
    "random": SYSTEMS["random"],
}
DEVELOPMENT = {"a": 0.4, "b": 0.5, "bare": 0.45, "c": 0.2, "s": 0.6, "soft": 0.3}


def test_all_but_controls_are_compared_with_the_best_of_each_family():
    found = references(TESTED, DEVELOPMENT)
    assert list(found) == ["best acoustic", "best lexical", "best student", "untaught control"]
    assert [found[f"best {family}"].chosen for family in ("acoustic", "lexical", "student")] == [("b",), ("c",), ("s",)]
    others = [name for name in TESTED if name not in {"b", "random"}]
    assert found["best acoustic"].pairs == tuple((name, "b") for name in others)
    assert found["best acoustic"].scores == {"a": 0.4, "b": 0.5, "bare": 0.45}


def test_who_has_no_score_on_development_data_is_not_chosen():
    found = references(TESTED, {"c": 0.2})
    assert list(found) == ["best lexical", "untaught control"]
    assert ("noisy", "c") in found["best lexical"].pairs


def test_the_untaught_control_is_the_same_network_with_the_same_inputs_teacher_and_training():
    assert references(TESTED, {})["untaught control"].pairs == (("s", "bare"), ("soft", "bare"))
    for change in (
        {"trained_on": "noisy"},
        {"teacher": "another"},
        {"inputs": ("whisper",)},
        {"head": "tuned-student"},
    ):
        other = TESTED["s"].model_copy(update=change)
        assert references({"s": other, "bare": TESTED["bare"]}, {}) == {}


def test_a_group_of_which_the_suite_names_every_pair_is_not_there_twice():
    asked = {("s", "bare"), ("soft", "bare"), ("a", "b")}
    assert list(references(TESTED, {"b": 0.5}, asked)) == ["best acoustic"]


def test_taught_heads_are_those_of_the_network_of_the_untaught_one():
    from models.heads.catalog import HEADS

    network = HEADS[UNTAUGHT].build
    assert {name for name, one in HEADS.items() if one.build is network} == {*TAUGHT, UNTAUGHT}


@pytest.mark.parametrize("name", NAMES)
def test_a_suite_cannot_call_a_group_as_every_run_does(name):
    suite = {"name": "mine", "corpus": "probe", "systems": ["mfb", "text"], "conditions": ["clean"]}
    with pytest.raises(ValueError, match=f"compare.{name}: every run has a group of that name"):
        Suite.model_validate(suite | {"compare": {name: [["mfb", "text"]]}})
