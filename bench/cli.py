"""The ``emonoise`` command. It parses and prints; the work is done elsewhere."""

import os
from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.embedded import WeightsError

if TYPE_CHECKING:
    from corruptions.noise_check import NoiseCheck

app = typer.Typer(
    help="Measure how speech-emotion models lose accuracy in noise. Begin with `emonoise run quick`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    rich_markup_mode="markdown",
)
corpus_app = typer.Typer(help="Build the synthetic probe corpus, or check a corpus of your own.", no_args_is_help=True)
app.add_typer(corpus_app, name="corpus")
noise_app = typer.Typer(
    help="Get a public noise corpus, or check one: `emonoise list noises` says which there are.", no_args_is_help=True
)
app.add_typer(noise_app, name="noise")
out = Console()
err = Console(stderr=True)

INTERRUPTED = 130  # what a shell reports for a command that Ctrl-C ended


class DeviceChoice(StrEnum):
    """Where encoders run."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class ListChoice(StrEnum):
    """What there is to choose from in a suite."""

    suites = "suites"
    systems = "systems"
    corruptions = "corruptions"
    noises = "noises"
    corpora = "corpora"
    encoders = "encoders"
    metrics = "metrics"
    figures = "figures"


SuiteArgument = Annotated[str, typer.Argument(help="A name from `emonoise list suites`, or the path of a YAML file.")]
RunArgument = Annotated[Path, typer.Argument(help="The folder of a run.", exists=True, file_okay=False)]
WorkersOption = Annotated[
    int | None, typer.Option(min=1, help="Processes of one thread each; one a core unless said, or one for a GPU.")
]


@app.command()
def run(
    suite: SuiteArgument,
    folder: Annotated[Path | None, typer.Option("--out", help="Where to; runs/NAME unless said.")] = None,
    workers: WorkersOption = None,
    device: Annotated[DeviceChoice, typer.Option(help="Where encoders run.")] = DeviceChoice.auto,
    limit: Annotated[int | None, typer.Option(min=1, help="Use only this many test utterances, evenly spread.")] = None,
    change: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Replace a value of the suite: seeds=[0].")
    ] = None,
    noise: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FOLDER", help="Add a folder of recordings as a noise, at every SNR of the suite."),
    ] = None,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Score a grid with holes; they are shown as holes.")
    ] = False,
) -> None:
    """Run a suite and write its report. Stop it whenever you like: the same command goes on where it stopped."""
    with _told_plainly():
        from bench.progress import Stages
        from bench.run import run_suite
        from bench.suite import load_suite, suite_path

        changes = _pairs(change, "--set", "KEY=VALUE")
        if limit is not None:
            changes["limit"] = str(limit)
        noises = {name: Path(where) for name, where in _pairs(noise, "--noise", "NAME=FOLDER").items()}
        loaded = load_suite(suite_path(suite), changes=changes, noises=noises)
        page = run_suite(
            loaded,
            folder or Path("runs") / loaded.name,
            stages=Stages(err),
            workers=workers,
            device=device.value,
            allow_missing=allow_missing,
        )
        _say(f"Report: {page}")


@app.command()
def report(folder: RunArgument) -> None:
    """Write the report of a run again, from its results.parquet."""
    with _told_plainly():
        from reports.page import build_report

        _say(f"Report: {build_report(folder)}")


@app.command()
def status(
    folder: RunArgument, device: Annotated[DeviceChoice, typer.Option(help="As in the run.")] = DeviceChoice.auto
) -> None:
    """Say what of a run is done and what is missing."""
    with _told_plainly():
        from bench.progress import Stages
        from bench.run import run_status
        from bench.suite import load_suite

        found = run_status(load_suite(folder / "suite.yaml"), Stages(err), device.value)
        table = Table("stage", "done", "missing", "in all")
        for name, done, total in found:
            table.add_row(name, str(done), str(total - done), str(total))
        out.print(table)


@app.command()
def doctor() -> None:
    """Say what this machine can run, and what is missing."""
    with _told_plainly():
        from bench.doctor import examine

        table = Table("what", "found", "state", box=None)
        for finding in examine():
            mark = "[green]ok[/green]" if finding.fine else "[red]look here[/red]"
            table.add_row(finding.what, escape(finding.found), mark)
        out.print(table)


@app.command("list")
def list_(what: Annotated[ListChoice, typer.Argument(help="What to list.")]) -> None:
    """List what a suite can name."""
    with _told_plainly():
        from bench.listing import listing

        table = Table(what.value, "", box=None)
        for name, description in listing(what.value):
            table.add_row(name, escape(description))
        out.print(table)


@corpus_app.command("build")
def corpus_build(
    name: Annotated[str, typer.Argument(help="Only `probe` is built; other corpora are read from disk.")],
    train: Annotated[int | None, typer.Option(min=1, help="Training utterances.")] = None,
    dev: Annotated[int | None, typer.Option(min=1, help="Development utterances.")] = None,
    test: Annotated[int | None, typer.Option(min=1, help="Test utterances.")] = None,
    workers: WorkersOption = None,
) -> None:
    """Build the synthetic probe corpus in the cache, and print where it lies."""
    with _told_plainly():
        from bench.corpora.load import load_probe
        from bench.progress import Stages
        from bench.suite import ProbeCorpus

        if name != "probe":
            raise ValueError(f"no corpus called {name!r} can be built; allowed: probe")
        sizes = {key: value for key, value in {"train": train, "dev": dev, "test": test}.items() if value is not None}
        folder, corpus = load_probe(ProbeCorpus.model_validate({"probe": sizes}).probe, Stages(err), workers)
        _say(f"{len(corpus.utterances)} utterances: {folder}")


@corpus_app.command("check")
def corpus_check(
    name: Annotated[str, typer.Argument(help="What kind of corpus it is: see `emonoise list corpora`.")],
    root: Annotated[Path, typer.Argument(help="Where it lies: the table of a manifest, or the folder of a corpus.")],
    scale: Annotated[tuple[float, float], typer.Option(help="The lowest and highest label of a manifest.")] = (1, 7),
    workers: WorkersOption = None,
) -> None:
    """Read a corpus, every recording of it, and say what is wrong with it."""
    with _told_plainly():
        from bench.corpora.load import check_corpus
        from bench.progress import Stages

        rows = check_corpus(name, root, scale, Stages(err), workers)
        table = Table(*rows[0])
        for row in rows:
            table.add_row(*row.values())
        out.print(table)


@noise_app.command("check")
def noise_check(
    name: Annotated[str, typer.Argument(help="A name from `emonoise list noises`; `folder` for one of your own.")],
    root: Annotated[Path, typer.Argument(help="Where it lies: its folder, or any folder above it.")],
) -> None:
    """Read every recording of a noise corpus, and say what there is, what is missing and what cannot be used.

    What is missing is found from the corpus's own table where it has one (ESC-50, UrbanSound8K, WHAM!), else from the
    folders and the number of files that there should be. Nothing is changed. The exit status is 1 if anything is
    missing or broken; what is there can be used all the same, once broken files are out of the way.

    Example: `emonoise noise check esc-50 ~/data/ESC-50-master`
    """
    with _told_plainly():
        from bench.progress import Stages
        from corruptions.noise_check import check_noise_corpus

        _show_noise(name, check_noise_corpus(name, root, Stages(err).stage))


@noise_app.command("fetch")
def noise_fetch(
    name: Annotated[str, typer.Argument(help="A name from `emonoise list noises`.")],
    folder: Annotated[
        Path | None, typer.Option("--to", help="The corpus's folder; one in the cache unless said.", file_okay=False)
    ] = None,
) -> None:
    """Download a noise corpus, compare its checksum, unpack it, and check every recording.

    Stop it whenever you like: the same command goes on where it stopped, in the middle of a file too. Where the server
    cannot be reached, it says which file to put where; an archive that is already there is checked and unpacked without
    a network. Archives stay beside what was unpacked from them, and may be deleted.

    Example: `emonoise noise fetch musan-noise --to ~/data/musan`
    """
    with _told_plainly():
        from bench.noises import fetch_noise
        from bench.progress import Stages
        from corruptions.noise_check import check_noise_corpus

        stages = Stages(err)
        where = fetch_noise(name, folder, stages)
        _say(f"{name}: {where}")
        _show_noise(name, check_noise_corpus(name, where, stages.stage))


def _show_noise(name: str, check: "NoiseCheck") -> None:
    from bench.noises import problem_rows, size_rows

    sizes = Table("split", "recordings", "sources", "hours", title=name)
    for row in size_rows(check):
        sizes.add_row(*row)
    out.print(sizes)
    if check.others:
        _say(f"{check.others} other audio files are not part of {name}.")
    if check.problems:
        problems = Table("problem", "how many", "such as")
        for kind, count, examples in problem_rows(check):
            problems.add_row(kind, count, escape(examples))
        out.print(problems)
        raise typer.Exit(1)
    _say("Nothing is missing, and everything can be used.")


def _say(message: str) -> None:
    out.print(message, markup=False, highlight=False, soft_wrap=True)


def _pairs(given: list[str] | None, option: str, form: str) -> dict[str, str]:
    pairs = {}
    for text in given or []:
        key, equals, value = text.partition("=")
        if not (key and equals and value):
            raise ValueError(f"{option} {text!r}: write it as {form}")
        pairs[key] = value
    return pairs


@contextmanager
def _told_plainly() -> Iterator[None]:
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
