import numpy as np
import pandas as pd
import pytest

from bench.scores.comparisons import COMPARISONS, compare
from bench.scores.results import TableError
from bench.uncertainty.intervals import Jackknife

from .scored import HARSHER, inferred, literal_ccc, one, scored, whole_grid, without_each

PAIRS = {"a question": [("mfb", "text")]}


def compared(predictions, pairs=PAIRS, **options):
    given = {"method": Jackknife(), "harsher": HARSHER, "grid": whole_grid(predictions)} | options
    return compare(predictions, pairs, **given)


def row(table, seed=None, **values):
    return one(table, seed=seed, **values)


def test_a_difference_and_its_interval_are_those_of_both_without_the_same_speaker(predictions):
    found = row(compared(predictions), metric="ccc", dimension="valence")

    def difference(utterances):
        first, second = (literal_ccc(predictions, name, "valence", "clean", utterances) for name in ("mfb", "text"))
        return first - second

    value = difference(list(predictions["utterance"].unique()))
    again = [difference(rest) for rest in without_each(predictions)]
    low, high, p = inferred(value, again, predictions, Jackknife().of_differences())
    assert found[["value", "ci_low", "ci_high", "p"]].tolist() == pytest.approx([value, low, high, p], abs=1e-12)


def test_the_difference_of_two_systems_is_that_of_their_results(predictions):
    results, found = scored(predictions), compared(predictions)
    for difference in found[found["seed"].isna()].to_dict("records"):
        corruption = None if pd.isna(difference["corruption"]) else difference["corruption"]
        keys = {"metric": difference["metric"], "dimension": difference["dimension"], "corruption": corruption}
        keys |= {"seed": None, "draw": None}
        first, second = (one(results, system=name, **keys)["value"] for name in ("mfb", "text"))
        assert difference["value"] == pytest.approx(first - second, abs=1e-12)


def test_a_system_does_not_differ_from_its_twin(predictions):
    twin = predictions[predictions["system"] == "mfb"].assign(system="twin")
    table = compared(pd.concat([predictions, twin]), {"twins": [("mfb", "twin")]})
    assert (table["value"] == 0).all()
    whole = table[table["seed"].isna()]
    assert (whole[["ci_low", "ci_high", "seed_sd", "all_low", "all_high"]] == 0).all(axis=None)
    assert (whole["p_holm"] == 1).all()


def test_swapping_the_pair_turns_the_sign_and_nothing_else(predictions):
    one, other = compared(predictions), compared(predictions, {"a question": [("text", "mfb")]})
    np.testing.assert_allclose(one["value"], -other["value"])
    np.testing.assert_allclose(one["ci_low"], -other["ci_high"], atol=1e-12)
    np.testing.assert_allclose(one["p_holm"], other["p_holm"])


def test_the_difference_of_a_seed_is_that_of_the_two_scores_of_that_seed(predictions):
    table = compared(predictions)
    for seed in (0, 1):
        alone = predictions[predictions["seed"] == seed]
        first, second = (literal_ccc(alone, name, "valence", "clean") for name in ("mfb", "text"))
        found = row(table, seed=seed, metric="ccc", dimension="valence")
        assert found["value"] == pytest.approx(first - second, abs=1e-12)
        assert found[["ci_low", "ci_high", "seed_sd", "all_low"]].isna().all()
    both = [row(table, seed=seed, metric="ccc", dimension="valence")["value"] for seed in (0, 1)]
    whole = row(table, metric="ccc", dimension="valence")
    assert whole["value"] == pytest.approx(np.mean(both), abs=1e-12)
    assert whole["seed_sd"] == pytest.approx(np.std(both, ddof=1), abs=1e-12)


def test_one_seed_has_no_row_of_its_own(predictions):
    assert compared(predictions[predictions["seed"] == 0])["seed"].isna().all()


def test_the_order_of_the_rows_does_not_matter(predictions):
    shuffled = predictions.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(compared(predictions), compared(shuffled))


def test_corrected_p_values_are_those_of_holm(predictions):
    table = compared(predictions)
    assert table.loc[table["seed"].notna(), ["p", "p_holm"]].isna().all(axis=None)
    for _, group in table[table["seed"].isna()].groupby("metric"):
        ordered = group.sort_values("p")
        factors = np.arange(len(ordered), 0, -1)
        expected = np.minimum(np.maximum.accumulate(ordered["p"].to_numpy() * factors), 1)
        assert ordered["p_holm"].to_numpy() == pytest.approx(expected)


def test_nothing_to_compare_is_an_empty_table_of_the_same_columns(predictions):
    table = compared(predictions, {})
    assert table.empty
    assert list(table) == list(COMPARISONS)


def test_a_hole_is_an_error_unless_allowed(predictions):
    grid = whole_grid(predictions)
    rest = predictions[predictions["condition"] != "babble@-5dB"]
    with pytest.raises(TableError, match="missing"):
        compared(rest, grid=grid)
    table = compared(rest, grid=grid, allow_missing=True)
    assert table.query("corruption == 'babble'")["value"].isna().all()
    assert table.query("corruption == 'white'")["value"].notna().all()


def test_a_dimension_that_is_undefined_has_its_reason_and_the_mean_leaves_it_out(predictions):
    table = compared(predictions.assign(truth=predictions["truth"].where(predictions["dimension"] != "valence", 4.0)))
    clean = table[(table["metric"] == "ccc") & table["seed"].isna()].set_index("dimension")
    assert clean.loc["valence", "note"] == "undefined: one truth for all 7 utterances"
    assert clean.loc["mean", "note"] == "without valence, undefined: one truth for all 7 utterances"
    others = clean.loc[["activation", "dominance"], "value"]
    assert clean.loc["mean", "value"] == pytest.approx(others.mean(), abs=1e-12)


@pytest.mark.parametrize("system", ["mfb", "text"])
def test_what_has_no_seeds_is_the_same_for_each_seed_of_the_other(predictions, system):
    mine = predictions["system"] == system
    seedless = predictions[~mine | (predictions["seed"] == 0)].assign(
        seed=lambda rows: rows["seed"].where(rows["system"] != system).astype("Int64")
    )
    twice = predictions.assign(prediction=predictions["prediction"].where(~mine))
    twice["prediction"] = twice["prediction"].fillna(
        twice[["utterance", "condition", "draw", "dimension"]]
        .merge(seedless[seedless["system"] == system], how="left")["prediction"]
        .set_axis(twice.index)
    )
    numbers = ["value", "ci_low", "ci_high", "p", "seed_sd", "all_low", "all_high"]
    pd.testing.assert_frame_equal(compared(seedless)[numbers], compared(twice)[numbers])
    assert compared(seedless)["seed"].dropna().unique().tolist() == [0, 1]


def test_other_numbers_of_seeds_leave_no_interval_that_holds_seeds(predictions):
    table = compared(predictions[(predictions["system"] != "text") | (predictions["seed"] == 0)])
    assert table["seed"].isna().all()
    assert table[["value", "ci_low", "p_holm"]].notna().all(axis=None)
    assert table[["seed_sd", "all_low", "all_high"]].isna().all(axis=None)
    assert set(table["note"]) == {"2 and 1 seeds cannot be paired"}


def test_large_seeds_stay_what_they_are(predictions):
    table = compared(predictions.assign(seed=predictions["seed"].map({0: 2**53 + 1, 1: 2**63 - 1})))
    assert {*table["seed"].dropna()} == {2**53 + 1, 2**63 - 1}
    assert table.drop(columns="seed").equals(compared(predictions).drop(columns="seed"))
