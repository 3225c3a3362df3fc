"""What a report reads from a run's folder, checked at the door.

Whatever text is read, characters that break pages and figures are written out in it, see ``reports.run.words``.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from reprlib import repr as shortened
from typing import Any, TypeVar

import pandas as pd
from pydantic import TypeAdapter, ValidationError

from reports.run.columns import Column, ColumnError, checked
from reports.run.words import written_out

T = TypeVar("T")
# Objects and lists inside each other; a page shows them so.
DEEPEST = 20
# So many of the things that are wrong with a file are named.
NAMED = 3


class ReportError(ValueError):
    """A run that cannot be reported; the message names the file, the value and what is allowed."""


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        ReportError: if the file is not there or cannot be read as UTF-8.
    """
    _check_is_there(path)
    try:
        return written_out(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ReportError(f"{path}: cannot be read as text in UTF-8: {error}") from error


def read_json(path: Path, form: type[T]) -> T:
    """Return the value of a JSON file.

    Args:
        path: the file.
        form: the type of the value, of which pydantic knows what fits it.

    Raises:
        ReportError: if the file is not there, is not valid JSON, or its value is not of that form.
    """
    text = read_text(path)
    try:
        value = _written_out(json.loads(text))
    except RecursionError as error:
        raise ReportError(f"{path}: nested too deeply; {DEEPEST} levels are allowed") from error
    except ValueError as error:
        raise ReportError(f"{path}: not valid JSON: {error}") from error
    try:
        return TypeAdapter(form).validate_python(value)
    except ValidationError as error:
        wrong = error.errors()
        more = [f"and {len(wrong) - NAMED} more"] if len(wrong) > NAMED else []
        told = [
            f"{'.'.join(map(str, one['loc'])) or 'all of it'}: {one['msg']}; it says {shortened(one['input'])}"
            for one in wrong[:NAMED]
        ]
        raise ReportError("\n  ".join([f"{path}: not what a run writes:", *told, *more])) from error


def _written_out(value: Any, depth: int = 0) -> Any:
    if depth > DEEPEST:
        raise RecursionError
    if isinstance(value, dict):
        return {written_out(key): _written_out(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list):
        return [_written_out(one, depth + 1) for one in value]
    return written_out(value) if isinstance(value, str) else value


def read_table(path: Path, columns: Mapping[str, Column]) -> pd.DataFrame:
    """Return those columns of a table; further ones are left out.

    Raises:
        ReportError: if the file is not there or is not such a table.
    """
    _check_is_there(path)
    return _checked(path, _read(path), columns)


def read_extra(path: Path, columns: Mapping[str, Column], key: Sequence[str]) -> pd.DataFrame:
    """Return a table that not every run has: without rows where the file is not there, or has none.

    Args:
        path: the file.
        columns: what the table must have.
        key: columns, as far as they are there, that no two rows may have the same in; rows are not compared unless
            there are any.

    Raises:
        ReportError: if the file is not such a table or says two things about one.
    """
    found = _read(path) if path.is_file() else pd.DataFrame()
    # A run without heads wrote nothing of training, not even columns.
    if found.empty:
        return pd.DataFrame(columns=[*columns])
    table = _checked(path, found, columns)
    there = [name for name in key if name in table]
    repeated = table[table.duplicated(there)] if there else table[:0]
    if len(repeated):
        raise ReportError(f"{path}: two rows for {repeated.iloc[0][there].to_dict()}; one is allowed")
    return table


def _check_is_there(path: Path) -> None:
    if not path.is_file():
        raise ReportError(f"{path}: not found; a report is made from the folder of a run")


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except Exception as error:  # a damaged file fails in a reader of parquet in more ways than it names
        raise ReportError(f"{path}: cannot be read as a parquet table: {written_out(str(error))}") from error


def _checked(path: Path, table: pd.DataFrame, columns: Mapping[str, Column]) -> pd.DataFrame:
    try:
        return checked(table, columns)
    except ColumnError as error:
        raise ReportError(f"{path}: {error}") from error
