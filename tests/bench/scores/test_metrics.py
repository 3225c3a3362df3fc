import math
import statistics

import audmetric
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from scipy import stats

from bench.scores.metrics import (
    FROM_MOMENTS,
    METRICS,
    STATISTICS,
    ccc,
    mean_shift,
    moments,
    pair_statistics,
    pearson,
    rmse,
    scale_ratio,
)

BEST = {"ccc": 1.0, "pearson": 1.0, "rmse": 0.0, "scale_ratio": 1.0, "mean_shift": 0.0}
# What a metric becomes when truth and prediction change places.
CHANGED_PLACES = {"scale_ratio": lambda value: 1 / value, "mean_shift": lambda value: -value}


def literal_ccc(truth, prediction):
    n = len(truth)
    mean_t, mean_p = math.fsum(truth) / n, math.fsum(prediction) / n
    variance_t = math.fsum((t - mean_t) ** 2 for t in truth) / n
    variance_p = math.fsum((p - mean_p) ** 2 for p in prediction) / n
    covariance = math.fsum((t - mean_t) * (p - mean_p) for t, p in zip(truth, prediction, strict=True)) / n
    return 2 * covariance / (variance_t + variance_p + (mean_t - mean_p) ** 2)


def literal_pearson(truth, prediction):
    n = len(truth)
    mean_t, mean_p = math.fsum(truth) / n, math.fsum(prediction) / n
    deviation_t = math.sqrt(math.fsum((t - mean_t) ** 2 for t in truth) / n)
    deviation_p = math.sqrt(math.fsum((p - mean_p) ** 2 for p in prediction) / n)
    standard = [
        ((t - mean_t) / deviation_t, (p - mean_p) / deviation_p) for t, p in zip(truth, prediction, strict=True)
    ]
    return math.fsum(t * p for t, p in standard) / n


def literal_rmse(truth, prediction):
    return math.sqrt(math.fsum((t - p) ** 2 for t, p in zip(truth, prediction, strict=True)) / len(truth))


def literal_scale_ratio(truth, prediction):
    return statistics.pstdev(prediction) / statistics.pstdev(truth)


def literal_mean_shift(truth, prediction):
    away = statistics.fmean(prediction) - statistics.fmean(truth)
    return away / math.sqrt(statistics.pstdev(truth) * statistics.pstdev(prediction))


LITERAL = {
    "ccc": literal_ccc,
    "pearson": literal_pearson,
    "rmse": literal_rmse,
    "scale_ratio": literal_scale_ratio,
    "mean_shift": literal_mean_shift,
}


@st.composite
def ratings(draw):
    """Truth and prediction on a scale from 1 to 7, both of which vary."""
    n = draw(st.integers(2, 30))
    # Tenths of a point: differences are either none or large beside rounding errors.
    values = npst.arrays(np.int64, n, elements=st.integers(10, 70)).filter(lambda x: np.ptp(x) > 0)
    return draw(values) / 10, draw(values) / 10


@pytest.mark.parametrize("name", METRICS)
@given(pair=ratings())
def test_every_metric_agrees_with_its_formula_written_out(name, pair):
    assert METRICS[name](*pair) == pytest.approx(LITERAL[name](*map(np.ndarray.tolist, pair)), abs=1e-12)


@pytest.mark.parametrize("name", METRICS)
@given(pair=ratings())
def test_a_perfect_prediction_scores_its_best(name, pair):
    truth, prediction = pair
    best = METRICS[name](truth, truth)
    assert best == pytest.approx(BEST[name], abs=1e-12)
    other = METRICS[name](truth, prediction)
    if name in ("ccc", "pearson"):
        assert other <= best + 1e-12
    elif name == "rmse":
        assert other >= best - 1e-12


@pytest.mark.parametrize("name", METRICS)
@given(pair=ratings())
def test_which_of_the_two_is_called_truth_matters_to_nothing_but_the_direction(name, pair):
    changed = CHANGED_PLACES.get(name, lambda value: value)
    assert METRICS[name](*pair[::-1]) == pytest.approx(changed(METRICS[name](*pair)), rel=1e-12, abs=1e-12)


@given(pair=ratings())
def test_ccc_is_made_of_correlation_scale_ratio_and_mean_shift(pair):
    v, u = scale_ratio(*pair), mean_shift(*pair)
    assert ccc(*pair) == pytest.approx(pearson(*pair) * 2 / (v + 1 / v + u**2), abs=1e-12)
    sums = moments(pair_statistics(*pair, centre=4.0).sum(axis=0))
    r, v, u = (float(FROM_MOMENTS[name](sums)) for name in ("pearson", "scale_ratio", "mean_shift"))
    assert float(FROM_MOMENTS["ccc"](sums)) == pytest.approx(r * 2 / (v + 1 / v + u**2), abs=1e-12)


@pytest.mark.parametrize("name", METRICS)
@given(pair=ratings(), cut=st.integers(0, 30))
def test_sums_of_parts_give_the_metric_of_the_whole(name, pair, cut):
    statistics = pair_statistics(*pair, centre=4.0)
    sums = statistics[:cut].sum(axis=0) + statistics[cut:].sum(axis=0)
    assert float(FROM_MOMENTS[name](moments(sums))) == pytest.approx(METRICS[name](*pair), abs=1e-9)


