from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from bench.scores.links import LINKS, link
from bench.scores.results import TableError
from bench.uncertainty.intervals import Jackknife
from models.asr.wer import word_error_counts

from .scored import fallen, inferred, literal_ccc, one, whole_grid, without_each

CONDITIONS = ("clean", "babble@-5dB", "babble@10dB", "white@0dB")
COUNTED = cache(word_error_counts)
KEYS = {"system": "text", "transcriber": "tiny", "dimension": "valence"}


def linked(predictions, transcripts, readers=None):
    grid = whole_grid(predictions, transcripts)
    readers = {"mfb": [], "text": ["tiny"]} if readers is None else readers
    return link(predictions, transcripts, readers, method=Jackknife(), grid=grid)


@pytest.fixture(scope="module")
def run(small_run):
    """The small run, as CCC falls in it, and with words that nobody heard, so that more is misheard of some."""
    predictions, transcripts = small_run
    more = transcripts["utterance"].str[1:].astype(int) * (transcripts["condition"].map(CONDITIONS.index) + 1)
    return fallen(predictions), transcripts.assign(text=transcripts["text"] + [" um" * n for n in more])


@pytest.fixture(scope="module")
def found(run):
    return linked(*run)


def literal_rates(transcripts, condition, draw, utterances):
    rows = transcripts.query("condition == @condition and draw == @draw").set_index("utterance").loc[utterances]
    counts = [COUNTED(*pair) for pair in zip(rows["reference"], rows["text"], strict=True)]
    return [one.errors for one in counts], [one.reference_words for one in counts]


def over_conditions(predictions, transcripts, utterances):
    rates = []
    for condition in CONDITIONS:
        pooled = [literal_rates(transcripts, condition, draw, utterances) for draw in (0, 1)]
        rates.append(np.mean([sum(errors) / sum(words) for errors, words in pooled]))
    ccc = [literal_ccc(predictions, "text", "valence", one, utterances) for one in CONDITIONS]
    return stats.spearmanr(rates, ccc).statistic


def over_utterances(predictions, transcripts, condition, utterances):
    links = []
    rows = predictions.query("system == 'text' and dimension == 'valence' and condition == @condition")
    for (_, draw), cell in rows.groupby(["seed", "draw"]):
        judged = cell.set_index("utterance").loc[utterances]
        rates = np.divide(*literal_rates(transcripts, condition, draw, utterances))
        links.append(stats.spearmanr(rates, (judged["prediction"] - judged["truth"]) ** 2).statistic)
    return np.mean(links)


def assert_row(row, values, predictions):
    value, *again = values
    low, high, _ = inferred(value, again, predictions)
    assert row[["value", "ci_low", "ci_high"]].tolist() == pytest.approx(
        [value, max(low, -1), min(high, 1)], abs=1e-9, nan_ok=True
    )
    assert row["n_utterances"] == 7


def test_the_link_over_conditions_is_that_of_pooled_error_rates_and_mean_ccc(run, found):
    predictions, transcripts = run
    sets = [list(predictions["utterance"].unique()), *without_each(predictions)]
    values = [over_conditions(predictions, transcripts, rest) for rest in sets]
    assert_row(one(found, metric="over_conditions", **KEYS), values, predictions)


def test_the_link_over_utterances_is_the_mean_of_those_under_each_condition(run, found):
    predictions, transcripts = run
    sets = [list(predictions["utterance"].unique()), *without_each(predictions)]
    values = np.array([[over_utterances(predictions, transcripts, at, rest) for rest in sets] for at in CONDITIONS])
    for condition, of in zip(CONDITIONS, values, strict=True):
        assert_row(one(found, metric="over_utterances", condition=condition, **KEYS), of, predictions)
    assert_row(one(found, metric="over_utterances", condition=None, **KEYS), values.mean(axis=0), predictions)


def test_the_mean_of_the_dimensions_is_that_of_their_links_over_utterances(found):
    rows = found[(found["metric"] == "over_utterances") & found["condition"].isna()].set_index("dimension")["value"]
    assert rows["mean"] == pytest.approx(rows.drop("mean").mean(), abs=1e-12)


def test_a_condition_without_errors_is_left_out_and_named(run):
    predictions, transcripts = run
    clean = transcripts["condition"] == "clean"
    table = linked(predictions, transcripts.assign(text=transcripts["text"].where(~clean, transcripts["reference"])))
    assert np.isnan(one(table, metric="over_utterances", condition="clean", **KEYS)["value"])
    mean = one(table, metric="over_utterances", condition=None, **KEYS)
    assert mean["note"] == "without clean"
    parts = table[
        (table["metric"] == "over_utterances") & table["condition"].notna() & (table["dimension"] == "valence")
    ]
    assert mean["value"] == pytest.approx(parts["value"].mean(), abs=1e-12)


def test_without_references_links_are_missing_and_say_so(run):
    predictions, transcripts = run
    table = linked(predictions, transcripts.assign(reference=None))
    assert table["value"].isna().all()
    assert table["note"].notna().all()
    assert set(table["n_utterances"]) == {0}


def test_fewer_than_three_conditions_have_no_link_and_say_so(run):
    both = (table.query("condition in ('clean', 'white@0dB')") for table in run)
    row = one(linked(*both), metric="over_conditions", **KEYS)
    assert row[["value", "ci_low", "ci_high", "seed_sd", "all_low"]].isna().all()
    assert row["note"] == "both are known under fewer than 3 conditions"
    assert row["n_utterances"] == 7


def test_where_nobody_reads_the_table_is_empty_and_has_its_columns(run):
    table = linked(*run, readers={"mfb": []})
    assert table.empty
    assert list(table) == list(LINKS)


def test_a_hole_in_a_transcript_is_an_error(run):
    predictions, transcripts = run
    grid = whole_grid(predictions, transcripts)
    with pytest.raises(TableError, match="transcripts: missing: 1 row"):
        link(predictions, transcripts.iloc[1:], {"text": ["tiny"]}, method=Jackknife(), grid=grid)


def test_the_order_of_the_rows_does_not_matter(run, found):
    shuffled = (table.sample(frac=1, random_state=0) for table in run)
    pd.testing.assert_frame_equal(linked(*shuffled), found, check_exact=True)


def test_links_of_one_speaker_are_known_and_their_intervals_are_not(run):
    predictions, transcripts = (table.assign(speaker="Ann") for table in run)
    table = linked(predictions, transcripts)
    assert table["value"].notna().all()
    assert set(table["note"]) == {"interval unknown: one speaker"}
