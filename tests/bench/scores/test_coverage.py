"""A small part of the study (``make study-intervals``): what 95 % intervals and 5 % tests are worth at few speakers."""

import numpy as np
import pytest

from tests.study.cases import equal_systems, one_ccc, same_sentences
from tests.study.cells import CONTENDERS, COVERAGE, GOALS, MEASURED, TYPE_I, inferred
from tests.study.worlds import balanced


def rate(measure, case, contender):
    return MEASURED[measure](inferred(case, CONTENDERS[contender], 0), case.truth).mean()


@pytest.fixture(scope="module")
def twelve_speakers():
    """Half of the labels' variance lies between them."""
    return one_ccc(0.6, balanced(12), 0.5, np.random.default_rng(12), 800)


@pytest.fixture(scope="module")
def two_systems():
    """Differences of equal systems on 15 speakers."""
    return equal_systems(0.6, balanced(15), 0.0, np.random.default_rng(15), 400)


def test_at_12_speakers_our_interval_holds_the_true_ccc_as_often_as_it_says(twelve_speakers):
    low, high = GOALS[COVERAGE]
    assert low <= rate(COVERAGE, twelve_speakers, "ours") <= high


def test_at_12_speakers_the_percentile_bootstrap_does_not(twelve_speakers):
    assert rate(COVERAGE, twelve_speakers, "percentile") < 0.9


def test_at_15_speakers_our_paired_test_errs_as_often_as_it_says(two_systems):
    low, high = GOALS[TYPE_I]
    assert low <= rate(TYPE_I, two_systems, "ours") <= high


def test_at_15_speakers_the_percentile_bootstrap_errs_more_often(two_systems):
    assert rate(TYPE_I, two_systems, "percentile") > 0.065


def test_where_all_read_the_same_sentences_only_two_way_intervals_hold_others():
    case = same_sentences(12, 0.3, 24, np.random.default_rng(24), 250)
    assert rate(COVERAGE, case, "ours") < 0.85
    assert rate(COVERAGE, case, "two-way") > 0.9
