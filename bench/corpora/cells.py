"""Cells of a table as numbers, however they were written: with a decimal comma, or as timedeltas."""

from typing import Any

import numpy as np
import pandas as pd

_NOTHING = {"", "nan", "nat"}
_SHOWN = 40  # characters of a cell


def numbers(labels: "pd.Series[Any]") -> "pd.Series[float]":
    """Return labels as numbers, NaN where they are none; a decimal comma is a point.

    Examples:
        >>> numbers(pd.Series(["3.5", "3,5", "3,500,0", ""])).tolist()
        [3.5, 3.5, nan, nan]
    """
    text = labels.astype("str").str.replace(r"^(\s*-?\d*),(\d+\s*)$", r"\1.\2", regex=True)
    found: pd.Series[float] = pd.to_numeric(text, errors="coerce").astype("float64")
    return found


def whole_numbers(cells: "pd.Series[Any]", most: int) -> "pd.Series[int]":
    """Return whole numbers from 0 to ``most``, exactly, as Int64; null where a cell is empty or holds something else.

    Examples:
        >>> whole_numbers(pd.Series(["3", "3.0", "", "-3", "0.5", "1e3", str(2**63 - 1)]), 2**63 - 1).tolist()
        [3, 3, <NA>, <NA>, <NA>, <NA>, 9223372036854775807]
    """
    digits = cells.astype("str").str.extract(r"^\s*([0-9]{1,19})(?:\.0*)?\s*$", expand=False)
    read = [pd.NA if pd.isna(text) or int(text) > most else int(text) for text in digits]
    return pd.Series(read, cells.index, "Int64")


def seconds(times: "pd.Series[Any]") -> "pd.Series[float]":
    """Return times in seconds, NaN where they are none: numbers are seconds, and timedeltas may be text.

    Examples:
        >>> seconds(pd.Series(["1.5", "1,5", "0 days 00:00:01.500000", "00:00:01,5", "soon", ""])).tolist()
        [1.5, 1.5, 1.5, 1.5, nan, nan]
    """
    text = times.astype("str")  # of a timedelta it says all that there is
    found = numbers(text)
    # pandas passes over commas: "00:00:01,5" would be 15 s.
    written = text.str.replace(r"(:\d+),(\d+\s*)$", r"\1.\2", regex=True)
    readable = written.where(found.isna() & ~written.str.contains(r"\d,\d", regex=True))
    nanoseconds = pd.to_timedelta(readable, errors="coerce").astype("timedelta64[ns]")
    return found.fillna(nanoseconds / np.timedelta64(1, "s"))


def shown(cell: object) -> str:
    """Return what is written in a cell, for a message: in quotation marks, and no more of it than anybody reads.

    Examples:
        >>> shown("soon"), shown(1e300), shown("9" * 50)
        ("'soon'", "'1e+300'", "'9999999999999999999999999999999999999999...'")
    """
    text = str(cell)
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")


def is_given(cells: "pd.Series[Any]") -> "pd.Series[bool]":
    """Return where something is written; NaN and NaT are nothing.

    Examples:
        >>> is_given(pd.Series(["0", "", "NaT", None])).tolist()
        [True, False, False, False]
    """
    return cells.notna() & ~cells.astype("str").str.strip().str.lower().isin(_NOTHING)
