"""What a comparison reads of a run, or of scores: its predictions, and what they were made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from bench.outside.tables import OutsideError
from bench.scores.results import PREDICTIONS, typed
from bench.stages.outputs import SUITE, check_unchanged, read_record
from bench.stages.recipe import CORRUPTIONS_TABLE, read_corruptions
from bench.store.folders import RECORD
from bench.suite.file import read_yaml

EVIDENCE = "predictions.parquet"


@dataclass(frozen=True)
class Measured:
    """A run, or scores.

    Attributes:
        label: what it is called in the comparison.
        folder: where it lies.
        predictions: its ``predictions.parquet``.
        record: its ``provenance.json``.
        suite: its ``suite.yaml``; empty of scores, which have none.
        audio: ``id, condition, draw, source_sha256, audio_sha256``: what was heard.
    """

    label: str
    folder: Path
    predictions: pd.DataFrame
    record: Mapping[str, Any]
    suite: Mapping[str, Any]
    audio: pd.DataFrame


def read_measured(folder: Path, label: str) -> Measured:
    """Return what is in the folder of a finished run, or of scores.

    Raises:
        OutsideError: if it is no such folder, or one of an older version with files that cannot be read.
        SealError: naming the files that are not as they were written.
        TableError: for predictions that are no such table.
        RecipeError: if ``corruptions.parquet`` cannot be read.
    """
    for name, what in ((RECORD, "it is no run, or one that is not finished"), (EVIDENCE, "it is no run and no scores")):
        if not (folder / name).is_file():
            raise OutsideError(f"{folder}: no {name}: {what}; compare what `emonoise run` or `emonoise score` made")
    check_unchanged(folder)
    suite = folder / SUITE
    table, _ = read_corruptions(folder / CORRUPTIONS_TABLE)
    try:
        said = read_yaml(suite.read_text(encoding="utf-8")) if suite.is_file() else {}
    except yaml.YAMLError as error:
        raise OutsideError(f"{suite}: not valid YAML: {error}") from error
    try:
        predictions = pd.read_parquet(folder / EVIDENCE)
    except (ValueError, OSError) as error:
        raise OutsideError(f"{folder / EVIDENCE}: cannot be read as parquet: {error}") from error
    return Measured(
        label,
        folder,
        typed(predictions, PREDICTIONS, str(folder / EVIDENCE)),
        _record(folder),
        said,
        table[["id", "condition", "draw", "source_sha256", "audio_sha256"]],
    )


def _record(folder: Path) -> Mapping[str, Any]:
    # What an older version wrote has no seal that would have shown damage.
    try:
        record = read_record(folder)
    except ValueError as error:
        raise OutsideError(f"{folder / RECORD}: not valid JSON: {error}") from error
    if not isinstance(record.get("corpus"), dict):
        raise OutsideError(f"{folder / RECORD}: does not say of which corpus: run or score it again")
    return record


def labels_of(folders: Sequence[Path]) -> list[str]:
    """Return what folders are called: their names, with as much of their paths as tells them apart.

    Raises:
        OutsideError: for one folder that is named twice.

    Examples:
        >>> labels_of([Path("/a/run"), Path("/a/floor")]), labels_of([Path("/a/run"), Path("/b/run")])
        (['run', 'floor'], ['a/run', 'b/run'])
    """
    parts = [folder.resolve().parts for folder in folders]
    if twice := [str(folder) for k, folder in enumerate(folders) if parts[k] in parts[:k]]:
        raise OutsideError(f"{twice[0]}: is named twice; a run is compared with another")
    lengths = range(1, max(map(len, parts)) + 1)
    called = (["/".join(one[-length:]) for one in parts] for length in lengths)
    return next(names for names in called if len({*names}) == len(names))
