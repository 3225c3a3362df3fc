"""The command that sets runs beside each other."""

from pathlib import Path
from typing import Annotated

import typer

from bench.commands.console import IntervalsChoice, IntervalsOption, OverwriteOption, err, say, told_plainly


def compare(
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR DIR ...",
            help="Folders of finished runs, or of scores; the first is what the others are compared with.",
            exists=True,
            file_okay=False,
        ),
    ],
    folder: Annotated[Path, typer.Option("--out", help="Where to.", file_okay=False)],
    intervals: IntervalsOption = IntervalsChoice.auto,
    overwrite: OverwriteOption = False,
) -> None:
    """Compare runs that differ in a factor, such as policy, size of a model, enhancer or code, in one report.

    Each system is compared with itself in the first run: the difference of its CCC on clean speech, in each corruption
    and in all noise, paired by utterance and speaker, with 95 % intervals, p-values and Holm's correction. The report
    begins with what differs: keys of the suites, versions, models, and of how many recordings the audio is the same.

    The runs must have the same test utterances, speakers and labels; conditions, draws and systems that only one of two
    has are left out, and named. Files are compared with their digests first.

    For example:

    `emonoise run quick --out runs/quick`

    `emonoise run quick --set policy=floor --out runs/floor`

    `emonoise compare runs/quick runs/floor --out runs/policy`

    OUT gets `report/index.html`, `comparisons.parquet` (a row for each difference) and `provenance.json` (what was
    compared, and what differs).
    """
    with told_plainly():
        from bench.outside.compare import compare_runs
        from bench.store.folders import check_report, holding
        from bench.store.progress import Stages
        from reports.page.compared import build_comparison

        stages = Stages(err)
        with holding(folder):
            compare_runs(folders, folder, intervals=intervals.value, overwrite=overwrite, stages=stages)
            with stages.stage("Report", 1, "pages") as advance:
                check_report(folder)
                page = build_comparison(folder)
                advance(1)
        say(f"Report: {page}")
