import numpy as np
import pandas as pd
import pytest

from .scored import inferred, one, scored, whole_grid, without_each


def literal_stability(predictions, frame, utterances=None):
    """Return the share of a cell's predictions within 5 % of the label range of those of its clean one."""
    kept = frame if utterances is None else frame[frame["utterance"].isin(utterances)]
    keys = ["system", "seed", "dimension", "utterance", "draw"]
    clean = predictions[predictions["condition"] == "clean"].set_index(keys)["prediction"]
    labels = predictions.loc[predictions["dimension"] == kept["dimension"].iloc[0], "truth"]
    near = [
        abs(row.prediction - clean[tuple(getattr(row, key) for key in keys)]) <= 0.05 * (labels.max() - labels.min())
        for row in kept.itertuples()
    ]
    return sum(near) / len(near)


@pytest.fixture
def stirred(predictions):
    """Predictions that noise moves by an amount of its own for each."""
    keys = ["system", "seed", "dimension", "utterance", "draw"]
    clean = predictions[predictions["condition"] == "clean"].set_index(keys)["prediction"]
    moved = np.random.default_rng(3).normal(0, 0.3, len(predictions)) * (predictions["condition"] != "clean")
    return predictions.assign(prediction=clean.loc[pd.MultiIndex.from_frame(predictions[keys])].to_numpy() + moved)


def test_stability_is_the_share_of_predictions_that_stay_near_the_clean_one(stirred):
    rows = (
        scored(stirred).query("metric == 'stability'").set_index(["system", "seed", "condition", "draw", "dimension"])
    )
    cells = {name: literal_stability(stirred, frame) for name, frame in stirred.groupby(rows.index.names)}
    for name, share in cells.items():
        assert rows.loc[name, "value"] == pytest.approx(share, abs=1e-12)
        assert name[2] != "clean" or share == 1
    assert len({round(share, 6) for share in cells.values()}) > 4


def test_its_interval_is_that_of_shares_without_each_speaker(stirred):
    where = {"system": "mfb", "condition": "white@0dB", "dimension": "valence", "seed": 1, "draw": 0}
    cell = stirred.query(" and ".join(f"{name} == {value!r}" for name, value in where.items()))
    again = [literal_stability(stirred, cell, rest) for rest in without_each(stirred)]
    low, high, _ = inferred(literal_stability(stirred, cell), again, stirred)
    row = one(scored(stirred), metric="stability", **where)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(np.clip([low, high], 0, 1), abs=1e-12)


def test_without_clean_speech_stability_is_missing_and_says_why(predictions):
    rows = scored(predictions.query("condition != 'clean'")).query("metric == 'stability'")
    assert rows["value"].isna().all()
    assert set(rows["note"]) == {"undefined: clean speech was not scored"}


def test_an_utterance_without_a_clean_prediction_leaves_stability_missing_where_it_is_asked_for(predictions):
    grid = whole_grid(predictions)
    gone = predictions.eval("system == 'mfb' and seed == 0 and condition == 'clean' and utterance == 'u1'")
    rows = (
        scored(predictions[~gone], grid=grid, allow_missing=True).query("metric == 'stability'").dropna(subset="seed")
    )
    missing = rows["value"].isna()
    noisy_of_that_seed = rows.eval("system == 'mfb' and seed == 0 and condition != 'clean'")
    assert (missing == noisy_of_that_seed).all()


def test_clean_speech_of_one_draw_serves_all_draws_of_the_noise(stirred):
    once = stirred.query("condition != 'clean' or draw == 0")
    where = {"system": "text", "condition": "babble@10dB", "dimension": "dominance", "seed": 0, "draw": 1}
    cell = once.query(" and ".join(f"{name} == {value!r}" for name, value in where.items()))
    assert one(scored(once), metric="stability", **where)["value"] == literal_stability(once, cell.assign(draw=0))
