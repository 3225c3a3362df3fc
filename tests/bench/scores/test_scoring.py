from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bench.scores.grid import GridCondition
from bench.scores.metrics import METRICS
from bench.scores.results import RANGES, RESULTS, TableError
from bench.uncertainty.intervals import method_named
from bench.uncertainty.numbers import ANYWHERE

from .scored import HARSHER, KEYS, inferred, literal_metric, one, scored, whole_grid, without_each


@pytest.fixture(scope="module")
def whole(small_run):
    return scored(*small_run)


def test_every_metric_of_every_cell_is_that_of_its_rows(predictions):
    results = scored(predictions)
    keys = ["system", "seed", "condition", "draw", "dimension", "metric"]
    rows = results.dropna(subset=["seed"]).set_index(keys).sort_index()
    for cell, frame in predictions.groupby(keys[:-1]):
        for metric in METRICS:
            row = rows.loc[(*cell, metric)]
            assert row["value"] == pytest.approx(literal_metric(frame, metric), abs=1e-12)
            assert (row["n_utterances"], row["n_speakers"]) == (7, 5)  # two utterances have unknown speakers


@pytest.mark.parametrize("metric", METRICS)
def test_intervals_are_those_of_utterances_scored_from_scratch_without_each_speaker(predictions, metric):
    results = scored(predictions)
    where = "system == 'mfb' and condition == 'babble@-5dB' and dimension == 'valence'"
    cells = [frame for _, frame in predictions.query(where).groupby(["seed", "draw"])]
    again = np.array([[literal_metric(cell, metric, rest) for cell in cells] for rest in without_each(predictions)])
    keys = {"system": "mfb", "condition": "babble@-5dB", "dimension": "valence", "metric": metric}
    first = one(results, seed=0, draw=0, **keys)
    lowest, highest = RANGES.get(metric, ANYWHERE)
    low, high, _ = inferred(literal_metric(cells[0], metric), again[:, 0], predictions)
    assert [first["ci_low"], first["ci_high"]] == pytest.approx(np.clip([low, high], lowest, highest), abs=1e-12)
    mean = one(results, seed=None, draw=None, **keys)
    value = np.mean([literal_metric(cell, metric) for cell in cells])
    assert mean["value"] == pytest.approx(value, abs=1e-12)
    low, high, _ = inferred(value, again.mean(axis=1), predictions)
    assert [mean["ci_low"], mean["ci_high"]] == pytest.approx(np.clip([low, high], lowest, highest), abs=1e-12)


def test_how_far_seeds_and_draws_are_apart_is_beside_every_mean(predictions):
    results = scored(predictions)
    keys = {"system": "mfb", "dimension": "valence", "metric": "ccc", "condition": "babble@-5dB"}
    cells = results.query(" and ".join(f"{name} == {value!r}" for name, value in keys.items())).dropna(subset="seed")
    mean = one(results, seed=None, draw=None, **keys)
    by_seed, by_draw = (cells.groupby(name)["value"].mean() for name in ("seed", "draw"))
    assert mean["seed_sd"] == pytest.approx(by_seed.std(ddof=1), abs=1e-12)
    assert mean["draw_sd"] == pytest.approx(by_draw.std(ddof=1), abs=1e-12)
    reach = sum((stats.t.ppf(0.975, 1) * of.std(ddof=1)) ** 2 / 2 for of in (by_seed, by_draw))
    low, high = (
        mean["value"] + sign * np.sqrt((mean["value"] - mean[end]) ** 2 + reach)
        for sign, end in ((-1, "ci_low"), (1, "ci_high"))
    )
    # The ends are cut to what a CCC can be, after they were computed.
    for found, end, cut in (("all_low", low, -1), ("all_high", high, 1)):
        assert mean[found] == pytest.approx(end, abs=1e-12) or mean[found] == cut
    assert cells[["seed_sd", "draw_sd", "all_low", "all_high"]].isna().all(axis=None)


def test_the_spread_of_an_area_is_that_of_the_areas_of_each_seed(predictions):
    keys = {"system": "mfb", "dimension": "valence", "metric": "ccc_auc", "corruption": "babble"}
    whole = one(scored(predictions), **keys)
    alone = [one(scored(predictions[predictions["seed"] == seed]), **keys)["value"] for seed in (0, 1)]
    assert whole["seed_sd"] == pytest.approx(np.std(alone, ddof=1), abs=1e-12)


