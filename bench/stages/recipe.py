"""The table of what was done to speech, ``corruptions.parquet``, and the recipe in it that makes the speech again.

One row for each utterance, condition and draw: ``id, condition, draw, speaker, path`` (of the recording's file),
``start_s, end_s`` (of a segment of it; NaN for the whole), ``source_sha256`` (of the file's bytes), ``audio_sha256``
(of the corrupted float32 samples), the fields of ``corruptions.Record``, and whatever its writer adds. The recipe is
JSON in the file's key-value metadata.
"""

import hashlib
import json
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import isnan, nan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from bench.corpora.corpus import Corpus
from bench.store.machine import AUDIO, versions
from bench.store.store import write_sealed
from corruptions import SAMPLE_RATE, Clip, Condition, Material, Waveform, find_corruption
from corruptions.ground.problems import counted, listed
from corruptions.ground.seals import has_seal, is_sealed
from corruptions.sound.segments import sample_at

CORRUPTIONS_TABLE = "corruptions.parquet"
COLUMNS = ("id", "condition", "draw", "speaker", "path", "start_s", "end_s", "source_sha256", "audio_sha256")

EXTREME_GAIN_DB = 40.0
"""Beyond, the hiss of a recording's converter may be louder than what was meant to be recorded."""

_METADATA = "emonoise"


class RecipeError(ValueError):
    """A file that is not a table of corruptions, or not a whole one; the message names it."""


@dataclass(frozen=True)
class CorpusCard:
    """What every report says of a corpus; see ``Corpus`` for the fields."""

    name: str
    scale: tuple[float, float]
    synthetic: bool
    note: str
    best_possible_ccc: dict[str, float] | None


@dataclass(frozen=True)
class Recipe:
    """What, with the rows of the table, makes the same samples again.

    Attributes:
        seed: of everything random.
        corpus: the corpus, whose name is part of every seed.
        material: what noises and rooms are made of, as far as the conditions need it; paths are absolute, and every
            file has its SHA-256.
        versions: of the libraries that made the samples.
    """

    seed: int
    corpus: CorpusCard
    material: Material
    versions: dict[str, str]


def make_recipe(seed: int, corpus: Corpus, material: Material, conditions: Iterable[Condition]) -> Recipe:
    """Return the recipe of these conditions.

    Args:
        seed: of everything random.
        corpus: the corpus.
        material: what the conditions are made of.
        conditions: what was done.
    """
    steps = [step.corruption for condition in conditions for step in condition.steps]
    if not any("talkers" in find_corruption(step, material).needs for step in steps):
        material = replace(material, talkers={})
    return Recipe(
        seed,
        CorpusCard(
            corpus.name,
            corpus.scale,
            corpus.synthetic,
            corpus.note,
            None if corpus.best_possible_ccc is None else dict(corpus.best_possible_ccc),
        ),
        material,
        versions(AUDIO),
    )


def write_corruptions(table: pd.DataFrame, recipe: Recipe, path: Path) -> None:
    """Write the table with its recipe, whole or not at all, and sealed."""
    plain = TypeAdapter(Recipe).dump_python(recipe)
    text = json.dumps(plain, default=_absolute, ensure_ascii=False)
    write_sealed(table, path, CORRUPTIONS_TABLE, {_METADATA: text})


def notices(table: pd.DataFrame) -> list[str]:
    """Return what to be careful about: recordings of noise that were made louder by more than ``EXTREME_GAIN_DB``.

    Args:
        table: with the columns of ``Record``.
    """
    recorded = table[table["noise_sha256"].notna() & (table["noise_gain_db"] > EXTREME_GAIN_DB)]
    if recorded.empty:
        return []
    highest = recorded.sort_values("noise_gain_db", ascending=False).drop_duplicates("noise_sha256")
    named = [f"{one.noise_source} ({one.noise_gain_db:.0f} dB)" for one in highest.itertuples()]
    return [
        f"more than {EXTREME_GAIN_DB:g} dB of gain for {len(named)} of "
        f"{counted(table['noise_sha256'].nunique(), 'recording')} of noise, so that what is heard may be the hiss of a "
        f"converter:{listed(named)}"
    ]


def read_corruptions(path: Path) -> tuple[pd.DataFrame, Recipe]:
    """Return the table and the recipe in a ``corruptions.parquet``.

    Raises:
        RecipeError: if the file is not there, is no parquet file, lacks a column or the recipe, or is not as it was
            written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        raise RecipeError(f"{path}: no such file; `emonoise corrupt` and `emonoise run` write one")
    try:
        rows = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise RecipeError(f"{path}: cannot be read as parquet: {error}") from error
    missing = [column for column in COLUMNS if column not in rows.column_names]
    if missing:
        raise RecipeError(f"{path}: no column {', '.join(missing)}; there are {', '.join(rows.column_names)}")
    text = (rows.schema.metadata or {}).get(_METADATA.encode())
    if text is None:
        raise RecipeError(f"{path}: says nothing of seed and material; a table that was written again lost its recipe")
    # Before there were seals, none was written.
    if has_seal(path) and not is_sealed(path, CORRUPTIONS_TABLE):
        raise RecipeError(f"{path}: is not as it was written: `emonoise corrupt` or `emonoise run` makes it again")
    try:
        recipe = TypeAdapter(Recipe).validate_python(_with_digests(json.loads(text)))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise RecipeError(f"{path}: the recipe in it cannot be read by this version: {error}") from error
    table: pd.DataFrame = rows.to_pandas()
    return table, recipe


def _with_digests(recipe: Any) -> Any:
    """Return a recipe as it is today; before, digests of talkers' files were apart, and a whole file was its path."""
    if "files" in recipe:
        files, talkers = recipe.pop("files"), recipe["material"]["talkers"]
        for name, clips in talkers.items():
            parts = [one if isinstance(one, dict) else {"path": one} for one in clips]
            talkers[name] = [part | {"sha256": files[part["path"]]} for part in parts]
    return recipe


def source_of(clip: Clip) -> dict[str, str | float | None]:
    """Return what the table says of where a recording lies."""
    return {
        "path": str(clip.path.absolute()),
        "start_s": nan if clip.whole else clip.start / SAMPLE_RATE,
        "end_s": nan if clip.end is None else clip.end / SAMPLE_RATE,
        "source_sha256": clip.sha256,
    }


def clip_of(row: Mapping[Hashable, Any]) -> Clip:
    """Return what a row of the table says of that."""
    start_s, end_s = row["start_s"], row["end_s"]
    return Clip(
        Path(row["path"]),
        0 if isnan(start_s) else sample_at(start_s),
        None if isnan(end_s) else sample_at(end_s),
        row["source_sha256"],
    )


def samples_sha256(audio: Waveform) -> str:
    """Return the SHA-256 of samples as little-endian float32, as 64 hexadecimal digits."""
    return hashlib.sha256(np.ascontiguousarray(audio, dtype="<f4").tobytes()).hexdigest()


def _absolute(value: object) -> str:
    if isinstance(value, Path):
        return str(value.absolute())
    raise TypeError(f"cannot write {type(value).__name__} {value!r} into a recipe")
