import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bench.scores.calibration import CONSTANT, NO_PREDICTIONS, along
from bench.scores.metrics import ccc, moments, pair_statistics, pearson

from .scored import inferred, one, scored, without_each
from .test_metrics import ratings


@pytest.fixture
def development(predictions):
    """What the systems predict of clean development speech: other numbers, on another scale."""
    clean = predictions.query("condition == 'clean' and draw == 0")
    moved = 1.5 + 0.3 * clean["prediction"] + 0.1 * clean["seed"].astype(float) * clean["truth"]
    return clean.assign(split="dev", prediction=moved, utterance="dev " + clean["utterance"])


def line(development, system, seed, dimension):
    """Return the slope and the intercept that give predictions the mean and the deviation of their labels."""
    rows = development.query("system == @system and seed == @seed and dimension == @dimension")
    slope = np.std(rows["truth"]) / np.std(rows["prediction"])
    return slope, np.mean(rows["truth"]) - slope * np.mean(rows["prediction"])


def literal(development, frame, utterances=None):
    kept = frame if utterances is None else frame[frame["utterance"].isin(utterances)]
    slope, intercept = line(development, *frame[["system", "seed", "dimension"]].iloc[0])
    return ccc(kept["truth"], intercept + slope * kept["prediction"])


def test_every_cell_is_scored_as_if_its_predictions_lay_on_the_line_of_its_seed(predictions, development):
    rows = scored(predictions, development=development).query("metric == 'ccc_calibrated'")
    rows = rows.dropna(subset="seed").set_index(["system", "seed", "condition", "draw", "dimension"])
    for name, frame in predictions.groupby(rows.index.names):
        assert rows.loc[name, "value"] == pytest.approx(literal(development, frame), abs=1e-12)
        assert rows.loc[name, "note"] is None or np.isnan(rows.loc[name, "note"])


def test_its_interval_takes_the_line_as_given(predictions, development):
    where = {"system": "text", "condition": "babble@10dB", "dimension": "activation", "seed": 1, "draw": 1}
    cell = predictions.query(" and ".join(f"{name} == {value!r}" for name, value in where.items()))
    again = [literal(development, cell, rest) for rest in without_each(predictions)]
    low, high, _ = inferred(literal(development, cell), again, predictions)
    row = one(scored(predictions, development=development), metric="ccc_calibrated", **where)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(np.clip([low, high], -1, 1), abs=1e-12)


@given(pair=ratings(), slope=st.floats(-3, 3), intercept=st.floats(-5, 5))
def test_where_it_was_fitted_no_line_has_a_higher_ccc_and_that_is_the_correlation(pair, slope, intercept):
    truth, prediction = pair
    r = pearson(truth, prediction)
    assume(r > 0)
    best = np.std(truth) / np.std(prediction)
    fitted = ccc(truth, np.mean(truth) + best * (prediction - np.mean(prediction)))
    assert fitted == pytest.approx(r, abs=1e-12)
    assert ccc(truth, intercept + slope * prediction) <= fitted + 1e-12


@given(pair=ratings(), slope=st.floats(0.1, 3), intercept=st.floats(-5, 5))
def test_sums_along_a_line_are_those_of_the_predictions_on_it(pair, slope, intercept):
    truth, prediction = pair
    moved = along(pair_statistics(truth, prediction, centre=4.0).sum(axis=0), slope, intercept)
    direct = pair_statistics(truth, 4 + intercept + slope * (prediction - 4), centre=4.0).sum(axis=0)
    assert moved == pytest.approx(direct, rel=1e-9, abs=1e-9)
    assert moments(moved).bias == pytest.approx(moments(direct).bias, abs=1e-9)


def test_a_scale_and_a_mean_that_were_wrong_before_the_noise_are_forgiven(predictions, development):
    where = {"metric": "ccc_calibrated", "system": "mfb", "dimension": "valence"}
    squeezed = predictions.assign(prediction=0.1 * predictions["prediction"] + 3)
    as_squeezed = development.assign(prediction=0.1 * development["prediction"] + 3)
    pairs = ((predictions, development), (squeezed, as_squeezed))
    first, second = (scored(one_of, development=dev).query("metric == 'ccc_calibrated'") for one_of, dev in pairs)
    assert first["value"].to_numpy() == pytest.approx(second["value"].to_numpy(), abs=1e-9)
    assert one(first, condition="clean", seed=0, draw=0, **where)["n_utterances"] == 7


@pytest.mark.parametrize("column", ["prediction", "truth"])
def test_without_anything_to_fit_a_line_to_it_is_missing_and_says_why(predictions, development, column):
    flat = (development["system"] == "mfb") & (development["seed"] == 1) & (development["dimension"] == "valence")
    development = development.assign(**{column: development[column].mask(flat, 4.1)})
    rows = scored(predictions, development=development).query("metric == 'ccc_calibrated'")
    missing = rows[rows["value"].isna()]
    assert set(missing["note"]) == {f"undefined: {CONSTANT}"}
    assert set(missing["system"]) == {"mfb"}
    assert set(missing["dimension"]) == {"valence"}
    assert len(missing) == 4 * 2 + 4  # the cells of that seed, and the means over both


def test_without_predictions_of_development_speech_it_is_missing_and_says_so(predictions):
    rows = scored(predictions).query("metric == 'ccc_calibrated'")
    assert rows["value"].isna().all()
    assert set(rows["note"]) == {f"undefined: {NO_PREDICTIONS}"}