def test_curve_summaries_are_computed_from_the_mean_curve(predictions):
    results = scored(predictions)
    ccc = results.query("metric == 'ccc' and seed.isna() and system == 'text' and dimension == 'activation'")
    at = ccc.set_index("condition")["value"]
    keys = {"system": "text", "dimension": "activation", "condition": None, "level": None, "seed": None, "draw": None}
    area = one(results, metric="ccc_auc", corruption="babble", **keys)
    assert area["value"] == pytest.approx((at["babble@-5dB"] + at["babble@10dB"]) / 2, abs=1e-12)
    assert area["level_unit"] == "SNR (dB)"
    retention = one(results, metric="ccc_retention", corruption="babble", **keys)
    assert retention["value"] == pytest.approx(at["babble@-5dB"] / at["clean"], abs=1e-12)
    assert one(results, metric="ccc_auc", corruption="white", **keys)["value"] == pytest.approx(at["white@0dB"])


@pytest.mark.parametrize("dimension", ["valence", "mean"])
def test_noise_as_a_whole_is_the_mean_of_all_areas(predictions, dimension):
    results = scored(predictions)
    areas = results[(results["metric"] == "ccc_auc") & (results["system"] == "mfb")]
    areas = areas[areas["dimension"] == dimension]
    row = one(results, metric="ccc_mean_noisy", system="mfb", dimension=dimension)
    assert row["value"] == pytest.approx(areas["value"].mean(), abs=1e-12)
    assert row["ci_low"] <= row["value"] <= row["ci_high"]
    assert row[["corruption", "condition", "level", "seed", "draw"]].isna().all()


def test_clean_speech_alone_has_no_noise_as_a_whole(predictions):
    assert "ccc_mean_noisy" not in set(scored(predictions.query("condition == 'clean'"))["metric"])


def test_the_mean_of_the_dimensions_has_the_interval_of_a_mean(predictions):
    results = scored(predictions)
    keys = {"metric": "ccc", "system": "text", "condition": "white@0dB", "seed": 1, "draw": 1}
    mean = one(results, dimension="mean", **keys)
    heard = predictions.query("system == 'text' and condition == 'white@0dB' and seed == 1 and draw == 1")
    parts = [frame for _, frame in heard.groupby("dimension")]
    value = np.mean([literal_metric(frame, "ccc") for frame in parts])
    assert mean["value"] == pytest.approx(value, abs=1e-12)
    again = [np.mean([literal_metric(frame, "ccc", rest) for frame in parts]) for rest in without_each(predictions)]
    low, high, _ = inferred(value, again, predictions)
    assert [mean["ci_low"], mean["ci_high"]] == pytest.approx(np.clip([low, high], -1, 1), abs=1e-12)


def test_the_harshest_level_is_the_one_that_harsher_says(predictions):
    results = scored(predictions, harsher={"babble": "up", "white": "down"})
    at = results.query("metric == 'ccc' and seed.isna() and system == 'mfb' and dimension == 'dominance'")
    at = at.set_index("condition")["value"]
    row = one(results, metric="ccc_retention", corruption="babble", condition=None, system="mfb", dimension="dominance")
    assert row["value"] == pytest.approx(at["babble@10dB"] / at["clean"], abs=1e-12)


def test_two_conditions_at_one_place_of_a_curve_are_refused(predictions):
    second = predictions["condition"] == "babble@10dB"
    both = predictions.assign(
        condition=predictions["condition"].where(~second, "other babble@-5dB"),
        level=predictions["level"].where(~second, -5.0),
    )
    with pytest.raises(TableError, match="corruption babble, level -5.0 has more than one condition"):
        scored(both)


