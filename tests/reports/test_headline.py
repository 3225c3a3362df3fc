import pandas as pd
import pytest

from reports.headline import headline, told_apart
from reports.run import read_run
from reports.sweeps import sweeps_of
from reports.words import GAP, Score


@pytest.fixture
def read(run_folder):
    return lambda results, **provenance: read_run(run_folder(results, **provenance))


def retention(results, system, dimension, value, low, high):
    """Set what a system keeps of a dimension, whatever the corruption."""
    rows = (results["metric"] == "ccc_retention") & (results["system"] == system) & (results["dimension"] == dimension)
    results.loc[rows, ["value", "ci_low", "ci_high"]] = [value, low, high]


def of(run, dimension):
    return next(finding for finding in headline(run).findings if finding.title == dimension)


def test_a_robust_lexical_system_is_called_so_with_its_numbers(read, table):
    results = table({"babble": [10.0, 0.0]}, systems=["whisper", "text"], dimensions=["valence"])
    retention(results, "text", "valence", 0.62, 0.51, 0.70)
    retention(results, "whisper", "valence", 0.20, 0.05, 0.33)
    found = of(read(results), "valence")
    assert found.verdict == (
        f"The lexical system text keeps more of its clean CCC than the acoustic whisper at 0{GAP}dB SNR in babble. "
        f"At that level text keeps 62{GAP}% [51, 70] (babble), whisper keeps 20{GAP}% [5, 33] (babble)."
    )
    assert found.robust == (
        "Holds (interval above one half everywhere): text.",
        "Breaks (interval below one half): whisper (babble).",
    )
    ((where, sentence),) = found.details
    assert where == f"babble at 0{GAP}dB SNR"
    assert "text keeps 62" in sentence


def test_the_acoustic_system_can_win_too(read, table):
    results = table({"babble": [0.0]}, systems=["whisper", "text"], dimensions=["valence"])
    retention(results, "text", "valence", 0.2, 0.1, 0.3)
    retention(results, "whisper", "valence", 0.9, 0.8, 1.0)
    assert of(read(results), "valence").verdict.startswith("The acoustic system whisper keeps more")


def test_overlapping_intervals_decide_nothing(read, table):
    results = table({"babble": [0.0], "hum": [0.0]}, systems=["whisper", "text"], dimensions=["valence"])
    retention(results, "text", "valence", 0.6, 0.3, 0.8)
    retention(results, "whisper", "valence", 0.4, 0.2, 0.7)
    found = of(read(results), "valence")
    assert "The intervals of text (lexical) and whisper (acoustic) overlap" in found.verdict
    assert "in every corruption" in found.verdict
    assert "keeps more" not in found.verdict
    assert found.robust == ("Undecided (interval across one half, or a ratio unknown): whisper and text.",)


def test_on_constant_text_the_lexical_system_has_nothing_to_keep(read, table):
    run = read(table({"babble": [0.0]}, systems=["whisper", "text"], dimensions=["activation"]))
    found = of(run, "activation")
    assert "There is no comparing text (lexical) with whisper (acoustic)" in found.verdict
    assert "text has no ratio, for its clean CCC is 0.05" in found.verdict
    assert "Without any ratio: text." in found.robust


def test_a_system_that_noise_cannot_reach_is_left_out_of_the_comparison(read, table):
    run = read(table({"babble": [0.0]}, systems=["whisper", "text", "text-oracle"], dimensions=["valence"]))
    assert "text-oracle" not in of(run, "valence").verdict
    assert "text-oracle" not in " ".join(of(run, "valence").robust)
    assert any(one.startswith("text-oracle scores the same under every condition") for one in headline(run).cautions)


def test_missing_summaries_are_called_missing(read, table):
    results = table({"babble": [0.0]}, systems=["whisper", "text"], dimensions=["valence"])
    run = read(results[results["metric"] != "ccc_retention"].reset_index(drop=True))
    assert "what text keeps is missing, what whisper keeps is missing" in of(run, "valence").verdict


def test_a_run_without_a_lexical_system_still_has_a_headline(read, table):
    found = of(read(table({"babble": [0.0]}, systems=["whisper", "mfb"], dimensions=["valence"])), "valence")
    assert found.verdict.startswith("On clean speech the highest CCC is that of whisper")
    assert found.details[0][1].startswith("The highest CCC there is that of whisper")


def test_levels_that_differ_between_corruptions_are_not_given_one_name(read, table):
    results = table({"babble": [0.0], "hum": [5.0]}, systems=["whisper", "text"], dimensions=["valence"])
    assert "at the harshest level of every corruption" in of(read(results), "valence").verdict


@pytest.mark.parametrize(("seeds", "draws", "said"), [
    ([0], 1, ["Systems were trained with 1 seed;", "Every utterance met 1 excerpt of a noise;"]),
    ([0, 1], 2, ["Systems were trained with 2 seeds;", "Every utterance met 2 excerpts of a noise;"]),
    ([0, 1, 2], 3, []),
])  # fmt: skip
def test_too_few_repeats_are_a_caution(read, table, seeds, draws, said):
    run = read(table({"babble": [0.0]}, systems=["whisper"]), seeds=seeds, draws=draws)
    found = headline(run).cautions
    assert len(found) == len(said)
    assert all(one.startswith(words) for one, words in zip(found, said, strict=True))


