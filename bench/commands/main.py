"""The ``emonoise`` command. It parses and prints; the work is done elsewhere."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from bench.commands.cache import cache_app
from bench.commands.compare import compare
from bench.commands.console import OverwriteOption, WorkersOption, cells, err, out, pairs, say, told_plainly
from bench.commands.noise import noise_app
from bench.commands.outside import corrupt, score
from bench.store.bounds import MOST_UTTERANCES
from corruptions.ground.problems import counted, listed

app = typer.Typer(
    help="Measure how speech-emotion models lose accuracy in noise. Begin with `emonoise run quick`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
    rich_markup_mode="markdown",
)
corpus_app = typer.Typer(help="Build the synthetic probe corpus, or check a corpus of your own.", no_args_is_help=True)
app.add_typer(corpus_app, name="corpus")
app.add_typer(noise_app, name="noise")
app.add_typer(cache_app, name="cache")


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
    rooms = "rooms"
    corpora = "corpora"
    encoders = "encoders"
    heads = "heads"
    metrics = "metrics"
    figures = "figures"


SuiteArgument = Annotated[str, typer.Argument(help="A name from `emonoise list suites`, or the path of a YAML file.")]
RunArgument = Annotated[Path, typer.Argument(help="The folder of a run.", exists=True, file_okay=False)]


@app.command()
def run(
    suite: SuiteArgument,
    folder: Annotated[
        Path | None, typer.Option("--out", help="Where to; runs/NAME unless said.", file_okay=False)
    ] = None,
    workers: WorkersOption = None,
    device: Annotated[DeviceChoice, typer.Option(help="Where encoders run.")] = DeviceChoice.auto,
    limit: Annotated[
        int | None,
        typer.Option(min=1, max=MOST_UTTERANCES, help="Use so many test utterances, spread over speakers and labels."),
    ] = None,
    change: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Replace a value of the suite: seeds=[0].")
    ] = None,
    noise: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FOLDER", help="Add a folder of recordings as a noise, at every SNR of the suite."),
    ] = None,
    allow_missing: Annotated[
        bool,
        typer.Option(
            "--allow-missing",
            help="Leave out utterances whose recordings cannot be used, by name, under every condition.",
        ),
    ] = False,
    overwrite: OverwriteOption = False,
) -> None:
    """Run a suite and write its report. Stop it whenever you like: the same command goes on where it stopped."""
    with told_plainly():
        from bench.stages.outputs import run_claim
        from bench.stages.run import run_suite
        from bench.store.folders import check_inputs
        from bench.store.progress import Stages
        from bench.suite.file import suite_files, suite_path
        from bench.suite.suite import load_suite

        changes = pairs(change, "--set", "KEY=VALUE")
        if limit is not None:
            changes["limit"] = str(limit)
        noises = {name: Path(where) for name, where in pairs(noise, "--noise", "NAME=FOLDER").items()}
        path = suite_path(suite)
        loaded = load_suite(path, changes=changes, noises=noises)
        where = folder or Path("runs") / loaded.name
        # The suite of a run goes on with that run, for nothing of it would change.
        others = [one for one in suite_files(path) if one.read_text(encoding="utf-8") != loaded.to_yaml()]
        check_inputs(where, run_claim(loaded), others)
        page = run_suite(
            loaded,
            where,
            stages=Stages(err),
            workers=workers,
            device=device.value,
            allow_missing=allow_missing,
            overwrite=overwrite,
        )
        say(f"Report: {page}")


@app.command()
def report(folder: RunArgument) -> None:
    """Write the report of a run, of scores or of a comparison again, from its tables."""
    with told_plainly():
        from bench.stages.outputs import check_unchanged
        from bench.store.folders import check_report, holding, read_mark
        from reports.page.compared import build_comparison
        from reports.page.page import build_report

        with holding(folder):
            check_report(folder)
            check_unchanged(folder)
            made = read_mark(folder)
            page = (build_comparison if made is not None and made.made_by == "compare" else build_report)(folder)
        say(f"Report: {page}")


@app.command()
def status(
    folder: RunArgument,
    device: Annotated[DeviceChoice, typer.Option(help="As in the run.")] = DeviceChoice.auto,
    allow_missing: Annotated[bool, typer.Option("--allow-missing", help="As in the run.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Read every file, and name those that are not as they were written.")
    ] = False,
) -> None:
    """Say what of a run is done and what is missing, by the names and sizes of files, or with --check by reading them.

    The exit status is 1 if a file is not as it was written. `emonoise run` makes it again.
    """
    with told_plainly():
        from bench.stages.run import run_status
        from bench.store.progress import Stages
        from bench.suite.suite import load_suite

        suite = folder / "suite.yaml"
        if not suite.is_file():
            raise ValueError(f"{folder}: no suite.yaml; status is of a folder that `emonoise run` made")
        found = run_status(
            load_suite(suite), folder, Stages(err), device.value, allow_missing=allow_missing, check=check
        )
        table = Table("stage", "done", "missing", "in all")
        for name, done, total in found.stages:
            table.add_row(*cells((name, done, total - done, total)))
        out.print(table)
        if found.damaged is not None:
            say(f"{counted(len(found.damaged), 'file')} not as written{listed([str(one) for one in found.damaged])}")
        if found.damaged:
            raise typer.Exit(1)


@app.command()
def doctor() -> None:
    """Say what this machine can run, and what is missing."""
    with told_plainly():
        from bench.commands.doctor import examine

        table = Table("what", "found", "state", box=None)
        for finding in examine():
            mark = "[green]ok[/green]" if finding.fine else "[red]look here[/red]"
            table.add_row(*cells((finding.what, finding.found)), mark)
        out.print(table)


@app.command("list")
def list_(what: Annotated[ListChoice, typer.Argument(help="What to list.")]) -> None:
    """List what a suite can name."""
    with told_plainly():
        from bench.commands.listing import listing

        table = Table(what.value, "", box=None)
        for row in listing(what.value):
            table.add_row(*cells(row))
        out.print(table)


app.command()(corrupt)
app.command()(score)
app.command(no_args_is_help=True)(compare)


@corpus_app.command("build")
def corpus_build(
    name: Annotated[str, typer.Argument(help="Only `probe` is built; other corpora are read from disk.")],
    train: Annotated[int | None, typer.Option(min=1, max=MOST_UTTERANCES, help="Training utterances.")] = None,
    dev: Annotated[int | None, typer.Option(min=1, max=MOST_UTTERANCES, help="Development utterances.")] = None,
    test: Annotated[int | None, typer.Option(min=1, max=MOST_UTTERANCES, help="Test utterances.")] = None,
    workers: WorkersOption = None,
) -> None:
    """Build the synthetic probe corpus in the cache, and print where it lies."""
    with told_plainly():
        from bench.plan.corpus import load_probe
        from bench.store.progress import Stages
        from bench.suite.suite import ProbeCorpus

        if name != "probe":
            raise ValueError(f"no corpus called {name!r} can be built; allowed: probe")
        sizes = {key: value for key, value in {"train": train, "dev": dev, "test": test}.items() if value is not None}
        folder, corpus = load_probe(ProbeCorpus.model_validate({"probe": sizes}).probe, Stages(err), workers)
        say(f"{counted(len(corpus.utterances), 'utterance')}: {folder}")


@corpus_app.command("check")
def corpus_check(
    name: Annotated[str, typer.Argument(help="What kind of corpus it is: see `emonoise list corpora`.")],
    root: Annotated[Path, typer.Argument(help="Where it lies: the table of a manifest, or the folder of a corpus.")],
    scale: Annotated[
        tuple[float, float], typer.Option(help="The lowest and highest label of a manifest; 1 7 unless said.")
    ] = (1, 7),
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Leave out recordings that cannot be used, as the run would.")
    ] = False,
    everything: Annotated[
        Path | None, typer.Option("--all", metavar="FILE.csv", help="Write all that is wrong to a table.")
    ] = None,
    workers: WorkersOption = None,
) -> None:
    """Read a corpus, every recording of it, and say what is wrong with it or keeps a suite from being run on it."""
    with told_plainly():
        from bench.corpora.offenders import OffendersError, check_replaceable, write_offenders
        from bench.plan.corpus import check_corpus, check_splits
        from bench.store.progress import Stages

        if everything is not None:
            check_replaceable(everything)
        try:
            corpus, rows = check_corpus(name, root, scale, Stages(err), workers, allow_missing=allow_missing)
        except OffendersError as error:
            if not error.offenders:
                raise
            if everything is None:
                raise ValueError(f"{error}\n--all FILE.csv writes down every one: {len(error.offenders)}") from error
            write_offenders(error, everything)
            raise ValueError(f"{error}\nevery one is in {everything}: {len(error.offenders)}") from error
        table = Table(*rows[0])
        for row in rows:
            table.add_row(*cells(row.values()))
        out.print(table)
        low, high = corpus.scale
        say(f"Labels are on a scale from {low:g} to {high:g}.")
        check_splits(corpus)
