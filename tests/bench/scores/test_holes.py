import numpy as np
import pytest

from bench.corpora.corpus import DIMENSIONS
from bench.scores.comparisons import compare
from bench.scores.metrics import METRICS
from bench.scores.results import TableError
from bench.scores.robustness import NO_CLEAN
from bench.uncertainty.intervals import method_named

from .scored import HARSHER, one, scored, whole_grid


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_a_mean_rests_on_the_dimension_that_has_least(predictions, dimension):
    grid = whole_grid(predictions)
    gone = (predictions["dimension"] == dimension) & (predictions["utterance"] == predictions["utterance"].iloc[0])
    results = scored(predictions[~gone], grid=grid, allow_missing=True)
    counts = results.query("metric == 'ccc_mean_noisy'").set_index(["system", "dimension"])["n_utterances"]
    assert counts["mfb", "mean"] == counts["mfb", dimension] == 6
    found = compare(
        predictions[~gone],
        {"g": [("mfb", "text")]},
        method=method_named(),
        harsher=HARSHER,
        grid=grid,
        allow_missing=True,
    )
    found = found[found["seed"].isna()].set_index(["metric", "dimension"])
    assert np.isnan(found.loc[("ccc", "mean"), "value"])


def test_an_incomplete_grid_is_an_error_unless_it_is_allowed(predictions, transcripts):
    with pytest.raises(TableError, match="predictions: missing: 1 row"):
        scored(predictions.iloc[1:], transcripts)
    with pytest.raises(TableError, match="transcripts: missing: 1 row"):
        scored(predictions, transcripts.iloc[1:])
    scored(predictions.iloc[1:], transcripts.iloc[1:], allow_missing=True)


def test_a_missing_utterance_shows_in_the_count(predictions):
    gone = (predictions["utterance"] == "u1") & (predictions["seed"] == 1)
    results = scored(predictions[~gone], allow_missing=True).query("metric == 'ccc' and dimension == 'valence'")
    assert set(results.loc[results["seed"] == 0, "n_utterances"]) == {7}
    assert set(results.loc[results["seed"] == 1, "n_utterances"]) == {6}
    assert set(results.loc[results["seed"].isna(), "n_utterances"]) == {6}  # the mean is 6.5


def test_an_empty_cell_is_a_row_without_a_value_and_means_leave_it_out(predictions):
    gone = (predictions["system"] == "mfb") & (predictions["seed"] == 1) & (predictions["condition"] == "white@0dB")
    results = scored(predictions[~gone], allow_missing=True).query("system == 'mfb' and dimension == 'valence'")
    empty = results.query("condition == 'white@0dB' and seed == 1")
    assert len(empty) == (len(METRICS) + 4) * 2
    assert empty[["value", "ci_low", "ci_high"]].isna().all(axis=None)
    assert (empty[["n_utterances", "n_speakers"]] == 0).all(axis=None)
    assert set(empty.query("metric in ['ccc', 'pearson', 'rmse']")["note"]) == {"nothing to compute it from"}
    mean = one(results, metric="ccc", condition="white@0dB", seed=None)
    there = results.query("metric == 'ccc' and condition == 'white@0dB' and seed == 0")
    assert mean["value"] == pytest.approx(there["value"].mean(), abs=1e-15)
    assert mean["n_utterances"] == 3


def test_a_condition_that_the_grid_names_and_no_row_has_is_a_hole_in_every_row(predictions, transcripts):
    grid = whole_grid(predictions, transcripts)
    kept = [frame[frame["condition"] != "babble@-5dB"] for frame in (predictions, transcripts)]
    with pytest.raises(TableError, match="missing: 168 rows"):
        scored(*kept, grid=grid)
    results = scored(*kept, grid=grid, allow_missing=True)
    holes = results.query("condition == 'babble@-5dB' or corruption == 'babble' and condition.isna()")
    assert len(holes) == 2 * (3 * ((len(METRICS) + 4) * 5 + 4) + 5 + 4) + 5 * 3
    assert holes["value"].isna().all()
    assert (holes["n_utterances"] == 0).all()
    everywhere = results.query("metric in ['ccc_mean_noisy', 'ccc_worst']")
    assert everywhere["value"].isna().all()
    assert (everywhere["n_utterances"] == 0).all()


def test_without_clean_speech_there_is_no_retention(predictions):
    results = scored(predictions.query("condition != 'clean'"))
    for metric in ("ccc_retention", "snr50"):
        rows = results[results["metric"] == metric]
        assert rows["value"].isna().all()
        assert set(rows["note"]) == {NO_CLEAN}
    assert results.query("metric == 'ccc_auc'")["value"].notna().all()
