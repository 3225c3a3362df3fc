"""The commands for systems of another make: write a corpus under noise, and score predictions on it."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bench.commands.console import (
    IntervalsChoice,
    IntervalsOption,
    OverwriteOption,
    WorkersOption,
    err,
    pairs,
    say,
    told_plainly,
)
from bench.store.bounds import FEWEST_RESAMPLES, MOST_DRAWS, MOST_RESAMPLES, MOST_SEED


class SplitChoice(StrEnum):
    """A split of a corpus."""

    train = "train"
    dev = "dev"
    test = "test"


class SnrChoice(StrEnum):
    """How the level of speech is measured."""

    active = "active"
    rms = "rms"


class PolicyChoice(StrEnum):
    """What noise is scaled against."""

    per_utterance = "per-utterance"
    floor = "floor"


def corrupt(
    manifest: Annotated[
        str,
        typer.Argument(
            metavar="MANIFEST",
            help="A table of `id, path, split, speaker, activation, valence, dominance` (and `start` and `end`, where "
            "rows are parts of files), CSV or parquet; or `probe`.",
        ),
    ],
    folder: Annotated[Path | None, typer.Argument(metavar="OUT", help="The folder to write.", file_okay=False)] = None,
    condition: Annotated[
        list[str] | None,
        typer.Option(help="What to do, as often as you like: `clean`, `babble@5dB`, `reverb@0.6s+babble@5dB`."),
    ] = None,
    split: Annotated[SplitChoice, typer.Option(help="Which split to write.")] = SplitChoice.test,
    noise: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FOLDER", help="A folder of recordings, for conditions such as `NAME@5dB`."),
    ] = None,
    rooms: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FOLDER", help="A folder of impulse responses, for conditions such as `NAME+babble@5dB`."
        ),
    ] = None,
    draws: Annotated[
        int, typer.Option(min=1, max=MOST_DRAWS, help="How many noise excerpts each utterance meets.")
    ] = 1,
    seed: Annotated[int, typer.Option(min=0, max=MOST_SEED, help="Of everything random.")] = 0,
    snr: Annotated[SnrChoice, typer.Option(help="`active` is the speech level of ITU-T P.56.")] = SnrChoice.active,
    policy: Annotated[
        PolicyChoice,
        typer.Option(help="`floor`: one noise level for all, at which the median utterance meets the SNR."),
    ] = PolicyChoice.per_utterance,
    scale: Annotated[
        tuple[float, float], typer.Option(help="The lowest and highest label of a manifest; 1 7 unless said.")
    ] = (1, 7),
    name: Annotated[
        str | None, typer.Option(help="Of the corpus, where a suite names it; its file name unless said.")
    ] = None,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Leave out recordings that cannot be used, by name.")
    ] = False,
    overwrite: OverwriteOption = False,
    workers: WorkersOption = None,
    replay: Annotated[
        Path | None,
        typer.Option(metavar="TABLE", help="Instead: make the audio that this `corruptions.parquet` records again."),
    ] = None,
) -> None:
    """Write a corpus under noise, for a system that is not part of emonoise; or make it again from its record.

    OUT gets `audio/` (FLAC, 16 kHz, 16 bits), `manifest.csv` (your columns but `start` and `end`, with `path`,
    `condition` and `draw` of each file) and `corruptions.parquet` (what exactly was done). The files are sample for
    sample what `emonoise run` lets its systems hear. Where one would clip, speech and noise are scaled down together
    and `output_gain_db` says by how much. Stop it whenever you like: the same command goes on where it stopped.

    For example:

    `emonoise corrupt my/corpus.csv out --condition clean --condition babble@5dB`

    `emonoise corrupt probe out --condition street@0dB --noise street=my/street/recordings --draws 3`

    `emonoise corrupt --replay out/corruptions.parquet again`

    With `--replay`, every recording is compared with its recorded SHA-256 first, and every sample after; another seed,
    noise or corpus cannot slip in. The table of a run will do as well as that of an export.

    Next: let your system predict every file, then `emonoise score`.
    """
    with told_plainly():
        from bench.store.progress import Stages

        if replay is not None:
            from bench.outside.replay import replay as make_again

            if folder is not None or condition or noise or rooms:
                raise ValueError("--replay knows corpus and conditions from the table: name only the folder to write")
            audio = make_again(replay, Path(manifest), overwrite=overwrite, stages=Stages(err), workers=workers)
            say(f"Audio: {audio}")
            return
        from bench.outside.export import export

        if folder is None:
            raise ValueError("name the corpus and the folder to write: emonoise corrupt MANIFEST OUT --condition ...")
        written = export(
            manifest,
            folder,
            condition or [],
            split=split.value,
            scale=scale,
            name=name,
            noises={key: Path(where) for key, where in pairs(noise, "--noise", "NAME=FOLDER").items()},
            rooms={key: Path(where) for key, where in pairs(rooms, "--rooms", "NAME=FOLDER").items()},
            draws=draws,
            seed=seed,
            snr=snr.value,
            policy=policy.value,
            allow_missing=allow_missing,
            overwrite=overwrite,
            stages=Stages(err),
            workers=workers,
        )
        say(f"Manifest: {written}")


def score(
    predictions: Annotated[
        Path, typer.Argument(help="A table of `id, condition, draw, activation, valence, dominance`, CSV or parquet.")
    ],
    manifest: Annotated[Path, typer.Argument(help="The `manifest.csv` that `emonoise corrupt` wrote.")],
    *,
    dev: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            metavar="PREDICTIONS MANIFEST",
            help="The same two of clean development speech, for `ccc_calibrated`.",
        ),
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("--out", help="Where to; runs/ and the table's name unless said.", file_okay=False)
    ] = None,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Score a table with holes; they are shown as holes.")
    ] = False,
    intervals: IntervalsOption = IntervalsChoice.auto,
    bootstrap: Annotated[
        int,
        typer.Option(
            min=FEWEST_RESAMPLES,
            max=MOST_RESAMPLES,
            help="How many resamples of the speakers `percentile` draws; other methods draw none.",
        ),
    ] = 2000,
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="SYSTEM",
            help="Whose errors in noise those of all are divided by; `mfb`, else the first acoustic one, unless said.",
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option(metavar="SYSTEM", help="What the system is called; the table's name unless said.")
    ] = None,
    family: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[SYSTEM=]FAMILY",
            help="What it hears or reads: `acoustic` (unless said), `lexical`, `multimodal`, `student` or `control`.",
        ),
    ] = None,
    overwrite: OverwriteOption = False,
) -> None:
    """Score predictions that were made elsewhere, and write the tables and the report that a run has.

    One row for each file of the export, on the corpus's own scale, in any order. Two more columns are read where they
    are there: `system`, to compare several, and `seed`, where one was trained several times. What is missing, there
    twice, unknown or not a number is an error that names the rows.

    For example:

    `emonoise score predictions.csv out/manifest.csv --name my-hubert`

    `emonoise score both.parquet out/manifest.csv --family my-bert=lexical --out runs/mine`

    The CCC once scale and mean are forgiven (`ccc_calibrated`) needs predictions of clean development speech, too:

    `emonoise corrupt my/corpus.csv dev --split dev --condition clean`

    `emonoise score predictions.csv out/manifest.csv --dev dev-predictions.csv dev/manifest.csv`
    """
    with told_plainly():
        from bench.outside.score import score_predictions
        from bench.store.folders import check_report, holding
        from bench.store.progress import Stages
        from reports.page.page import build_report

        of_all = [text for text in family or [] if "=" not in text]
        if len(of_all) > 1:
            raise ValueError(f"--family {', '.join(of_all)}: one for all, or one for each as SYSTEM=FAMILY")
        out, stages = folder or Path("runs") / predictions.stem, Stages(err)
        with holding(out):
            score_predictions(
                predictions,
                manifest,
                out,
                development=dev,
                name=name,
                family=(of_all or ["acoustic"])[0],
                families=pairs([text for text in family or [] if "=" in text], "--family", "SYSTEM=FAMILY"),
                intervals=intervals.value,
                bootstrap=bootstrap,
                reference=reference,
                allow_missing=allow_missing,
                overwrite=overwrite,
                stages=stages,
            )
            with stages.stage("Report", 1, "pages") as advance:
                check_report(out)
                page = build_report(out)
                advance(1)
        say(f"Report: {page}")
