"""Uncertainty from the choice of speakers: every interval and every p-value comes from here.

Utterances of a speaker resemble each other, so what might have been otherwise is who spoke. Every number is computed
again for other sets of the same speakers (``Method.again``), and from how it moves follow its interval and whether it
differs from zero (``Method.infer``). The same sets serve every system and condition: a difference between two of them
is one within each set, paired by construction.

Which method holds where test sets have few speakers was found by a study: ``docs/intervals.md``. To add one, add it to
``METHODS``, and to the study.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from scipy import stats

from bench.store.bounds import MOST_RESAMPLES
from bench.store.keys import rng_for
from corruptions.noise.talk import UNKNOWN

Floats = npt.NDArray[np.float64]

LEVEL = 0.95
_TAILS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
_MOST_UNDEFINED = 0.05


class Inferred(NamedTuple):
    """Of each number the ends of its 95 % interval, and the two-sided p-value of its being zero; NaN if unknown."""

    low: Floats
    high: Floats
    p: Floats


class Method(Protocol):
    """How the spread of a number over sets of speakers becomes an interval."""

    @property
    def described(self) -> str:
        """What a paper says of it, a noun phrase without a full stop."""

    def again(self, sums: Floats) -> Floats:
        """Return the sums of other sets of the same speakers.

        Args:
            sums: over the utterances of each speaker, shape ``(n_speakers, ...)``.

        Returns:
            Shape ``(n_sets, ...)``.
        """

    def infer(self, value: Floats, again: Floats, sizes: Floats) -> Inferred:
        """Return what is known of each number.

        Args:
            value: the numbers, shape ``(...)``; NaN where one is undefined.
            again: the same numbers in each set, shape ``(n_sets, ...)``.
            sizes: how many utterances of each speaker every number rests on, shape ``(n_speakers, ...)``.

        Returns:
            Three arrays of shape ``(...)``. All is NaN where there are fewer than two speakers, for then nothing is
            known of their spread.
        """

    def of_differences(self) -> "Method":
        """Return the method for differences of two systems."""


def cluster_names(utterances: Sequence[str], speakers: Sequence[str]) -> list[str]:
    """Return the name of the cluster that each utterance belongs to: its speaker.

    Nobody knows which utterances of the speaker ``Unknown`` belong together. Each is a cluster of its own, as if nobody
    spoke twice; intervals are too narrow to the degree that somebody did.

    Examples:
        >>> cluster_names(["a", "b", "c"], ["Ann", "Unknown", "Ann"])
        ['Ann', 'Unknown b', 'Ann']
    """
    return [
        f"{UNKNOWN} {utterance}" if speaker == UNKNOWN else speaker
        for utterance, speaker in zip(utterances, speakers, strict=True)
    ]


@dataclass(frozen=True)
class Jackknife:
    r"""Student's t on the jackknife over speakers: each number is computed again without each of them in turn.

    With :math:`h_g` the share of the utterances that is speaker g's, and :math:`d_g` how far the number moves without
    them, the variance is :math:`\sum_g (1 - h_g)\,d_g^2`. For a mean that is the cluster-robust variance CR2, free of
    bias if speakers do not differ (Bell and McCaffrey 2002, Survey Methodology 28, 169-181); equal shares give the
    textbook's :math:`(n - 1)/n \sum_g d_g^2`. The degrees of freedom are theirs, by Satterthwaite: n - 1 for equal
    shares, fewer the more a few speakers have.

    Where some speakers move a number much more than others do (a CCC, where speakers differ in their labels), its
    variance is known worse still, and the degrees of freedom follow from the kurtosis of the moves, if they are fewer.
    A difference of two systems does not need that: its moves are as uneven, but lie on both sides.

    Attributes:
        small_sample: without it the textbook's variance and n - 1 degrees of freedom, whatever the shares are.
        lopsided: whether the moves may lie on one side.
    """

    small_sample: bool = True
    lopsided: bool = True

    @property
    def described(self) -> str:
        """What a paper says of it."""
        usual = "as many degrees of freedom as speakers, less one"
        freedom = "Satterthwaite's degrees of freedom" if self.small_sample else usual
        return f"Student's t on the jackknife over speakers, with {freedom}"

    def again(self, sums: Floats) -> Floats:
        """Return the sums without each speaker in turn."""
        return np.asarray(sums.sum(axis=0) - sums, np.float64)

    def of_differences(self) -> "Jackknife":
        """Return the same without regard to the kurtosis of the moves."""
        return replace(self, lopsided=False)

    def infer(self, value: Floats, again: Floats, sizes: Floats) -> Inferred:
        """Return Student's interval and p-value; NaN also where a number is undefined without some speaker."""
        there = sizes > 0
        n = np.count_nonzero(there, axis=0)
        shares = sizes / np.maximum(sizes.sum(axis=0), 1)
        if not self.small_sample:
            shares = there / np.maximum(n, 1)
        moves = np.where(there, again - value, 0.0)
        squares = (1 - shares) * moves**2
        error = np.sqrt(np.where(n > 1, squares.sum(axis=0), np.nan))
        freedom = _satterthwaite(shares)
        if self.small_sample and self.lopsided:
            freedom = np.minimum(freedom, _by_kurtosis(np.sqrt(1 - shares) * moves, there, n))
        reach = stats.t.ppf((1 + LEVEL) / 2, freedom) * error
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.where((value == 0) & (error == 0), 0.0, np.abs(value) / error)
        return Inferred(value - reach, value + reach, np.asarray(2 * stats.t.sf(t, freedom), np.float64))


