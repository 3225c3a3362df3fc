import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.scores.robustness import SUMMARIES, Curve, ccc_auc, ccc_retention

from .scored import fallen, inferred, literal_ccc, one, scored, without_each

LEVELS = np.array([-5.0, 0, 5, 10, 20])
heights = st.floats(-1, 1)


def curve(values, clean=0.8, levels=LEVELS, harsher="down"):
    return Curve(np.asarray(levels, float), np.asarray(values, float), np.asarray(clean, float), harsher)


@pytest.mark.parametrize("name", SUMMARIES)
def test_a_summary_of_many_curves_is_that_of_each(name):
    rng = np.random.default_rng(0)
    values, clean = rng.uniform(-0.2, 0.9, (2, 3, 5)), rng.uniform(0.2, 0.9, (2, 3))
    found = SUMMARIES[name](curve(values, clean))
    assert found.shape == (2, 3)
    for place in np.ndindex(2, 3):
        assert found[place] == pytest.approx(float(SUMMARIES[name](curve(values[place], clean[place]))), abs=1e-15)


@pytest.mark.parametrize("name", SUMMARIES)
def test_a_hole_in_the_curve_is_a_hole_in_its_summary(name):
    assert np.isnan(SUMMARIES[name](curve([np.nan] * 5)))


def test_a_hole_anywhere_leaves_no_area():
    assert np.isnan(ccc_auc(curve([0.1, 0.2, np.nan, 0.4, 0.5])))


@given(height=heights)
def test_a_flat_curve_has_its_height_as_area(height):
    assert float(ccc_auc(curve([height] * 5))) == pytest.approx(height, abs=1e-12)


@given(first=heights, last=heights)
def test_a_straight_line_has_its_middle_as_area_wherever_levels_lie(first, last):
    values = first + (last - first) * (LEVELS - LEVELS[0]) / (LEVELS[-1] - LEVELS[0])
    assert float(ccc_auc(curve(values))) == pytest.approx((first + last) / 2, abs=1e-12)


@given(values=st.lists(heights, min_size=5, max_size=5))
def test_the_area_lies_between_the_lowest_and_the_highest_point(values):
    assert min(values) - 1e-12 <= float(ccc_auc(curve(values))) <= max(values) + 1e-12


def test_the_area_is_weighted_by_the_distance_between_levels():
    # (0.2 + 0.4) / 2 over 5 dB, then (0.4 + 0.8) / 2 over 15 dB.
    assert float(ccc_auc(curve([0.2, 0.4, 0.8], levels=[0, 5, 20]))) == pytest.approx((0.3 * 5 + 0.6 * 15) / 20)


def test_a_curve_of_one_level_has_its_height_as_area():
    assert float(ccc_auc(curve([0.3], levels=[5]))) == 0.3


def test_retention_looks_at_the_harshest_level_whichever_end_that_is():
    values = [0.1, 0.2, 0.3, 0.4, 0.6]
    assert float(ccc_retention(curve(values, clean=0.8))) == pytest.approx(0.125)
    assert float(ccc_retention(curve(values, clean=0.8, harsher="up"))) == pytest.approx(0.75)


@pytest.mark.parametrize("clean", [0.0999, 0.0, -0.5, np.nan])
def test_where_little_works_on_clean_speech_retention_is_undefined(clean):
    assert np.isnan(ccc_retention(curve([0.1] * 5, clean=clean)))


def test_retention_is_defined_from_a_clean_ccc_of_a_tenth():
    assert float(ccc_retention(curve([0.05] * 5, clean=0.1))) == pytest.approx(0.5)


@pytest.mark.parametrize("dimension", ["valence", "mean"])
def test_what_is_kept_at_each_level_and_the_worst_noise_are_those_of_the_table(small_run, dimension):
    results = scored(fallen(small_run[0])).query("system == 'mfb' and dimension == @dimension and seed.isna()")
    ccc = results[results["metric"] == "ccc"].set_index("condition")["value"]
    kept = results[(results["metric"] == "ccc_retention") & results["condition"].notna()].set_index("condition")
    assert set(kept.index) == {"babble@-5dB", "babble@10dB", "white@0dB"}
    for condition, row in kept.iterrows():
        assert row["value"] == pytest.approx(ccc[condition] / ccc["clean"], abs=1e-12)
        assert row["level"] == float(condition.partition("@")[2].removesuffix("dB"))
    harshest = one(results, metric="ccc_retention", condition=None, corruption="babble")
    assert harshest["value"] == kept.loc["babble@-5dB", "value"]
    areas = results[results["metric"] == "ccc_auc"].set_index("corruption")["value"]
    worst = one(results, metric="ccc_worst")
    assert (worst["value"], worst["note"]) == (areas.min(), areas.idxmin())
    assert pd.isna(worst["corruption"])


def test_the_interval_of_the_worst_noise_is_that_of_the_least_area_in_every_set_of_speakers(small_run):
    predictions = fallen(small_run[0])
    sets = [None, *without_each(predictions)]
    conditions = ("babble@-5dB", "babble@10dB", "white@0dB")
    harsh, mild, white = (
        np.array([literal_ccc(predictions, "mfb", "valence", condition, rest) for rest in sets])
        for condition in conditions
    )
    least = np.minimum((harsh + mild) / 2, white)
    low, high, _ = inferred(least[0], least[1:], predictions)
    row = one(scored(predictions), metric="ccc_worst", system="mfb", dimension="valence")
    assert row[["value", "ci_low", "ci_high"]].tolist() == pytest.approx(
        [least[0], max(low, -1), min(high, 1)], abs=1e-9
    )


def test_a_ratio_to_too_little_says_why_it_is_missing(predictions):
    results = scored(predictions.assign(prediction=4.0)).query("metric == 'ccc_retention'")
    assert results["value"].isna().all()
    assert set(results["note"]) == {"undefined: clean CCC is below 0.1"}
