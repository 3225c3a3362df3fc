"""Student's t on numbers computed again without each speaker, or without each text, in turn."""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]

LEVEL = 0.95
FEWEST = 2
"""Of fewer speakers, or texts, nothing is known of how far they are apart."""
ONE_SPEAKER = "one speaker"


class Inferred(NamedTuple):
    """Of each number the ends of its 95 % interval, and the two-sided p-value of its being zero; NaN if unknown."""

    low: Floats
    high: Floats
    p: Floats


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
        by_kurtosis: whether the kurtosis of the moves may lower the degrees of freedom.
    """

    small_sample: bool = True
    by_kurtosis: bool = True

    @property
    def described(self) -> str:
        """What a paper says of it."""
        usual = "as many degrees of freedom as speakers, less one"
        freedom = "Satterthwaite's degrees of freedom" if self.small_sample else usual
        return f"Student's t on the jackknife over speakers, with {freedom}"

    def replicates(self, sums: Floats) -> Floats:
        """Return the sums without each speaker in turn."""
        return np.asarray(sums.sum(axis=0) - sums, np.float64)

    def of_differences(self) -> "Jackknife":
        """Return the same without regard to the kurtosis of the moves."""
        return replace(self, by_kurtosis=False)

    def by_speaker(self, counts: Floats) -> Floats:
        """Return the same: the clusters are the speakers."""
        return counts

    def infer(self, value: Floats, replicates: Floats, sizes: Floats) -> Inferred:
        """Return Student's interval and p-value; NaN also where a number is undefined without some speaker."""
        return _students(value, *self.spread(value, replicates, sizes))

    def why_unknown(self, sizes: Floats) -> str:
        """Return that there is one speaker, or what a number cannot do without.

        Examples:
            >>> Jackknife().why_unknown(np.array([5, 0])), Jackknife().why_unknown(np.array([5, 6, 7]))
            ('one speaker', 'undefined without one of 3 speakers')
        """
        n = np.count_nonzero(sizes)
        return ONE_SPEAKER if n < FEWEST else f"undefined without one of {n} speakers"

    def spread(self, value: Floats, replicates: Floats, sizes: Floats) -> tuple[Floats, Floats]:
        """Return the variance of each number, and its degrees of freedom; arguments are those of ``infer``."""
        there = sizes > 0
        n = np.count_nonzero(there, axis=0)
        shares = sizes / np.maximum(sizes.sum(axis=0), 1)
        if not self.small_sample:
            shares = there / np.maximum(n, 1)
        moves = np.where(there, replicates - value, 0.0)
        squares = (1 - shares) * moves**2
        variance = np.where(n >= FEWEST, squares.sum(axis=0), np.nan)
        freedom = _satterthwaite(shares)
        if self.small_sample and self.by_kurtosis:
            freedom = np.minimum(freedom, _by_kurtosis(np.sqrt(1 - shares) * moves, there, n))
        return variance, freedom


def _students(value: Floats, variance: Floats, freedom: Floats) -> Inferred:
    error = np.sqrt(variance)
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
class TwoWay:
    """Student's t on jackknives over speakers and over the texts they read: other speakers, and other sentences.

    The variance is that over speakers, plus that over texts, less that over both at once (Cameron, Gelbach and Miller
    2011, J. Business & Economic Statistics 29, 238-249), and not below either; the degrees of freedom are the fewer.

    Attributes:
        one_way: the jackknife, of each.
        speaker: of each cluster, a speaker and a text, the number of the speaker, from 0 upwards; see ``clustered``. If
            there is nothing here, each cluster is a speaker of its own.
        text: the same of the text.
    """

    one_way: Jackknife = field(default_factory=Jackknife)
    speaker: tuple[int, ...] = ()
    text: tuple[int, ...] = ()

    @property
    def described(self) -> str:
        """What a paper says of it."""
        return "Student's t on jackknives over speakers and over texts, combined for two-way clustering"

    def _ways(self, sums: Floats) -> list[Floats]:
        return [_added(sums, np.array(of or range(len(sums)), np.intp)) for of in (self.speaker, self.text, ())]

    def replicates(self, sums: Floats) -> Floats:
        """Return the sums without each speaker, without each text, and without each cluster."""
        return np.concatenate([self.one_way.replicates(of) for of in self._ways(sums)])

    def why_unknown(self, sizes: Floats) -> str:
        """Return that there is one speaker or one text, or what a number cannot do without."""
        speakers, texts, _ = (np.count_nonzero(of) for of in self._ways(sizes))
        if min(speakers, texts) < FEWEST:
            return ONE_SPEAKER if speakers < FEWEST else "one text"
        return f"undefined without one of {speakers} speakers or {texts} texts"

    def of_differences(self) -> "TwoWay":
        """Return the same without regard to the kurtosis of the moves."""
        return replace(self, one_way=self.one_way.of_differences())

    def by_speaker(self, counts: Floats) -> Floats:
        """Return the sums over each speaker's clusters."""
        return self._ways(counts)[0]

    def infer(self, value: Floats, replicates: Floats, sizes: Floats) -> Inferred:
        """Return Student's interval and p-value; all is NaN also where there are fewer than two texts."""
        ways = self._ways(sizes)
        sets = np.split(replicates, np.cumsum([len(of) for of in ways])[:-1])
        spreads = [self.one_way.spread(value, *one) for one in zip(sets, ways, strict=True)]
        (speakers, of_speakers), (texts, of_texts), (both, _) = spreads
        variance = np.maximum(speakers + texts - both, np.maximum(speakers, texts))
        return _students(value, variance, np.minimum(of_speakers, of_texts))


def _added(sums: Floats, codes: Codes) -> Floats:
    """Return the sums of what has the same code, from 0 upwards."""
    order = np.argsort(codes, kind="stable")
    return np.asarray(np.add.reduceat(sums[order], np.flatnonzero(np.diff(codes[order], prepend=-1)), axis=0))
