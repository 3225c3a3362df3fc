from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from bench.stages.outputs import (
    BESIDE,
    RECORD,
    TABLES,
    _readers,
    changed_files,
    described_systems,
    is_done,
    write_record,
)
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


def test_who_reads_what_is_known_of_what_is_heard_under_each_condition_alone():
    tested = suite("text", "text-clean-asr", "text-oracle", "fusion", "mfb")
    heard = ["whisper-tiny.en"]
    assert _readers(tested) == {"text": heard, "text-clean-asr": [], "text-oracle": [], "fusion": heard, "mfb": []}


def test_what_was_trained_elsewhere_is_not_said_to_have_heard_clean_speech():
    found = described_systems(suite(own("published", inputs=["ready"], head="as-is"), "constant", "mfb"))
    assert [found[name]["heard"] for name in ("published", "constant", "mfb")] == [None, None, "clean"]


WRITTEN = (*TABLES, *BESIDE, CORRUPTIONS_TABLE)


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    for name in WRITTEN:
        (tmp_path / name).write_text(name)
    write_record(tmp_path, {"key": "mine"}, WRITTEN)
    return tmp_path


def test_a_run_whose_files_are_as_they_were_written_is_done_however_old_they_are(finished: Path):
    for name in (*WRITTEN, RECORD):
        (finished / name).touch()
    assert is_done(SimpleNamespace(key="mine"), finished)
    assert not is_done(SimpleNamespace(key="yours"), finished)
    assert changed_files(finished) == []


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("name", [*WRITTEN, RECORD])
@pytest.mark.parametrize("damage", [Path.unlink, cut])
def test_a_run_in_which_a_file_is_not_as_it_was_written_is_not_done(
    name: str, damage: Callable[[Path], None], finished: Path
):
    damage(finished / name)
    assert not is_done(SimpleNamespace(key="mine"), finished)
    # Without its record a run is not finished.
    assert changed_files(finished) == ([finished / name] if (finished / RECORD).exists() else [])


def test_a_student_that_is_not_taught_is_not_said_to_have_a_teacher():
    found = described_systems(suite(own("wide", head="student-untaught", teacher="fusion"), "student"))
    assert [found[name]["teacher"] for name in ("wide", "student")] == [None, "fusion"]
