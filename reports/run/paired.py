"""Paired differences between systems, as ``comparisons.parquet`` has them: both met the same utterances.

A difference is that of the first system minus the second. Its interval decides what is said of it: where it includes
zero, the two are not told apart. That interval holds other speakers; where a wider one, which holds other training
seeds, too, is off zero as well, what is said does not rest on speakers alone.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any, Protocol

import pandas as pd

from reports.run.run import ALL_NOISE, MEAN, USUAL_DIMENSIONS, Subject
from reports.run.sweeps import CLEAN, Sweep
from reports.run.words import GAP, Score

# Holm-corrected probabilities from here on do not count as evidence.
SURE = 0.05
CLEAN_WORDS = "clean speech"
HIGHER, LOWER, UNSURE = "higher", "lower", "not told apart"
UNKNOWN = Score(math.nan)
ON_SPEAKERS, ON_SEEDS = "rests on speakers", "holds for other training seeds too"


class Compared(Subject, Protocol):
    """What has paired differences: a run, or several runs beside each other."""

    @property
    def sweeps(self) -> tuple[Sweep, ...]:
        """Every corruption."""

    @property
    def extras(self) -> Mapping[str, pd.DataFrame]:
        """Tables by name, ``comparisons`` among them."""

    @property
    def references(self) -> Mapping[str, Mapping[str, Any]]:
        """By the names of groups in which all are compared with the same: with what, and how that was chosen."""


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
    """A difference with its interval.

    Attributes:
        score: the difference; its interval holds other speakers.
        p_holm: its probability after Holm's correction, NaN where unknown.
        of_all: the same difference; its interval holds other speakers, training seeds and noise draws.
        seed_sd: the standard deviation between training seeds, NaN where there was one.
        by_seed: the differences of single training seeds; none where there was one.
    """

    score: Score
    p_holm: float = math.nan
    of_all: Score = UNKNOWN
    seed_sd: float = math.nan
    by_seed: tuple[float, ...] = ()

    @property
    def outcome(self) -> str:
        """Whether the first system is ``HIGHER`` or ``LOWER``; ``UNSURE`` where the interval includes zero.

        Examples:
            >>> Difference(Score(0.1, 0.02, 0.2)).outcome, Difference(Score(0.1, 0.0, 0.2)).outcome
            ('higher', 'not told apart')
        """
        return _side(self.score)

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
    def rests_on(self) -> str:
        """What the outcome would hold for: other speakers (``ON_SPEAKERS``), or other training seeds, too.

        Examples:
            >>> sure, wide = Score(0.1, 0.02, 0.2), Score(0.1, -0.1, 0.3)
            >>> Difference(sure, of_all=wide, seed_sd=0.1).rests_on, Difference(sure, of_all=sure, seed_sd=0.1).rests_on
            ('rests on speakers', 'holds for other training seeds too')
            >>> Difference(sure, of_all=sure).rests_on, Difference(wide, of_all=wide, seed_sd=0.1).rests_on
            ('rests on speakers', '')
        """
        if self.outcome == UNSURE:
            return ""
        return ON_SEEDS if not math.isnan(self.seed_sd) and _side(self.of_all) == self.outcome else ON_SPEAKERS

    @property
    def holds(self) -> bool:
        """Whether the outcome stands after the correction for the many comparisons of its group."""
        return self.outcome != UNSURE and self.p_holm < SURE


def _side(score: Score) -> str:
    if score.has_interval and score.low > 0:
        return HIGHER
    return LOWER if score.has_interval and score.high < 0 else UNSURE


@dataclass(frozen=True)
class Pair:
    """Two systems, or one system in two runs, and all their differences, by place and dimension."""

    system: str
    against: str
    differences: Mapping[Place, Mapping[str, Difference]]

    @property
    def name(self) -> str:
        """The pair in words."""
        return self.system if self.system == self.against else f"{self.system} \N{MINUS SIGN} {self.against}"


@dataclass(frozen=True)
class Group:
    """Pairs that belong together, and the rows of the table they come from.

    Attributes:
        name: of the group.
        pairs: the pairs.
        table: the rows, with what each outcome rests on.
        references: with what all are compared, and how that was chosen; empty where somebody named the pairs.
    """

    name: str
    pairs: tuple[Pair, ...]
    table: pd.DataFrame
    references: Mapping[str, Any] = field(default_factory=dict)

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


def groups(run: Compared) -> tuple[Group, ...]:
    """Return the groups of comparisons, in the order of the table."""
    return tuple(
        _group(run, str(name), rows.reset_index(drop=True))
        for name, rows in run.extras["comparisons"].groupby("group", sort=False)
    )


def _group(run: Compared, name: str, rows: pd.DataFrame) -> Group:
    keys = ["system", "against", "dimension", "metric", "corruption"]
    single = rows["seed"].notna() if "seed" in rows else pd.Series(data=False, index=rows.index)
    named = [tuple(None if pd.isna(one) else one for one in row) for row in rows[keys].itertuples(index=False)]
    by_seed: dict[tuple[Any, ...], list[float]] = {}
    for key, value in zip(compress(named, single), rows.loc[single, "value"].astype(float), strict=True):
        by_seed.setdefault(key, []).append(value)
    found: dict[tuple[str, str], dict[Place, dict[str, Difference]]] = {}
    rests_on = pd.Series("", rows.index, "str")
    for index, row in zip(rows.index[~single], rows[~single].to_dict("records"), strict=True):
        system, against, dimension, metric, corruption = named[index]
        one = _difference(row, tuple(by_seed.get(named[index], ())))
        place = _place(run.sweeps, metric, corruption)
        found.setdefault((system, against), {}).setdefault(place, {})[dimension] = one
        rests_on[index] = one.rests_on
    pairs = tuple(Pair(*names, differences) for names, differences in found.items())
    return Group(name, pairs, rows.assign(rests_on=rests_on), run.references.get(name, {}))


def _difference(row: Mapping[Any, Any], by_seed: tuple[float, ...]) -> Difference:
    value, *ends = (float(row.get(key, math.nan)) for key in ("value", "ci_low", "ci_high", "all_low", "all_high"))
    return Difference(
        Score(value, *ends[:2]),
        float(row["p_holm"]),
        Score(value, *ends[2:]),
        float(row.get("seed_sd", math.nan)),
        by_seed,
    )


def _place(sweeps: Sequence[Sweep], metric: str, corruption: str | None) -> Place:
    if corruption == CLEAN:
        return Place(0, metric, CLEAN_WORDS)
    if corruption is None:
        return Place(len(sweeps) + 1, metric, "all corruptions")
    for rank, sweep in enumerate(sweeps, start=1):
        if sweep.name == corruption:
            # The only level of a curve is the whole of it.
            return Place(rank, metric, sweep.name if len(sweep.points) > 1 else sweep.where)
    return Place(len(sweeps), metric, corruption)
