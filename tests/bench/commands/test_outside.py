import os
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result
from typer.testing import CliRunner

from bench.commands.main import app
from bench.corpora.corpus import DIMENSIONS
from bench.outside import export, replay


@pytest.fixture(autouse=True)
def _shared_pool(pool: ProcessPoolExecutor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for module in (export, replay):
        monkeypatch.setattr(module, "worker_pool", lambda _workers: nullcontext(pool))
    monkeypatch.chdir(tmp_path)


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments)], env={"COLUMNS": "200", "TERM": "dumb"})


def test_from_a_manifest_to_the_report_of_a_system_of_another_make(manifest: Path):
    corpus = os.path.relpath(manifest)
    street = f"street={Path(corpus).parent / 'street'}"
    conditions = ["--condition", "clean", "--condition", "street@0dB"]
    done = invoke("corrupt", corpus, "out", *conditions, "--noise", street, "--draws", 2, "--policy", "floor")
    assert done.exit_code == 0, done.output
    assert "Manifest: out/manifest.csv" in done.output
    done = invoke("corrupt", "--replay", "out/corruptions.parquet", "again")
    assert done.exit_code == 0, done.output
    assert "Audio: again/audio" in done.output
    files = pd.read_csv("out/manifest.csv")[["id", "condition", "draw", *DIMENSIONS]]
    files.to_csv("my-bert.csv", index=False)
    done = invoke("score", "my-bert.csv", "out/manifest.csv", "--family", "lexical", "--bootstrap", 100)
    assert done.exit_code == 0, done.output
    assert "Report: runs/my-bert/report/index.html" in done.output
    page = Path("runs/my-bert/report/index.html").read_text(encoding="utf-8")
    assert "my-bert" in page
    assert "one absolute level for the whole corpus" in page


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("corrupt table.csv", "name the corpus and the folder to write"),
        ("corrupt table.csv out", "no condition to export"),
        ("corrupt table.csv out --condition clean", "table.csv: no such file"),
        ("corrupt table.csv out --condition babble@5", "'babble@5': the level of babble is given in dB"),
        ("corrupt table.csv out --condition clean --noise street", "--noise 'street': write it as NAME=FOLDER"),
        ("corrupt table.csv out --condition clean --noise a=x --noise a=y", "--noise 'a=y': a is 'x' already"),
        ("corrupt table.csv out --replay corruptions.parquet", "name only the folder to write"),
        ("corrupt out --replay corruptions.parquet --condition clean", "name only the folder to write"),
        ("corrupt out --replay corruptions.parquet", "corruptions.parquet: no such file; `emonoise corrupt` and"),
        ("score mine.csv manifest.csv", "manifest.csv: no such file"),
        ("score mine.csv manifest.csv --family lexical --family acoustic", "one for all, or one for each"),
    ],
)
def test_wrong_input_is_answered_with_one_plain_message(command: str, message: str):
    result = invoke(*command.split())
    assert result.exit_code == 1
    assert message in " ".join(result.output.split())
    assert "Traceback" not in result.output
