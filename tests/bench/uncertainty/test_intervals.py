from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import stats
from scipy.linalg import fractional_matrix_power

from bench.commands.console import IntervalsChoice
from bench.suite.suite import Suite
from bench.uncertainty.intervals import AUTO, METHODS, Jackknife, Percentile, cluster_names, method_named

TEXTBOOK, SMALL = Jackknife(small_sample=False), Jackknife()


def mean_of(method, values, sizes=None):
    """Return what a method says of the mean over utterances, one number for each speaker, who has so many of them."""
    values = np.asarray(values, np.float64)
    sizes = np.ones_like(values) if sizes is None else np.asarray(sizes, np.float64)
    sums = np.stack([sizes, sizes * values], axis=-1)
    again = method.replicates(sums)
    with np.errstate(invalid="ignore"):
        value, others = (one[..., 1] / one[..., 0] for one in (sums.sum(axis=0), again))
    found = method.infer(value[np.newaxis], others[:, np.newaxis], sizes[:, np.newaxis])
    return [one.item() for one in found]


@given(values=npst.arrays(np.float64, 9, elements=st.floats(-5, 5), unique=True))
def test_of_a_mean_of_equal_speakers_the_jackknife_is_students_t(values):
    expected = stats.ttest_1samp(values, 0)
    literal = [*expected.confidence_interval(), expected.pvalue]
    assert mean_of(TEXTBOOK, values) == pytest.approx(literal, rel=1e-6, abs=1e-9)
    assert mean_of(SMALL.of_differences(), values) == pytest.approx(literal, rel=1e-6, abs=1e-9)


def test_unequal_shares_give_the_variance_and_degrees_of_freedom_of_bell_and_mccaffrey():
    values, sizes = np.array([1.0, 3.0, 2.0, 7.0, 4.0]), np.array([40.0, 10.0, 25.0, 5.0, 20.0])
    mean = (sizes * values).sum() / sizes.sum()
    # Literally: a regression on a constant, one row an utterance; the variance CR2 and its degrees of freedom.
    rows = np.repeat(np.arange(5), sizes.astype(int))
    design = np.ones((len(rows), 1))
    hat = design @ design.T / len(rows)
    adjusted = [fractional_matrix_power(np.eye(n) - hat[:n, :n], -0.5) for n in sizes.astype(int)]
    residuals = values[rows] - mean
    scores, quadratic = [], np.zeros((len(rows), len(rows)))
    for g, adjust in enumerate(adjusted):
        weights = np.zeros(len(rows))
        weights[rows == g] = adjust.sum(axis=0) / len(rows)
        scores.append(weights @ residuals)
        projected = (np.eye(len(rows)) - hat) @ weights
        quadratic += np.outer(projected, projected)
    error = np.sqrt(np.square(scores).sum())
    freedom = np.trace(quadratic) ** 2 / np.sum(quadratic**2)
    found = mean_of(SMALL.of_differences(), values, sizes)
    reach = stats.t.ppf(0.975, freedom) * error
    p = 2 * stats.t.sf(mean / error, freedom)
    assert found == pytest.approx([mean - reach, mean + reach, p], abs=1e-9)


def test_speakers_that_move_a_number_unevenly_make_its_interval_wider_and_a_difference_does_not_mind():
    values = np.array([0.0, 0.1, -0.1, 0.2, -0.2, 0.1, 0.0, 3.0])
    (low, high, _), (plain_low, plain_high, _) = (mean_of(one, values) for one in (SMALL, SMALL.of_differences()))
    assert high - low > 1.2 * (plain_high - plain_low)


@pytest.mark.parametrize("name", METHODS)
def test_without_two_speakers_there_is_no_interval(name):
    method = method_named(name, resamples=100)
    for sizes in ([4.0], [4.0, 0.0]):
        assert np.isnan(mean_of(method, np.ones(len(sizes)), sizes)).all()


