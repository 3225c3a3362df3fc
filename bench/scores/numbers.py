"""Numbers, and all that their uncertainty is computed from, carried together through whatever is made of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from bench.scores.intervals import LEVEL, Method

Floats = npt.NDArray[np.float64]
Row = dict[str, object]
Range = tuple[float, float]

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

    def through(self, formula: Callable[[Floats], Floats], used: Sequence[int]) -> "Numbers":
        """Return the one number that a formula makes of them, from ``(..., n)`` to ``(...)``.

        It rests on what there is everywhere among the numbers at the positions ``used``.
        """

        def alone(values: Floats) -> Floats:
            return formula(values)[..., np.newaxis]

        least = self.sizes[:, list(used)].min(axis=1, keepdims=True)
        return Numbers(alone(self.value), alone(self.again), least, alone(self.by_seed), alone(self.by_draw))

    def at(self, position: int) -> "Numbers":
        """Return one of them."""
        return self.through(lambda values: values[..., position], [position])

    def minus(self, other: "Numbers") -> "Numbers":
        """Return the differences; where both were trained with as many seeds, they are paired by seed."""

        def less(one: Floats, another: Floats) -> Floats:
            return one - another if len(one) == len(another) else np.empty((0, len(self.value)))

        return Numbers(
            self.value - other.value,
            self.again - other.again,
            np.minimum(self.sizes, other.sizes),
            less(self.by_seed, other.by_seed),
            less(self.by_draw, other.by_draw),
        )

    def rows(self, method: Method, within: Range = ANYWHERE) -> Iterator[Row]:
        """Yield of each number the cells of a table: its value and what is known of its uncertainty.

        ``ci_low`` and ``ci_high`` hold other speakers. ``seed_sd`` and ``draw_sd`` are the standard deviations between
        seeds and between draws, null where there is one. ``all_low`` and ``all_high`` hold other speakers, seeds and
        draws: half of the interval over speakers, and Student's of the means over seeds and over draws, are combined as
        the sides of a right angle (Zou and Donner 2008, Statistics in Medicine 27, 1693-1702).

        Args:
            method: of the interval over speakers.
            within: where the numbers can lie; intervals are cut to it.
        """
        found = method.infer(self.value, self.again, self.sizes)
        spreads = {"seed_sd": self.by_seed, "draw_sd": self.by_draw}
        deviations = {name: of.std(axis=0, ddof=1) for name, of in spreads.items() if len(of) > 1}
        more: Floats = np.zeros_like(self.value)
        for name, sd in deviations.items():
            more = more + (stats.t.ppf((1 + LEVEL) / 2, len(spreads[name]) - 1) * sd) ** 2 / len(spreads[name])
        ends = {"ci_low": found.low, "ci_high": found.high}
        if deviations:
            ends["all_low"] = self.value - np.sqrt((self.value - found.low) ** 2 + more)
            ends["all_high"] = self.value + np.sqrt((found.high - self.value) ** 2 + more)
        numbers = {"value": self.value, "p": found.p, **{name: one.clip(*within) for name, one in ends.items()}}
        utterances, speakers = self.sizes.sum(axis=0), np.count_nonzero(self.sizes, axis=0)
        for k in range(len(self.value)):
            known = np.isfinite(self.value[k])
            row = {name: float(of[k]) if known else np.nan for name, of in (numbers | deviations).items()}
            # Equal parts of a whole may miss it by rounding errors.
            yield {**row, "n_utterances": int(utterances[k].round(6)), "n_speakers": int(speakers[k])}


def mean_of(several: Sequence[Numbers]) -> Numbers:
    """Return the mean of each of the numbers; NaN where one of them is, and resting on what there is in all."""

    def mean(name: str) -> Floats:
        return np.asarray(np.mean([getattr(one, name) for one in several], axis=0), np.float64)

    least = np.min([one.sizes for one in several], axis=0)
    return Numbers(mean("value"), mean("again"), least, mean("by_seed"), mean("by_draw"))
