import shutil
from pathlib import Path

from click.testing import Result
from typer.testing import CliRunner

from bench.commands.main import app


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments)], env={"COLUMNS": "200", "TERM": "dumb"})


def test_runs_are_compared_and_the_report_is_made_again(control_run: Path, tmp_path: Path):
    copy = shutil.copytree(control_run, tmp_path / "copy")
    done = invoke("compare", control_run, copy, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    page = tmp_path / "out" / "report" / "index.html"
    assert f"Report: {page}" in done.output
    before = page.read_bytes()
    page.unlink()
    assert invoke("report", tmp_path / "out").exit_code == 0
    assert page.read_bytes() == before
    (tmp_path / "out" / "comparisons.parquet").write_bytes(b"")
    damaged = invoke("report", tmp_path / "out")
    assert damaged.exit_code == 1
    assert "1 file not as written" in damaged.output


def test_the_help_says_what_is_compared_and_how():
    said = " ".join(invoke("compare", "--help").output.split())
    assert "emonoise compare runs/quick runs/floor --out runs/policy" in said
    assert "the first is what the others are compared with" in said
