"""Paired differences between systems, as ``comparisons.parquet`` has them: both met the same utterances.

A difference is that of the first system minus the second. Its interval decides what is said of it: where it includes
zero, the two are not told apart.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from reports.run.run import ALL_NOISE, MEAN, USUAL_DIMENSIONS, Run
from reports.run.sweeps import CLEAN
from reports.run.words import GAP, Score

# Holm-corrected probabilities from here on do not count as evidence.
SURE = 0.05
CLEAN_WORDS = "clean speech"
HIGHER, LOWER, UNSURE = "higher", "lower", "not told apart"


@dataclass(frozen=True, order=True)
class Place:
    """Where two systems were compared: on clean speech, over the curve of a corruption, or over all corruptions.

    Attributes:
        rank: clean speech first, then corruption by corruption, then what is over all of them.
        metric: what was compared.
        words: the place in words.
    """

    rank: int
    metric: str
    words: str

    @property
    def is_clean(self) -> bool:
        """Whether it is clean speech."""
        return self.words == CLEAN_WORDS

    @property
    def is_all_noise(self) -> bool:
        """Whether it is the mean over everything noisy."""
        return self.metric == ALL_NOISE


@dataclass(frozen=True)
class Difference:
    """A difference with its interval, and its probability after Holm's correction (NaN where unknown)."""

    score: Score
    p_holm: float = math.nan

    @property
    def outcome(self) -> str:
        """Whether the first system is ``HIGHER`` or ``LOWER``; ``UNSURE`` where the interval includes zero.

        Examples:
            >>> Difference(Score(0.1, 0.02, 0.2)).outcome, Difference(Score(0.1, 0.0, 0.2)).outcome
            ('higher', 'not told apart')
        """
        if self.score.has_interval and self.score.low > 0:
            return HIGHER
        return LOWER if self.score.has_interval and self.score.high < 0 else UNSURE

    @property
    def note(self) -> str:
        """What must be added to an outcome: that it does not stand after correction, or may not; else nothing.

        Examples:
            >>> sure = Score(0.1, 0.02, 0.2)
            >>> Difference(sure, 0.01).note, Difference(sure).note, Difference(Score(0.1, 0.0, 0.2)).note
            ('', 'unknown after correction', '')
        """
        if self.outcome == UNSURE or self.holds:
            return ""
        if math.isnan(self.p_holm):
            return "unknown after correction"
        return f"not after correction, p{GAP}={GAP}{self.p_holm:.2g}"

    @property
    def holds(self) -> bool:
        """Whether the outcome stands after the correction for the many comparisons of its group."""
        return self.outcome != UNSURE and self.p_holm < SURE


@dataclass(frozen=True)
class Pair:
    """Two systems and all their differences, by place and dimension."""

    system: str
    against: str
    differences: Mapping[Place, Mapping[str, Difference]]

    @property
    def name(self) -> str:
        """The pair in words."""
        return f"{self.system} \N{MINUS SIGN} {self.against}"


@dataclass(frozen=True)
class Group:
    """Pairs that belong together, and the rows of the table they come from."""

    name: str
    pairs: tuple[Pair, ...]
    table: pd.DataFrame

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions that were compared, ``MEAN`` last."""
        found = {one for pair in self.pairs for there in pair.differences.values() for one in there}
        usual = [name for name in USUAL_DIMENSIONS if name in found]
        others = sorted(found - {*usual, MEAN})
        return (*usual, *others, *([MEAN] if MEAN in found else []))

    @property
    def headline(self) -> tuple[Place, ...]:
        """What says most in few: clean speech and all corruptions, or every place where the latter is unknown."""
        few = tuple(place for place in self.places if place.is_clean or place.is_all_noise)
        return few if any(place.is_all_noise for place in few) else self.places

    @property
    def places(self) -> tuple[Place, ...]:
        """The places where any pair was compared."""
        return tuple(sorted({place for pair in self.pairs for place in pair.differences}))


def groups(run: Run) -> tuple[Group, ...]:
    """Return the groups of comparisons, in the order of the table."""
    table = run.extras["comparisons"]
    return tuple(Group(str(name), tuple(_pairs(run, rows)), rows) for name, rows in table.groupby("group", sort=False))


def _pairs(run: Run, rows: pd.DataFrame) -> list[Pair]:
    found: dict[tuple[str, str], dict[Place, dict[str, Difference]]] = {}
    for row in rows.to_dict("records"):
        place = _place(run, row["metric"], None if pd.isna(row["corruption"]) else row["corruption"])
        score = Score(*(float(row[key]) for key in ("value", "ci_low", "ci_high")))
        there = found.setdefault((row["system"], row["against"]), {}).setdefault(place, {})
        there[row["dimension"]] = Difference(score, float(row["p_holm"]))
    return [Pair(*names, differences) for names, differences in found.items()]


def _place(run: Run, metric: str, corruption: str | None) -> Place:
    if corruption == CLEAN:
        return Place(0, metric, CLEAN_WORDS)
    if corruption is None:
        return Place(len(run.sweeps) + 1, metric, "all corruptions")
    for rank, sweep in enumerate(run.sweeps, start=1):
        if sweep.name == corruption:
            # The only level of a curve is the whole of it.
            return Place(rank, metric, sweep.name if len(sweep.points) > 1 else sweep.where)
    return Place(len(run.sweeps), metric, corruption)
