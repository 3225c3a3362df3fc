"""Ways to spoil the folder of a run, each of which a seed decides: what reads it must say so, or not mind."""

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd

# What no cell and no value of JSON should be; or may be, somewhere else.
ODD: list[Any] = [
    None, "", " ", "clean", "ccc", "x" * 300, "$\\x_{1}^%&#~", "a\x1b[31m\u202eb\x00", "\ud800", "\u65e5\u672c", "=1+1",
    "../x", -1, 0, 3, 2**63, 10**40, 0.5, 1e300, -1e12, math.nan, math.inf, True, [], [1], ["a"], {}, {"a": 1},
    {"items": [None]},
]  # fmt: skip


def alter_table(path: Path, random: Random) -> str:
    """Alter a parquet table; return what was done."""
    table = pd.read_parquet(path)
    column = random.choice([*table.columns])
    way = random.choice([*TABLE_WAYS])
    done = TABLE_WAYS[way](table, column, random)
    if isinstance(done, bytes):
        path.write_bytes(done)
    else:
        _write(done, path)
    return f"{path.name}: {way} {column}"


def alter_json(path: Path, random: Random) -> str:
    """Alter a JSON file; return what was done."""
    text = path.read_text(encoding="utf-8")
    way = random.choice([*JSON_WAYS])
    path.write_text(JSON_WAYS[way](text, random), encoding="utf-8", errors="surrogatepass")
    return f"{path.name}: {way}"


def _write(table: pd.DataFrame, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    # Not as pandas writes it: two columns may have one name.
    arrays = [pa.array(table.iloc[:, place], from_pandas=True) for place in range(table.shape[1])]
    pq.write_table(pa.Table.from_arrays(arrays, [str(name) for name in table.columns]), path)


def _with(table: pd.DataFrame, column: str, values: object) -> pd.DataFrame:
    return table.assign(**{column: values})


def _one_cell(table: pd.DataFrame, column: str, random: Random) -> pd.DataFrame:
    values = table[column].astype("object").where(table[column].notna(), None).tolist()
    kind = type(next((one for one in values if one is not None), ""))
    fitting = [one for one in ODD if type(one) is not int or one < 2**63]
    odd = [one for one in fitting if one is None or isinstance(one, kind) or (kind is float and type(one) is int)]
    for row in random.sample(range(len(values)), min(len(values), random.choice([1, 3]))):
        values[row] = random.choice(odd)
    return _with(table, column, pd.Series(values, dtype="object"))


TABLE_WAYS: dict[str, Callable[[pd.DataFrame, str, Random], pd.DataFrame | bytes]] = {
    "without": lambda table, column, _: table.drop(columns=column),
    "renamed": lambda table, column, _: table.rename(columns={column: f"{column} "}),
    "twice": lambda table, column, _: pd.concat([table, table[[column]]], axis=1),
    "empty": lambda table, *_: table[:0],
    "one row of": lambda table, _, random: table.iloc[[random.randrange(len(table))]],
    "half the rows of": lambda table, _, random: table.sample(frac=0.5, random_state=random.randrange(99)),
    "rows twice in": lambda table, *_: pd.concat([table, table[:2]]),
    "nulls in": lambda table, column, _: _with(table, column, None),
    "text in": lambda table, column, _: _with(table, column, "odd"),
    "numbers in": lambda table, column, random: _with(table, column, random.choice([-1, 0, 7, 0.5, 1e300, math.inf])),
    "truth in": lambda table, column, _: _with(table, column, True),
    "dates in": lambda table, column, _: _with(table, column, pd.Timestamp("2030-01-01")),
    "bytes in": lambda table, column, _: _with(table, column, b"odd"),
    "lists in": lambda table, column, _: _with(table, column, pd.Series([["odd"]] * len(table), table.index)),
    "objects in": lambda table, column, _: _with(table, column, pd.Series([{"a": 1}] * len(table), table.index)),
    "as text": lambda table, column, _: _with(table, column, table[column].astype("str")),
    "categories in": lambda table, column, _: _with(table, column, table[column].astype("category")),
    "an odd cell in": _one_cell,
    "shuffled": lambda table, column, random: _with(
        table, column, table[column].sample(frac=1, random_state=random.randrange(99)).array
    ),
    "no parquet but": lambda table, *_: table.to_csv().encode(),
    "nothing in": lambda *_: b"",
}


def damaged(content: bytes, random: Random) -> bytes:
    """Return a file that is cut, or has other bytes in places."""
    if random.random() < 0.5:
        return content[: random.randrange(len(content))]
    changed = np.frombuffer(content, np.uint8).copy()
    for _ in range(random.choice([1, 4, 16])):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return changed.tobytes()


def _odd_value(text: str, random: Random) -> str:
    value = json.loads(text)
    holder, key = random.choice([*_places(value)])
    way = random.random()
    if way < 0.2:
        del holder[key]
    elif way < 0.3 and isinstance(holder, dict):
        holder[random.choice(["", "x\x1b", "items", "name"])] = holder.pop(key)
    else:
        holder[key] = random.choice(ODD)
    return json.dumps(value)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    for key in [*value] if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


JSON_WAYS: dict[str, Callable[[str, Random], str]] = {
    "an odd value": _odd_value,
    "odd values": lambda text, random: _odd_value(_odd_value(text, random), random),
    "cut": lambda text, random: text[: random.randrange(len(text))],
    "something else": lambda _, random: json.dumps(random.choice(ODD)),
    "deep": lambda text, random: (
        text[:-1] + (',"a":' if text[0] == "{" else ",") + "[" * (n := random.choice([15, 30, 60])) + "]" * n + text[-1]
    ),
}