def test_what_has_no_level_is_a_curve_of_one_point(predictions):
    second = predictions["condition"] == "babble@10dB"
    phoned = predictions.assign(
        condition=predictions["condition"].where(~second, "telephone"),
        corruption=predictions["corruption"].where(~second, "telephone"),
        level=predictions["level"].where(~second, np.nan),
        level_unit=predictions["level_unit"].where(~second, None),
    )
    results = scored(phoned)
    at = results.query("metric == 'ccc' and seed.isna() and system == 'mfb' and dimension == 'dominance'")
    at = at.set_index("condition")["value"]
    for metric, expected in {"ccc_auc": at["telephone"], "ccc_retention": at["telephone"] / at["clean"]}.items():
        row = one(results, metric=metric, corruption="telephone", system="mfb", dimension="dominance")
        assert row["value"] == pytest.approx(expected, abs=1e-12)


@settings(max_examples=10, deadline=None)
@given(shuffle=st.integers(0, 10_000))
def test_the_order_of_the_rows_does_not_matter(shuffle, small_run, whole):
    again = scored(*(frame.sample(frac=1, random_state=shuffle) for frame in small_run))
    pd.testing.assert_frame_equal(whole, again, check_exact=True)


def test_a_table_from_parquet_scores_the_same(predictions, transcripts, tmp_path):
    for name, frame in (("p", predictions), ("t", transcripts)):
        frame.to_parquet(tmp_path / f"{name}.parquet", index=False)
    stored = [pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("p", "t")]
    pd.testing.assert_frame_equal(scored(predictions, transcripts), scored(*stored), check_exact=True)


def test_results_have_their_types_one_row_for_each_number_and_survive_parquet(predictions, transcripts, tmp_path):
    results = scored(predictions, transcripts)
    assert {column: str(dtype) for column, dtype in results.dtypes.items()} == {
        column: kind.dtype for column, kind in RESULTS.items()
    }
    assert not results.duplicated(KEYS).any()
    cells, conditions, corruptions = 2 * 4 * 2, 4, 2
    # Of a curve its area, what is left at its end and where it falls to half; what is kept at 3 levels; mean and worst.
    of_curves = 3 * corruptions + 3 + 2
    of_dimension, of_mean = (n * (cells + conditions) + of_curves for n in (len(METRICS) + 4, 1))
    assert len(results) == 2 * (3 * of_dimension + of_mean) + 5 * (conditions * 2 + conditions)
    results.to_parquet(tmp_path / "results.parquet", index=False)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "results.parquet"), results, check_exact=True)


def test_the_same_speakers_serve_every_system(make_predictions):
    predictions = make_predictions(("mfb", "text"))
    copied = predictions.query("system == 'mfb'")
    results = scored(pd.concat([copied, copied.assign(system="twin")]))
    first, second = (results.query("system == @name").drop(columns="system") for name in ("mfb", "twin"))
    pd.testing.assert_frame_equal(first.reset_index(drop=True), second.reset_index(drop=True), check_exact=True)


def test_another_system_changes_nobody_elses_numbers(make_predictions, transcripts):
    predictions = make_predictions(("mfb", "text"))
    both = scored(predictions).query("system == 'mfb'").reset_index(drop=True)
    alone = scored(predictions.query("system == 'mfb'"))
    pd.testing.assert_frame_equal(both, alone, check_exact=True)


def test_another_seed_of_a_bootstrap_gives_other_intervals_of_the_same_values(predictions):
    first, second = (scored(predictions, method=method_named("percentile", resamples=200, seed=k)) for k in (1, 2))
    assert (first["value"].to_numpy() == second["value"].to_numpy()).sum() == first["value"].notna().sum()
    assert (first["ci_low"] != second["ci_low"])[first["metric"] == "ccc"].mean() > 0.9


def test_a_perfect_system_scores_its_best_and_a_constant_one_nothing(make_predictions):
    predictions = make_predictions(("perfect", "constant"))
    constant = predictions["system"] == "constant"
    predictions["prediction"] = predictions["truth"].where(~constant, 4.1)
    results = scored(predictions)
    perfect = results.query("system == 'perfect'")
    for metric, best in {"ccc": 1, "pearson": 1, "rmse": 0, "ccc_auc": 1, "ccc_retention": 1}.items():
        numbers = perfect.loc[perfect["metric"] == metric, ["value", "ci_low", "ci_high"]]
        assert numbers.to_numpy() == pytest.approx(best, abs=1e-12)
    nothing = results.query("system == 'constant'").set_index("metric")[["value", "ci_low", "ci_high"]]
    assert (nothing.loc[["ccc", "ccc_auc"]] == 0).all(axis=None)
    assert nothing.loc[["pearson", "ccc_retention"]].isna().all(axis=None)


