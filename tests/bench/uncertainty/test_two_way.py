import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bench.uncertainty.intervals import clustered
from bench.uncertainty.jackknife import Jackknife, TwoWay


def mean_of(method, values, speakers, texts):
    """Return what two-way intervals say of the mean of one number an utterance."""
    names = [f"u{k}" for k in range(len(values))]
    method, clusters = clustered(
        method, dict(zip(names, speakers, strict=True)), {name: t for name, t in zip(names, texts, strict=True) if t}
    )
    order = sorted(set(clusters.values()))
    place = [order.index(clusters[name]) for name in names]
    sums = np.zeros((len(order), 2))
    np.add.at(sums, place, np.stack([np.ones(len(values)), values], axis=-1))
    again = method.replicates(sums)
    value = sums[:, 1].sum() / sums[:, 0].sum()
    with np.errstate(invalid="ignore"):
        others = again[:, 1] / again[:, 0]
    found = method.infer(np.array([value]), others[:, np.newaxis], sums[:, :1])
    return [end.item() for end in found]


def variance_by(values, groups):
    """Return the variance of a mean by groups, literally: of each, its share and how far the mean moves without it."""
    names = sorted(set(groups))
    total = 0.0
    for name in names:
        rest = [v for v, g in zip(values, groups, strict=True) if g != name]
        share = 1 - len(rest) / len(values)
        total += (1 - share) * (np.mean(rest) - np.mean(values)) ** 2
    return total


PLAIN = TwoWay(Jackknife(small_sample=True, by_kurtosis=False))


@given(values=st.lists(st.integers(-50, 50), min_size=12, max_size=12, unique=True))
def test_the_variance_is_that_of_cameron_gelbach_and_miller_and_never_below_either(values):
    values = [one / 10 for one in values]
    speakers, texts = ["a", "b", "c"] * 4, [f"t{k}" for k in range(4) for _ in range(3)]
    by_speaker, by_text = variance_by(values, speakers), variance_by(values, texts)
    both = variance_by(values, [*map(str, range(12))])
    variance = max(by_speaker + by_text - both, by_speaker, by_text)
    low, high, _ = mean_of(PLAIN, values, speakers, texts)
    # Equal shares: as many degrees of freedom as speakers less one, of which there are fewer than texts.
    assert (high - low) / 2 == pytest.approx(stats.t.ppf(0.975, 2) * np.sqrt(variance), rel=1e-9)
    assert (high + low) / 2 == pytest.approx(np.mean(values), abs=1e-9)


def test_where_no_text_is_read_twice_nothing_is_added():
    rng = np.random.default_rng(0)
    speakers = [f"s{k}" for k in range(6) for _ in range(5)]
    values = rng.normal(size=30) + np.repeat(rng.normal(size=6), 5)
    expected = mean_of(Jackknife(), values, speakers, [None] * 30)
    assert mean_of(TwoWay(), values, speakers, [f"t{k}" for k in range(30)]) == pytest.approx(expected)
    assert mean_of(TwoWay(), values, speakers, [None] * 30) == pytest.approx(expected)


def test_one_text_for_all_says_nothing_of_others():
    assert np.isnan(mean_of(TwoWay(), [1.0, 2.0, 4.0], ["a", "b", "c"], ["t"] * 3)).all()
