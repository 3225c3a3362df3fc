import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from bench.scores.robustness import Curve
from bench.scores.snr50 import falls_at, snr50

from .scored import SMALL, fallen, literal_ccc, one, scored, without_each

LEVELS = np.array([-5.0, 0, 5, 10, 20])
KEYS = {"metric": "snr50", "system": "mfb", "dimension": "valence"}


def literal_fall(x, heights):
    """Go from the harshest level towards milder ones for as long as the curve is down, then look for the crossing."""
    for k in reversed(range(len(x))):
        if heights[k] > 0:
            if k == len(x) - 1:
                return np.inf
            return optimize.brentq(lambda at: np.interp(at, x, heights), x[k], x[k + 1], xtol=1e-13)
    return -np.inf


@settings(max_examples=50)
@given(heights=st.lists(st.integers(-5, 5).map(lambda n: n / 10), min_size=1, max_size=5))
def test_the_fall_is_that_of_a_walk_from_the_harshest_level(heights):
    x = LEVELS[: len(heights)]
    assert float(falls_at(x, np.array(heights))) == pytest.approx(literal_fall(x, heights), abs=1e-9)


def test_many_curves_fall_as_each_does_and_a_hole_is_a_hole():
    heights = np.random.default_rng(0).uniform(-1, 1, (4, 3, 5))
    heights[0, 0, 2] = np.nan
    found = falls_at(LEVELS, heights)
    for place in np.ndindex(4, 3):
        assert found[place] == pytest.approx(float(falls_at(LEVELS, heights[place])), nan_ok=True)
    assert np.isnan(found).sum() == 1


@pytest.mark.parametrize(("values", "harsher", "expected"), [
    ([0.1, 0.3, 0.5, 0.7, 0.8], "down", 2.5),  # 0.4 lies half-way from 0 to 5 dB
    ([0.1, 0.5, 0.3, 0.5, 0.7], "down", -1.25),  # it recovers at 0 dB: from there on it stays down
    ([0.8, 0.7, 0.5, 0.3, 0.2], "up", 7.5),
    ([0.5, 0.5, 0.5, 0.7, 0.8], "down", -np.inf),
    ([0.5, 0.5, 0.5, 0.7, 0.8], "up", np.inf),
    ([0.1, 0.1, 0.1, 0.1, 0.3], "down", np.inf),
    ([0.1, 0.1, 0.1, 0.1, 0.3], "up", -np.inf),
    ([0.1, 0.1, np.nan, 0.1, 0.3], "up", np.nan),
])  # fmt: skip
def test_half_of_clean_ccc_is_looked_for_towards_what_is_harsher(values, harsher, expected):
    found = snr50(Curve(LEVELS, np.array(values), np.array(0.8), harsher))
    assert float(found) == pytest.approx(expected, nan_ok=True)


def test_level_and_interval_are_those_of_ccc_less_half_of_clean_ccc_at_every_level(predictions):
    predictions = fallen(predictions)
    sets = [None, *without_each(predictions)]
    ccc = {
        condition: np.array([literal_ccc(predictions, "mfb", "valence", condition, rest) for rest in sets])
        for condition in ("clean", "babble@-5dB", "babble@10dB")
    }
    levels = np.linspace(-5, 10, 1501)
    share = (levels + 5) / 15
    above = np.outer(ccc["babble@-5dB"], 1 - share) + np.outer(ccc["babble@10dB"], share) - ccc["clean"][:, None] / 2
    sizes = np.array([7 - len(rest) for rest in sets[1:]], float)
    found = SMALL.infer(above[0], above[1:], np.repeat(sizes[:, None], len(levels), axis=1))
    row = one(scored(predictions), corruption="babble", **KEYS)
    assert row["value"] == pytest.approx(levels[np.argmin(np.abs(above[0]))], abs=0.01)
    possible = levels[(found.low <= 0) & (found.high >= 0)]
    for end, at, edge in (("ci_low", possible.min(), -5), ("ci_high", possible.max(), 10)):
        if at == edge:
            assert np.isnan(row[end])
        else:
            assert row[end] == pytest.approx(at, abs=0.02)
    assert row["level_unit"] == "SNR (dB)"
    assert pd.isna(row["condition"])


@pytest.mark.parametrize(("corruption", "harsher", "note"), [
    ("babble", "down", "below -5 dB"),
    ("babble", "up", "above 10 dB"),
    ("white", "down", "below 0 dB"),
])  # fmt: skip
def test_a_curve_that_never_falls_is_censored_on_the_harsh_side(predictions, corruption, harsher, note):
    exact = predictions.assign(
        prediction=predictions["truth"] + 0.1 * (predictions["prediction"] - predictions["truth"])
    )
    row = one(scored(exact, harsher={"babble": harsher, "white": "down"}), corruption=corruption, **KEYS)
    assert row["note"] == note
    assert row[["value", "ci_low", "ci_high", "seed_sd"]].isna().all()
    assert row["n_utterances"] == 7


def test_a_curve_that_is_down_at_its_mildest_level_is_censored_on_the_mild_side(predictions):
    clean = predictions["condition"] == "clean"
    row = one(
        scored(predictions.assign(prediction=predictions["prediction"].where(clean, 4.0))), corruption="babble", **KEYS
    )
    assert np.isnan(row["value"])
    assert row["note"].startswith("above 10 dB")


def test_with_little_on_clean_speech_there_is_no_half_of_it(predictions):
    row = one(scored(predictions.assign(prediction=4.0)), corruption="babble", **KEYS)
    assert np.isnan(row["value"])
    assert row["note"] == "undefined: clean CCC is below 0.1"


def test_what_is_known_of_one_speaker_or_without_a_dimension_says_so(predictions):
    falling = fallen(predictions)
    row = one(scored(falling.assign(speaker="Ann")), corruption="babble", **KEYS)
    assert np.isfinite(row["value"])
    assert row["note"] == "interval unknown: one speaker"
    constant = falling.assign(truth=falling["truth"].where(falling["dimension"] != "activation", 4.0))
    row = one(scored(constant), corruption="babble", **KEYS | {"dimension": "mean"})
    clean, mild, harsh = (
        np.mean([literal_ccc(falling, "mfb", dimension, name) for dimension in ("valence", "dominance")])
        for name in ("clean", "babble@10dB", "babble@-5dB")
    )
    assert row["value"] == pytest.approx(10 - 15 * (mild - clean / 2) / (mild - harsh), abs=1e-9)
    assert row["note"].endswith("without activation, undefined: one truth for all 7 utterances")