@pytest.mark.parametrize("speaker", ["Ann", "Unknown"])
def test_one_speaker_gives_no_interval_but_many_unknown_ones_do(predictions, speaker):
    results = scored(predictions.assign(speaker=speaker)).query("metric == 'ccc'")
    assert results["value"].notna().all()
    assert results["ci_low"].isna().all() == (speaker == "Ann")
    assert set(results["n_speakers"]) == {1 if speaker == "Ann" else 7}


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("speaker", "Eve", "utterance u3 has more than one speaker: Ann, Eve"),
        ("corpus", "other", "more than one corpus: other, probe"),
        ("level", 12.0, "condition babble@10dB has more than one level: 10.0, 12.0"),
    ],
)
def test_tables_that_contradict_each_other_are_an_error(predictions, transcripts, column, value, message):
    where = {"speaker": transcripts["utterance"] == "u3", "level": transcripts["condition"] == "babble@10dB"}
    transcripts.loc[where.get(column, slice(None)), column] = value
    with pytest.raises(TableError, match=f"predictions and transcripts: {message}"):
        scored(predictions, transcripts)


def test_a_corruption_without_a_direction_is_an_error(predictions):
    with pytest.raises(ValueError, match="harsher does not say in which direction white gets harsher"):
        scored(predictions, harsher={"babble": "down"})


def test_nothing_to_score_is_an_error(predictions):
    with pytest.raises(TableError, match="empty"):
        scored(predictions.iloc[:0])


def test_the_order_of_the_conditions_does_not_matter(predictions):
    grid = whole_grid(predictions)
    more = GridCondition("pink", "pink@0dB", 0.0, "SNR (dB)", (0, 1))
    pink = predictions[predictions["condition"] == "white@0dB"].assign(corruption="pink", condition="pink@0dB")
    pink["prediction"] = 4 + 0.7 * (pink["prediction"] - 4)
    rows, harsher = pd.concat([predictions, pink]), {"babble": "down", "white": "down", "pink": "down"}
    found = [
        scored(rows, grid=replace(grid, conditions=order), harsher=harsher, reference="mfb")
        for order in ((*grid.conditions, more), (more, *grid.conditions[::-1]))
    ]
    pd.testing.assert_frame_equal(*found, check_exact=True)


def test_noises_of_other_numbers_of_draws_are_apart_by_those_that_all_have(predictions):
    rows = predictions[(predictions["corruption"] == "babble") | (predictions["draw"] == 0)]
    third = rows[rows["condition"] == "babble@10dB"].query("draw == 1").assign(draw=2, prediction=4.0)
    results = scored(pd.concat([rows, third]))
    keys = {"system": "mfb", "dimension": "valence", "metric": "ccc", "seed": None, "draw": None}
    whole = one(results, condition="babble@-5dB", **keys)
    assert whole["draw_sd"] == one(scored(rows), condition="babble@-5dB", **keys)["draw_sd"]
    means = results[(results["metric"] == "ccc") & results["seed"].isna() & results["draw"].isna()]
    assert means[["draw_sd", "all_low", "all_high"]].notna().all(axis=None)


def test_the_worst_noise_is_named_and_what_its_mean_leaves_out(predictions):
    table = scored(predictions.assign(truth=predictions["truth"].where(predictions["dimension"] != "valence", 4.0)))
    note = one(table, metric="ccc_worst", system="mfb", dimension="mean")["note"]
    assert note.partition("; ")[0] in HARSHER
    assert note.partition("; ")[2] == "without valence, undefined: one truth for all 7 utterances"


def test_large_seeds_stay_what_they_are(predictions):
    large = predictions.assign(seed=predictions["seed"].map({0: 2**53 + 1, 1: 2**63 - 1}))
    results = scored(large)
    assert {*results["seed"].dropna()} == {2**53 + 1, 2**63 - 1}
    few = scored(predictions)
    pd.testing.assert_series_equal(results["value"], few["value"])
