"""Numbers, and all that their uncertainty is computed from, carried together through whatever is made of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import stats

from bench.uncertainty.intervals import Method
from bench.uncertainty.jackknife import LEVEL

Floats = npt.NDArray[np.float64]
Row = dict[str, object]
Range = tuple[float | Floats, float | Floats]

ANYWHERE: Range = (-np.inf, np.inf)


@dataclass(frozen=True)
class Numbers:
    """Some numbers of one kind; every array ends in an axis over them, ``n``.

    Attributes:
        value: shape ``(n,)``; NaN where one is undefined.
        replicates: the same of every other set of speakers, ``(n_sets, n)``.
        sizes: how many utterances of each cluster, mostly a speaker, they rest on, ``(n_clusters, n)``.
        by_seed: the same of each training seed alone, ``(n_seeds, n)``; none of what has no seeds.
        by_draw: the same of each draw of the noise alone, ``(n_draws, n)``.
        notes: why each is undefined, or what it leaves out, ``(n,)``; empty where there is nothing to say.
    """

    value: Floats
    replicates: Floats
    sizes: Floats
    by_seed: Floats
    by_draw: Floats
    notes: tuple[str, ...]

    def each(self, formula: Callable[[Floats], Floats], sizes: Floats, notes: Sequence[str] = ()) -> "Numbers":
        """Return the numbers that a formula makes of them, from ``(..., n)`` to ``(..., m)``.

        Args:
            formula: what becomes of the numbers, of those in every set, and of those of every seed and draw.
            sizes: how many utterances of each cluster they then rest on, ``(n_clusters, m)``.
            notes: why one is undefined, shape ``(m,)``; none unless given.
        """
        value = formula(self.value)
        return Numbers(
            value,
            formula(self.replicates),
            sizes,
            formula(self.by_seed),
            formula(self.by_draw),
            (*notes,) or ("",) * len(value),
        )

    def through(self, formula: Callable[[Floats], Floats], used: Sequence[int], undefined: str = "") -> "Numbers":
        """Return the one number that a formula makes of them.

        Args:
            formula: from ``(..., n)`` to ``(...)``.
            used: positions of the numbers it uses; it rests on what there is everywhere among them.
            undefined: why there is none, if all of these are known.
        """
        least = self.sizes[:, list(used)].min(axis=1, keepdims=True)
        found = self.each(lambda values: formula(values)[..., np.newaxis], least)
        note = first_note(self, used) or (undefined if np.isnan(found.value).any() else "")
        return replace(found, notes=(note,))

    def at(self, position: int) -> "Numbers":
        """Return one of them."""
        return self.through(lambda values: values[..., position], [position])

    def paired(self, other: "Numbers", formula: Callable[[Floats, Floats], Floats]) -> "Numbers":
        """Return what a formula makes of them and others, one by one, within every set of speakers.

        Seeds are paired in their order, and what has none is the same for each of the others'. Of other numbers of them
        nobody knows how far the pairs are apart: NaN. So it is with draws.
        """

        def both(name: str) -> Floats:
            several = [getattr(of, name) for of in (self, other)]
            shape = (max(map(len, several)), len(self.value))
            one, another = (
                got if len(got) else np.broadcast_to(of.value, shape)
                for got, of in zip(several, (self, other), strict=True)
            )
            return formula(one, another) if len(one) == len(another) else np.full(shape, np.nan)

        return Numbers(
            formula(self.value, other.value),
            formula(self.replicates, other.replicates),
            np.minimum(self.sizes, other.sizes),
            both("by_seed"),
            both("by_draw"),
            tuple(one or another for one, another in zip(self.notes, other.notes, strict=True)),
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
        found = method.infer(self.value, self.replicates, self.sizes)
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
        utterances, speakers = self.sizes.sum(axis=0), np.count_nonzero(method.by_speaker(self.sizes), axis=0)
        for k in range(len(self.value)):
            known = np.isfinite(self.value[k])
            row = {name: float(of[k]) if known else np.nan for name, of in numbers.items()}
            # Equal parts of a whole may miss it by rounding errors.
            counts = {"n_utterances": int(utterances[k].round(6)), "n_speakers": int(speakers[k])}
            unknown = no_interval(method, self.sizes[:, k]) if known and np.isnan(inferred["ci_low"][k]) else ""
            yield {**row, **counts, "note": all_notes(self.notes[k], unknown)}


def first_note(numbers: Numbers, positions: Iterable[int]) -> str:
    """Return the first note among the numbers at these positions, or nothing."""
    return next((numbers.notes[k] for k in positions if numbers.notes[k]), "")


def mean_of(several: Sequence[Numbers]) -> Numbers:
    """Return the mean of each of the numbers; NaN where one of them is, and resting on what there is in all."""
    return _mean(several, np.ones((len(several), len(several[0].value)), bool))


def mean_of_defined(several: Mapping[str, Numbers]) -> Numbers:
    """Return the mean of those numbers that are defined, with a note of the names that are left out.

    What has nothing behind it is no undefined number, but a hole, and so is the mean. So is that of undefined ones.
    """
    numbers = [*several.values()]
    used = np.array([~(np.isnan(one.value) & (one.sizes.sum(axis=0) > 0)) for one in numbers])
    used |= ~used.any(axis=0)
    found = _mean(numbers, used)
    left_out = [[name for name, one in zip(several, of, strict=True) if not one] for of in used.T]
    notes = [
        " and ".join(f"without {name}, {several[name].notes[k]}" for name in names) for k, names in enumerate(left_out)
    ]
    return replace(found, notes=tuple(all_notes(*pair) or "" for pair in zip(found.notes, notes, strict=True)))


def _mean(several: Sequence[Numbers], used: npt.NDArray[np.bool_]) -> Numbers:
    # Of each number over those of the several that are used, ``(len(several), n)``.
    def mean(name: str) -> Floats:
        total = sum(np.where(of, getattr(one, name), 0.0) for one, of in zip(several, used, strict=True))
        return np.asarray(total / np.count_nonzero(used, axis=0), np.float64)

    least = np.min([np.where(of, one.sizes, np.inf) for one, of in zip(several, used, strict=True)], axis=0)
    notes = tuple(
        next((one.notes[k] for one, of in zip(several, used, strict=True) if of[k] and one.notes[k]), "")
        for k in range(used.shape[1])
    )
    return Numbers(mean("value"), mean("replicates"), least, mean("by_seed"), mean("by_draw"), notes)


def together(several: Sequence[Numbers]) -> Numbers:
    """Return all of several numbers as one, in their order."""

    def joined(name: str) -> Floats:
        return np.concatenate([getattr(one, name) for one in several], axis=-1)

    notes = tuple(note for one in several for note in one.notes)
    return Numbers(joined("value"), joined("replicates"), joined("sizes"), joined("by_seed"), joined("by_draw"), notes)


def all_notes(*notes: object) -> str | None:
    """Return the notes that there are, as one; None if there are none.

    Examples:
        >>> all_notes("", "without valence", None, "one speaker"), all_notes(None)
        ('without valence; one speaker', None)
    """
    return "; ".join(str(note) for note in notes if note) or None


def no_interval(method: Method, sizes: Floats) -> str:
    """Return the note of a number that is known and has no interval, resting on ``sizes``, ``(n_clusters,)``.

    Examples:
        >>> from bench.uncertainty.intervals import method_named
        >>> no_interval(method_named(), np.array([7.0]))
        'interval unknown: one speaker'
    """
    return f"interval unknown: {method.why_unknown(sizes)}"
