import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.scores.robustness import SUMMARIES, Curve, ccc_auc, ccc_retention

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
