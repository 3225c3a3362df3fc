import numpy as np
import pandas as pd
import pytest

from bench.scores.metrics import ccc
from bench.scores.results import PREDICTIONS
from bench.uncertainty.intervals import Jackknife

from .scored import one, scored

SPOKEN = {"Ann": 9, "Bob": 6, "Cid": 5, "Dee": 4, "Eve": 7, "Unknown": 8}


@pytest.fixture(scope="module")
def talk():
    """Predictions of speakers who say more or less; all labels of one of them are the same."""
    rng = np.random.default_rng(11)
    rows = []
    for speaker, count in SPOKEN.items():
        for number in range(count):
            for dimension in ("activation", "valence", "dominance"):
                truth = 4.0 if speaker == "Eve" else rng.uniform(1, 7)
                for seed in (0, 1):
                    condition = ("clean", "clean", None, None, 0)
                    utterance = f"{speaker}{number}"
                    told = (utterance, speaker, *condition, dimension, truth + rng.normal(), truth)
                    rows.append(("quick", "probe", "test", "mfb", seed, *told))
    return pd.DataFrame(rows, columns=[*PREDICTIONS])


def within(talk, seed):
    """Return the CCC within each speaker whom the two numbers rest on, by name."""
    cell = talk.query("seed == @seed and dimension == 'valence' and speaker in ('Ann', 'Bob', 'Cid')")
    return {speaker: ccc(of["truth"], of["prediction"]) for speaker, of in cell.groupby("speaker")}


FORMULAS = {"ccc_within": np.mean, "ccc_speaker_sd": lambda of: np.std(of, ddof=1)}


@pytest.mark.parametrize("metric", FORMULAS)
def test_both_numbers_are_those_of_the_ccc_within_speakers_who_say_enough(talk, metric):
    results = scored(talk)
    cells = [[*within(talk, seed).values()] for seed in (0, 1)]
    keys = {"metric": metric, "dimension": "valence"}
    for seed, cell in enumerate(cells):
        row = one(results, seed=seed, **keys)
        assert row["value"] == pytest.approx(FORMULAS[metric](cell), abs=1e-12)
        assert (row["n_utterances"], row["n_speakers"]) == (9 + 6 + 5, 3)
    mean = one(results, seed=None, **keys)
    assert mean["value"] == pytest.approx(np.mean([FORMULAS[metric](cell) for cell in cells]), abs=1e-12)


@pytest.mark.parametrize("metric", FORMULAS)
def test_their_intervals_are_those_of_all_speakers_but_each_and_every_speaker_counts_once(talk, metric):
    cell = within(talk, 0)
    again = [FORMULAS[metric]([value for name, value in cell.items() if name != left_out]) for left_out in cell]
    low, high, _ = Jackknife().infer(np.array(FORMULAS[metric]([*cell.values()])), np.array(again), np.ones(3))
    row = one(scored(talk), metric=metric, dimension="valence", seed=0)
    lowest, highest = (-1, 1) if metric == "ccc_within" else (0, np.inf)
    assert [row["ci_low"], row["ci_high"]] == pytest.approx(np.clip([low, high], lowest, highest), abs=1e-12)


def test_within_speakers_a_system_gains_nothing_by_telling_them_apart(talk):
    offsets = dict(zip(SPOKEN, np.linspace(-20, 20, len(SPOKEN)), strict=True))
    apart = talk["speaker"].map(offsets)
    told = scored(talk.assign(truth=talk["truth"] + apart, prediction=talk["prediction"] + apart))
    keys = {"dimension": "valence", "seed": 0}
    assert one(told, metric="ccc", **keys)["value"] > 0.99
    assert one(told, metric="ccc_within", **keys)["value"] == pytest.approx(
        one(scored(talk), metric="ccc_within", **keys)["value"], abs=1e-9
    )


def test_where_nobody_says_enough_both_are_missing_and_say_why(predictions):
    rows = scored(predictions).query("metric in ('ccc_within', 'ccc_speaker_sd')")
    assert rows["value"].isna().all()
    assert (rows["n_speakers"] == 0).all()
    assert set(rows["note"]) == {
        "undefined: no speaker has 5 utterances with labels that vary",
        "undefined: fewer than two speakers have 5 utterances with labels that vary",
    }


def test_one_speaker_has_a_mean_and_no_spread(talk):
    rows = scored(talk.query("speaker in ('Ann', 'Dee')")).query("dimension == 'valence' and seed == 0")
    assert one(rows, metric="ccc_within")["value"] == pytest.approx(within(talk, 0)["Ann"], abs=1e-12)
    alone = one(rows, metric="ccc_speaker_sd")
    assert np.isnan(alone["value"])
    assert alone["note"].startswith("undefined: fewer than two speakers")
