"""What was planted in the probe comes back: checked on the run of `make bench`, where there is one."""

from pathlib import Path

import pandas as pd
import pytest

RUN = Path(__file__).parents[1] / "runs" / "quick"
DIMENSIONS = ["activation", "valence", "dominance"]
CONTROLS = ["random", "constant"]

pytestmark = pytest.mark.skipif(not (RUN / "results.parquet").exists(), reason="`make bench` has not been run here")


@pytest.fixture(scope="module")
def ccc() -> pd.DataFrame:
    """Mean CCC over seeds: a row for every system and condition, a column for every dimension."""
    results = pd.read_parquet(RUN / "results.parquet").query("metric == 'ccc' and seed.isna() and draw.isna()")
    return results.pivot_table(index=["system", "condition"], columns="dimension", values="value")


@pytest.fixture(scope="module")
def clean(ccc: pd.DataFrame) -> pd.DataFrame:
    return ccc.xs("clean", level="condition")


def test_valence_is_in_the_words(clean: pd.DataFrame):
    assert clean.loc["text", "valence"] >= clean.loc["mfb", "valence"] + 0.2
    assert clean.loc["text", "valence"] >= clean.loc["whisper", "valence"] + 0.1


def test_activation_is_in_the_voice(clean: pd.DataFrame):
    assert clean.loc[["whisper", "mfb"], "activation"].max() >= clean.loc["text", "activation"] + 0.3


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_fusion_keeps_the_better_of_both(clean: pd.DataFrame, dimension: str):
    assert clean.loc["fusion", dimension] >= clean.loc[["mfb", "whisper", "text"], dimension].max() - 0.03


def test_errors_of_asr_only_cost(clean: pd.DataFrame):
    assert clean.loc["text-oracle", "valence"] >= clean.loc["text", "valence"]


@pytest.mark.parametrize("control", CONTROLS)
def test_a_control_scores_about_zero(ccc: pd.DataFrame, control: str):
    assert ccc.loc[control].abs().max(axis=None) < 0.1


def test_the_level_of_noise_tells_of_planted_loudness_and_of_nothing_else(ccc: pd.DataFrame):
    of_level = ccc.xs("noise-level", level="system")
    assert of_level.loc["babble@10dB", ["activation", "dominance"]].min() > 0.4
    assert of_level.loc[["clean", "reverb@0.6s"]].abs().max(axis=None) < 0.01
    assert of_level["valence"].abs().max() < 0.1


def test_every_real_system_suffers_in_loud_babble(ccc: pd.DataFrame):
    mean = ccc.drop([*CONTROLS, "noise-level", "text-oracle"]).mean(axis=1)
    lost = mean.xs("clean", level="condition") - mean.xs("babble@-5dB", level="condition")
    assert lost.min() > 0.1


def test_no_system_beats_the_best_that_is_possible(clean: pd.DataFrame):
    from bench.corpora.probe.corpus import ProbeSpec, best_possible_ccc, build_probe

    ceiling = best_possible_ccc(build_probe(ProbeSpec()))
    for dimension in DIMENSIONS:
        assert clean[dimension].max() <= ceiling[dimension]
