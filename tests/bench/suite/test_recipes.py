from pathlib import Path

import pytest

from bench.suite.file import SUITES
from bench.suite.suite import Suite, load_suite


@pytest.mark.parametrize("path", sorted(SUITES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_packaged_suite_is_valid_and_named_after_its_file(path: Path):
    assert load_suite(path).name == path.stem


@pytest.mark.parametrize("path", sorted(SUITES.glob("*-paper.yaml")), ids=lambda path: path.stem)
def test_a_suite_at_paper_scale_differs_from_the_embedded_one_in_ids_and_paths_alone(path: Path):
    scaled, embedded = load_suite(path), load_suite(SUITES / f"{path.stem.removesuffix('-paper')}.yaml")
    differing = {name for name in Suite.model_fields if getattr(scaled, name) != getattr(embedded, name)}
    assert differing == {"name", "corpus", "models"}
    assert set(scaled.models) == set(embedded.models)


@pytest.mark.parametrize("name", ["mitra2023", "mitra2022", "srinivasan2022"])
def test_every_own_system_of_a_recipe_says_what_is_the_papers_and_what_is_our_reading(name: str):
    suite = load_suite(SUITES / f"{name}.yaml")
    for system in (one for one in suite.systems if not isinstance(one, str)):
        assert system.reading, system.name
    assert suite.seeds == (0, 1, 2)


def test_training_is_on_other_noises_than_the_test_of_every_recipe():
    for path in SUITES.glob("*.yaml"):
        suite = load_suite(path)
        heard = {step.corruption for one in suite.training.expanded() for step in one.steps}
        assert not heard & {step.corruption for one in suite.expanded() for step in one.steps}
