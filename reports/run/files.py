"""What a report reads from a run's folder, checked at the door."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd


class ReportError(ValueError):
    """A run that cannot be reported; the message names the file, the value and what is allowed."""


def read_json(path: Path, kind: type) -> Any:
    """Return the value of a JSON file.

    Raises:
        ReportError: if the file is not there, is not valid JSON, or its value is not a ``kind``.
    """
    if not path.is_file():
        raise ReportError(f"{path}: not found; a report is made from the folder of a run")
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ReportError(f"{path}: not valid JSON: {error}") from error
    if not isinstance(value, kind):
        raise ReportError(f"{path}: must be a JSON {kind.__name__}, not {type(value).__name__}")
    return value


def read_table(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Return a table; further columns are kept.

    Raises:
        ReportError: if the file is not there or lacks a column.
    """
    if not path.is_file():
        raise ReportError(f"{path}: not found; a report is made from the folder of a run")
    table = pd.read_parquet(path)
    absent = [name for name in columns if name not in table.columns]
    if absent:
        raise ReportError(f"{path}: has no column {', '.join(absent)}")
    return table


def read_extra(path: Path, columns: Sequence[str], key: Sequence[str]) -> pd.DataFrame:
    """Return a table that not every run has: without rows where the file is not there, or has none.

    Args:
        path: the file.
        columns: what the table must have.
        key: columns that no two rows may have the same in; rows are not compared unless there are any.

    Raises:
        ReportError: if the file lacks a column or says two things about one.
    """
    # A run without heads wrote nothing of training, not even columns.
    if not path.is_file() or pd.read_parquet(path).empty:
        return pd.DataFrame(columns=[*columns])
    table = read_table(path, columns)
    repeated = table[table.duplicated([*key])] if key else table[:0]
    if len(repeated):
        raise ReportError(f"{path}: two rows for {repeated.iloc[0][[*key]].to_dict()}; one is allowed")
    return table.reset_index(drop=True)
