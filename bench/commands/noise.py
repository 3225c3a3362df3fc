"""The commands ``emonoise noise check`` and ``emonoise noise fetch``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from bench.commands.console import cells, err, out, say, told_plainly

if TYPE_CHECKING:
    from corruptions.noise.check import NoiseCheck

noise_app = typer.Typer(
    help="Get a public noise corpus, or check one: `emonoise list noises` says which there are.", no_args_is_help=True
)


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
    with told_plainly():
        from bench.store.progress import Stages
        from corruptions.noise.check import check_noise_corpus

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
    a network. Archives stay beside what was unpacked from them, and may be deleted; without the note
    `<archive>.unpacked` that lies there too, the next fetch unpacks again.

    Example: `emonoise noise fetch musan-noise --to ~/data/musan`
    """
    with told_plainly():
        from bench.store.progress import Stages
        from bench.suite.noises import fetch_noise
        from corruptions.noise.check import check_noise_corpus

        stages = Stages(err)
        where = fetch_noise(name, folder, stages)
        say(f"{name}: {where}")
        _show_noise(name, check_noise_corpus(name, where, stages.stage))


def _show_noise(name: str, check: "NoiseCheck") -> None:
    from bench.suite.noises import problem_rows, size_rows

    sizes = Table("split", "recordings", "sources", "hours", title=name)
    for row in size_rows(check):
        sizes.add_row(*cells(row))
    out.print(sizes)
    if check.others:
        say(f"{check.others} other audio files are not part of {name}.")
    if check.problems:
        problems = Table("problem", "how many", "such as")
        for problem in problem_rows(check):
            problems.add_row(*cells(problem))
        out.print(problems)
        raise typer.Exit(1)
    say("Nothing is missing, and everything can be used.")
