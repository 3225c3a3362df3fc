import pytest
from typer.testing import CliRunner

from bench.commands.main import app

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


def test_the_doctor_names_weights_and_machine():
    result = invoke("doctor")
    assert result.exit_code == 0, result.output
    for word in ("torch", "memory", "whisper-tiny.en", "minilm"):
        assert word in result.output
