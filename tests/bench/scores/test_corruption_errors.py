import numpy as np
import pytest

from bench.uncertainty.intervals import method_named

from .scored import fallen, inferred, literal_ccc, one, scored, whole_grid, without_each

CURVES = {"babble": ("babble@-5dB", "babble@10dB"), "white": ("white@0dB",)}


@pytest.fixture(scope="module")
def low(small_run):
    """Predictions of which CCC falls, under white noise, too."""
    predictions = fallen(small_run[0])
    white = predictions["condition"] == "white@0dB"
    return predictions.assign(prediction=predictions["prediction"].where(~white, 0.5 * predictions["prediction"] + 2))


@pytest.fixture(scope="module")
def results(low):
    return scored(low, reference="mfb")


def literal(predictions, corruption, utterances=None, *, relative):
    """The errors of ``text`` over those of ``mfb``, summed over levels."""
    found = []
    for system in ("text", "mfb"):
        errors = [1 - literal_ccc(predictions, system, "valence", one, utterances) for one in CURVES[corruption]]
        clean = 1 - literal_ccc(predictions, system, "valence", "clean", utterances)
        found.append(sum(error - clean * relative for error in errors))
    return found[0] / found[1]


@pytest.mark.parametrize("relative", [False, True])
def test_errors_and_intervals_are_those_of_sums_of_both_systems_without_each_speaker(low, results, relative):
    metric = "relative_corruption_error" if relative else "corruption_error"
    keys = {"system": "text", "dimension": "valence"}
    values, again = [], []
    for corruption in CURVES:
        values.append(literal(low, corruption, relative=relative))
        again.append([literal(low, corruption, rest, relative=relative) for rest in without_each(low)])
        row = one(results, metric=metric, corruption=corruption, **keys)
        low_end, high_end, _ = inferred(values[-1], again[-1], low)
        expected = [values[-1], low_end if relative else max(low_end, 0), high_end]
        assert row[["value", "ci_low", "ci_high"]].tolist() == pytest.approx(expected, abs=1e-9)
        assert row["n_utterances"] == 7
    mean = one(results, metric=f"mean_{metric}", **keys)
    low_end, high_end, _ = inferred(np.mean(values), np.mean(again, axis=0), low)
    expected = [np.mean(values), low_end if relative else max(low_end, 0), high_end]
    assert mean[["value", "ci_low", "ci_high"]].tolist() == pytest.approx(expected, abs=1e-9)
    assert mean[["corruption", "condition", "seed"]].isna().all()


def test_the_error_of_the_mean_is_that_of_the_mean_ccc(results):
    rows = results.query("metric == 'ccc' and dimension == 'mean' and seed.isna()").set_index(["system", "condition"])
    error = 1 - rows["value"]
    row = one(results, metric="corruption_error", system="text", dimension="mean", corruption="babble")
    sums = [sum(error[system, condition] for condition in CURVES["babble"]) for system in ("text", "mfb")]
    assert row["value"] == pytest.approx(sums[0] / sums[1], abs=1e-12)


def test_the_reference_has_an_error_of_exactly_1(results):
    rows = results[results["metric"].str.contains("corruption_error") & (results["system"] == "mfb")]
    assert len(rows) == 4 * 2 * 3
    assert rows["value"].to_numpy() == pytest.approx(1)
    known = rows["ci_low"].notna()
    assert rows.loc[known, ["ci_low", "ci_high"]].to_numpy() == pytest.approx(1)
    assert (known | rows["note"].str.startswith("interval unknown: mfb loses nothing without some speaker")).all()


def test_without_a_reference_there_are_no_errors_and_an_unknown_one_is_refused(predictions):
    assert not scored(predictions)["metric"].str.contains("error").any()
    with pytest.raises(ValueError, match="reference is 'other'; there are mfb, text"):
        scored(predictions, reference="other")


