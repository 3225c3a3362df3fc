"""Numbers, and all that their uncertainty is computed from, carried together through whatever is made of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from bench.scores.intervals import LEVEL, Method

Floats = npt.NDArray[np.float64]
Row = dict[str, object]
Range = tuple[float | Floats, float | Floats]

ANYWHERE: Range = (-np.inf, np.inf)


@dataclass(frozen=True)
class Numbers:
    """Some numbers of one kind; every array ends in an axis over them, ``n``.

    Attributes:
        value: shape ``(n,)``; NaN where one is undefined.
        again: the same in every set of speakers, ``(n_sets, n)``.
        sizes: how many utterances of each speaker they rest on, ``(n_speakers, n)``.
        by_seed: the same of each training seed alone, ``(n_seeds, n)``.
        by_draw: the same of each draw of the noise alone, ``(n_draws, n)``.
    """

    value: Floats
    again: Floats
    sizes: Floats
    by_seed: Floats
    by_draw: Floats

    def each(self, formula: Callable[[Floats], Floats], sizes: Floats) -> "Numbers":
        """Return the numbers that a formula makes of them, from ``(..., n)`` to ``(..., m)``.

        Args:
            formula: what becomes of the numbers, of those in every set, and of those of every seed and draw.
            sizes: how many utterances of each speaker they then rest on, ``(n_speakers, m)``.
        """
        value, again, *alone = map(formula, (self.value, self.again, self.by_seed, self.by_draw))
        return Numbers(value, again, sizes, *alone)

    def through(self, formula: Callable[[Floats], Floats], used: Sequence[int]) -> "Numbers":
        """Return the one number that a formula makes of them, from ``(..., n)`` to ``(...)``.

        It rests on what there is everywhere among the numbers at the positions ``used``.
        """
        least = self.sizes[:, list(used)].min(axis=1, keepdims=True)
        return self.each(lambda values: formula(values)[..., np.newaxis], least)

    def at(self, position: int) -> "Numbers":
        """Return one of them."""
        return self.through(lambda values: values[..., position], [position])

    def paired(self, other: "Numbers", formula: Callable[[Floats, Floats], Floats]) -> "Numbers":
        """Return what a formula makes of them and others, one by one, within every set of speakers.

        Where both were trained with as many seeds, they are paired by seed.
        """

        def both(one: Floats, another: Floats) -> Floats:
            return formula(one, another) if len(one) == len(another) else np.empty((0, len(self.value)))

        return Numbers(
            formula(self.value, other.value),
            formula(self.again, other.again),
            np.minimum(self.sizes, other.sizes),
            both(self.by_seed, other.by_seed),
            both(self.by_draw, other.by_draw),
        )

    def minus(self, other: "Numbers") -> "Numbers":
        """Return the differences, paired."""
        return self.paired(other, np.subtract)

    def deviations(self) -> dict[str, Floats]:
        """Return the standard deviations between seeds and between draws, where there are several of them."""
        spreads = {"seed_sd": self.by_seed, "draw_sd": self.by_draw}
        return {name: of.std(axis=0, ddof=1) for name, of in spreads.items() if len(of) > 1}

    def inferred(self, method: Method) -> dict[str, Floats]:
        """Return the ends of the intervals that ``rows`` tells of, and ``p``."""
        found = method.infer(self.value, self.again, self.sizes)
        known = {"ci_low": found.low, "ci_high": found.high, "p": found.p}
        more: Floats = np.zeros_like(self.value)
        deviations = self.deviations()
        for name, sd in deviations.items():
            times = len(self.by_seed if name == "seed_sd" else self.by_draw)
            more = more + (stats.t.ppf((1 + LEVEL) / 2, times - 1) * sd) ** 2 / times
        if deviations:
            known["all_low"] = self.value - np.sqrt((self.value - found.low) ** 2 + more)
            known["all_high"] = self.value + np.sqrt((found.high - self.value) ** 2 + more)
        return known

    def rows(self, method: Method, within: Range = ANYWHERE) -> Iterator[Row]:
        """Yield of each number the cells of a table: its value and what is known of its uncertainty.

        ``ci_low`` and ``ci_high`` hold other speakers. ``seed_sd`` and ``draw_sd`` are the standard deviations between
        seeds and between draws, null where there is one. ``all_low`` and ``all_high`` hold other speakers, seeds and
        draws: half of the interval over speakers, and Student's of the means over seeds and over draws, are combined as
        the sides of a right angle (Zou and Donner 2008, Statistics in Medicine 27, 1693-1702).

        Args:
            method: of the interval over speakers.
            within: where the numbers, or each of them, can lie; intervals are cut to it.
        """
        inferred = self.inferred(method)
        ends = {name: one if name == "p" else one.clip(*within) for name, one in inferred.items()}
        numbers = {"value": self.value, **ends, **self.deviations()}
        utterances, speakers = self.sizes.sum(axis=0), np.count_nonzero(self.sizes, axis=0)
        for k in range(len(self.value)):
            known = np.isfinite(self.value[k])
            row = {name: float(of[k]) if known else np.nan for name, of in numbers.items()}
            yield {**row, "n_utterances": int(utterances[k]), "n_speakers": int(speakers[k])}


def mean_of(several: Sequence[Numbers]) -> Numbers:
    """Return the mean of each of the numbers; NaN where one of them is, and resting on what there is in all."""

    def mean(name: str) -> Floats:
        return np.asarray(np.mean([getattr(one, name) for one in several], axis=0), np.float64)

    least = np.min([one.sizes for one in several], axis=0)
    return Numbers(mean("value"), mean("again"), least, mean("by_seed"), mean("by_draw"))


def together(several: Sequence[Numbers]) -> Numbers:
    """Return all of several numbers as one, in their order."""

    def joined(name: str) -> Floats:
        return np.concatenate([getattr(one, name) for one in several], axis=-1)

    return Numbers(*map(joined, ("value", "again", "sizes", "by_seed", "by_draw")))
