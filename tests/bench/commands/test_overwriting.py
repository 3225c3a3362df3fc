"""What the commands replace in a folder, and what they do not."""

import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

from bench.commands.main import app
from bench.store.folders import MARK, holding

from ..changing import contents


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments)], env={"COLUMNS": "500", "TERM": "dumb"})


def refused(message: str, *arguments: object) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 1
    assert message in " ".join(result.output.split())
    assert "Traceback" not in result.output


@pytest.fixture
def suite(manifest: Path, tmp_path: Path) -> Path:
    path = tmp_path / "my" / "suite.yaml"
    path.parent.mkdir()
    corpus = {"manifest": str(manifest), "scale": [1, 7]}
    path.write_text(yaml.safe_dump({"name": "my", "corpus": corpus, "systems": ["random"], "conditions": ["clean"]}))
    return path


@pytest.fixture
def finished(control_run: Path, tmp_path: Path) -> Path:
    return shutil.copytree(control_run, tmp_path / "finished")


def test_a_suite_is_not_replaced_by_its_run(suite: Path):
    based = suite.with_name("based.yaml")
    based.write_text("base: suite.yaml\nseed: 1\n")
    before = contents(suite.parent)
    for path in (suite, based):
        for options in ([], ["--overwrite"]):
            refused(
                f"{suite}: is read, and {suite.parent} would be written", "run", path, "--out", suite.parent, *options
            )
    assert contents(suite.parent) == before


@pytest.mark.parametrize("name", ["suite.yaml", "results.parquet", "costs.parquet", "corruptions.parquet", "models"])
def test_a_run_replaces_nothing_that_is_the_users(name: str, suite: Path, tmp_path: Path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("mine")
    refused(f"{name} lies there, and nothing says that emonoise made it", "run", suite, "--out", tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {name}
    assert (tmp_path / "out" / name).read_text() == "mine"


@pytest.mark.parametrize("name", ["report", "examples", "models"])
def test_not_even_overwrite_replaces_a_folder_that_is_the_users(name: str, suite: Path, tmp_path: Path):
    mine = tmp_path / "out" / name / "mine.txt"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    refused("not even with --overwrite", "run", suite, "--out", tmp_path / "out", "--overwrite")
    assert mine.read_text() == "mine"


def test_another_suite_corpus_or_limit_does_not_replace_a_run(suite: Path, finished: Path, manifest: Path):
    before = contents(finished)
    own = shutil.copyfile(finished / "suite.yaml", finished.parent / "own.yaml")
    corpus = shutil.copyfile(manifest, finished.parent / "corpus.csv")
    for other in ([suite], [own, "--limit", 3], [own, "--set", f"corpus.manifest={corpus}"]):
        refused("holds a run of something else", "run", *other, "--out", finished)
    (finished / MARK).unlink()  # an older version left none
    refused("there: suite control, corpus corpus, limit none", "run", suite, "--out", finished)
    assert contents(finished) | {str(finished / MARK): before[str(finished / MARK)]} == before


def test_the_suite_in_a_runs_folder_goes_on_with_it_as_it_is(finished: Path):
    own = finished / "suite.yaml"
    with holding(finished):  # so that nothing else stops it
        refused(f"{finished} is in use", "run", own, "--out", finished)
    refused("suite.yaml: is read, and", "run", own, "--out", finished, "--set", "seed=1")


def test_a_report_is_not_written_over_the_users(finished: Path):
    mine = finished / "report" / "index.html"
    mine.write_text("mine")
    for name in (MARK, "provenance.json"):
        (finished / name).unlink()
    before = contents(finished)
    refused("report: nothing says that emonoise made it", "report", finished)
    assert contents(finished) == before


def test_what_another_process_writes_to_is_left_alone(suite: Path, finished: Path, manifest: Path, tmp_path: Path):
    before = contents(finished)
    shutil.copyfile(manifest, tmp_path / "predictions.csv")
    with holding(finished):
        for arguments in (
            ["run", suite, "--out", finished],
            ["report", finished],
            ["corrupt", manifest, finished, "--condition", "clean"],
            ["score", tmp_path / "predictions.csv", manifest, "--out", finished],
            ["compare", finished, tmp_path, "--out", finished],
        ):
            refused(f"{finished} is in use by process", *arguments)
    assert contents(finished) == before


def test_a_file_is_no_folder_to_write_to(suite: Path):
    result = invoke("run", suite, "--out", suite)
    assert result.exit_code == 2
    assert "is a file" in result.output


def test_a_table_of_what_is_wrong_replaces_only_another_one(manifest: Path, tmp_path: Path):
    table = shutil.copyfile(manifest, tmp_path / "mine.csv")
    before = table.read_bytes()
    check = ["corpus", "check", "manifest", table, "--all"]
    refused("mine.csv: lies there, and is no table of problem and where", *check, table)
    assert table.read_bytes() == before
    (tmp_path / "all.csv").write_text("problem,where\n")
    refused("every one is in", *check, tmp_path / "all.csv")