def test_a_part_of_the_test_set_is_a_caution(read, table):
    results = table({"babble": [0.0]}, systems=["whisper"])
    corpus = {"name": "invented", "synthetic": True, "utterances": {"test": 120}}
    assert (
        "Only 30 of the 120 test utterances were used."
        in headline(read(results, corpus=corpus | {"limit": 30})).cautions
    )


def test_numbers_on_fewer_utterances_are_a_caution(read, table):
    results = table({"babble": [0.0]}, systems=["whisper"])
    results.loc[results["condition"] == "babble@0dB", "n_utterances"] = 100
    assert any("there are 100 to 120" in one for one in headline(read(results)).cautions)


def test_word_errors_are_told_from_clean_to_harsh(read, table):
    (said,) = headline(read(table({"babble": [10.0, 0.0]}, systems=["text"]))).words
    assert said == (
        f"Word error rate of whisper-tiny.en: 5{GAP}% [4, 6] on clean speech and "
        f"115{GAP}% [111, 119] in babble at 0{GAP}dB SNR."
    )


def test_scores_without_intervals_are_never_told_apart(read, table):
    assert not told_apart(Score(0.9), Score(0.1))
    results = table({"babble": [0.0]}, systems=["whisper", "text"], dimensions=["valence"])
    retention(results, "whisper", "valence", 0.1, float("nan"), float("nan"))
    verdict = of(read(results), "valence").verdict
    assert verdict.startswith("There is no comparing text (lexical) with whisper (acoustic)")
    assert "overlap" not in verdict


def test_the_highest_system_is_not_said_to_win_where_intervals_overlap(read, table):
    results = table({"babble": [0.0]}, systems=["mfb", "whisper", "text"], dimensions=["activation"])
    at_zero = (results["metric"] == "ccc") & (results["condition"] == "babble@0dB")
    for system, ends in {"mfb": [0.5, 0.3, 0.6], "whisper": [0.4, 0.2, 0.5], "text": [0.0, -0.1, 0.1]}.items():
        results.loc[at_zero & (results["system"] == system), ["value", "ci_low", "ci_high"]] = ends
    ((_, sentence),) = of(read(results), "activation").details
    assert sentence.endswith("The highest CCC there is that of mfb, 0.50 [0.30, 0.60]; not told apart from whisper.")


def test_curves_of_a_chain_are_told_apart_by_what_comes_before():
    stations = [
        {
            "corruption": "reverb+babble",
            "condition": f"reverb@{rt60}s+babble@{snr}dB",
            "level": snr,
            "level_unit": "SNR (dB)",
        }
        for rt60 in (0.3, 0.6)
        for snr in (0, 10)
    ]
    sweeps, assumed = sweeps_of(stations)
    assert [sweep.name for sweep in sweeps] == ["reverb@0.3s+babble", "reverb@0.6s+babble"]
    assert [[point.level for point in sweep.points] for sweep in sweeps] == [[10.0, 0.0]] * 2
    assert not assumed


def test_a_run_says_which_end_is_harsh_and_is_believed():
    stations = [
        {
            "corruption": "codec",
            "condition": f"codec@{rate}",
            "level": rate,
            "level_unit": "bit rate (kbit/s)",
            "harsher": "down",
        }
        for rate in (8, 64)
    ]
    (sweep,), assumed = sweeps_of(stations)
    assert [point.level for point in sweep.points] == [64.0, 8.0]
    assert not assumed


def test_a_condition_without_a_level_is_a_curve_of_one_point():
    (sweep,), assumed = sweeps_of(
        [{"corruption": "phone", "condition": "phone", "level": float("nan"), "level_unit": None}]
    )
    assert [point.tick for point in sweep.points] == ["phone"]
    assert sweep.where == "phone"
    assert not assumed


def test_a_summary_of_several_chains_is_given_to_none_of_them(read, table):
    chain = table({"babble": [10.0, 0.0]}, systems=["whisper", "text"], dimensions=["valence"])
    noisy = chain["corruption"] == "babble"
    chain.loc[noisy, "corruption"] = "reverb+babble"
    both = chain["condition"].notna() & noisy
    parts = [chain[~both], chain[both], chain[both].copy()]
    for part, rt60 in zip(parts[1:], ("0.3", "0.6"), strict=True):
        part["condition"] = f"reverb@{rt60}s+" + part["condition"]
    run = read(pd.concat(parts, ignore_index=True))
    assert [sweep.name for sweep in run.sweeps] == ["reverb@0.3s+babble", "reverb@0.6s+babble"]
    assert run.score("ccc_retention", "text", "valence", "reverb+babble") is not None
    assert run.summary("ccc_retention", "text", "valence", run.sweeps[0]) is None
