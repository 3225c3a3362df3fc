from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.stages.outputs import BESIDE, RECORD, TABLES, changed_files, described_systems, is_done, write_record
from bench.stages.recipe import CORRUPTIONS_TABLE
from bench.suite.suite import Suite


def suite(*systems: object) -> Suite:
    return Suite.model_validate(
        {
            "name": "tiny",
            "corpus": "probe",
            "models": {"regressor": {"kind": "avd", "weights": "somewhere"}},
            "representations": {"ready": {"speech": "regressor"}},
            "systems": systems,
            "conditions": ["clean"],
            "training": {"conditions": ["pink@5dB"]},
        }
    )


def own(name: str, **keys: object) -> dict[str, object]:
    return {"name": name, "description": "", "family": "lexical", "inputs": ["text"]} | keys


def test_a_system_with_borrowed_heads_is_described_by_how_those_were_trained():
    lent = own("lent", head="student", teacher="fusion", trained_on="noisy")
    found = described_systems(suite(lent, own("borrows", inputs=["text-oracle"], trained_as="lent")))["borrows"]
    assert (found["head"], found["teacher"], found["heard"]) == ("student", "fusion", "noisy")
    assert (found["inputs"], found["ladder"]) == (["text-oracle"], "reference")


def test_what_was_trained_elsewhere_is_not_said_to_have_heard_clean_speech():
    found = described_systems(suite(own("published", inputs=["ready"], head="as-is"), "constant", "mfb"))
    assert [found[name]["heard"] for name in ("published", "constant", "mfb")] == [None, None, "clean"]


@pytest.mark.parametrize("name", [*TABLES, *BESIDE, CORRUPTIONS_TABLE, RECORD])
@pytest.mark.parametrize("damage", [Path.unlink, Path.touch, lambda path: path.write_bytes(path.read_bytes()[:-1])])
def test_a_run_in_which_a_file_is_not_as_it_was_written_is_not_done(
    name: str, damage: Callable[[Path], None], tmp_path: Path
):
    names = (*TABLES, *BESIDE, CORRUPTIONS_TABLE)
    for one in names:
        (tmp_path / one).write_text(one)
    write_record(tmp_path, {"key": "mine"}, names)
    assert is_done(SimpleNamespace(key="mine"), tmp_path)
    assert not is_done(SimpleNamespace(key="yours"), tmp_path)
    damage(tmp_path / name)
    assert is_done(SimpleNamespace(key="mine"), tmp_path) == (damage is Path.touch)
    assert changed_files(tmp_path) == (
        [] if damage is Path.touch or not (tmp_path / RECORD).exists() else [tmp_path / name]
    )


def test_a_student_that_is_not_taught_is_not_said_to_have_a_teacher():
    found = described_systems(suite(own("wide", head="student-untaught", teacher="fusion"), "student"))
    assert [found[name]["teacher"] for name in ("wide", "student")] == [None, "fusion"]
