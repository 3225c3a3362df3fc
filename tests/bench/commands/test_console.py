import errno
import os
import signal
from pathlib import Path

import pyarrow as pa
import pytest
import typer
from rich.console import Console
from rich.table import Table

from bench.commands.console import cells, told_plainly
from bench.store.stopping import Stopped
from bench.store.workers import WorkersError


class Panic(BaseException):
    """What a library in Rust raises is no Exception."""


def told(error: BaseException, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Return the exit status of a command that raises the error, and what it says."""
    with pytest.raises(typer.Exit) as ended, told_plainly():
        raise error
    return ended.value.exit_code, capsys.readouterr().err


@pytest.mark.parametrize(
    "error",
    [
        RecursionError("too deep"),
        OverflowError("too large"),
        KeyError("absent"),
        RuntimeError("wrong"),
        AttributeError("absent"),
        pa.ArrowNotImplementedError("unknown"),
        Panic("called `Option::unwrap()`"),
    ],
)
def test_what_nobody_expected_is_one_message_that_says_what_to_do(
    error: BaseException, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    status, message = told(error, capsys)
    assert status == 1
    assert message.startswith(f"error: {type(error).__name__}: {error}")
    assert "This is a fault of emonoise: please report it" in message
    assert "EMONOISE_TRACEBACK=1" in message
    assert "Traceback" not in message
    monkeypatch.setenv("EMONOISE_TRACEBACK", "1")
    with pytest.raises(type(error)), told_plainly():
        raise error


@pytest.mark.parametrize("error", [ValueError("5 dB"), OSError("5 dB"), pa.ArrowInvalid("5 dB"), WorkersError("5 dB")])
def test_what_is_wrong_with_the_input_or_the_machine_is_said_as_it_is(
    error: Exception, capsys: pytest.CaptureFixture[str]
):
    assert told(error, capsys) == (1, "error: 5 dB\n")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_to_be_one_whoever_wrote(number: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    status, message = told(OSError(number, os.strerror(number), str(tmp_path / "absent" / "a.checkpoint")), capsys)
    assert (status, "a.checkpoint: the disk is full, " in message, " MB free; " in message) == (1, True, True)


def test_an_error_without_a_message_has_its_name(capsys: pytest.CaptureFixture[str]):
    assert told(ValueError(), capsys) == (1, "error: ValueError\n")


def test_memory_that_ran_out_is_no_fault_and_names_the_stage_and_what_helps(capsys: pytest.CaptureFixture[str]):
    error = MemoryError("Unable to allocate 745 GiB")
    error.add_note("in the stage: Scoring")
    status, message = told(error, capsys)
    assert status == 1
    assert message.startswith("error: memory ran out: Unable to allocate 745 GiB\nin the stage: Scoring\nMemory here: ")
    assert "Fewer `--workers` need less" in message


@pytest.mark.parametrize(
    ("stopped", "status"), [(KeyboardInterrupt(), 130), (Stopped(signal.SIGTERM), 143), (Stopped(signal.SIGHUP), 129)]
)
def test_a_command_that_is_stopped_says_how_to_go_on(
    stopped: KeyboardInterrupt, status: int, capsys: pytest.CaptureFixture[str]
):
    assert told(stopped, capsys) == (status, "Stopped. What is done is kept: the same command goes on from here.\n")


def test_a_question_that_is_stopped_is_stopped_and_one_that_is_denied_is_not(capsys: pytest.CaptureFixture[str]):
    denied, stopped = typer.Abort(), typer.Abort()
    stopped.__context__ = KeyboardInterrupt()
    assert told(stopped, capsys)[0] == 130
    with pytest.raises(typer.Abort), told_plainly():
        raise denied


def test_an_exit_is_an_exit():
    with pytest.raises(SystemExit) as ended, told_plainly():
        raise SystemExit(7)
    assert ended.value.code == 7


def test_a_message_writes_out_what_a_terminal_would_obey_and_keeps_its_lines(capsys: pytest.CaptureFixture[str]):
    assert told(ValueError("\x1b[31mu1\r:\n  silent"), capsys) == (1, "error: \\x1b[31mu1\\r:\n  silent\n")


def test_cells_of_a_table_are_shown_as_they_are():
    console = Console(width=80)
    table = Table("name", "how many")
    table.add_row(*cells(("\x1b[31m[red]:smile:", 3)))
    with console.capture() as shown:
        console.print(table)
    assert r"\x1b[31m[red]:smile:" in shown.get()
    assert "\x1b[31m" not in shown.get()
