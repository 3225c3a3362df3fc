"""Scores of the small run, and the same numbers computed literally, resample by resample."""

import pandas as pd

from bench.scores.bootstrap import cluster_names, resamples
from bench.scores.metrics import METRICS
from bench.scores.scoring import score
from bench.store.keys import rng_for

HARSHER = {"babble": "down", "white": "down"}
KEYS = ["system", "seed", "corruption", "condition", "level", "draw", "dimension", "metric"]


def scored(predictions, transcripts=None, **options):
    arguments = {"bootstrap": 200, "seed": 3, "harsher": HARSHER} | options
    return score(predictions, pd.DataFrame() if transcripts is None else transcripts, **arguments)


def one(results, **values):
    """Return the only row with these values; None stands for null."""
    for column, value in values.items():
        results = results[results[column].isna() if value is None else results[column] == value]
    assert len(results) == 1
    return results.iloc[0]


def literal_resamples(predictions, replicates, seed):
    """Return, for every resample, the utterances drawn, each as often as it was."""
    speakers = predictions.drop_duplicates("utterance")
    clusters = dict(zip(speakers["utterance"], cluster_names(speakers["utterance"], speakers["speaker"]), strict=True))
    names = sorted(set(clusters.values()))
    multiplicities = resamples(len(names), replicates, rng_for(seed, "bootstrap", "probe", names))
    drawn = [dict(zip(names, times.astype(int), strict=True)) for times in multiplicities]
    return [[u for u, name in clusters.items() for _ in range(times[name])] for times in drawn]


def literal_metric(frame, metric, utterances=None):
    values = frame.set_index("utterance").loc[utterances or list(frame["utterance"])]
    return METRICS[metric](values["truth"], values["prediction"])
