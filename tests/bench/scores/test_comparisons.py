import numpy as np
import pandas as pd
import pytest

from bench.corpora.corpus import DIMENSIONS
from bench.scores.comparisons import COMPARISONS, compare
from bench.scores.grid import grid_of
from bench.scores.metrics import METRICS
from bench.scores.results import PREDICTIONS, TRANSCRIPTS, TableError, typed
from bench.uncertainty.intervals import Jackknife

from .scored import inferred, without_each

HARSHER = {"babble": "down", "white": "down"}
PAIRS = {"a question": [("mfb", "text")]}


def compared(predictions, pairs=PAIRS, **options):
    typed_rows = typed(predictions, PREDICTIONS, "p")
    grid = grid_of(typed_rows, pd.DataFrame(columns=[*TRANSCRIPTS]).astype({"level": "float64", "draw": "int64"}))
    return compare(predictions, pairs, **{"method": Jackknife(), "harsher": HARSHER, "grid": grid} | options)


def row(table, seed=None, **values):
    values["seed"] = seed
    for column, value in values.items():
        table = table[table[column].isna() if value is None else table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


def literal_clean(predictions, system, dimension, utterances):
    """The mean over seeds and draws of the CCC on clean speech, of utterances taken as often as they are named."""
    found = []
    rows = predictions.query("condition == 'clean' and system == @system and dimension == @dimension")
    for _, cell in rows.groupby(["seed", "draw"]):
        values = cell.set_index("utterance").loc[utterances]
        found.append(METRICS["ccc"](values["truth"], values["prediction"]))
    return np.mean(found)


def test_a_difference_and_its_interval_are_those_of_both_without_the_same_speaker(predictions):
    found = row(compared(predictions), metric="ccc", dimension="valence")

    def difference(utterances):
        one, other = (literal_clean(predictions, name, "valence", utterances) for name in ("mfb", "text"))
        return one - other

    value = difference(list(predictions["utterance"].unique()))
    again = [difference(rest) for rest in without_each(predictions)]
    low, high, p = inferred(value, again, predictions, Jackknife().of_differences())
    assert found[["value", "ci_low", "ci_high", "p"]].tolist() == pytest.approx([value, low, high, p], abs=1e-12)


def test_the_mean_of_the_dimensions_and_of_the_noises_is_the_mean_of_the_rows(predictions):
    table = compared(predictions)
    for metric, corruption in (("ccc", "clean"), ("ccc_auc", "babble"), ("ccc_auc", "white"), ("ccc_mean_noisy", None)):
        rows = [row(table, metric=metric, corruption=corruption, dimension=one)["value"] for one in DIMENSIONS]
        assert row(table, metric=metric, corruption=corruption, dimension="mean")["value"] == pytest.approx(
            np.mean(rows)
        )
    areas = [row(table, metric="ccc_auc", corruption=one, dimension="valence")["value"] for one in ("babble", "white")]
    noisy = row(table, metric="ccc_mean_noisy", dimension="valence")["value"]
    assert noisy == pytest.approx(np.mean(areas))


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
        one, other = (
            literal_clean(alone, name, "valence", list(predictions["utterance"].unique())) for name in ("mfb", "text")
        )
        found = row(table, seed=seed, metric="ccc", dimension="valence")
        assert found["value"] == pytest.approx(one - other, abs=1e-12)
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
    grid = grid_of(typed(predictions, PREDICTIONS, "p"), typed(predictions, PREDICTIONS, "p"))
    rest = predictions[predictions["condition"] != "babble@-5dB"]
    with pytest.raises(TableError, match="missing"):
        compared(rest, grid=grid)
    table = compared(rest, grid=grid, allow_missing=True)
    assert table.query("corruption == 'babble'")["value"].isna().all()
    assert table.query("corruption == 'white'")["value"].notna().all()


def test_a_dimension_that_is_undefined_has_its_reason(predictions):
    table = compared(predictions.assign(truth=predictions["truth"].where(predictions["dimension"] != "valence", 4.0)))
    clean = table[(table["metric"] == "ccc") & table["seed"].isna()].set_index("dimension")["note"]
    assert clean["valence"] == "undefined: one truth for all 7 utterances"
    assert clean["mean"] == "without valence, undefined: one truth for all 7 utterances"


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
