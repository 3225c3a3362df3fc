"""Scores for a system of another make: its predictions on an exported corpus, in the tables of a run.

Predictions are on the corpus's own scale. They may leave it, as those of our own systems may.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

import pandas as pd

from bench.corpora.corpus import DIMENSIONS
from bench.outside.predicted import read_development, read_predicted
from bench.outside.tables import FILE, Export, OutsideError
from bench.scores.grid import Grid, none_first
from bench.scores.results import PREDICTIONS, typed
from bench.scores.scoring import score
from bench.scores.texts import known_texts, text_notices
from bench.stages.described import described, explained, grid_conditions, harsher_by_curve
from bench.stages.outputs import BESIDE, DEVELOPMENT, FOLDERS, SUITE, TABLES, write_record
from bench.stages.recipe import CORRUPTIONS_TABLE
from bench.store.clock import Began
from bench.store.folders import RECORD, Claim, check_claim, check_inputs, mark
from bench.store.machine import machine, versions
from bench.store.progress import Stages
from bench.store.store import write_table
from bench.suite.systems import Family, reference_among
from bench.uncertainty.intervals import AUTO, method_named
from corruptions.ground.files import write_bytes, write_text
from corruptions.ground.problems import those_there_are

FAMILIES: tuple[str, ...] = get_args(Family)
# The versions that the numbers depend on; what made the predictions is not known.
SCORING = ("emonoise", "numpy", "pandas")


def score_predictions(
    predictions: Path,
    manifest: Path,
    out: Path,
    *,
    development: tuple[Path, Path] | None = None,
    name: str | None = None,
    family: str = "acoustic",
    families: Mapping[str, str],
    intervals: str = AUTO,
    bootstrap: int = 2000,
    reference: str | None = None,
    allow_missing: bool = False,
    overwrite: bool = False,
    stages: Stages,
) -> None:
    """Write the tables that a run has for predictions that were made elsewhere; a report can be made of them.

    Whoever calls this holds ``out``, until the report is made, too.

    Args:
        predictions: the table, as ``read_predictions`` reads it.
        manifest: what ``emonoise corrupt`` wrote, beside its ``corruptions.parquet``; its labels are the truth.
        out: the folder to write; its name is the title of the report.
        development: the same two of clean development speech, which ``ccc_calibrated`` needs.
        name: of the system, where the table does not say; its file name without suffix unless given.
        family: one of ``FAMILIES``: what kind of robustness the systems stand for.
        families: the same for single systems, by name.
        intervals: the method of every interval, of ``bench.uncertainty.intervals.METHODS``, or ``auto``.
        bootstrap: how many resamples of the speakers a method draws that draws any.
        reference: the system that corruption errors are relative to; unless said ``mfb``, else the first acoustic one.
        allow_missing: score what there is although rows are missing; they are shown as holes.
        overwrite: replace the scores of other predictions, or of another manifest, that lie in ``out``, or files that
            are not known to be scores.
        stages: where progress is shown.

    Raises:
        OutsideError: for tables that cannot be scored, or an unknown family or system.
        FolderError: for a folder that holds a run, or if something would be replaced that is not to be.
        ManifestError: for files that are no such tables.
        RecipeError: if there is no ``corruptions.parquet`` beside the manifest, or it is not one.
        ChangedError: if one of these changes while it is read.
    """
    began = Began()
    claim = _claim(predictions, manifest)
    check_claim(out, claim, overwrite=overwrite)
    pairs = [(predictions, manifest), *([development] if development else [])]
    check_inputs(out, claim, [one for pair in pairs for one in (*pair, pair[1].parent / CORRUPTIONS_TABLE)])
    system = name or predictions.stem
    tested = read_predicted(predictions, manifest, system, allow_missing=allow_missing)
    calibrating = read_development(*development, system, tested) if development else None
    export, wide = tested.export, tested.predictions
    systems = _systems(wide, predictions, family, families)
    if reference is not None and reference not in systems:
        raise OutsideError(f"{predictions}: no system is called {reference!r}; {those_there_are(reference, systems)}")
    acoustic = [one for one, about in systems.items() if about["family"] == "acoustic"]
    reference = reference or reference_among([*systems], acoustic)
    method = method_named(intervals, resamples=bootstrap, seed=export.recipe.seed)
    _warn_of_scale(wide, export, stages)
    title = out.absolute().name
    table = _long(wide, export, title)
    development_table = _long(calibrating.predictions, calibrating.export, title) if calibrating else None
    grid = _grid(wide, export)
    cautions = text_notices(method, table, grid.texts)
    for caution in cautions:
        stages.warn(caution)
    with stages.stage("Scoring", 1, "tables") as advance:
        results = score(
            table,
            pd.DataFrame(),
            method=method,
            harsher=harsher_by_curve(export.conditions.values(), export.recipe.material),
            grid=grid,
            reference=reference,
            development=development_table,
            allow_missing=allow_missing,
        )
        advance(1)
    mark(out, claim)
    (out / RECORD).unlink(missing_ok=True)
    (out / DEVELOPMENT).unlink(missing_ok=True)
    tables = {"predictions.parquet": table, DEVELOPMENT: development_table, "results.parquet": results}
    written = {name: one for name, one in tables.items() if one is not None}
    for file, one in written.items():
        write_table(one, out / file)
    write_bytes(out / CORRUPTIONS_TABLE, tested.done_to_speech)
    write_text(out / "systems.json", json.dumps(systems, indent=2, ensure_ascii=False))
    about = {
        "suite": title,
        **_provenance(wide, export, began),
        "intervals": method.described,
        "reference": reference,
        "notices": cautions,
        **tested.files,
        **({"development": calibrating.files} if calibrating else {}),
    }
    write_record(out, about, [*written, CORRUPTIONS_TABLE, "systems.json"])


def _claim(predictions: Path, manifest: Path) -> Claim:
    """Return what is made of the folder; a report would show whatever else of a run lay there."""
    return Claim(
        "score",
        {"predictions": str(predictions.resolve()), "manifest": str(manifest.resolve())},
        (SUITE, RECORD, *TABLES, *BESIDE, CORRUPTIONS_TABLE),
        FOLDERS,
    )


def _systems(wide: pd.DataFrame, path: Path, family: str, families: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return what ``systems.json`` holds."""
    names = sorted(wide["system"].unique())
    for one in (family, *families.values()):
        if one not in FAMILIES:
            raise OutsideError(f"no family is called {one!r}; {those_there_are(one, FAMILIES)}")
    for system in families:
        if system not in names:
            raise OutsideError(f"{path}: predicts nothing with {system!r}, but with {', '.join(names)}")
    description = f"Predictions made elsewhere, from {path.name}."
    return {one: {"family": families.get(one, family), "description": description} for one in names}


