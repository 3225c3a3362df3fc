"""Why numbers, or their intervals, are missing: what the run noted beside them."""

from typing import Any

import pandas as pd

from reports.run.run import Run
from reports.run.words import counted

# What is noted of these is no reason, and stands beside them: beyond which level it lies, under which noise it is.
TOLD_BESIDE = ("snr50", "ccc_worst")


def reasons(run: Run) -> list[str]:
    """Return every reason that the table gives, with how many numbers it is of and where the first of them stands."""
    notes = run.notes[~run.notes["metric"].isin(TOLD_BESIDE)]
    if notes.empty:
        return []
    return [
        f"{note} ({counted(len(rows), 'number')}, the first of them {_place(rows.iloc[0])})"
        for note, rows in notes.groupby("note", sort=False)
    ]


def _place(row: "pd.Series[Any]") -> str:
    dimension, condition, corruption = row["dimension"], row["condition"], row["corruption"]
    shown = [str(one) for one in (dimension, corruption if pd.isna(condition) else condition) if not pd.isna(one)]
    return ", ".join([f"{row['metric']} of {row['system']}", *shown])