def test_a_reference_without_errors_divides_nothing_and_is_left_out_of_means(low):
    perfect = (low["system"] == "mfb") & (low["condition"] == "white@0dB")
    table = scored(low.assign(prediction=low["prediction"].where(~perfect, low["truth"])), reference="mfb")
    keys = {"system": "text", "dimension": "valence"}
    white = one(table, metric="corruption_error", corruption="white", **keys)
    assert np.isnan(white["value"])
    assert white["note"] == "mfb errs less than 0.05"
    babble = one(table, metric="corruption_error", corruption="babble", **keys)
    mean = one(table, metric="mean_corruption_error", **keys)
    assert mean["value"] == babble["value"]
    assert mean["note"] == "without white"
    relative = one(table, metric="relative_corruption_error", corruption="white", **keys)
    assert relative["note"] == "mfb loses less than 0.05"


def test_a_reference_without_any_errors_leaves_no_mean(low):
    perfect = low["system"] == "mfb"
    table = scored(low.assign(prediction=low["prediction"].where(~perfect, low["truth"])), reference="mfb")
    mean = one(table, metric="mean_corruption_error", system="text", dimension="valence")
    assert np.isnan(mean["value"])
    assert mean["note"] == "mfb errs less than 0.05"


def test_without_clean_speech_only_the_relative_errors_are_missing(low):
    table = scored(low.query("condition != 'clean'"), reference="mfb")
    assert table.query("metric == 'mean_corruption_error'")["value"].notna().all()
    relative = table.query("metric == 'mean_relative_corruption_error'")
    assert relative["value"].isna().all()
    assert set(relative["note"]) == {"undefined: clean speech was not scored"}


def test_errors_of_other_utterances_than_the_references_are_not_compared(low):
    grid = whole_grid(low)
    gone = (low["system"] == "text") & (low["utterance"] == "u1") & (low["condition"] == "white@0dB")
    table = scored(low[~gone], grid=grid, allow_missing=True, reference="mfb")
    row = one(table, metric="corruption_error", system="text", dimension="valence", corruption="white")
    assert np.isnan(row["value"])
    assert row["note"] == "utterances are missing"
    assert one(table, metric="mean_corruption_error", system="text", dimension="valence")["note"] == row["note"]


@pytest.mark.parametrize("metric", ["corruption_error", "relative_corruption_error"])
def test_a_mean_that_leaves_a_dimension_out_has_errors_that_say_so(low, metric):
    table = scored(low.assign(truth=low["truth"].where(low["dimension"] != "activation", 4.0)), reference="mfb")
    keys = {"system": "text", "corruption": "white", "metric": metric}
    row = one(table, dimension="mean", **keys)
    parts = [
        [1 - literal_ccc(low, name, dimension, "white@0dB") for dimension in ("valence", "dominance")]
        for name in ("text", "mfb")
    ]
    if metric == "relative_corruption_error":
        clean = [
            [1 - literal_ccc(low, name, dimension, "clean") for dimension in ("valence", "dominance")]
            for name in ("text", "mfb")
        ]
        parts = np.subtract(parts, clean).tolist()
    assert row["value"] == pytest.approx(sum(parts[0]) / sum(parts[1]), abs=1e-12)
    note = "without activation, undefined: one truth for all 7 utterances"
    assert row["note"] == note
    assert one(table, metric=f"mean_{metric}", system="text", dimension="mean")["note"].startswith(note)
    assert np.isnan(one(table, dimension="activation", **keys)["value"])


def test_errors_of_one_speaker_say_that_there_is_one(low):
    table = scored(low.assign(speaker="Ann"), reference="mfb")
    rows = table[table["metric"].isin(["corruption_error", "mean_corruption_error"])]
    assert rows["value"].notna().all()
    assert set(rows["note"]) == {"interval unknown: one speaker"}


def test_a_reference_that_errs_only_with_one_speaker_leaves_no_interval_and_is_named(low):
    spoilt = low["speaker"] == "Ann"
    table = low.assign(prediction=low["prediction"].where(spoilt | (low["system"] != "mfb"), low["truth"]))
    keys = {"metric": "corruption_error", "system": "text", "dimension": "valence", "corruption": "white"}
    row = one(scored(table, reference="mfb"), **keys)
    assert row["note"] == "interval unknown: mfb errs nothing without some speaker"
    resampled = one(scored(table, reference="mfb", method=method_named("percentile", resamples=100)), **keys)
    assert np.isnan(resampled["ci_low"]) == (resampled["note"] is not None)