def test_both_dictionaries_name_the_same_metrics():
    assert list(METRICS) == list(FROM_MOMENTS)


@given(pair=ratings())
def test_ccc_agrees_with_audmetric(pair):
    assert ccc(*pair) == pytest.approx(audmetric.concordance_cc(*pair), abs=1e-12)


@given(pair=ratings())
def test_pearson_and_rmse_agree_with_scipy_and_audmetric(pair):
    assert pearson(*pair) == pytest.approx(stats.pearsonr(*pair).statistic, abs=1e-12)
    assert pearson(*pair) == pytest.approx(audmetric.pearson_cc(*pair), abs=1e-12)
    assert rmse(*pair) == pytest.approx(math.sqrt(audmetric.mean_squared_error(*pair)), abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_sums_over_speakers_give_what_other_libraries_compute_from_all_utterances(seed):
    rng = np.random.default_rng(seed)
    truth, speaker = rng.uniform(1, 7, 2000), rng.integers(0, 60, 2000)
    prediction = truth + rng.normal(size=2000)
    statistics = pair_statistics(truth, prediction, centre=4.0)
    found = moments(np.stack([statistics[speaker == one].sum(axis=0) for one in range(60)]).sum(axis=0))
    expected = {
        "ccc": audmetric.concordance_cc(truth, prediction),
        "pearson": stats.pearsonr(truth, prediction).statistic,
        "rmse": math.sqrt(audmetric.mean_squared_error(truth, prediction)),
    }
    assert {name: float(FROM_MOMENTS[name](found)) for name in expected} == pytest.approx(expected, abs=1e-12)


@given(pair=ratings())
def test_ccc_is_never_further_from_zero_than_pearson(pair):
    assert abs(ccc(*pair)) <= abs(pearson(*pair)) + 1e-12


@given(pair=ratings(), scale=st.floats(0.1, 10), shift=st.floats(-5, 5))
def test_pearson_forgives_scale_and_shift(pair, scale, shift):
    truth, prediction = pair
    assert pearson(truth, scale * prediction + shift) == pytest.approx(pearson(truth, prediction), abs=1e-9)


@given(pair=ratings(), value=st.floats(1, 7))
def test_a_constant_prediction_has_no_concordance_and_no_correlation(pair, value):
    truth = pair[0]
    constant = np.full_like(truth, value)
    assert ccc(truth, constant) == 0
    assert math.isnan(pearson(truth, constant))
    sums = moments(pair_statistics(truth, constant, centre=4.0).sum(axis=0))
    assert FROM_MOMENTS["ccc"](sums) == 0
    assert math.isnan(FROM_MOMENTS["pearson"](sums))
    assert FROM_MOMENTS["scale_ratio"](sums) == scale_ratio(truth, constant) == 0
    assert math.isnan(FROM_MOMENTS["mean_shift"](sums))
    assert math.isnan(mean_shift(truth, constant))


def test_constant_and_equal_is_undefined_rather_than_perfect():
    equal = np.full(3, 4.1)
    assert math.isnan(ccc(equal, equal))
    assert math.isnan(FROM_MOMENTS["ccc"](moments(pair_statistics(equal, equal, centre=4.0).sum(axis=0))))


@given(pair=ratings(), value=st.floats(1, 7))
def test_with_constant_truth_there_is_nothing_to_agree_on(pair, value):
    constant = np.full_like(pair[0], value)
    assert math.isnan(ccc(constant, pair[1]))
    assert math.isnan(scale_ratio(constant, pair[1]))
    assert math.isnan(mean_shift(constant, pair[1]))
    assert math.isnan(FROM_MOMENTS["ccc"](moments(pair_statistics(constant, pair[1], centre=4.0).sum(axis=0))))


def test_a_single_pair_is_constant():
    assert math.isnan(ccc([2], [3]))
    assert math.isnan(ccc([2], [2]))
    assert rmse([2], [3]) == 1


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize(
    ("truth", "prediction", "message"),
    [
        ([1, 2], [1, 2, 3], r"\(2,\) and prediction \(3,\)"),
        ([], [], "n > 0"),
        ([[1, 2]], [[1, 2]], r"\(1, 2\)"),
        ([1, 2], [1, math.nan], "finite"),
        ([1, math.inf], [1, 2], "finite"),
    ],
)
def test_what_cannot_be_scored_is_an_error(name, truth, prediction, message):
    with pytest.raises(ValueError, match=message):
        METRICS[name](truth, prediction)


@pytest.mark.parametrize("name", METRICS)
def test_an_empty_set_of_pairs_has_no_score(name):
    assert math.isnan(FROM_MOMENTS[name](moments(np.zeros(len(STATISTICS)))))


@pytest.mark.parametrize("name", METRICS)
def test_a_large_corpus_far_from_zero_loses_no_digits(name):
    rng = np.random.default_rng(0)
    truth = 1e4 + rng.normal(size=5000)
    prediction = truth + 0.5 * rng.normal(size=5000)
    assert METRICS[name](truth, prediction) == pytest.approx(
        LITERAL[name](truth.tolist(), prediction.tolist()), rel=1e-11
    )
