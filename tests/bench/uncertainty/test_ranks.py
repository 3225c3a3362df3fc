import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bench.uncertainty.intervals import Jackknife, Percentile
from bench.uncertainty.ranks import centred_ranks, correlation, in_every_set, rank_correlation

SPEAKER = np.array([0, 0, 1, 2, 2, 2, 3, 1])
numbers = st.lists(st.integers(0, 4), min_size=8, max_size=8)


@given(one=numbers, other=numbers)
def test_the_rank_correlation_is_that_of_scipy(one, other):
    if len(set(one)) == 1 or len(set(other)) == 1:
        assert np.isnan(rank_correlation(np.array(one), np.array(other)))
    else:
        expected = stats.spearmanr(one, other).statistic
        assert float(rank_correlation(np.array(one), np.array(other))) == pytest.approx(expected, abs=1e-12)


def test_a_hole_has_no_rank():
    assert np.isnan(rank_correlation(np.array([1.0, np.nan, 2, 3]), np.arange(4.0)))


@pytest.mark.parametrize("method", [Jackknife(), Percentile(5, 0)])
@settings(max_examples=20, deadline=None)
@given(one=numbers, other=numbers)
def test_in_every_set_ranks_are_those_of_its_utterances_as_often_as_they_are_in_it(method, one, other):
    values = np.array(one, float), np.array(other, float)
    ranks = [centred_ranks(of, SPEAKER, 4, method) for of in values]
    weights = in_every_set(np.eye(4), method)
    found = correlation(*ranks, weights[:, SPEAKER])
    for times, at in zip(weights.astype(int), found, strict=True):
        drawn = np.repeat(np.arange(8), times[SPEAKER])
        sets = [of[drawn] for of in values]
        if min(np.ptp(of) for of in sets) > 0:
            assert at == pytest.approx(stats.spearmanr(*sets).statistic, abs=1e-12)
        else:
            assert np.isnan(at)