@pytest.mark.parametrize("name", METHODS)
def test_each_number_has_its_own_speakers(name):
    method = method_named(name, resamples=100)
    sizes = np.array([[1.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    sums = np.stack([sizes, sizes * np.array([[1.0], [2.0], [4.0]])], axis=-1)
    with np.errstate(invalid="ignore"):
        again = method.replicates(sums)[..., 1] / method.replicates(sums)[..., 0]
    low, _, p = method.infer(np.array([7 / 3, 1.0]), again, sizes)
    assert np.isnan(low).tolist() == np.isnan(p).tolist() == [False, True]


def test_a_speaker_who_says_nothing_does_not_count():
    values, sizes = [1.0, 2.0, 5.0], [2.0, 3.0, 1.0]
    assert mean_of(SMALL, [*values, 9.0], [*sizes, 0.0]) == pytest.approx(mean_of(SMALL, values, sizes))


def test_what_is_undefined_without_somebody_has_no_interval():
    found = SMALL.infer(np.array([0.5]), np.array([[0.4], [np.nan], [0.6]]), np.ones((3, 1)))
    assert np.isnan([*found]).all()


def test_a_number_that_nobody_moves_is_known_exactly():
    same, apart = mean_of(SMALL.of_differences(), np.zeros(5)), mean_of(SMALL.of_differences(), np.full(5, 0.25))
    assert same == [0.0, 0.0, 1.0]
    assert apart == [0.25, 0.25, 0.0]


@given(n_speakers=st.integers(0, 12), resamples=st.integers(1, 20), seed=st.integers(0, 99))
def test_every_resample_draws_as_many_speakers_as_there_are(n_speakers, resamples, seed):
    multiplicities = Percentile(resamples, seed).multiplicities(n_speakers)
    assert multiplicities.shape == (resamples, n_speakers)
    assert (multiplicities >= 0).all()
    assert (multiplicities.sum(axis=1) == n_speakers).all()


def test_every_speaker_is_drawn_equally_often_and_independently():
    multiplicities = Percentile(40_000, 0).multiplicities(5)
    assert multiplicities.mean(axis=0) == pytest.approx(np.ones(5), abs=0.02)
    # Drawn with replacement: the variance of a multinomial count is n p (1 - p).
    assert multiplicities.var(axis=0) == pytest.approx(np.full(5, 0.8), abs=0.03)


def test_resampled_sums_are_those_of_the_utterances_drawn():
    rng = np.random.default_rng(1)
    speakers = rng.integers(0, 4, 25)
    values = rng.normal(size=(25, 2, 3))
    by_speaker = np.stack([values[speakers == one].sum(axis=0) for one in range(4)])
    method = Percentile(10, 3)
    found = method.replicates(by_speaker)
    for resample, times in enumerate(method.multiplicities(4).astype(int)):
        drawn = [one for speaker, count in enumerate(times) for one in [*np.flatnonzero(speakers == speaker)] * count]
        assert found[resample] == pytest.approx(values[drawn].sum(axis=0), abs=1e-12)


@given(again=npst.arrays(np.float64, (40, 3), elements=st.floats(-1, 1)))
def test_percentiles_are_those_that_numpy_computes(again):
    low, high, p = Percentile(40, 0).infer(again[0], again, np.ones((5, 3)))
    assert low == pytest.approx(np.percentile(again, 2.5, axis=0), abs=1e-12)
    assert high == pytest.approx(np.percentile(again, 97.5, axis=0), abs=1e-12)
    assert ((p > 0) & (p <= 1)).all()


def test_percentiles_of_what_is_often_undefined_are_unknown_and_of_what_rarely_is_are_not():
    again = np.tile(np.linspace(0, 1, 200)[:, np.newaxis], 2)
    again[:11, 0] = np.nan
    again[:10, 1] = np.nan
    low, high, p = Percentile(200, 0).infer(np.full(2, 0.5), again, np.ones((5, 2)))
    assert np.isnan([low[0], high[0], p[0]]).all()
    assert low[1] == pytest.approx(np.nanpercentile(again[:, 1], 2.5), abs=1e-12)
    assert high[1] == pytest.approx(np.nanpercentile(again[:, 1], 97.5), abs=1e-12)


def test_an_utterance_of_an_unknown_speaker_is_its_own_cluster():
    assert cluster_names(["a", "b", "c"], ["Unknown", "Unknown", "Ann"]) == ["Unknown a", "Unknown b", "Ann"]


def test_suites_and_commands_offer_every_method_by_its_name():
    names = {AUTO, *METHODS}
    assert {*get_args(Suite.model_fields["intervals"].annotation)} == {*map(str, IntervalsChoice)} == names


def test_a_method_that_is_unknown_or_draws_too_much_is_refused():
    with pytest.raises(
        ValueError, match="no intervals 'bca'; there are auto, satterthwaite, jackknife, two-way, percentile"
    ):
        method_named("bca")
    with pytest.raises(ValueError, match="bootstrap is 0"):
        method_named("percentile", resamples=0)


def test_what_resamples_lack_is_not_said_to_lack_one_speaker():
    method, sizes = method_named("percentile"), np.array([3.0, 4.0, 0.0])
    assert method.why_unknown(sizes) == "undefined in more than 5 % of the resamples"
    assert method.why_unknown(sizes[1:]) == method_named().why_unknown(sizes[1:]) == "one speaker"
    assert method_named("two-way").why_unknown(sizes[:2]) == "undefined without one of 2 speakers or 2 texts"
