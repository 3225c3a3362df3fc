"""Predictions that were made elsewhere, with the export they are of: of what is tested, and of development speech."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from bench.outside.tables import Export, OutsideError, read_export, read_predictions
from bench.stages.recipe import CORRUPTIONS_TABLE, CorpusCard
from corruptions.sound.inputs import hashed

_HOW = "write it with `emonoise corrupt CORPUS OUT --split dev --condition clean`"


@dataclass(frozen=True)
class Predicted:
    """What was read.

    Attributes:
        predictions: as ``read_predictions`` returns them.
        export: what was predicted.
        done_to_speech: the bytes of the ``corruptions.parquet`` of the export.
        files: for ``provenance.json``: both tables and their SHA-256.
    """

    predictions: pd.DataFrame
    export: Export
    done_to_speech: bytes
    files: Mapping[str, Mapping[str, str]]


def read_predicted(predictions: Path, manifest: Path, system: str, *, allow_missing: bool) -> Predicted:
    """Return predictions and their export.

    Args:
        predictions: the table.
        manifest: what ``emonoise corrupt`` wrote, beside its ``corruptions.parquet``.
        system: the name of the system, where the table does not say.
        allow_missing: whether rows may be missing.

    Raises:
        OutsideError, ManifestError, RecipeError: for tables that are not usable.
        ChangedError: if a file changes while it is read.
    """
    record = manifest.parent / CORRUPTIONS_TABLE
    with _noted(manifest) as of_manifest, _noted(predictions) as of_predictions, _noted(record):
        export = read_export(manifest)
        wide = read_predictions(predictions, export, system, allow_missing=allow_missing)
        done_to_speech = record.read_bytes()
    files = {
        "predictions": {"file": str(predictions), "sha256": of_predictions},
        "manifest": {"file": str(manifest), "sha256": of_manifest},
    }
    return Predicted(wide, export, done_to_speech, files)


def read_development(predictions: Path, manifest: Path, system: str, tested: Predicted) -> Predicted:
    """Return what was predicted of clean development speech; what else the export holds is left out.

    Args:
        predictions: the table, of systems that are tested; of a system or seed that is not in it nothing is known.
        manifest: of an export of the split ``dev``.
        system: the name of the system, where the table does not say.
        tested: what they will calibrate.

    Raises:
        OutsideError: as ``read_predicted``; also for another corpus, another split, a system that is not tested, or no
            clean speech.
        ManifestError, RecipeError, ChangedError: as ``read_predicted``.
    """
    found = read_predicted(predictions, manifest, system, allow_missing=False)
    of_tested, of_found = (one.export.recipe.corpus for one in (tested, found))
    if (of_tested.name, of_tested.scale) != (of_found.name, of_found.scale):
        raise OutsideError(f"{manifest}: is of {_called(of_found)}; what is tested is of {_called(of_tested)}")
    if splits := sorted({*found.export.files["split"]} - {"dev"}):
        raise OutsideError(f"{manifest}: lists the split {', '.join(splits)}, not dev; {_HOW}")
    clean = found.predictions["condition"] == "clean"
    if not clean.any():
        raise OutsideError(f"{manifest}: lists no clean speech; {_HOW}")
    if unknown := sorted({*found.predictions["system"]} - {*tested.predictions["system"]}):
        raise OutsideError(f"{predictions}: predicts with {', '.join(unknown)}, of which nothing is tested")
    return replace(found, predictions=found.predictions[clean])


def _called(corpus: CorpusCard) -> str:
    low, high = corpus.scale
    return f"{corpus.name}, with labels from {low:g} to {high:g}"


def _noted(path: Path) -> AbstractContextManager[str]:
    """Return what notes the SHA-256 of the bytes that the block parses; of what is not there, the block says so."""
    return hashed(path) if path.is_file() else nullcontext("")
