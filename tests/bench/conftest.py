"""A small run, as the two tables of evidence that scores are computed from."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from bench.corpora.corpus import DIMENSIONS
from bench.results import PREDICTIONS, TRANSCRIPTS

CONDITIONS = (
    ("clean", "clean", None, None),
    ("babble", "babble@10dB", 10.0, "SNR (dB)"),
    ("babble", "babble@-5dB", -5.0, "SNR (dB)"),
    ("white", "white@0dB", 0.0, "SNR (dB)"),
)
SPEAKERS = {"u1": "Ann", "u2": "Bob", "u3": "Ann", "u4": "Cid", "u5": "Unknown", "u6": "Bob", "u7": "Unknown"}
REFERENCES = {utterance: f"one more sentence for {speaker}" for utterance, speaker in SPEAKERS.items()}


def _predictions(systems: tuple[str, ...] = ("mfb", "text")) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    truth = {(utterance, dimension): rng.uniform(1, 7) for utterance in SPEAKERS for dimension in DIMENSIONS}
    frame = pd.DataFrame(
        [
            ("quick", "probe", "test", system, seed, utterance, speaker, *condition, draw, dimension, rng.normal())
            for system in systems
            for seed in (0, 1)
            for condition in CONDITIONS
            for draw in (0, 1)
            for utterance, speaker in SPEAKERS.items()
            for dimension in DIMENSIONS
        ],
        columns=list(PREDICTIONS)[:-1],
    )
    frame["truth"] = [truth[key] for key in zip(frame["utterance"], frame["dimension"], strict=True)]
    frame["prediction"] += frame["truth"]
    return frame


def _transcripts() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    frame = pd.DataFrame(
        [
            ("probe", "test", utterance, speaker, *condition, draw, "tiny", REFERENCES[utterance])
            for condition in CONDITIONS
            for draw in (0, 1)
            for utterance, speaker in SPEAKERS.items()
        ],
        columns=list(TRANSCRIPTS)[:-3],
    )
    heard = [" ".join(word for word in one.split() if rng.random() > 0.3) for one in frame["reference"]]
    return frame.assign(text=heard, mean_log_probability=-0.4, no_speech_probability=0.1)


@pytest.fixture
def make_predictions() -> Callable[..., pd.DataFrame]:
    return _predictions


@pytest.fixture
def predictions() -> pd.DataFrame:
    return _predictions()


@pytest.fixture
def transcripts() -> pd.DataFrame:
    return _transcripts()


@pytest.fixture(scope="module")
def small_run() -> tuple[pd.DataFrame, pd.DataFrame]:
    return _predictions(), _transcripts()
