import numpy as np
import pytest

from bench.corpora.corpus import DIMENSIONS

from .scored import one, scored

ONE_TRUTH = "undefined: one truth for all 7 utterances"


def constant(predictions, dimension="valence"):
    return predictions.assign(truth=predictions["truth"].mask(predictions["dimension"] == dimension, 4.0))


def test_what_is_known_has_no_note(predictions):
    results = scored(predictions).query("metric not in ('ccc_retention', 'ccc_worst', 'snr50')")
    assert results.loc[results["ci_low"].notna(), "note"].isna().all()


def test_a_constant_truth_leaves_ccc_and_all_that_is_made_of_it_missing_with_the_reason(predictions):
    results = scored(constant(predictions)).query("dimension == 'valence'")
    undefined = results[results["metric"].isin(["ccc", "pearson", "ccc_auc", "ccc_retention", "ccc_mean_noisy"])]
    assert undefined[["value", "ci_low", "ci_high"]].isna().all(axis=None)
    assert set(undefined["note"]) == {ONE_TRUTH}
    assert results.query("metric == 'rmse'")["value"].notna().all()


def test_the_mean_leaves_an_undefined_dimension_out_and_says_so(predictions):
    results = scored(constant(predictions))
    place = {"metric": "ccc", "system": "mfb", "condition": "white@0dB", "seed": None}
    mean, activation, dominance = (
        one(results, **place, dimension=name) for name in ("mean", "activation", "dominance")
    )
    assert mean["value"] == pytest.approx((activation["value"] + dominance["value"]) / 2, abs=1e-12)
    assert mean["n_utterances"] == activation["n_utterances"]
    assert mean["note"] == f"without valence, {ONE_TRUTH}"
    area = one(results, metric="ccc_auc", system="mfb", corruption="white", dimension="mean")
    assert np.isfinite(area["value"])
    assert area["note"] == mean["note"]


def test_the_mean_of_undefined_dimensions_is_undefined(predictions):
    for dimension in DIMENSIONS:
        predictions = constant(predictions, dimension)
    results = scored(predictions).query("dimension == 'mean'")
    assert results["value"].isna().all()
    assert set(results["note"]) == {ONE_TRUTH}


def test_a_constant_prediction_has_a_ccc_of_zero_and_no_correlation(predictions):
    results = scored(predictions.assign(prediction=3.0)).query("condition == 'clean' and dimension == 'valence'")
    assert (results.query("metric == 'ccc'")["value"] == 0).all()
    assert set(results.query("metric == 'pearson'")["note"]) == {"undefined: one prediction for all 7 utterances"}


def test_one_utterance_and_one_speaker(predictions):
    alone = predictions[predictions["utterance"] == "u1"]
    results = scored(alone).query("condition == 'clean'")
    assert set(results.query("metric == 'ccc'")["note"]) == {"undefined: one utterance"}
    assert set(results.query("metric == 'rmse'")["note"]) == {"interval unknown: one speaker"}


def test_what_is_undefined_without_a_speaker_has_no_interval_and_the_reason(predictions):
    # All others have one truth.
    first = predictions["speaker"].iloc[0]
    truth = predictions["truth"].where(predictions["speaker"] == first, 4.0)
    results = scored(predictions.assign(truth=truth)).query("metric == 'ccc' and dimension == 'valence'")
    assert results["value"].notna().all()
    assert results["note"].str.fullmatch("interval unknown: undefined without one of [0-9]+ speakers").all()
