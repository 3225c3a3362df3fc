"""Cells of a table as numbers, however they were written: with a decimal comma, or as timedeltas."""

from typing import Any

import numpy as np
import pandas as pd

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


def is_given(cells: "pd.Series[Any]") -> "pd.Series[bool]":
    """Return where something is written; NaN and NaT are nothing.

    Examples:
        >>> is_given(pd.Series(["0", "", "NaT", None])).tolist()
        [True, False, False, False]
    """
    return cells.notna() & ~cells.astype("str").str.strip().str.lower().isin(_NOTHING)
