"""The columns ``start`` and ``end`` of a manifest: which part of its file a row is.

They hold seconds or timedeltas (``1.5``, ``1,5``, ``0 days 00:00:01.5``), and one of them is enough: without a start, a
row begins with the file, and without an end it goes on to the end. Without either it is the whole file.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.corpora.cells import is_given, seconds, shown
from corruptions.sound.segments import sample_at

TIMES = ("start", "end")
LATEST_S = 1e9
"""Longer than any recording."""


@dataclass(frozen=True)
class Times:
    """When each row begins and ends in its file, in seconds, None where nothing is said.

    ``problems`` are rows that say it wrongly, by number and in words, by kind.
    """

    start_s: tuple[float | None, ...]
    end_s: tuple[float | None, ...]
    problems: dict[str, list[tuple[int, str]]]


def read_times(table: pd.DataFrame, names: list[str]) -> Times:
    """Return the times of a table's rows.

    Args:
        table: with the columns ``start`` and ``end``, one of them or neither.
        names: what messages call each row.

    Examples:
        >>> found = read_times(pd.DataFrame({"end": ["1.5", "", "-1", "x"]}), ["row 1", "row 2", "row 3", "row 4"])
        >>> found.end_s[:2]
        (1.5, None)
        >>> list(found.problems.values())
        [[(3, "'x' in row 4")], [(2, '0 to -1 s in row 3')]]
    """
    written = {name: table[name] if name in table else pd.Series("", table.index, "str") for name in TIMES}
    found = {name: seconds(column).where(is_given(column)) for name, column in written.items()}
    problems = {
        f"{name} that is neither seconds nor a timedelta (1.5, or 0 days 00:00:01.5), or too far away": [
            (int(k), f"{shown(written[name].iloc[k])} in {names[k]}")
            for k in np.flatnonzero(is_given(written[name]) & ~found[name].between(-LATEST_S, LATEST_S))
        ]
        for name in TIMES
    }
    times: list[list[float | None]] = [
        [float(one) if abs(one) <= LATEST_S else None for one in found[name]] for name in TIMES
    ]
    rows = [*zip(range(len(names)), *times, names, strict=True)]
    problems["start below 0"] = [
        (k, f"{start:.10g} s in {name}") for k, start, _, name in rows if start is not None and start < 0
    ]
    problems["end that is not after the start"] = [
        (k, f"{start or 0:.10g} to {end:.10g} s in {name}")
        for k, start, end, name in rows
        if end is not None and sample_at(end) <= sample_at(max(start or 0, 0))
    ]
    return Times(tuple(times[0]), tuple(times[1]), {kind: those for kind, those in problems.items() if those})
