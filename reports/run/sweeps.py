"""Sweeps: which conditions of a run make one degradation curve, and in which order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from reports.run.words import level_words, number

CLEAN = "clean"
# What the results say of a condition.
STATION = ("corruption", "condition", "level", "level_unit")


@dataclass(frozen=True)
class Point:
    """One condition of a sweep."""

    condition: str
    level: float | None

    @property
    def tick(self) -> str:
        """What the axis says at this point."""
        return self.condition if self.level is None else number(self.level)


@dataclass(frozen=True)
class Sweep:
    """A corruption at all its levels.

    Attributes:
        name: the corruption, and for a chain also the levels of all but its last step, as in ``reverb@0.6s+babble``.
        level_unit: quantity and unit of the level, as in ``SNR (dB)``.
        points: the conditions, from mild to harsh.
    """

    name: str
    level_unit: str
    points: tuple[Point, ...]

    @property
    def harshest(self) -> Point:
        """The condition at the end of the sweep."""
        return self.points[-1]

    @property
    def is_snr(self) -> bool:
        """Whether the level is a signal-to-noise ratio."""
        return self.level_unit.startswith("SNR")

    @property
    def where(self) -> str:
        """The harshest condition in words."""
        return self.at(self.harshest)

    def at(self, point: Point) -> str:
        """Return a condition of the sweep in words."""
        words = level_words(point.level, self.level_unit)
        return f"{self.name} at {words}" if words else self.name


def sweeps_of(stations: Iterable[Mapping[str, Any]]) -> tuple[tuple[Sweep, ...], tuple[str, ...]]:
    """Return the sweeps, from mild to harsh, and the names of those whose harsh end is a guess.

    Args:
        stations: conditions with their ``corruption``, ``condition``, ``level``, ``level_unit`` and, where it is known,
            ``harsher`` ("up" or "down"). The first mention of a condition counts. Clean speech is on no sweep.

    Examples:
        >>> station = {"corruption": "hum", "level_unit": "SNR (dB)"}
        >>> sweeps, _ = sweeps_of([station | {"condition": f"hum@{level}dB", "level": level} for level in (0, 20)])
        >>> [point.condition for point in sweeps[0].points]
        ['hum@20dB', 'hum@0dB']
    """
    members: dict[str, dict[str, Mapping[str, Any]]] = {}
    for station in stations:
        if station["corruption"] != CLEAN:
            members.setdefault(station["corruption"], {}).setdefault(station["condition"], station)
    sweeps = {name: _sweep(name, list(there.values())) for name, there in members.items()}
    assumed = [
        name for name, sweep in sweeps.items() if len(sweep.points) > 1 and _said(members[name].values()) is None
    ]
    return tuple(sweeps.values()), tuple(name for name in assumed if not sweeps[name].is_snr)


def _said(stations: Iterable[Mapping[str, Any]]) -> str | None:
    return next((one["harsher"] for one in stations if one.get("harsher") is not None), None)


def _sweep(name: str, stations: list[Mapping[str, Any]]) -> Sweep:
    unit = next((one["level_unit"] for one in stations if not pd.isna(one["level_unit"])), "")
    points = [Point(one["condition"], None if pd.isna(one["level"]) else float(one["level"])) for one in stations]
    sweep = Sweep(name, unit, tuple(points))
    sign = -1 if (_said(stations) or ("down" if sweep.is_snr else "up")) == "down" else 1
    # What has no level comes first, as it is neither mild nor harsh.
    points.sort(key=lambda point: float("-inf") if point.level is None else sign * point.level)
    return replace(sweep, points=tuple(points))
