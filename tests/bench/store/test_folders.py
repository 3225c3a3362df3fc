import json
from pathlib import Path

import pytest

from bench.store.folders import (
    LOCK,
    MARK,
    Claim,
    FolderError,
    check_claim,
    check_inputs,
    check_report,
    holding,
    mark,
    read_mark,
)
from corruptions.ground.locks import HeldError

CLAIM = Claim("run", {"suite": "mine", "corpus": "ours", "limit": None}, ("suite.yaml", "provenance.json"), ("report",))
OTHER = Claim("run", {"suite": "mine", "corpus": "ours", "limit": 10}, CLAIM.files, CLAIM.folders)
SCORES = Claim("score", {"predictions": "/a.csv", "manifest": "/b.csv"}, ("provenance.json",), ("report",))


def test_an_empty_folder_one_with_other_files_and_none_are_taken(tmp_path: Path):
    (tmp_path / "notes.txt").touch()
    for out in (tmp_path, tmp_path / "none"):
        check_claim(out, CLAIM)
        mark(out, CLAIM)
        check_claim(out, CLAIM)


@pytest.mark.parametrize("name", [*CLAIM.files, *CLAIM.folders, MARK])
def test_what_lies_under_a_name_that_would_be_written_is_somebodys_unless_there_is_a_mark(name: str, tmp_path: Path):
    (tmp_path / name).write_text("mine")
    with pytest.raises(FolderError, match=f"{tmp_path}: {name} lies there, .* another folder, or --overwrite"):
        check_claim(tmp_path, CLAIM)
    if name not in CLAIM.folders:
        check_claim(tmp_path, CLAIM, overwrite=True)
    mark(tmp_path, CLAIM)
    check_claim(tmp_path, CLAIM)


def test_a_link_that_leads_nowhere_lies_there(tmp_path: Path):
    (tmp_path / "suite.yaml").symlink_to(tmp_path / "gone")
    with pytest.raises(FolderError, match="suite.yaml lies there"):
        check_claim(tmp_path, CLAIM)


def test_a_folder_of_somebodys_is_not_replaced_whatever_is_said(tmp_path: Path):
    (tmp_path / "report").mkdir()
    with pytest.raises(FolderError, match="report: .* not even with --overwrite: move it away"):
        check_claim(tmp_path, CLAIM, overwrite=True)
    with pytest.raises(FolderError, match="report: nothing says that emonoise made it"):
        check_report(tmp_path)
    mark(tmp_path, CLAIM)
    check_report(tmp_path)


def test_an_export_has_no_report(tmp_path: Path):
    (tmp_path / "report").mkdir()
    mark(tmp_path, Claim("corrupt", {}, ()))
    with pytest.raises(FolderError, match="report: nothing says"):
        check_report(tmp_path)


def test_something_else_of_the_same_command_is_replaced_only_where_that_is_said(tmp_path: Path):
    mark(tmp_path, CLAIM)
    with pytest.raises(FolderError) as refused:
        check_claim(tmp_path, OTHER)
    assert "there: suite mine, corpus ours, limit none\n  asked: suite mine, corpus ours, limit 10" in str(
        refused.value
    )
    check_claim(tmp_path, OTHER, overwrite=True)


def test_two_commands_do_not_share_a_folder_whatever_is_said(tmp_path: Path):
    mark(tmp_path, CLAIM)
    for overwrite in (False, True):
        with pytest.raises(FolderError, match="holds a run, and not scores: take another folder"):
            check_claim(tmp_path, SCORES, overwrite=overwrite)


def test_a_provenance_of_before_is_a_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    run = {"suite": "mine", "key": "k", "corpus": {"name": "ours", "limit": None}}
    files = {"predictions": {"file": "a.csv", "sha256": "0"}, "manifest": {"file": "b.csv", "sha256": "0"}}
    scores = Claim("score", {key: str(tmp_path / one["file"]) for key, one in files.items()}, SCORES.files)
    for record, same, other in ((run, CLAIM, OTHER), ({**run, **files}, scores, SCORES)):
        (tmp_path / "provenance.json").write_text(json.dumps(record))
        (tmp_path / "report").mkdir(exist_ok=True)
        check_claim(tmp_path, same)
        check_report(tmp_path)
        with pytest.raises(FolderError, match="of something else"):
            check_claim(tmp_path, other)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"corpus": 1}', '{"suite": "mine", "corpus": {}}', "\x00"])
def test_a_mark_that_cannot_be_read_is_none(text: str, tmp_path: Path):
    for name in (MARK, "provenance.json"):
        (tmp_path / name).write_text(text)
    assert read_mark(tmp_path) is None
    with pytest.raises(FolderError, match=f"{MARK} lies there"):
        check_claim(tmp_path, CLAIM)


def test_nothing_is_written_where_something_is_read(tmp_path: Path):
    out, report = tmp_path / "out", tmp_path / "out" / "report"
    report.mkdir(parents=True)
    (out / "suite.yaml").touch()
    (report / "a.wav").touch()
    (tmp_path / "link.wav").symlink_to(report / "a.wav")
    (tmp_path / "linked").symlink_to(out)
    for path in (out / "suite.yaml", report, report / "a.wav", tmp_path / "link.wav", tmp_path / "linked/suite.yaml"):
        for there in (out, tmp_path / "linked"):
            with pytest.raises(FolderError, match=f"{path}: is read, and {there} would be written over it"):
                check_inputs(there, CLAIM, [path])
    check_inputs(out, CLAIM, [out / "mine.csv", out, tmp_path / "other" / "suite.yaml", tmp_path])


def test_recordings_are_not_read_from_around_what_is_written(tmp_path: Path):
    out = tmp_path / "out"
    for folder in (tmp_path, out):
        with pytest.raises(FolderError, match=f"{folder}: every recording in it is read, and {out}"):
            check_inputs(out, CLAIM, [], [folder])
    check_inputs(out, CLAIM, [], [tmp_path / "street", out / "street"])


def test_a_folder_is_held_once_at_a_time_and_another_is_refused_by_its_name(tmp_path: Path):
    out = tmp_path / "out"
    with holding(out), pytest.raises(HeldError, match=rf"{out} is in use by process \d+ on .* since"), holding(out):
        pass
    with holding(out):
        pass


def test_nothing_stays_of_a_folder_in_which_nothing_was_written(tmp_path: Path):
    (tmp_path / "there").mkdir()
    for out in (tmp_path / "new" / "runs" / "mine", tmp_path / "there"):
        with holding(out):
            assert (out / LOCK).exists()
    assert [path.name for path in tmp_path.rglob("*")] == ["there"]
    with holding(tmp_path / "new"):
        (tmp_path / "new" / "a").touch()
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"a", LOCK}
