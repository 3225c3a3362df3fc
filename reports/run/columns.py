"""What the columns of a table may hold, so that whoever shows them need not ask."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from reprlib import repr as shortened
from typing import Any, Literal

import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype, is_string_dtype, pandas_dtype

from reports.run.words import written_out

# Larger numbers mean nothing here, and axes cannot show them all.
LARGEST = 1e30

Kind = Literal["text", "number", "whole number", "true or false"]


@dataclass(frozen=True)
class Column:
    """What a column holds.

    Attributes:
        kind: of value.
        nullable: whether values may be missing.
        lowest: the lowest number that is allowed.
        optional: whether the column may be missing.
    """

    kind: Kind
    nullable: bool = False
    lowest: float = -LARGEST
    optional: bool = False

    @property
    def words(self) -> str:
        """What is allowed, in words."""
        floor = f" of {self.lowest:g} or more" if self.lowest > -LARGEST else ""
        return f"{self.kind}{floor}{', or nothing,' if self.nullable else ''} is allowed"


class ColumnError(ValueError):
    """A table that lacks a column, or has one that does not hold what it must."""


def checked(table: pd.DataFrame, columns: Mapping[str, Column]) -> pd.DataFrame:
    """Return the columns that are described, each in the type of its kind; further ones are left out.

    Raises:
        ColumnError: if one is missing, there twice, or holds something else; the message names the first such row.

    Examples:
        >>> checked(pd.DataFrame({"n": [1.0, None], "other": 0}), {"n": Column("whole number", nullable=True)})
              n
        0     1
        1  <NA>
    """
    absent = [name for name, column in columns.items() if name not in table.columns and not column.optional]
    if absent:
        raise ColumnError(f"has no column {', '.join(absent)}")
    there = [name for name in columns if name in table.columns]
    twice = [name for name in there if isinstance(table[name], pd.DataFrame)]
    if twice:
        raise ColumnError(f"has two columns {twice[0]}; one is allowed")
    plain = table.reset_index(drop=True)
    return pd.DataFrame({name: _checked(name, plain[name], columns[name]) for name in there}, index=plain.index)


def _checked(name: str, values: "pd.Series[Any]", column: Column) -> "pd.Series[Any]":
    given = values.dropna().infer_objects()
    holds, whole, with_holes = _KINDS[column.kind]
    if len(given) and not holds(given):
        raise ColumnError(f"column {name} holds {given.dtype}, as in {shortened(given.iloc[0])}; {column.words}")
    if not column.nullable:
        _refuse(name, values, values.isna(), column)
    if _is_number(given):
        numbers = given.astype("float64")
        wrong = ~numbers.between(max(column.lowest, -LARGEST), LARGEST)
        _refuse(name, given, wrong | ((column.kind == "whole number") & (numbers % 1 != 0)), column)
    shown = values.map(written_out, na_action="ignore") if column.kind == "text" else values
    return shown.astype(pandas_dtype(with_holes if column.nullable else whole))


def _refuse(name: str, values: "pd.Series[Any]", wrong: "pd.Series[bool]", column: Column) -> None:
    if wrong.any():
        value, row = values[wrong].iloc[0], values.index[wrong][0]
        raise ColumnError(f"column {name} holds {shortened(value)} in row {row + 1}; {column.words}")


def _is_number(values: "pd.Series[Any]") -> bool:
    return is_numeric_dtype(values) and not is_bool_dtype(values)


# Kind -> whether values that are there are of it, and the types of columns without and with missing values.
_KINDS: dict[Kind, tuple[Callable[[Any], bool], str, str]] = {
    "text": (is_string_dtype, "str", "str"),
    "number": (_is_number, "float64", "float64"),
    "whole number": (_is_number, "int64", "Int64"),
    "true or false": (is_bool_dtype, "bool", "boolean"),
}
