import numpy as np
import pandas as pd
import pytest

from bench.corpora.corpus import DIMENSIONS
from bench.scores.comparisons import compare
from bench.scores.grid import grid_of
from bench.scores.results import PREDICTIONS, TRANSCRIPTS, typed
from bench.uncertainty.intervals import method_named

from .scored import HARSHER, one, scored

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


def test_an_empty_cell_says_that_there_is_nothing(predictions):
    gone = (predictions["system"] == "mfb") & (predictions["seed"] == 1) & (predictions["condition"] == "white@0dB")
    results = scored(predictions[~gone], allow_missing=True).query("system == 'mfb' and dimension == 'valence'")
    empty = results.query("condition == 'white@0dB' and seed == 1 and metric in ['ccc', 'pearson', 'rmse']")
    assert set(empty["note"]) == {"nothing to compute it from"}


def test_retention_says_why_there_is_none(predictions):
    weak = predictions.assign(prediction=np.where(predictions["condition"] == "clean", 3.0, predictions["prediction"]))
    notes = {
        name: set(scored(frame).query("metric == 'ccc_retention' and dimension == 'valence'")["note"])
        for name, frame in (("weak", weak), ("absent", predictions.query("condition != 'clean'")))
    }
    assert notes == {
        "weak": {"undefined: clean CCC is below 0.1"},
        "absent": {"undefined: clean speech was not scored"},
    }


def test_error_rates_without_words_say_so(predictions, transcripts):
    silent = scored(predictions, transcripts.assign(reference=None)).query("metric == 'wer'")
    assert set(silent["note"]) == {"nothing to compute it from"}


def test_differences_leave_an_undefined_dimension_out_too_but_not_one_with_holes(predictions):
    options = {"method": method_named(), "harsher": HARSHER}
    grid = grid_of(typed(predictions, PREDICTIONS, "p"), pd.DataFrame(columns=[*TRANSCRIPTS]))
    found = compare(constant(predictions), {"g": [("mfb", "text")]}, grid=grid, **options)
    clean = found[(found["metric"] == "ccc") & found["seed"].isna()].set_index("dimension")["value"]
    assert np.isnan(clean["valence"])
    assert clean["mean"] == pytest.approx((clean["activation"] + clean["dominance"]) / 2, abs=1e-12)
