from pathlib import Path

import pandas as pd

from bench.outside.factors import factors
from bench.outside.measured import Measured

ROWS = [("u1", "clean", 0), ("u2", "clean", 0), ("u1", "white@0dB", 0), ("u2", "white@0dB", 0)]
CORPUS = {"name": "probe", "scale": [1, 7], "utterances": {"train": 8, "test": 2}, "note": "of either"}


def run(label, audio="abcd", suite=None, heads="x", **record):
    table = pd.DataFrame(ROWS, columns=["id", "condition", "draw"])
    predictions = pd.DataFrame({"condition": ["clean", "white@0dB"], "corruption": ["clean", "white"]})
    about = {"policy": "per-utterance", "seeds": [0, 1], "corpus": CORPUS, "versions": {"emonoise": "1", "torch": "2"}}
    about["files"] = {"models/mfb-seed0.safetensors": heads, "results.parquet": label}
    table = table.assign(source_sha256=table["id"], audio_sha256=[*audio])
    return Measured(label, Path(label), predictions, about | record, suite or {}, table)


def told(*runs):
    return {one["factor"]: one["values"] for one in factors(runs)}


def test_runs_of_the_same_differ_in_nothing():
    assert told(run("a"), run("b"), run("c")) == {}


def test_what_differs_is_named_with_its_value_in_each_run():
    one, other = (
        {"name": name, "policy": "floor", "limit": limit, "reference": heard, "systems": ["mfb", own]}
        for name, limit, heard in (("a", 3, "mfb"), ("b", 4, "whisper"))
        for own in [{"name": "own", "inputs": [heard]}]
    )
    found = told(run("a", suite=one), run("b", suite=other, versions={"emonoise": "2"}, seeds=[0]))
    assert found == {
        "seeds": ["[0, 1]", "[0]"],
        "systems.own.inputs": ['["mfb"]', '["whisper"]'],
        "versions.emonoise": ["1", "2"],
        "versions.torch": ["2", "none"],
    }


def test_audio_and_heads_are_compared_by_digest_with_those_of_the_first():
    found = told(run("a"), run("b", "abcX", heads="y"), run("c"))
    assert found == {
        "audio in white": ["2", "1 of 2 as in a", "2 of 2 as in a"],
        "trained heads": ["1", "0 of 1 as in a", "1 of 1 as in a"],
    }


def test_of_scores_which_have_no_suite_only_what_both_say_is_compared():
    found = told(run("a", suite={"policy": "floor", "training": {"copies": 3}}), run("b", policy="floor"))
    assert found == {"policy": ["per-utterance", "floor"]}
