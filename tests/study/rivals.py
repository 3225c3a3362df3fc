"""What else intervals could come from, each in the form of ``bench.uncertainty.intervals.Method``."""

import itertools
from dataclasses import dataclass

import numpy as np
from scipy import stats

from bench.uncertainty.intervals import Floats, Percentile
from bench.uncertainty.jackknife import LEVEL, Inferred, Jackknife

TAIL = (1 - LEVEL) / 2
TEXTBOOK = Jackknife(small_sample=False)
MOST_FLIPS = 2000


@dataclass(frozen=True)
class OnFishersZ(Jackknife):
    """The jackknife's interval of the inverse hyperbolic tangent of a number, put back."""

    def infer(self, value: Floats, replicates: Floats, sizes: Floats) -> Inferred:
        """Return Student's interval, symmetric on that scale."""
        low, high, p = super().infer(np.arctanh(value), np.arctanh(replicates), sizes)
        return Inferred(np.tanh(low), np.tanh(high), p)


@dataclass(frozen=True)
class Expanded(Percentile):
    """Percentiles further out, as far as Student's t and n - 1 ask (Hesterberg 2015, Am. Statistician 69, 371-386)."""

    def infer(self, value: Floats, replicates: Floats, sizes: Floats) -> Inferred:
        """Return the percentiles; no p-value."""
        n = len(sizes)
        tail = stats.norm.cdf(np.sqrt(n / (n - 1)) * stats.t.ppf(TAIL, n - 1))
        low, high = np.nanquantile(replicates, [tail, 1 - tail], axis=0)
        return Inferred(low, high, np.full_like(value, np.nan))


@dataclass(frozen=True)
class BCa(Percentile):
    """Percentiles corrected for bias and acceleration (Efron 1987, JASA 82, 171-185)."""

    def replicates(self, sums: Floats) -> Floats:
        """Return the sums of every resample, then those without each speaker."""
        return np.concatenate([super().replicates(sums), TEXTBOOK.replicates(sums)])

    def infer(self, value: Floats, replicates: Floats, sizes: Floats) -> Inferred:  # noqa: ARG002
        """Return the percentiles; no p-value."""
        drawn, without = replicates[: self.resamples], replicates[self.resamples :]
        moves = without.mean(axis=0) - without
        acceleration = (moves**3).sum(axis=0) / (6 * (moves**2).sum(axis=0) ** 1.5)
        below = np.clip((drawn < value).mean(axis=0), 1 / self.resamples, 1 - 1 / self.resamples)
        bias = stats.norm.ppf(below)
        ends = []
        for tail in (TAIL, 1 - TAIL):
            z = bias + stats.norm.ppf(tail)
            ends.append(_quantiles(drawn, stats.norm.cdf(bias + z / (1 - acceleration * z))))
        return Inferred(*ends, np.full_like(value, np.nan))


def _quantiles(values: Floats, at: Floats) -> Floats:
    """Return of each column its own quantile, linear between two values."""
    ordered = np.sort(values, axis=0)
    place = at * (len(values) - 1)
    lower = np.floor(place).astype(int)
    upper = np.minimum(lower + 1, len(values) - 1)
    pair = [np.take_along_axis(ordered, one[np.newaxis], axis=0)[0] for one in (lower, upper)]
    return np.asarray(pair[0] + (place - lower) * (pair[1] - pair[0]))


@dataclass(frozen=True)
class BootstrapT(Percentile):
    """Studentised: resamples of how many standard errors (by the jackknife) a number lies from the true one.

    Attributes:
        symmetric: of the absolute t, on the number's own scale; else both tails, on Fisher's z.
    """

    symmetric: bool = False

    def replicates(self, sums: Floats) -> Floats:
        """Return the sums without each speaker, then every resample, then those without each speaker in turn."""
        drawn = super().replicates(sums)
        each = drawn[:, np.newaxis] - sums
        return np.concatenate([TEXTBOOK.replicates(sums), drawn, each.reshape(-1, *sums.shape[1:])])

    def infer(self, value: Floats, replicates: Floats, sizes: Floats) -> Inferred:
        """Return the interval; no p-value."""
        n = len(sizes)
        if not self.symmetric:
            with np.errstate(invalid="ignore", divide="ignore"):
                value, replicates = np.arctanh(value), np.arctanh(replicates)
        times = self.multiplicities(n)[..., np.newaxis]
        without, drawn, each = np.split(replicates, [n, n + self.resamples])
        each = each.reshape(self.resamples, n, -1)
        of_all = np.sqrt((n - 1) / n * ((without - value) ** 2).sum(axis=0))
        moves = np.where(times > 0, times * (each - drawn[:, np.newaxis]) ** 2, 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            t = (drawn - value) / np.sqrt((n - 1) / n * moves.sum(axis=1))
        t = np.where(np.isfinite(t), t, np.nan)
        nothing = np.full_like(value, np.nan)
        if self.symmetric:
            reach = np.nanquantile(np.abs(t), LEVEL, axis=0) * of_all
            return Inferred(value - reach, value + reach, nothing)
        low, high = np.nanquantile(t, [TAIL, 1 - TAIL], axis=0)
        return Inferred(np.tanh(value - high * of_all), np.tanh(value - low * of_all), nothing)


@dataclass(frozen=True)
class SignFlips(Jackknife):
    """A wild cluster form: the sign of what each speaker contributes is turned at random, in 2,000 ways or in all.

    The p-value is the share of the ways in which the sum is as far from zero; the interval holds the values that would
    not be refused so (Hartigan 1969, JASA 64, 1303-1317).
    """

    seed: int = 0

    def of_differences(self) -> "SignFlips":
        """Return the same."""
        return self

    def infer(self, value: Floats, replicates: Floats, sizes: Floats) -> Inferred:
        """Return interval and p-value."""
        n = len(sizes)
        shares = sizes / sizes.sum(axis=0)
        each = (1 - shares) * (value - replicates) + shares * value
        signs = self._signs(n)
        sums = np.abs(np.tensordot(signs, each, 1))
        p = (sums >= np.abs(each.sum(axis=0)) * (1 - 1e-12)).mean(axis=0)
        turned = (signs[(signs < 0).any(axis=1)] < 0).astype(np.float64)
        values = np.tensordot(turned, each, 1) / np.tensordot(turned, shares, 1)
        low, high = np.quantile(values, TAIL, axis=0, method="lower"), np.quantile(values, 1 - TAIL, 0, method="higher")
        return Inferred(low, high, np.asarray(p, np.float64))

    def _signs(self, n: int) -> Floats:
        if 2**n <= MOST_FLIPS:
            return np.array([*itertools.product((1.0, -1.0), repeat=n)])
        drawn = np.random.default_rng(self.seed).choice((1.0, -1.0), (MOST_FLIPS - 1, n))
        return np.concatenate([np.ones((1, n)), drawn])
