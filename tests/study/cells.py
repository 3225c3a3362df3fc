"""The cells of the study: worlds with a true number, and how often each method's interval holds it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bench.scores.cells import ERROR_RATES
from bench.scores.intervals import Floats, Method, Percentile
from bench.scores.jackknife import Jackknife, TwoWay
from bench.scores.metrics import FROM_MOMENTS, moments
from bench.scores.robustness import Curve, ccc_auc, ccc_retention
from bench.store.keys import rng_for
from tests.study.rivals import TEXTBOOK, BCa, BootstrapT, Expanded, OnFishersZ, SignFlips
from tests.study.worlds import SIZES, by_speaker, rated, transcribed

TABLES, OF_RESAMPLING = 4000, 1000
"""Test sets in a cell: for what only leaves speakers out, and for what draws many sets of them."""
_AT_ONCE, _RESAMPLED_AT_ONCE = 500, 50
RESAMPLES, RESAMPLES_OF_T = 999, 299

COVERAGE, TYPE_I, HOLM = "coverage", "type-I error", "Holm family of 4"
GOALS = {COVERAGE: (0.93, 0.97), TYPE_I: (0.04, 0.065), HOLM: (0.03, 0.07)}
ENOUGH_SPEAKERS = 8
"""From here on the goals are meant."""


@dataclass(frozen=True)
class Contender:
    """A method, given the seed of its draws; of utterances instead of speakers if it says so."""

    method: Callable[[int], Method]
    resamples: bool = False
    of_utterances: bool = False


OURS = "ours"
CONTENDERS = {
    OURS: Contender(lambda _: Jackknife()),
    "without kurtosis": Contender(lambda _: Jackknife().of_differences()),
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
}
FEW = (OURS, "without kurtosis", "textbook t", "percentile")


class Case(NamedTuple):
    """Test sets and what is asked of them.

    Attributes:
        utterances: what each adds to sums, shape ``(n_utterances, n_tables, ..., n_statistics)``; the first counts.
        statistic: from sums to numbers, ``(..., n_tables)``, or ``(..., n_tables, n_numbers)`` of a family.
        truth: the true number.
    """

    utterances: Floats
    statistic: Callable[[Floats], Floats]
    truth: float


@dataclass(frozen=True)
class Cell:
    """One world, and who is asked about it.

    Attributes:
        part: heading of its table.
        what: of several numbers in one place of that table, which.
        n_speakers: in the test set.
        sizes: of ``SIZES``.
        between: the share of the variance that lies between speakers.
        make: makes so many test sets: ``(rng, sizes, between, n_tables)``.
        contenders: names, of ``CONTENDERS``.
        measures: of ``GOALS``.
    """

    part: str
    what: str
    n_speakers: int
    sizes: str
    between: float
    make: Callable[[np.random.Generator, Sequence[int], float, int], Case]
    contenders: Sequence[str]
    measures: Sequence[str] = (COVERAGE,)


class Rate(NamedTuple):
    """How often something came true in the test sets of a cell, and of how many."""

    measure: str
    contender: str
    rate: float
    n_tables: int


def rates(cell: Cell, seed: int, share: float) -> Iterator[Rate]:
    """Yield how often each interval of a cell holds the true number, or each test refuses that it is zero."""
    for resampling, most, at_once in (
        (False, TABLES, _AT_ONCE), (True, OF_RESAMPLING, _RESAMPLED_AT_ONCE),
    ):  # fmt: skip
        names = [name for name in cell.contenders if CONTENDERS[name].resamples is resampling]
        n_tables = max(at_once, round(most * share))
        found: dict[tuple[str, str], list[npt.NDArray[np.float64]]] = {}
        for first in range(0, n_tables, at_once) if names else ():
            rng = rng_for(seed, cell.part, cell.what, cell.n_speakers, cell.sizes, cell.between, resampling, first)
            sizes = SIZES[cell.sizes](cell.n_speakers)
            case = cell.make(rng, sizes, cell.between, min(at_once, n_tables - first))
            for name in names:
                for measure, happened in _happened(case, sizes, CONTENDERS[name], cell.measures, seed + first).items():
                    found.setdefault((measure, name), []).append(happened)
        for (measure, name), of in found.items():
            yield Rate(measure, name, float(np.concatenate(of).mean()), n_tables)


def _happened(
    case: Case, sizes: Sequence[int], contender: Contender, measures: Sequence[str], seed: int
) -> dict[str, npt.NDArray[np.float64]]:
    sums = case.utterances if contender.of_utterances else by_speaker(case.utterances, sizes)
    is_difference = COVERAGE not in measures or case.truth == DIFFERENCE
    method = contender.method(seed)
    method = method.of_differences() if is_difference else method
    value = case.statistic(sums.sum(axis=0))
    counts = sums[(..., *[0] * (sums.ndim - 2))]
    each = np.broadcast_to(counts.reshape(*counts.shape, *[1] * (value.ndim - 1)), (len(sums), *value.shape))
    with np.errstate(invalid="ignore", divide="ignore"):
        found = method.infer(value, case.statistic(method.again(sums)), each)
    refused = found.p <= 0.05
    happened = {
        COVERAGE: lambda: (found.low <= case.truth) & (case.truth <= found.high),
        TYPE_I: lambda: refused.mean(axis=-1),
        HOLM: lambda: found.p.min(axis=-1) * found.p.shape[-1] <= 0.05,
    }
    return {measure: np.asarray(happened[measure](), np.float64) for measure in measures}


def _ccc(sums: Floats) -> Floats:
    return FROM_MOMENTS["ccc"](moments(sums))


def _one_ccc(ccc: float, rng: np.random.Generator, sizes: Sequence[int], between: float, n: int) -> Case:
    return Case(rated(rng, sizes, between, [ccc], n), lambda sums: _ccc(sums)[..., 0], ccc)


OF_THREE = (0.5, 0.6, 0.7)


def _mean_of_three(rng: np.random.Generator, sizes: Sequence[int], between: float, n: int) -> Case:
    dimensions = [rated(rng, sizes, between, [ccc], n) for ccc in OF_THREE]
    return Case(np.concatenate(dimensions, axis=2), lambda sums: _ccc(sums).mean(axis=-1), float(np.mean(OF_THREE)))


LEVELS_DB, BY_LEVEL, CLEAN = np.array([-5.0, 0.0, 10.0, 20.0]), (0.3, 0.45, 0.55, 0.6), 0.6
ALIKE_IN_NOISE = 0.7


def _curve(cccs: Floats) -> Curve:
    return Curve(LEVELS_DB, cccs[..., :-1], cccs[..., -1], "down")


def _of_curve(
    summary: Callable[[Curve], Floats], rng: np.random.Generator, sizes: Sequence[int], between: float, n: int
) -> Case:
    cccs = (*BY_LEVEL, CLEAN)
    utterances = rated(rng, sizes, between, cccs, n, alike=ALIKE_IN_NOISE)
    return Case(utterances, lambda sums: summary(_curve(_ccc(sums))), float(summary(_curve(np.array(cccs)))))


RATE = 0.3


def _word_error_rate(rng: np.random.Generator, sizes: Sequence[int], between: float, n: int) -> Case:
    return Case(transcribed(rng, sizes, between / 5, RATE, n), ERROR_RATES["word"]["wer"], RATE)


ALIKE = 0.3
DIFFERENCE = 0.1


def _unequal_systems(rng: np.random.Generator, sizes: Sequence[int], between: float, n: int) -> Case:
    utterances = rated(rng, sizes, between, (0.6, 0.6 - DIFFERENCE), n, alike=ALIKE)
    return Case(utterances, lambda sums: -np.diff(_ccc(sums), axis=-1)[..., 0], DIFFERENCE)


def _equal_systems(ccc: float, rng: np.random.Generator, sizes: Sequence[int], between: float, n: int) -> Case:
    utterances = rated(rng, sizes, between, [ccc] * 5, n, alike=ALIKE)
    return Case(utterances, lambda sums: _ccc(sums)[..., 1:] - _ccc(sums)[..., :1], 0.0)


OTHERS: Mapping[str, Callable[[np.random.Generator, Sequence[int], float, int], Case]] = {
    "mean of three": _mean_of_three,
    "area": partial(_of_curve, ccc_auc),
    "retention": partial(_of_curve, ccc_retention),
    "word errors": _word_error_rate,
    "difference": _unequal_systems,
}
SPEAKERS, FEWER_SPEAKERS = (4, 6, 8, 12, 15, 24, 60), (4, 8, 12, 15, 24, 60)
BETWEEN = (0.0, 0.5)
CCCS = (0.2, 0.6, 0.9)
OF_CCC, OF_OTHERS, OF_TESTS = "CCC", "Other numbers", "Two equal systems"


def cells() -> Iterator[Cell]:
    """Yield every cell of speakers, sizes and labels."""
    for n_speakers in SPEAKERS:
        for sizes in SIZES:
            for between in BETWEEN:
                place = (n_speakers, sizes, between)
                for ccc in CCCS:
                    yield Cell(OF_CCC, f"{ccc:g}", *place, partial(_one_ccc, ccc), [*CONTENDERS])
                if n_speakers in FEWER_SPEAKERS:
                    for name, make in OTHERS.items():
                        yield Cell(OF_OTHERS, name, *place, make, FEW)
                    for ccc in CCCS[1:]:
                        equal = partial(_equal_systems, ccc)
                        tests = ("without kurtosis", "textbook t", "sign flips", "percentile")
                        yield Cell(OF_TESTS, f"{ccc:g}", *place, equal, tests, (TYPE_I, HOLM))
