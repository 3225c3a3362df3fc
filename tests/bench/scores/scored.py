"""Scores of the small run, and the same numbers computed literally, speaker by speaker."""

import numpy as np
import pandas as pd

from bench.scores.grid import grid_of
from bench.scores.metrics import METRICS
from bench.scores.results import PREDICTIONS, TRANSCRIPTS, typed
from bench.scores.scoring import score
from bench.uncertainty.intervals import Jackknife, cluster_names, method_named

HARSHER = {"babble": "down", "white": "down"}
SMALL = Jackknife()
KEYS = ["system", "seed", "corruption", "condition", "level", "draw", "dimension", "metric"]


def scored(predictions, transcripts=None, *tables, **options):
    arguments = {"method": method_named(), "harsher": HARSHER} | options
    return score(predictions, pd.DataFrame() if transcripts is None else transcripts, *tables, **arguments)


def whole_grid(predictions, transcripts=None):
    """Return what the tables themselves say should be there."""
    others = [] if transcripts is None else [typed(transcripts, TRANSCRIPTS, "transcripts")]
    return grid_of(typed(predictions, PREDICTIONS, "predictions"), *others)


def one(results, **values):
    """Return the only row with these values; None stands for null."""
    for column, value in values.items():
        results = results[results[column].isna() if value is None else results[column] == value]
    assert len(results) == 1
    return results.iloc[0]


def without_each(predictions):
    """Return, for every speaker, the utterances of all others."""
    speakers = predictions.drop_duplicates("utterance")
    clusters = dict(zip(speakers["utterance"], cluster_names(speakers["utterance"], speakers["speaker"]), strict=True))
    names = sorted(set(clusters.values()))
    return [[u for u, name in clusters.items() if name != left_out] for left_out in names]


def inferred(value, again, predictions, method=SMALL):
    """Return the ends of the interval and p-value of a number, given what it is without each speaker."""
    everybody = predictions["utterance"].nunique()
    sizes = np.array([everybody - len(rest) for rest in without_each(predictions)], np.float64)
    return [float(one) for one in method.infer(np.array(value), np.array(again), sizes)]


def fallen(predictions):
    """Return predictions that say little in harsh babble: CCC falls to less than half of what it is on clean speech."""
    harsh = predictions["condition"] == "babble@-5dB"
    return predictions.assign(
        prediction=predictions["prediction"].where(~harsh, 4 + 0.1 * (predictions["prediction"] - 4))
    )


def literal_ccc(predictions, system, dimension, condition, utterances=None):
    """Return the mean over seeds and draws of the CCC of some utterances."""
    rows = predictions.query("system == @system and dimension == @dimension and condition == @condition")
    return np.mean([literal_metric(cell, "ccc", utterances) for _, cell in rows.groupby(["seed", "draw"])])


def literal_metric(frame, metric, utterances=None):
    values = frame.set_index("utterance").loc[utterances or list(frame["utterance"])]
    return METRICS[metric](values["truth"], values["prediction"])
