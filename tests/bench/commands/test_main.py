from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from bench.commands.listing import listing
from bench.commands.main import app
from bench.suite.systems import AS_IS
from models.heads.catalog import HEADS

COMMANDS = [
    "run",
    "report",
    "status",
    "doctor",
    "list",
    "corrupt",
    "score",
    "corpus build",
    "corpus check",
    "noise check",
    "noise fetch",
    "cache size",
    "cache clean",
]


def invoke(text: str):
    return CliRunner().invoke(app, text.split(), env={"COLUMNS": "200", "TERM": "dumb"})


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str):
    result = invoke(f"{command} --help")
    assert result.exit_code == 0
    assert "Usage" in result.output


@pytest.mark.parametrize(
    "what", ["suites", "systems", "corruptions", "noises", "corpora", "encoders", "heads", "metrics", "figures"]
)
def test_everything_that_can_be_named_is_listed_with_a_sentence(what: str):
    result = invoke(f"list {what}")
    assert result.exit_code == 0, result.output
    assert len(result.output.splitlines()) > 1


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("run quikc", "no suite is called 'quikc'"),
        ("run quick --set seeds", "--set 'seeds': write it as KEY=VALUE"),
        ("run quick --noise street", "--noise 'street': write it as NAME=FOLDER"),
        ("run quick --set sistems=[mfb]", "sistems: there is no such key"),
        ("corpus build musan", "no corpus called 'musan' can be built; allowed: probe"),
        ("corpus check tape reel", "no kind of corpus is called 'tape'; there are probe, manifest"),
    ],
)
def test_wrong_input_is_answered_with_one_plain_message(command: str, message: str):
    result = invoke(command)
    assert result.exit_code == 1
    assert message in result.output
    assert "Traceback" not in result.output


def test_a_corpus_on_which_no_suite_can_be_run_is_refused_as_the_run_would(manifest: Path, tmp_path: Path):
    table = pd.read_csv(manifest, dtype="str")
    table["path"] = [str(manifest.parent / path) for path in table["path"]]
    one_dev = table[table["id"] != table.loc[table["split"] == "dev", "id"].iloc[0]]
    one_dev.to_csv(tmp_path / "mine.csv", index=False)
    result = invoke(f"corpus check manifest {tmp_path / 'mine.csv'} --workers 1")
    assert result.exit_code == 1
    assert "corpus mine has 1 dev utterance; the fewest that will do: 2" in result.output
    assert "Labels are on a scale from 1 to 7." in result.output

    (tmp_path / "cut.wav").write_bytes(b"RIFF")
    table.loc[table.index[table["split"] == "train"][0], "path"] = str(tmp_path / "cut.wav")
    table.to_csv(tmp_path / "cut.tsv", index=False, sep="\t")
    check = f"corpus check manifest {tmp_path / 'cut.tsv'} --workers 1"
    assert "1 of 22 recordings of cut cannot be used" in invoke(check).output
    left = invoke(f"{check} --allow-missing")
    assert left.exit_code == 0
    assert "left out: 1 of 22 recordings" in left.output


def test_encoders_are_listed_without_saying_anything_twice():
    assert dict(listing("encoders"))["text"] == "text: minilm, transcriber: whisper-tiny.en, language: en"


def test_every_head_has_a_line_of_its_own():
    rows = dict(listing("heads"))
    assert set(rows) == {*HEADS, AS_IS}
    assert len(set(rows.values())) == len(rows)


def test_a_run_that_is_not_finished_has_no_report(tmp_path: Path):
    (tmp_path / "suite.yaml").touch()
    result = invoke(f"report {tmp_path}")
    assert result.exit_code == 1
    assert "this run is not finished: there is nothing to report yet. `emonoise run` goes on with it" in result.output


def test_the_doctor_names_weights_and_machine():
    result = invoke("doctor")
    assert result.exit_code == 0, result.output
    for word in ("torch", "memory", "whisper-tiny.en", "minilm"):
        assert word in result.output