def _satterthwaite(shares: Floats) -> Floats:
    """Return the degrees of freedom of the variance of a mean over speakers that have these shares of it.

    Examples:
        >>> print(_satterthwaite(np.full(8, 1 / 8)).round(9), _satterthwaite(np.array([0.5, 0.3, 0.2])).round(2))
        7.0 1.75
    """
    rest = np.where(shares < 1, 1 - shares, 1.0)
    spread, weight = shares / rest, shares**2 / rest
    squared = (spread**2 - 2 * spread * weight).sum(axis=0) + weight.sum(axis=0) ** 2
    return np.asarray(np.maximum(1 / np.where(squared > 0, squared, 1.0), 1.0), np.float64)


def _by_kurtosis(moves: Floats, there: npt.NDArray[np.bool_], n: npt.NDArray[np.intp]) -> Floats:
    # The variance of a variance is (kurtosis - 1) / n of its square; that of a sample is corrected towards normal.
    at_least = np.maximum(n, 2)
    moves = moves / np.maximum(np.abs(moves).max(axis=0, initial=0.0), np.finfo(np.float64).tiny)
    centred = np.where(there, moves - moves.sum(axis=0) / at_least, 0.0)
    second, fourth = ((centred**power).sum(axis=0) / at_least for power in (2, 4))
    above = fourth * (at_least + 1) / (at_least - 1) - second**2
    freedom = np.divide(2 * (at_least - 1) * second**2, above, out=np.full_like(second, np.inf), where=above > 0)
    return np.asarray(np.maximum(freedom, 1.0), np.float64)


@dataclass(frozen=True)
class Percentile:
    """The percentiles of a bootstrap over speakers, as emonoise reported until 0.2: too narrow for few of them.

    Attributes:
        resamples: how many sets to draw: of as many speakers as there are, with replacement.
        seed: of the draws.
    """

    resamples: int
    seed: int

    @property
    def described(self) -> str:
        """What a paper says of it."""
        return f"the percentiles of {self.resamples:,} bootstrap resamples of the speakers"

    def multiplicities(self, n_speakers: int) -> Floats:
        """Return how often each speaker was drawn in each set, ``(resamples, n_speakers)``."""
        if n_speakers == 0:
            return np.zeros((self.resamples, 0))
        rng = rng_for(self.seed, "bootstrap", n_speakers)
        return rng.multinomial(n_speakers, np.full(n_speakers, 1 / n_speakers), self.resamples).astype(np.float64)

    def again(self, sums: Floats) -> Floats:
        """Return the sums of every resample."""
        flat = self.multiplicities(len(sums)) @ sums.reshape(len(sums), -1)
        return np.asarray(flat.reshape(self.resamples, *sums.shape[1:]), np.float64)

    def of_differences(self) -> "Percentile":
        """Return the same."""
        return self

    def infer(self, value: Floats, again: Floats, sizes: Floats) -> Inferred:
        """Return percentiles, and twice the share of sets on the rarer side of zero (Davison and Hinkley 1997, 4.2.5).

        NaN also where a number is undefined in more than 5 % of the sets, for then the ends may lie among those.
        """
        defined = np.count_nonzero(~np.isnan(again), axis=0)
        known = np.count_nonzero(sizes > 0, axis=0) > 1
        known &= (len(again) - defined <= _MOST_UNDEFINED * len(again)) & ~np.isnan(value)
        usable = np.where(known, again, 0.0)
        ends = np.quantile(usable, _TAILS, axis=0)
        if (holes := np.isnan(usable).any(axis=0)).any():
            ends[:, holes] = np.nanquantile(usable[:, holes], _TAILS, axis=0)
        rarer = np.minimum(np.count_nonzero(again <= 0, axis=0), np.count_nonzero(again >= 0, axis=0))
        p = np.minimum(1.0, 2 * (1 + rarer) / (1 + defined))
        return Inferred(*(np.where(known, one, np.nan) for one in (*ends, p)))


METHODS: dict[str, Callable[[int, int], Method]] = {
    "satterthwaite": lambda _resamples, _seed: Jackknife(),
    "jackknife": lambda _resamples, _seed: Jackknife(small_sample=False),
    "percentile": Percentile,
}
"""By name, from how many sets to draw, where any are drawn, and the seed of that."""

AUTO = "auto"
DEFAULT = "satterthwaite"
"""What ``auto`` stands for."""


def method_named(name: str = AUTO, *, resamples: int = 2000, seed: int = 0) -> Method:
    """Return the method of a name.

    Args:
        name: ``auto``, or one of ``METHODS``.
        resamples: how many sets of speakers to draw, where any are drawn.
        seed: of the draws.

    Raises:
        ValueError: for an unknown name, or less than one or too many resamples.
    """
    if name not in (AUTO, *METHODS):
        raise ValueError(f"no intervals {name!r}; there are {', '.join((AUTO, *METHODS))}")
    if not 1 <= resamples <= MOST_RESAMPLES:
        raise ValueError(f"bootstrap is {resamples}; 1 to {MOST_RESAMPLES:,} resamples can be drawn")
    return METHODS[DEFAULT if name == AUTO else name](resamples, seed)
