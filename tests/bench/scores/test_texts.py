from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bench.scores.texts import text_notices
from bench.uncertainty.intervals import method_named
from bench.uncertainty.jackknife import Jackknife, TwoWay

from .scored import one, scored, whole_grid


def test_results_count_speakers_whatever_they_are_clustered_by_and_values_do_not_move(predictions):
    utterances = sorted(predictions["utterance"].unique())
    texts = {name: f"t{k % 3}" for k, name in enumerate(utterances)}
    ways = [
        scored(predictions, method=method_named(name), grid=replace(whole_grid(predictions), texts=texts))
        for name in ("satterthwaite", "two-way")
    ]
    # What rests on each speaker alone is not known of clusters that are not the speakers.
    ways[0] = ways[0][ways[0]["metric"].isin(ways[1]["metric"])].reset_index(drop=True)
    assert ways[0]["n_speakers"].equals(ways[1]["n_speakers"])
    assert ways[1]["value"].to_numpy() == pytest.approx(ways[0]["value"].to_numpy(), nan_ok=True)
    place = {"metric": "rmse", "condition": "clean", "dimension": "valence", "system": "mfb", "seed": None}
    widths = [one(of, **place)["ci_high"] - one(of, **place)["ci_low"] for of in ways]
    assert widths[1] != pytest.approx(widths[0])


def read(texts_by_speaker):
    rows = [
        (f"{speaker}{k}", speaker, text) for speaker, texts in texts_by_speaker.items() for k, text in enumerate(texts)
    ]
    frame = pd.DataFrame(rows, columns=["utterance", "speaker", "text"])
    return frame, dict(zip(frame["utterance"], frame["text"], strict=True))


def test_where_most_speakers_read_the_same_the_reader_is_told_unless_intervals_hold_other_sentences():
    same = read({"a": ["x", "y"], "b": ["x", "y"], "c": ["x", "z"]})
    [notice] = text_notices(Jackknife(), *same)
    assert "the same 3 sentences" in notice
    assert "other speakers, not other sentences" in notice
    assert text_notices(TwoWay(), *same) == []
    assert text_notices(Jackknife(), *read({"a": ["x", "y"], "b": ["v", "w"]})) == []
    assert text_notices(Jackknife(), *read({"a": ["x", "x"]})) == []
    assert text_notices(Jackknife(), same[0], {}) == []


def test_one_text_for_all_is_the_reason(predictions):
    grid = replace(whole_grid(predictions), texts=dict.fromkeys(predictions["utterance"], "t"))
    results = scored(predictions, method=method_named("two-way"), grid=grid)
    row = one(results, metric="rmse", condition="clean", dimension="valence", system="mfb", seed=None)
    assert np.isfinite(row["value"])
    assert row["note"] == "interval unknown: one text"
