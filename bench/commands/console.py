"""What the commands of ``emonoise`` have in common: where they print, how they fail, and how options are read."""

import os
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console

from bench.store.bounds import MOST_WORKERS
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


def say(message: str) -> None:
    """Show a result as it is."""
    out.print(message, markup=False, highlight=False, soft_wrap=True)


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


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn what went wrong with the input into one message, and Ctrl-C into a word on how to go on.

    With EMONOISE_TRACEBACK in the environment the whole traceback is shown instead.
    """
    try:
        yield
    except KeyboardInterrupt:
        err.print("Stopped. What is done is kept: the same command goes on from here.")
        raise typer.Exit(INTERRUPTED) from None
    except (ValueError, OSError, ImportError, BrokenProcessPool, WeightsError) as error:
        if os.environ.get("EMONOISE_TRACEBACK"):
            raise
        err.print("[red]error:[/red] ", end="")
        err.print(str(error), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error
