"""The grid of a run: which rows its tables should hold, so that what is missing can be named."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

PLACE = ("corruption", "condition", "level", "level_unit")
"""The columns that name a condition."""


@dataclass(frozen=True)
class GridCondition:
    """A condition of the grid and the draws under which every utterance meets it."""

    corruption: str
    condition: str
    level: float | None
    level_unit: str | None
    draws: tuple[int, ...]

    @property
    def place(self) -> dict[str, object]:
        """The condition as tables name it, by ``PLACE``."""
        return {name: getattr(self, name) for name in PLACE}


@dataclass(frozen=True)
class Grid:
    """What a table of predictions should hold: every dimension of every combination, once.

    Attributes:
        systems: the seeds of every system; None is the seed of one that has none.
        conditions: the conditions and their draws.
        utterances: ids of the test utterances.
        texts: what is said in those of which that is known; for two-way intervals.
    """

    systems: Mapping[str, tuple[int | None, ...]]
    conditions: tuple[GridCondition, ...]
    utterances: tuple[str, ...]
    texts: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def clean(self) -> int | None:
        """The position of clean speech among the conditions, or None."""
        return next((k for k, one in enumerate(self.conditions) if one.corruption == "clean"), None)

    @cached_property
    def curves(self) -> dict[str, tuple[int, ...]]:
        """The positions of the conditions on each curve, by name and level; what has no level is a curve of one."""
        points: dict[str, list[tuple[float, int]]] = {}
        for k, one in enumerate(self.conditions):
            if k != self.clean:
                points.setdefault(one.corruption, []).append((one.level or 0.0, k))
        return {name: tuple(k for _, k in sorted(of)) for name, of in sorted(points.items())}


def grid_of(predictions: pd.DataFrame, *others: pd.DataFrame) -> Grid:
    """Return the smallest grid that holds every row of these tables: what they themselves say should be there.

    Args:
        predictions: typed as ``bench.scores.results.PREDICTIONS``.
        others: typed alike, with utterances, conditions and draws.
    """
    seeds = predictions[["system", "seed"]].drop_duplicates()
    tables = pd.concat([table[["utterance", *PLACE, "draw"]] for table in (predictions, *others)])
    return Grid(
        systems={
            str(system): tuple(sorted((None if pd.isna(seed) else int(seed) for seed in of["seed"]), key=none_first))
            for system, of in seeds.groupby("system")
        },
        conditions=_conditions(tables[[*PLACE, "draw"]].drop_duplicates()),
        utterances=tuple(sorted(tables["utterance"].unique())),
    )


def _conditions(rows: pd.DataFrame) -> tuple[GridCondition, ...]:
    by_name = rows.sort_values(["corruption", "level", "condition", "draw"]).groupby("condition", sort=False)
    found = [
        GridCondition(
            corruption=str(of["corruption"].iloc[0]),
            condition=str(name),
            level=None if of["level"].isna().iloc[0] else float(of["level"].iloc[0]),
            level_unit=None if of["level_unit"].isna().iloc[0] else str(of["level_unit"].iloc[0]),
            draws=tuple(of["draw"].unique().tolist()),
        )
        for name, of in by_name
    ]
    return tuple(sorted(found, key=lambda one: one.corruption != "clean"))


def none_first(seed: int | None) -> tuple[bool, int]:
    """Return what to sort seeds by."""
    return (seed is not None, seed or 0)
