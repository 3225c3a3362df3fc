"""Cosines to clean speech, and their means over utterances, computed literally."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.scores.drift import DRIFT, UNDEFINED, check_drift, cosine, pooled
from bench.scores.results import TableError

from .scored import inferred, one, scored, whole_grid, without_each

FRAMES = arrays(np.float32, st.tuples(st.integers(1, 4), st.just(3)), elements=st.floats(-8, 8, width=16))


@pytest.fixture
def drift(transcripts):
    """The small run's cosines: 1 on clean speech, and anything elsewhere."""
    rng = np.random.default_rng(9)
    frame = transcripts.drop(columns=["transcriber"]).assign(representation="voice")
    found = np.where(frame["condition"] == "clean", 1.0, rng.uniform(0.2, 0.9, len(frame)))
    return frame.assign(cosine=found)[[*DRIFT]]


@given(FRAMES, FRAMES)
def test_the_cosine_is_that_of_the_mean_frames(first, second):
    a, b = ([sum(map(float, column)) / len(frames) for column in frames.T] for frames in (first, second))
    lengths = sum(x * x for x in a) ** 0.5 * sum(y * y for y in b) ** 0.5
    found = cosine(pooled(first), pooled(second))
    if lengths > 1e-6:
        assert found == pytest.approx(sum(x * y for x, y in zip(a, b, strict=True)) / lengths, abs=1e-5)
    assert np.isnan(found) or -1 <= found <= 1


def test_layers_stand_one_after_the_other():
    assert pooled(np.arange(12, dtype=np.float32).reshape(2, 2, 3)).tolist() == [[3, 4, 5, 6, 7, 8]]


def test_what_is_all_zeros_has_no_cosine_and_the_same_has_one():
    assert np.isnan(cosine(np.zeros((1, 2), np.float32), np.ones((1, 2), np.float32)))
    assert cosine(np.full((1, 3), 0.1, np.float32), np.full((1, 3), 7, np.float32)) == pytest.approx(1, abs=1e-15)


def test_drift_is_the_mean_cosine_with_an_interval_over_speakers(predictions, transcripts, drift):
    results = scored(predictions, transcripts, drift)
    of = drift.query("condition == 'white@0dB'").groupby("utterance")["cosine"].mean()
    row = one(results, metric="drift", condition="white@0dB", draw=None)
    assert (row["system"], row["n_utterances"], row["n_speakers"]) == ("voice", 7, 5)
    assert pd.isna(row["dimension"])
    assert pd.isna(row["note"])
    assert row["value"] == pytest.approx(of.mean(), abs=1e-15)
    low, high, _ = inferred(of.mean(), [of[rest].mean() for rest in without_each(predictions)], predictions)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx([max(low, -1), min(high, 1)], abs=1e-12)
    clean = one(results, metric="drift", condition="clean", draw=None)
    assert [clean["value"], clean["ci_low"], clean["ci_high"]] == [1, 1, 1]


def test_an_utterance_without_a_cosine_is_left_out_and_none_is_missing_with_its_reason(predictions, transcripts, drift):
    drift.loc[drift["utterance"] == "u1", "cosine"] = np.nan
    drift.loc[drift["condition"] == "white@0dB", "cosine"] = np.nan
    results = scored(predictions, transcripts, drift).query("metric == 'drift'")
    assert set(results.query("condition != 'white@0dB'")["n_utterances"]) == {6}
    undefined = results.query("condition == 'white@0dB'")
    assert undefined["value"].isna().all()
    assert set(undefined["note"]) == {f"undefined: {UNDEFINED}"}
    assert results.query("condition != 'white@0dB'")["note"].isna().all()


def test_other_numbers_do_not_depend_on_the_drift(predictions, transcripts, drift):
    without = scored(predictions, transcripts)
    beside = scored(predictions, transcripts, drift).query("metric != 'drift'").reset_index(drop=True)
    pd.testing.assert_frame_equal(beside, without, check_exact=True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame[1:], "drift: missing: 1 row: representation voice, condition clean, draw 0, utterance u1"),
        (lambda frame: pd.concat([frame, frame[:1]]), "drift: more than once: 1 row: representation voice"),
        (lambda frame: frame.replace({"utterance": {"u1": "x"}}), "drift: not in the grid: 8 rows: representation"),
        (lambda frame: frame.drop(columns="cosine"), "drift: no column cosine"),
    ],
)
def test_a_table_that_does_not_hold_the_grid_is_refused_by_row(predictions, transcripts, drift, change, message):
    with pytest.raises(TableError, match=message):
        check_drift(change(drift), whole_grid(predictions, transcripts))
