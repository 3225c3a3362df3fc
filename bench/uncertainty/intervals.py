"""Uncertainty from the choice of speakers: every interval and every p-value comes from here.

Utterances of a speaker resemble each other, so what might have been otherwise is who spoke. Every number is computed
again for other sets of the same speakers (``Method.replicates``), and from how far these replicates are from it follow
its interval and whether it differs from zero (``Method.infer``). The same sets serve every system and condition: a
difference between two of them is one within each set, paired by construction.

Which method holds where test sets have few speakers was found by a study: ``docs/intervals.md``. To add one, add it to
``METHODS``, and to the study.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bench.store.bounds import MOST_RESAMPLES
from bench.store.keys import rng_for
from bench.uncertainty.jackknife import FEWEST, LEVEL, ONE_SPEAKER, Inferred, Jackknife, TwoWay
from corruptions.noise.talk import UNKNOWN

Floats = npt.NDArray[np.float64]

_TAILS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
_MOST_UNDEFINED = 0.05


class Method(Protocol):
    """How the spread of a number over sets of speakers becomes an interval."""

    @property
    def described(self) -> str:
        """What a paper says of it, a noun phrase without a full stop."""

    def replicates(self, sums: Floats) -> Floats:
        """Return the sums of other sets of the same speakers.

        Args:
            sums: over the utterances of each cluster, shape ``(n_clusters, ...)``: a speaker, unless ``clustered`` says
                otherwise.

        Returns:
            Shape ``(n_sets, ...)``.
        """

    def infer(self, value: Floats, replicates: Floats, sizes: Floats) -> Inferred:
        """Return what is known of each number.

        Args:
            value: the numbers, shape ``(...)``; NaN where one is undefined.
            replicates: the same numbers of each set, shape ``(n_sets, ...)``.
            sizes: how many utterances of each cluster every number rests on, shape ``(n_clusters, ...)``.

        Returns:
            Three arrays of shape ``(...)``. All is NaN where there are fewer than two speakers, for then nothing is
            known of their spread.
        """

    def why_unknown(self, sizes: Floats) -> str:
        """Return why a number that is known has no interval, given its ``sizes``, ``(n_clusters,)``."""

    def of_differences(self) -> "Method":
        """Return the method for differences of two systems."""

    def by_speaker(self, counts: Floats) -> Floats:
        """Return what is given for each cluster, ``(n_clusters, ...)``, added up for each speaker."""


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


def clustered(
    method: Method, speakers: Mapping[str, str], texts: Mapping[str, str]
) -> tuple[Method, dict[str, tuple[str, ...]]]:
    """Return the method for these utterances, and the cluster of each: its speaker; of two ways, its speaker and text.

    Args:
        method: of every interval.
        speakers: of each utterance, as ``cluster_names`` says.
        texts: of utterances; what has none is like no other.

    Examples:
        >>> method, clusters = clustered(TwoWay(), {"a": "Ann", "b": "Bob"}, {"a": "Yes.", "b": "Yes."})
        >>> clusters["b"], method.by_speaker(np.array([10.0, 20.0]))
        (('Bob', 'Yes.'), array([10., 20.]))
    """
    if not isinstance(method, TwoWay):
        return method, {one: (speaker,) for one, speaker in speakers.items()}
    both = {one: (speaker, texts.get(one, f"{UNKNOWN} {one}")) for one, speaker in speakers.items()}
    clusters = sorted(set(both.values()))
    speaker, text = (np.unique([one[way] for one in clusters], return_inverse=True)[1].tolist() for way in (0, 1))
    return replace(method, speaker=tuple(speaker), text=tuple(text)), {**both}


@dataclass(frozen=True)
class Percentile:
    """The percentiles of a bootstrap over speakers: too narrow for few of them.

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

    def replicates(self, sums: Floats) -> Floats:
        """Return the sums of every resample."""
        flat = self.multiplicities(len(sums)) @ sums.reshape(len(sums), -1)
        return np.asarray(flat.reshape(self.resamples, *sums.shape[1:]), np.float64)

    def why_unknown(self, sizes: Floats) -> str:
        """Return that there are too few speakers, or too many sets without the number."""
        often = f"undefined in more than {100 * _MOST_UNDEFINED:g} % of the resamples"
        return ONE_SPEAKER if np.count_nonzero(sizes) < FEWEST else often

    def of_differences(self) -> "Percentile":
        """Return the same."""
        return self

    def by_speaker(self, counts: Floats) -> Floats:
        """Return the same: the clusters are the speakers."""
        return counts

    def infer(self, value: Floats, replicates: Floats, sizes: Floats) -> Inferred:
        """Return percentiles, and twice the share of sets on the rarer side of zero (Davison and Hinkley 1997, 4.2.5).

        NaN also where a number is undefined in more than 5 % of the sets, for then the ends may lie among those.
        """
        defined = np.count_nonzero(~np.isnan(replicates), axis=0)
        known = np.count_nonzero(sizes > 0, axis=0) >= FEWEST
        known &= (len(replicates) - defined <= _MOST_UNDEFINED * len(replicates)) & ~np.isnan(value)
        usable = np.where(known, replicates, 0.0)
        ends = np.quantile(usable, _TAILS, axis=0)
        if (holes := np.isnan(usable).any(axis=0)).any():
            ends[:, holes] = np.nanquantile(usable[:, holes], _TAILS, axis=0)
        rarer = np.minimum(np.count_nonzero(replicates <= 0, axis=0), np.count_nonzero(replicates >= 0, axis=0))
        p = np.minimum(1.0, 2 * (1 + rarer) / (1 + defined))
        return Inferred(*(np.where(known, one, np.nan) for one in (*ends, p)))


METHODS: dict[str, Callable[[int, int], Method]] = {
    "satterthwaite": lambda _resamples, _seed: Jackknife(),
    "jackknife": lambda _resamples, _seed: Jackknife(small_sample=False),
    "two-way": lambda _resamples, _seed: TwoWay(),
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