def _warn_of_scale(wide: pd.DataFrame, export: Export, stages: Stages) -> None:
    low, high = export.recipe.corpus.scale
    for system, rows in wide.groupby("system"):
        away = [one for one in DIMENSIONS if not low <= rows[one].median() <= high]
        if away:
            stages.warn(
                f"most of what {system} predicts of {', '.join(away)} is beyond the labels' {low:g} to {high:g}; "
                "is it on another scale?"
            )


def _long(wide: pd.DataFrame, export: Export, title: str) -> pd.DataFrame:
    """Return ``predictions.parquet``."""
    by = [*FILE, "system", "seed"]
    long = wide.melt(by, list(DIMENSIONS), var_name="dimension", value_name="prediction")
    truth = export.files.melt([*FILE, "split", "speaker"], list(DIMENSIONS), var_name="dimension", value_name="truth")
    about = pd.DataFrame([described(one, export.recipe.material) for one in export.conditions.values()])
    table = long.merge(truth, on=[*FILE, "dimension"], validate="many_to_one").merge(
        about.drop(columns="harsher"), on="condition", validate="many_to_one"
    )
    table = table.rename(columns={"id": "utterance"}).assign(suite=title, corpus=export.recipe.corpus.name)
    order = ["system", "seed", "corruption", "level", "draw", "utterance", "dimension"]
    sorted_table = table.sort_values(order, kind="stable", na_position="first", ignore_index=True)
    return typed(sorted_table, PREDICTIONS, "predictions")


def _grid(wide: pd.DataFrame, export: Export) -> Grid:
    """Return what should have been predicted: every file of the export, by every system and seed there is."""
    seeds = wide[["system", "seed"]].drop_duplicates().groupby("system")["seed"]
    draws = export.files.groupby("condition")["draw"].unique()
    return Grid(
        systems={
            str(system): tuple(sorted((None if pd.isna(seed) else int(seed) for seed in of), key=none_first))
            for system, of in seeds
        },
        conditions=grid_conditions(
            export.conditions.values(),
            export.recipe.material,
            lambda one: tuple(sorted(int(draw) for draw in draws[str(one)])),
        ),
        utterances=tuple(sorted(export.files["id"].unique())),
        texts=known_texts(dict(zip(export.files["id"], export.files["transcript"], strict=True))),
    )


def _provenance(wide: pd.DataFrame, export: Export, began: Began) -> dict[str, Any]:
    """Return what ``provenance.json`` says besides the files; what nobody told us is left out."""
    recipe, files = export.recipe, export.files.drop_duplicates("id")
    seeds = [int(seed) for seed in sorted(wide["seed"].dropna().unique())]
    return {
        **began.until_now(),
        "versions": versions(SCORING),
        "versions_of_export": recipe.versions,
        "machine": machine(),
        "corpus": asdict(recipe.corpus)
        | {
            "utterances": {str(split): len(of) for split, of in files.groupby("split")},
            "speakers": {str(split): int(of["speaker"].nunique()) for split, of in files.groupby("split")},
        },
        "conditions": [described(one, recipe.material) for one in export.conditions.values()],
        "corruptions": explained(export.conditions.values(), recipe.material),
        "snr": recipe.material.snr,
        "policy": "per-utterance" if recipe.material.reference_dbfs is None else "floor",
        **({"seeds": seeds} if seeds else {}),
        "draws": int(export.files["draw"].nunique()),
    }
