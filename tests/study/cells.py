"""The cells of the study, who is asked about each, and how often they are right."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bench.store.keys import rng_for
from bench.uncertainty.intervals import Method, Percentile
from bench.uncertainty.jackknife import Inferred, Jackknife, TwoWay
from bench.uncertainty.numbers import Numbers
from tests.study.cases import OTHERS, Case, Make, equal_systems, one_ccc, same_sentences, trained
from tests.study.rivals import TEXTBOOK, BCa, BootstrapT, Expanded, OnFishersZ, SignFlips
from tests.study.worlds import SIZES, Floats, by_speaker

TABLES, OF_RESAMPLING = 4000, 1000
"""Test sets in a cell: for what only leaves speakers out, and for what draws many sets of them."""
_AT_ONCE, _RESAMPLED_AT_ONCE = 250, 50
RESAMPLES, RESAMPLES_OF_T = 999, 299

COVERAGE, TYPE_I, HOLM = "coverage", "type-I error", "Holm"
GOALS = {COVERAGE: (0.93, 0.97), TYPE_I: (0.04, 0.065), HOLM: (0.03, 0.07)}
ENOUGH_SPEAKERS = 8
"""From here on the goals are meant."""


@dataclass(frozen=True)
class Contender:
    """A method, given the seed of its draws.

    Attributes:
        method: of intervals.
        resamples: whether it draws many sets.
        of_utterances: whether its sets are of utterances instead of speakers.
        holds_seeds: whether its interval is that which holds other training seeds, too.
    """

    method: Callable[[int], Method]
    resamples: bool = False
    of_utterances: bool = False
    holds_seeds: bool = False


CONTENDERS = {
    "ours": Contender(lambda _: Jackknife()),
    "without kurtosis": Contender(lambda _: Jackknife(by_kurtosis=False)),
    "ours on z": Contender(lambda _: OnFishersZ()),
    "textbook t": Contender(lambda _: TEXTBOOK),
    "textbook t on z": Contender(lambda _: OnFishersZ(small_sample=False)),
    "sign flips": Contender(lambda seed: SignFlips(seed=seed)),
    "percentile": Contender(lambda seed: Percentile(RESAMPLES, seed), resamples=True),
    "expanded": Contender(lambda seed: Expanded(RESAMPLES, seed), resamples=True),
    "BCa": Contender(lambda seed: BCa(RESAMPLES, seed), resamples=True),
    "bootstrap t on z": Contender(lambda seed: BootstrapT(RESAMPLES_OF_T, seed), resamples=True),
    "symmetric bootstrap t": Contender(lambda seed: BootstrapT(RESAMPLES_OF_T, seed, symmetric=True), resamples=True),
    "utterances": Contender(lambda seed: Percentile(RESAMPLES, seed), resamples=True, of_utterances=True),
    "ours with seeds": Contender(lambda _: Jackknife(), holds_seeds=True),
    "two-way": Contender(lambda _: TwoWay(), of_utterances=True),
}
OF_CCC = [name for name in CONTENDERS if name not in {"ours with seeds", "two-way"}]


class Part(NamedTuple):
    """A table of the page.

    Attributes:
        asked: names of contenders.
        measures: of ``GOALS``.
        about: what the numbers of a cell are, in their order, and how they were made.
        ours: the contender that reports rely on here.
    """

    asked: Sequence[str]
    measures: Sequence[str]
    about: str
    ours: str = "ours"


CCC, OTHER, EQUAL, SEEDS, ITEMS = "CCC", "Other numbers", "Two equal systems", "Training seeds", "The same sentences"
SPEAKERS, FEWER_SPEAKERS = (4, 6, 8, 12, 15, 24, 60), (4, 8, 12, 15, 24, 60)
BETWEEN = (0.0, 0.5)
CCCS = (0.2, 0.6, 0.9)
SEED_SDS, N_SEEDS = (0.0, 0.02, 0.05), (3, 5)
TEXTS, OF_TEXT = (12, 40), (0.0, 0.3)
PARTS = {
    CCC: Part(OF_CCC, (COVERAGE,), "Coverage of a true CCC of .2, .6 and .9."),
    OTHER: Part(
        ("ours", "textbook t", "percentile"),
        (COVERAGE,),
        f"Coverage of {', '.join(OTHERS)}: CCCs of .5, .6 and .7 in dimensions that correlate .3; a curve of .3 to .6 "
        "over four levels; what is left of .6 at the harshest; a word error rate of .3; .6 against .5.",
    ),
    EQUAL: Part(
        ("ours", "textbook t", "sign flips", "percentile"),
        (TYPE_I, HOLM),
        "How often a paired test finds a difference (nominal 5 %) between systems whose true CCCs are both .6, or both "
        ".9, and, behind the stroke, any in a family of four after Holm.",
    ),
    SEEDS: Part(
        ("ours", "ours with seeds"),
        (COVERAGE,),
        "Coverage of the mean CCC of all trainings, of which 3, and 5, were made: ours by speakers alone (`ci_low`, "
        "`ci_high`), and with the spread of seeds (`all_low`, `all_high`).",
        "ours with seeds",
    ),
    ITEMS: Part(
        ("ours", "two-way"),
        (COVERAGE,),
        "Everybody reads the same 12, and 40, sentences. Coverage of the CCC of other speakers and other sentences.",
        "two-way",
    ),
}


class Cell(NamedTuple):
    """One world, whose numbers stand in one row of a table.

    Attributes:
        part: of ``PARTS``.
        n_speakers: in the test set.
        sizes: how utterances are shared among them, in words.
        varied: what else makes the row, in words.
        what: which number of those in the row.
        make: the test sets.
    """

    part: str
    n_speakers: int
    sizes: str
    varied: str
    what: str
    make: Make


def cells() -> Iterator[Cell]:
    """Yield every cell."""
    for n_speakers, (shared, sizes_of), between in product(SPEAKERS, SIZES.items(), BETWEEN):
        row, sizes = (n_speakers, shared, f"{between:g}"), sizes_of(n_speakers)
        for ccc in CCCS:
            yield Cell(CCC, *row, f"{ccc:g}", partial(one_ccc, ccc, sizes, between))
        if n_speakers in FEWER_SPEAKERS:
            for name, make in OTHERS.items():
                yield Cell(OTHER, *row, name, partial(make, sizes, between))
            for ccc in CCCS[1:]:
                yield Cell(EQUAL, *row, f"{ccc:g}", partial(equal_systems, ccc, sizes, between))
    for n_speakers, sd, n_seeds in product((8, 15, 60), SEED_SDS, N_SEEDS):
        several = partial(trained, sd, n_seeds, SIZES["equal"](n_speakers), BETWEEN[1])
        yield Cell(SEEDS, n_speakers, "equal", f"{sd:g}", f"{n_seeds}", several)
    for n_speakers, of_text, n_texts in product((12, 24, 60), OF_TEXT, TEXTS):
        yield Cell(
            ITEMS,
            n_speakers,
            "equal",
            f"{of_text:g}",
            f"{n_texts}",
            partial(same_sentences, n_texts, of_text, n_speakers),
        )


class Rate(NamedTuple):
    """How often something came true in the test sets of a cell, and of how many."""

    measure: str
    contender: str
    rate: float
    n_tables: int


def rates(cell: Cell, seed: int, share: float) -> Iterator[Rate]:
    """Yield how often the interval of each contender holds the true number, or its test refuses that it is zero."""
    part = PARTS[cell.part]
    for resampling, most, at_once in ((False, TABLES, _AT_ONCE), (True, OF_RESAMPLING, _RESAMPLED_AT_ONCE)):
        names = [name for name in part.asked if CONTENDERS[name].resamples is resampling]
        starts = range(0, max(at_once, round(most * share)), at_once) if names else ()
        found: dict[tuple[str, str], list[npt.NDArray[np.float64]]] = {}
        for first in starts:
            case = cell.make(rng_for(seed, *cell[:-1], resampling, first), at_once)
            for name in names:
                ends = inferred(case, CONTENDERS[name], seed + first)
                for measure in part.measures:
                    found.setdefault((measure, name), []).append(MEASURED[measure](ends, case.truth))
        for (measure, name), of in found.items():
            yield Rate(measure, name, float(np.concatenate(of).mean()), len(starts) * at_once)


MEASURED: dict[str, Callable[[Inferred, float], Floats]] = {
    COVERAGE: lambda of, truth: np.asarray((of.low <= truth) & (truth <= of.high), np.float64),
    TYPE_I: lambda of, _: np.asarray((of.p <= 0.05).mean(axis=-1)),
    HOLM: lambda of, _: np.asarray(of.p.min(axis=-1) * of.p.shape[-1] <= 0.05, np.float64),
}


def inferred(case: Case, contender: Contender, seed: int) -> Inferred:
    """Return what a contender says of every test set of a case."""
    sums = case.utterances if contender.of_utterances else by_speaker(case.utterances, case.sizes)
    method = contender.method(seed)
    method = method.of_differences() if case.is_difference else method
    if isinstance(method, TwoWay):
        speaker = np.repeat(np.arange(len(case.sizes)), case.sizes)
        method = replace(method, speaker=tuple(speaker.tolist()), text=case.text)
    value, replicates = case.statistic(sums.sum(axis=0)), case.statistic(method.replicates(sums))
    counts = sums.reshape(*sums.shape[:2], -1)[:, :, 0]
    sizes = np.broadcast_to(counts.reshape(*counts.shape, *[1] * (value.ndim - 1)), (len(sums), *value.shape))
    if contender.holds_seeds and case.by_seed is not None:
        by_seed = case.by_seed(sums.sum(axis=0)).T
        numbers = Numbers(value, replicates, sizes, by_seed, np.empty((0, len(value))), ("",) * len(value))
        rows = [*numbers.rows(method)]
        ends = [np.array([row[name] for row in rows], np.float64) for name in ("all_low", "all_high", "p")]
        return Inferred(*ends)
    return method.infer(value, replicates, sizes)
