"""Cells of a table as numbers, however they were written: with a decimal comma, or as timedeltas."""

from typing import Any

import pandas as pd
from pandas.api.types import is_timedelta64_dtype

_NOTHING = {"", "nan", "nat"}


def numbers(labels: "pd.Series[Any]") -> "pd.Series[float]":
    """Return labels as numbers, NaN where they are none; a decimal comma is a point.

    Examples:
        >>> numbers(pd.Series(["3.5", "3,5", "3,500,0", ""])).tolist()
        [3.5, 3.5, nan, nan]
    """
    text = labels.astype("str").str.replace(r"^(\s*-?\d*),(\d+\s*)$", r"\1.\2", regex=True)
    found: pd.Series[float] = pd.to_numeric(text, errors="coerce").astype("float64")
    return found


def seconds(times: "pd.Series[Any]") -> "pd.Series[float]":
    """Return times in seconds, NaN where they are none: numbers are seconds, and timedeltas may be text.

    Examples:
        >>> seconds(pd.Series(["1.5", "1,5", "0 days 00:00:01.500000", "soon", ""])).tolist()
        [1.5, 1.5, 1.5, nan, nan]
    """
    second = pd.Timedelta(1, "s")
    if is_timedelta64_dtype(times):
        return times / second
    as_numbers = numbers(times)
    as_times = pd.to_timedelta(times.astype("str").where(as_numbers.isna()), errors="coerce") / second
    return as_numbers.fillna(as_times)


def is_given(cells: "pd.Series[Any]") -> "pd.Series[bool]":
    """Return where something is written; NaN and NaT are nothing.

    Examples:
        >>> is_given(pd.Series(["0", "", "NaT", None])).tolist()
        [True, False, False, False]
    """
    return cells.notna() & ~cells.astype("str").str.strip().str.lower().isin(_NOTHING)
