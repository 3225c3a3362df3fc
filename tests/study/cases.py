"""What is asked of test sets whose true numbers are known."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from bench.scores.cells import ERROR_RATES
from bench.scores.metrics import FROM_MOMENTS, moments, pair_statistics
from bench.scores.robustness import Curve, ccc_auc, ccc_retention
from tests.study.worlds import ERRORS_BETWEEN, Floats, normal, predicted, rated, speakers_of, transcribed

Sizes = Sequence[int]
Make = Callable[[np.random.Generator, int], "Case"]

OF_THREE, ALIKE_DIMENSIONS = (0.5, 0.6, 0.7), 0.3
LEVELS_DB, BY_LEVEL, CLEAN, ALIKE_IN_NOISE = np.array([-5.0, 0.0, 10.0, 20.0]), (0.3, 0.45, 0.55, 0.6), 0.6, 0.7
WORD_ERRORS, WORD_ERRORS_BETWEEN = 0.3, 0.1
DIFFERENCE, ALIKE_SYSTEMS = 0.1, 0.3
FAMILY = 4
ALIKE_SEEDS = 0.7


class Case(NamedTuple):
    """Test sets and a question.

    Attributes:
        utterances: what each adds to sums, shape ``(n_utterances, n_tables, ..., n_statistics)``; the first counts.
        sizes: how many utterances of each speaker follow each other.
        statistic: from sums to numbers, ``(..., n_tables)``, or ``(..., n_tables, n_numbers)`` of a family.
        truth: the true number.
        is_difference: of two systems.
        by_seed: from sums to the number of each training seed, ``(n_tables, n_seeds)``, where there are several.
        text: of each utterance, where speakers read the same.
    """

    utterances: Floats
    sizes: Sizes
    statistic: Callable[[Floats], Floats]
    truth: float
    is_difference: bool = False
    by_seed: Callable[[Floats], Floats] | None = None
    text: tuple[int, ...] = ()


def _ccc(sums: Floats) -> Floats:
    return FROM_MOMENTS["ccc"](moments(sums))


def _first_ccc(sums: Floats) -> Floats:
    return _ccc(sums)[..., 0]


def _mean_ccc(sums: Floats) -> Floats:
    return np.asarray(_ccc(sums).mean(axis=-1))


def one_ccc(ccc: float, sizes: Sizes, between: float, rng: np.random.Generator, n_tables: int) -> Case:
    """Return test sets of one system."""
    return Case(rated(rng, sizes, between, [ccc], n_tables), sizes, _first_ccc, ccc)


def mean_of_three(sizes: Sizes, between: float, rng: np.random.Generator, n_tables: int) -> Case:
    """Return the mean of three dimensions, of which labels and errors correlate."""
    who = speakers_of(sizes)
    same = [normal(rng, who, share, n_tables) for share in (between, ERRORS_BETWEEN)]
    made = []
    for ccc in OF_THREE:
        own = [normal(rng, who, share, n_tables) for share in (between, ERRORS_BETWEEN)]
        labels, errors = (
            np.sqrt(ALIKE_DIMENSIONS) * one + np.sqrt(1 - ALIKE_DIMENSIONS) * other
            for one, other in zip(same, own, strict=True)
        )
        made.append(pair_statistics(labels, predicted(labels, errors, ccc), centre=0.0))
    return Case(np.stack(made, axis=2), sizes, _mean_ccc, float(np.mean(OF_THREE)))


def _curve(cccs: Floats) -> Curve:
    return Curve(LEVELS_DB, cccs[..., :-1], cccs[..., -1], "down")


def _of_curve(
    summary: Callable[[Curve], Floats], sizes: Sizes, between: float, rng: np.random.Generator, n_tables: int
) -> Case:
    cccs = (*BY_LEVEL, CLEAN)
    utterances = rated(rng, sizes, between, cccs, n_tables, alike=ALIKE_IN_NOISE)
    return Case(utterances, sizes, lambda sums: summary(_curve(_ccc(sums))), float(summary(_curve(np.array(cccs)))))


def word_error_rate(sizes: Sizes, between: float, rng: np.random.Generator, n_tables: int) -> Case:
    """Return transcripts; where labels differ between speakers, so do the rates."""
    of_speaker = WORD_ERRORS_BETWEEN if between else 0.0
    utterances = transcribed(rng, sizes, of_speaker, WORD_ERRORS, n_tables)
    return Case(utterances, sizes, ERROR_RATES["word"]["wer"], WORD_ERRORS)


def difference(sizes: Sizes, between: float, rng: np.random.Generator, n_tables: int) -> Case:
    """Return test sets of two systems of which one is better."""
    utterances = rated(rng, sizes, between, (0.6, 0.6 - DIFFERENCE), n_tables, alike=ALIKE_SYSTEMS)
    return Case(utterances, sizes, lambda sums: -np.diff(_ccc(sums), axis=-1)[..., 0], DIFFERENCE, is_difference=True)


OTHERS: dict[str, Callable[[Sizes, float, np.random.Generator, int], Case]] = {
    "mean of three": mean_of_three,
    "area": partial(_of_curve, ccc_auc),
    "retention": partial(_of_curve, ccc_retention),
    "word errors": word_error_rate,
    "difference": difference,
}


def equal_systems(ccc: float, sizes: Sizes, between: float, rng: np.random.Generator, n_tables: int) -> Case:
    """Return the differences of four systems from a fifth that is as good."""

    def differences(sums: Floats) -> Floats:
        cccs = _ccc(sums)
        return cccs[..., 1:] - cccs[..., :1]

    utterances = rated(rng, sizes, between, [ccc] * (FAMILY + 1), n_tables, alike=ALIKE_SYSTEMS)
    return Case(utterances, sizes, differences, 0.0, is_difference=True)


def trained(sd: float, n_seeds: int, sizes: Sizes, between: float, rng: np.random.Generator, n_tables: int) -> Case:
    """Return the mean CCC of a system trained several times, whose true CCCs are normal around the truth."""
    who = speakers_of(sizes)
    labels, common = normal(rng, who, between, n_tables), normal(rng, who, ERRORS_BETWEEN, n_tables)
    made = []
    for _ in range(n_seeds):
        own = normal(rng, who, ERRORS_BETWEEN, n_tables)
        errors = np.sqrt(ALIKE_SEEDS) * common + np.sqrt(1 - ALIKE_SEEDS) * own
        made.append(pair_statistics(labels, predicted(labels, errors, rng.normal(CLEAN, sd, n_tables)), centre=0.0))
    return Case(np.stack(made, axis=2), sizes, _mean_ccc, CLEAN, by_seed=_ccc)


def same_sentences(n_texts: int, of_text: float, n_speakers: int, rng: np.random.Generator, n_tables: int) -> Case:
    """Return test sets in which everybody reads the same; labels and errors lie between speakers and texts in part."""
    sizes = [n_texts] * n_speakers
    who, text = speakers_of(sizes), np.tile(np.arange(n_texts), n_speakers)
    labels, errors = (
        np.sqrt(of_text) * normal(rng, text, 1.0, n_tables) + np.sqrt(1 - of_text) * normal(rng, who, 0.2, n_tables)
        for _ in range(2)
    )
    utterances = pair_statistics(labels, predicted(labels, errors, CLEAN), centre=0.0)[:, :, np.newaxis]
    return Case(utterances, sizes, _first_ccc, CLEAN, text=tuple(text.tolist()))
