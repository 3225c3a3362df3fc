import numpy as np
import pandas as pd
import pytest

from bench.scores.results import TableError
from models.asr.wer import word_error_counts

from .scored import inferred, one, scored, without_each


def test_the_word_error_rate_is_pooled_over_utterances(predictions, transcripts):
    results = scored(predictions, transcripts)
    frame = transcripts.query("condition == 'white@0dB' and draw == 1").set_index("utterance")
    counts = {u: word_error_counts(row["reference"], row["text"]) for u, row in frame.iterrows()}
    row = one(results, metric="wer", condition="white@0dB", draw=1)
    assert row["system"] == "tiny"
    assert pd.isna(row["dimension"])
    assert pd.isna(row["seed"])

    def rate(utterances):
        return sum(counts[u].errors for u in utterances) / sum(counts[u].reference_words for u in utterances)

    assert row["value"] == pytest.approx(rate(counts), abs=1e-15)
    low, high, _ = inferred(rate(counts), [rate(rest) for rest in without_each(predictions)], predictions)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx([max(low, 0), high], abs=1e-12)


def test_utterances_without_reference_are_left_out_of_the_word_error_rate(predictions, transcripts):
    silent = transcripts["utterance"] == "u1"
    results = scored(predictions, transcripts.assign(reference=transcripts["reference"].where(~silent)))
    expected = scored(predictions, transcripts[~silent], allow_missing=True)
    columns = ["value", "n_utterances", "n_speakers"]
    found, kept = (frame.query("metric == 'wer'")[columns].reset_index(drop=True) for frame in (results, expected))
    pd.testing.assert_frame_equal(found, kept, check_exact=True)
    assert set(found["n_utterances"]) == {6}


def test_a_corpus_without_references_has_no_word_error_rate(predictions, transcripts):
    results = scored(predictions, transcripts.assign(reference=None)).query("metric == 'wer'")
    assert results["value"].isna().all()
    assert (results["n_utterances"] == 0).all()
    assert set(results["note"]) == {"nothing to compute it from"}


def test_references_without_words_have_no_word_error_rate_and_say_so(predictions, transcripts):
    results = scored(predictions, transcripts.assign(reference="[laughs]")).query("metric == 'wer'")
    assert results["value"].isna().all()
    assert set(results["note"]) == {"undefined: no words in the references"}


def test_signs_of_invention_are_shares_of_the_transcripts_with_and_without_a_reference(predictions, transcripts):
    hit = (transcripts["condition"] == "white@0dB") & (transcripts["draw"] == 1)
    first = transcripts[hit].index[0]
    transcripts.loc[first, "text"] = "thank you " * 40
    transcripts.loc[first, ["mean_log_probability", "no_speech_probability"]] = [-1.5, 0.9]
    results = scored(predictions, transcripts.assign(reference=None))
    for metric in ("repetition_rate", "low_confidence_rate", "no_speech_rate"):
        there = one(results, metric=metric, condition="white@0dB", draw=1)
        assert (there["value"], there["n_utterances"]) == (pytest.approx(1 / 7), 7)
        assert one(results, metric=metric, condition="white@0dB", draw=0)["value"] == 0


def test_the_insertion_rate_counts_inserted_words_over_those_of_the_reference(predictions, transcripts):
    heard = transcripts.assign(text=transcripts["reference"] + " indeed so")
    results = scored(predictions, heard)
    words = heard.query("condition == 'white@0dB' and draw == 0")["reference"].str.split().str.len().sum()
    assert one(results, metric="insertion_rate", condition="white@0dB", draw=0)["value"] == pytest.approx(14 / words)


def test_a_recogniser_that_cannot_tell_silence_has_no_rate_of_it(predictions, transcripts):
    results = scored(predictions, transcripts.assign(no_speech_probability=np.nan))
    assert results.query("metric == 'no_speech_rate'")["value"].isna().all()
    assert results.query("metric == 'repetition_rate'")["value"].notna().all()


def test_characters_are_counted_where_a_language_has_no_spaces_between_words(predictions, transcripts):
    other = transcripts.assign(transcriber="chinese", language="zh")
    results = scored(predictions, pd.concat([transcripts, other]))
    by_system = results.groupby("system")["metric"].agg(set)
    assert {"wer", "insertion_rate"} <= by_system["tiny"]
    assert {"cer", "character_insertion_rate"} <= by_system["chinese"]
    assert not {"cer", "character_insertion_rate"} & by_system["tiny"]
    assert not {"wer", "insertion_rate"} & by_system["chinese"]
    frame = other.query("condition == 'white@0dB' and draw == 1")
    counts = [word_error_counts(row["reference"], row["text"], "zh") for _, row in frame.iterrows()]
    rate = sum(one.errors for one in counts) / sum(one.reference_words for one in counts)
    assert one(results, metric="cer", condition="white@0dB", draw=1)["value"] == pytest.approx(rate, abs=1e-15)


def test_another_transcriber_changes_no_number_of_one(predictions, transcripts):
    alone = scored(predictions, transcripts)
    both = scored(predictions, pd.concat([transcripts, transcripts.assign(transcriber="thai", language="th")]))
    kept = both[both["system"] != "thai"].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, alone, check_exact=True)


def test_a_transcriber_of_two_languages_is_refused(predictions, transcripts):
    first = transcripts["utterance"] == transcripts["utterance"].iloc[0]
    mixed = transcripts.assign(language=np.where(first, "fr", "en"))
    with pytest.raises(TableError, match="transcripts: transcriber tiny has more than one language: "):
        scored(predictions, mixed)
