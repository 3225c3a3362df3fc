import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.stages.outputs import BESIDE, RECORD, TABLES, described_systems, is_done
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
def test_a_run_that_lacks_a_file_is_not_done(name: str, tmp_path: Path):
    for one in (*TABLES, *BESIDE, CORRUPTIONS_TABLE):
        (tmp_path / one).touch()
    (tmp_path / RECORD).write_text(json.dumps({"key": "mine", "missing_blocks": 0}))
    assert is_done(SimpleNamespace(key="mine"), tmp_path)
    assert not is_done(SimpleNamespace(key="yours"), tmp_path)
    (tmp_path / name).unlink()
    assert not is_done(SimpleNamespace(key="mine"), tmp_path)


def test_a_student_that_is_not_taught_is_not_said_to_have_a_teacher():
    found = described_systems(suite(own("wide", head="student-untaught", teacher="fusion"), "student"))
    assert [found[name]["teacher"] for name in ("wide", "student")] == [None, "fusion"]
