import pytest

from reports.run.run import read_run
from reports.run.sweeps import sweeps_of
from reports.run.words import GAP, Score
from reports.words.comparisons import told_apart
from reports.words.headline import headline


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
        f"At that level text keeps 62{GAP}% [51, 70] (babble), whisper keeps 20{GAP}% [5, 33] (babble). "
        "The average CCC of text in noise is above that of whisper (babble)."
    )
    assert found.robust == (
        "Holds (interval above one half everywhere): text.",
        "Breaks (interval below one half at the harshest level): whisper (babble).",
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
    assert found.verdict.startswith("The acoustic system whisper reads activation, the lexical text does not")
    assert "0.74 [0.68, 0.80] and 0.05 [\N{MINUS SIGN}0.01, 0.11]" in found.verdict
    assert "keeps more" not in found.verdict
    assert "Without any ratio: text." in found.robust


def test_a_system_that_noise_cannot_reach_is_left_out_of_the_comparison(read, table):
    run = read(table({"babble": [0.0]}, systems=["whisper", "text", "text-oracle"], dimensions=["valence"]))
    assert "text-oracle" not in of(run, "valence").verdict
    assert "text-oracle" not in " ".join(of(run, "valence").robust)
    assert any(one.startswith("text-oracle scores the same under every condition") for one in headline(run).cautions)


def test_a_dimension_that_nobody_reads_is_not_compared(read, table):
    results = table({"babble": [0.0]}, systems=["whisper", "text"], dimensions=["valence"])
    retention(results, "text", "valence", float("nan"), float("nan"), float("nan"))
    retention(results, "whisper", "valence", float("nan"), float("nan"), float("nan"))
    assert of(read(results), "valence").verdict.startswith(
        "Neither text (lexical) nor whisper (acoustic) reads valence"
    )


def test_a_family_speaks_through_its_best_system_in_noise(read, table):
    results = table({"babble": [10.0, 0.0]}, systems=["mfb", "whisper", "text"], dimensions=["valence"])
    clean = (results["condition"] == "clean") & (results["system"] == "mfb") & (results["metric"] == "ccc")
    results.loc[clean, "value"] = 0.95
    assert "the acoustic whisper" in of(read(results), "valence").verdict


def test_fusion_and_student_are_compared_with_what_could_be_used_instead(read, table):
    results = table(
        {"babble": [0.0], "hum": [0.0]}, systems=["mfb", "whisper", "text", "fusion", "student"], dimensions=["valence"]
    )
    areas = {"mfb": 0.1, "whisper": 0.3, "text": 0.6, "fusion": 0.58, "student": 0.35}
    for system, value in areas.items():
        rows = (results["metric"] == "ccc_auc") & (results["system"] == system)
        results.loc[rows, ["value", "ci_low", "ci_high"]] = [value, value - 0.04, value + 0.04]
    hum = (results["metric"] == "ccc_auc") & (results["system"] == "student") & (results["corruption"] == "hum")
    results.loc[hum, ["value", "ci_low", "ci_high"]] = [0.5, 0.46, 0.54]
    *_, fusion, student = of(read(results), "valence").robust
    assert fusion == (
        "The average CCC of fusion in noise is above that of mfb and whisper (everywhere), "
        "not told apart from that of text (everywhere)."
    )
    assert student == (
        "The average CCC of student in noise is above that of mfb (everywhere), above that of whisper (hum), "
        "below that of fusion (babble), not told apart from that of whisper (babble), "
        "not told apart from that of fusion (hum)."
    )


def test_a_system_breaks_from_the_mildest_level_at_which_half_is_surely_gone(read, table):
    results = table({"babble": [20.0, 10.0, 0.0]}, systems=["whisper"], dimensions=["valence"])
    retention(results, "whisper", "valence", 0.1, 0.0, 0.2)
    ends = {"clean": [0.8, 0.7, 0.9], "babble@20dB": [0.3, 0.1, 0.34], "babble@10dB": [0.3, 0.1, 0.36]}
    for condition, numbers in (ends | {"babble@0dB": [0.1, 0.0, 0.2]}).items():
        rows = (results["metric"] == "ccc") & (results["condition"] == condition)
        results.loc[rows & results["seed"].isna(), ["value", "ci_low", "ci_high"]] = numbers
    (broken,) = of(read(results), "valence").robust
    assert broken == f"Breaks (interval below one half at the harshest level): whisper (babble from 0{GAP}dB SNR)."


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


def test_what_a_run_was_warned_of_is_a_caution(read, table):
    said = "more than 40 dB of gain for 1 of 5 recordings of noise"
    assert said in headline(read(table({"babble": [0.0]}, systems=["whisper"]), notices=[said])).cautions


def test_a_dimension_whose_labels_are_all_the_same_is_a_caution(read, table):
    results = table({"babble": [0.0]}, systems=["whisper", "text"])
    rows = (results["dimension"] == "valence") & results["metric"].str.startswith("ccc")
    results.loc[rows, ["value", "ci_low", "ci_high"]] = float("nan")
    undefined = [one for one in headline(read(results)).cautions if "undefined" in one]
    assert undefined == ["The CCC of valence is undefined: the test labels are all the same."]


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
            "corruption": f"reverb@{rt60}s+babble",
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
