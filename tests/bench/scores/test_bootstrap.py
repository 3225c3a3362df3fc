import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from bench.scores.bootstrap import cluster_names, interval, resampled_sums, resamples


@given(n_clusters=st.integers(0, 12), replicates=st.integers(1, 20), seed=st.integers(0, 99))
def test_every_resample_draws_as_many_speakers_as_there_are(n_clusters, replicates, seed):
    multiplicities = resamples(n_clusters, replicates, np.random.default_rng(seed))
    assert multiplicities.shape == (replicates, n_clusters)
    assert (multiplicities >= 0).all()
    assert (multiplicities.sum(axis=1) == n_clusters).all()


def test_every_speaker_is_drawn_equally_often_and_independently():
    multiplicities = resamples(5, 40_000, np.random.default_rng(0))
    assert multiplicities.mean(axis=0) == pytest.approx(np.ones(5), abs=0.02)
    # Drawn with replacement: the variance of a multinomial count is n p (1 - p).
    assert multiplicities.var(axis=0) == pytest.approx(np.full(5, 0.8), abs=0.03)


def test_the_same_generator_gives_the_same_resamples():
    first, second = (resamples(7, 50, np.random.default_rng(3)) for _ in range(2))
    assert (first == second).all()


def test_resampled_sums_are_those_of_the_utterances_drawn():
    rng = np.random.default_rng(1)
    speakers = rng.integers(0, 4, 25)
    values = rng.normal(size=(25, 2, 3))
    by_speaker = np.stack([values[speakers == one].sum(axis=0) for one in range(4)])
    multiplicities = resamples(4, 10, rng)
    found = resampled_sums(multiplicities, by_speaker)
    for replicate, times in enumerate(multiplicities.astype(int)):
        drawn = [one for speaker, count in enumerate(times) for one in [*np.flatnonzero(speakers == speaker)] * count]
        assert found[replicate] == pytest.approx(values[drawn].sum(axis=0), abs=1e-12)


@given(values=npst.arrays(np.float64, (40, 3), elements=st.floats(-1, 1)))
def test_the_interval_is_between_the_percentiles_that_numpy_computes(values):
    low, high = interval(values, n_clusters=5)
    assert low == pytest.approx(np.percentile(values, 2.5, axis=0), abs=1e-12)
    assert high == pytest.approx(np.percentile(values, 97.5, axis=0), abs=1e-12)


@pytest.mark.parametrize("n_clusters", [0, 1])
def test_without_two_speakers_there_is_no_interval(n_clusters):
    assert np.isnan(interval(np.ones((100, 2)), n_clusters)).all()


def test_each_number_has_its_own_number_of_speakers():
    low, _ = interval(np.ones((100, 2)), np.array([1, 2]))
    assert np.isnan(low).tolist() == [True, False]


def test_a_number_that_is_often_undefined_has_no_interval_and_one_that_rarely_is_has():
    values = np.tile(np.linspace(0, 1, 200)[:, np.newaxis], 2)
    values[:11, 0] = np.nan
    values[:10, 1] = np.nan
    low, high = interval(values, n_clusters=5)
    assert np.isnan([low[0], high[0]]).all()
    assert low[1] == pytest.approx(np.nanpercentile(values[:, 1], 2.5), abs=1e-12)
    assert high[1] == pytest.approx(np.nanpercentile(values[:, 1], 97.5), abs=1e-12)


def test_what_is_never_defined_has_no_interval():
    assert np.isnan(interval(np.full((50, 1), np.nan), 9)).all()


def test_an_utterance_of_an_unknown_speaker_is_its_own_cluster():
    assert cluster_names(["a", "b", "c"], ["Unknown", "Unknown", "Ann"]) == ["Unknown a", "Unknown b", "Ann"]


def test_about_95_of_100_intervals_hold_the_truth():
    rng = np.random.default_rng(5)
    speakers, hits = 60, 0
    for _ in range(200):
        # Speakers differ by a standard deviation of 1; each speaks 4 times with a little noise.
        spoken = rng.normal(size=(speakers, 1)) + 0.3 * rng.normal(size=(speakers, 4))
        sums = np.stack([np.full(speakers, 4.0), spoken.sum(axis=1)], axis=-1)
        found = resampled_sums(resamples(speakers, 400, rng), sums)
        low, high = interval(found[:, 1] / found[:, 0], speakers)
        hits += bool(low <= 0 <= high)
    assert 0.90 <= hits / 200 <= 0.98
