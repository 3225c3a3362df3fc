"""What the commands of ``emonoise`` have in common: where they print, how they fail, and how options are read."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from bench.store.bounds import MOST_WORKERS
from bench.store.shown import shown
from bench.store.stopping import Stopped
from bench.store.workers import WorkersError, memory_here
from corruptions.ground.files import full_disk, is_full
from models.weights.embedded import WeightsError

out = Console()
err = Console(stderr=True)

INTERRUPTED = 130  # what a shell reports for a command that Ctrl-C ended

WorkersOption = Annotated[
    int | None,
    typer.Option(
        min=1, max=MOST_WORKERS, help="Processes of one thread each; one a core unless said, or one for a GPU."
    ),
]


class IntervalsChoice(StrEnum):
    """The method of every interval."""

    auto = "auto"
    satterthwaite = "satterthwaite"
    jackknife = "jackknife"
    two_way = "two-way"
    percentile = "percentile"


IntervalsOption = Annotated[
    IntervalsChoice, typer.Option(help="The method of every interval; `auto` holds where there are few speakers.")
]

OverwriteOption = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Replace what lies in the folder already: files, and what the same command made of something else.",
    ),
]


def say(message: str) -> None:
    """Show a result as it is."""
    out.print(shown(message), markup=False, highlight=False, soft_wrap=True)


def pairs(given: list[str] | None, option: str, form: str) -> dict[str, str]:
    """Return what an option that was given several times as ``KEY=VALUE`` says.

    Raises:
        ValueError: for what is written otherwise (``form`` says how it should be), or a key that is there twice.
    """
    found: dict[str, str] = {}
    for text in given or []:
        key, equals, value = text.partition("=")
        if not (key and equals and value):
            raise ValueError(f"{option} {text!r}: write it as {form}")
        if key in found:
            raise ValueError(f"{option} {text!r}: {key} is {found[key]!r} already")
        found[key] = value
    return found


def cells(values: Iterable[object]) -> list[Text]:
    """Return the cells of a row of a table of rich, which shows them as they are."""
    return [Text(shown(value)) for value in values]


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn what went wrong into one message, and Ctrl-C and other signals into a word on how to go on.

    What nobody expected is a fault of ours, and the message says so. With EMONOISE_TRACEBACK in the environment the
    whole traceback is shown instead.
    """
    try:
        yield
    except (KeyboardInterrupt, typer.Abort) as ended:
        stopped = ended if isinstance(ended, KeyboardInterrupt) else ended.__context__
        if not isinstance(stopped, KeyboardInterrupt):
            raise  # a question was answered with no
        err.print("Stopped. What is done is kept: the same command goes on from here.")
        raise typer.Exit(stopped.status if isinstance(stopped, Stopped) else INTERRUPTED) from None
    except (SystemExit, GeneratorExit, typer.Exit):
        raise
    except BaseException as error:  # a library in Rust that panics raises no Exception
        if os.environ.get("EMONOISE_TRACEBACK"):
            raise
        err.print("[red]error:[/red] ", end="")
        err.print(shown(_told(error)), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error


def _told(error: BaseException) -> str:
    """Return the message of an error, with what helps where it does not say so itself."""
    message, notes = str(error), "".join(f"\n{note}" for note in getattr(error, "__notes__", ()))
    kind = type(error).__name__
    if isinstance(error, WorkersError):
        return message + notes
    if isinstance(error, MemoryError):
        why = f": {message}" if message else ""
        return f"memory ran out{why}{notes}\n{memory_here()}. Fewer `--workers` need less. What is done is kept."
    if isinstance(error, OSError) and error.filename and is_full(error):  # as what models writes
        return full_disk(Path(error.filename))
    if isinstance(error, ValueError | OSError | ImportError | FloatingPointError | WeightsError):
        return message or kind
    return (
        f"{kind}: {message}{notes}\nThis is a fault of emonoise: please report it, with what the same command shows "
        "after `export EMONOISE_TRACEBACK=1`."
    )
