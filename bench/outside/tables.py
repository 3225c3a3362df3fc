"""What comes from outside: the manifest of an export, and somebody's predictions on it. Both are checked row by row."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from bench.corpora.cells import is_given, numbers, shown, whole_numbers
from bench.corpora.corpus import DIMENSIONS
from bench.corpora.manifest import read_table, summarised
from bench.stages.recipe import CORRUPTIONS_TABLE, Recipe, read_corruptions
from bench.store.bounds import MOST_SEED
from corruptions import Condition, parse_condition
from corruptions.ground.names import is_name, written_out

# What names a file of an export.
FILE = ["id", "condition", "draw"]

_ABOUT = ["split", "speaker"]
_TEXT = ("id", "condition", "split", "speaker", "system", "transcript")
_UNREADABLE = -1

FURTHEST = 1e9
"""Predictions may leave the scale of the labels; what is further from 0 is a mistake, and its square no number."""


class OutsideError(ValueError):
    """Predictions, or a manifest, that cannot be scored; the message lists everything that is wrong."""


@dataclass(frozen=True)
class Export:
    """An exported corpus.

    Attributes:
        files: one row each: ``id, condition, draw, split, speaker``, the labels, and the ``transcript`` or "".
        conditions: by what they are called, in the order of the manifest.
        recipe: of what, and how.
    """

    files: pd.DataFrame
    conditions: Mapping[str, Condition]
    recipe: Recipe


def read_export(manifest: Path) -> Export:
    """Return what the manifest of an export lists; the audio itself is not looked at.

    Raises:
        ManifestError: if the file is not a table with the columns that an export has.
        RecipeError: if there is no ``corruptions.parquet`` beside it, or it is not one.
        OutsideError: for rows that ``corruptions.parquet`` does not have, or that do not make a full grid.
    """
    columns = [*FILE, *_ABOUT, *DIMENSIONS]
    files = read_table(manifest, columns, _TEXT).reindex(columns=[*columns, "transcript"])
    files["transcript"] = files["transcript"].fillna("")
    made, recipe = read_corruptions(manifest.parent / CORRUPTIONS_TABLE)
    low, high = recipe.corpus.scale
    rows = _row_names(files)
    problems = _parse(files)
    for dimension in DIMENSIONS:
        problems[f"{dimension} that is not a number from {low:g} to {high:g}"] = rows[
            ~files[dimension].between(low, high)
        ]
    problems |= _not_names(files, ["id", "speaker"])
    problems["row that is there twice"] = rows[files.duplicated(FILE)]
    problems["row that corruptions.parquet beside it lacks"] = rows[~_keys(files).isin(_keys(made))]
    refuse(f"{manifest}: not the manifest of an export", problems)
    cells = files[["condition", "draw"]].drop_duplicates()
    full = files[["id"]].drop_duplicates().merge(cells, how="cross")
    refuse(
        f"{manifest}: not the whole of an export",
        {"file that is not listed": _file_names(full[~_keys(full).isin(_keys(files))])},
    )
    return Export(files, {text: parse_condition(text) for text in files["condition"].unique()}, recipe)


def read_predictions(path: Path, export: Export, name: str, *, allow_missing: bool = False) -> pd.DataFrame:
    """Return predictions: ``id, condition, draw, system, seed`` and a column for each dimension.

    Args:
        path: a CSV or parquet table with ``id, condition, draw`` and the dimensions; optional are ``system``, where
            there are several, and ``seed``.
        export: what was predicted.
        name: of the system, where there is no such column.
        allow_missing: whether rows may be missing.

    Raises:
        ManifestError: if the file is not such a table.
        OutsideError: for rows that are missing, there twice, or not in the export, and for what is not a number.
    """
    table = read_table(path, [*FILE, *DIMENSIONS], _TEXT, "table of predictions")
    if "system" not in table:
        table["system"] = name
    written = table.copy()
    table["seed"] = _whole_numbers(table["seed"]) if "seed" in table else pd.Series(pd.NA, table.index, "Int64")
    table = table[[*FILE, "system", "seed", *DIMENSIONS]]
    rows = _row_names(table)
    problems = _parse(table)
    known = _keys(table).isin(_keys(export.files))
    problems["id that is not in the manifest"] = rows[~table["id"].isin(export.files["id"])]
    problems["condition and draw that are not in the manifest"] = (rows + ": " + _file_names(table))[
        table["id"].isin(export.files["id"]) & ~known & (table["draw"] != _UNREADABLE)
    ]
    problems["row without the name of its system"] = rows[table["system"] == ""]
    problems |= _not_names(table, ["system"])
    seeded = table["seed"].fillna(0) != _UNREADABLE
    if "seed" in written:
        problems[f"seed that is not a whole number from 0 to {MOST_SEED}"] = _cells(rows, written["seed"], ~seeded)
    for dimension in DIMENSIONS:
        far = ~table[dimension].abs().le(FURTHEST)
        problems[f"{dimension} that is not a number within +-{FURTHEST:g}"] = _cells(rows, written[dimension], far)
    problems["row that is there twice"] = rows[table.duplicated([*FILE, "system", "seed"])]
    if not allow_missing:
        problems["file without a prediction (or allow missing ones)"] = _missing(table[seeded], export)
    refuse(f"{path}: not usable as predictions", problems)
    return table


def _parse(table: pd.DataFrame) -> dict[str, "pd.Series[str]"]:
    """Turn conditions, draws and labels of ``table`` into what they stand for; return what could not be read."""
    rows = _row_names(table)
    written = {text: _condition(text) for text in table["condition"].unique()}
    problems = {
        "condition that is none": (rows + ": " + table["condition"])[table["condition"].map(written).isna()],
    }
    table["condition"] = table["condition"].map(written).fillna(table["condition"])
    draws = table["draw"]
    table["draw"] = _whole_numbers(draws).fillna(_UNREADABLE)
    problems["draw that is not a whole number"] = _cells(rows, draws, table["draw"] == _UNREADABLE)
    for dimension in DIMENSIONS:
        table[dimension] = numbers(table[dimension])
    return problems


def _not_names(table: pd.DataFrame, columns: list[str]) -> dict[str, "pd.Series[str]"]:
    """Return the rows that name something with what breaks tables and figures, by what they name so."""
    rows = _row_names(table)
    return {
        f"{column} that cannot be a name, for it has control characters": (
            rows + ": " + table[column].map(written_out)
        )[~table[column].map(is_name).astype("bool")]
        for column in columns
    }


def _condition(text: str) -> str | None:
    try:
        return str(parse_condition(text))
    except ValueError:
        return None


def _whole_numbers(column: "pd.Series[str]") -> "pd.Series[int]":
    """Return integers from 0, null where the column is empty, and ``_UNREADABLE`` for what is neither."""
    return whole_numbers(column, MOST_SEED).fillna(_UNREADABLE).where(is_given(column))


def _cells(rows: "pd.Series[str]", cells: "pd.Series[Any]", where: "pd.Series[bool]") -> "pd.Series[str]":
    """Return the names of some rows, each with what is written in it."""
    told = [f"{row}: {shown(cell)}" for row, cell in zip(rows[where], cells[where], strict=True)]
    return pd.Series(told, rows[where].index, "str")


def _missing(table: pd.DataFrame, export: Export) -> "pd.Series[str]":
    models = table[["system", "seed"]].drop_duplicates()
    full = export.files[FILE].merge(models, how="cross")
    by = [*FILE, "system", "seed"]
    gone = full[~_keys(full, by).isin(_keys(table, by))]
    trained = ["" if pd.isna(seed) else f", seed {seed}" for seed in gone["seed"]]
    return _file_names(gone) + ", " + gone["system"] + pd.Series(trained, gone.index, "str")


def _keys(table: pd.DataFrame, by: list[str] = FILE) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(table[by].astype("str"))


def _row_names(table: pd.DataFrame) -> "pd.Series[str]":
    return pd.Series(
        [f"row {k} ({written_out(one)})" for k, one in enumerate(table["id"], start=1)], table.index, "str"
    )


def _file_names(table: pd.DataFrame) -> "pd.Series[str]":
    return table["id"] + " under " + table["condition"] + ", draw " + table["draw"].astype("str")


def refuse(what: str, problems: Mapping[str, "pd.Series[str]"]) -> None:
    """Refuse what has problems.

    Args:
        what: how the message begins.
        problems: by kind, the names of what is wrong.

    Raises:
        OutsideError: counting each kind and naming the first of it.
    """
    lines = [summarised(kind, offenders.tolist()) for kind, offenders in problems.items() if len(offenders)]
    if lines:
        raise OutsideError("\n  ".join([f"{what}:", *lines]))
