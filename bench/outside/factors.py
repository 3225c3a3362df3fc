"""In what runs differ: the keys of their suites, what they were made with, and what was heard."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypedDict

import pandas as pd

from bench.outside.measured import Measured

# Keys of a suite that say what is scored and what it is called, and change no prediction.
_NO_FACTORS = ("name", "compare", "reference", "conditions", "without", "intervals", "bootstrap", "limit")
_MEASURED = ("snr", "policy", "seeds", "draws")
# Of a corpus, what the numbers rest on.
_CORPUS = ("name", "scale", "utterances", "speakers")
_MADE_WITH = ("versions", "machine", "encoders", "revisions", "languages")
_NOT_THERE = "none"


class Factor(TypedDict):
    """Something that differs: what, and its value in each run."""

    factor: str
    values: list[str]


def factors(runs: Sequence[Measured]) -> list[Factor]:
    """Return everything that is not the same in all runs, the first of which the others are compared with."""
    found = [
        *_differing("", [_measured(run, with_suite=all(one.suite for one in runs)) for run in runs]),
        *_differing("corpus.", [_flat(_part(run.record["corpus"], _CORPUS)) for run in runs]),
        *(one for name in _MADE_WITH for one in _differing(f"{name}.", [_flat(run.record.get(name)) for run in runs])),
    ]
    return [*found, *_by_digest("recordings", runs, [_recordings(run) for run in runs]), *_audio(runs), *_heads(runs)]


def _measured(run: Measured, *, with_suite: bool) -> dict[str, str]:
    # What somebody else trained has no suite, and then nothing is said of the other's.
    said = {key: value for key, value in run.suite.items() if key not in _NO_FACTORS} if with_suite else {}
    return _flat(_part(run.record, _MEASURED) | said)


def _part(record: Mapping[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    return {key: record[key] for key in keys if key in record}


def _flat(value: object) -> dict[str, str]:
    """Return the values within mappings, and within lists of what has names, by their places.

    Examples:
        >>> _flat({"policy": "floor", "systems": ["mfb", {"name": "own", "inputs": ["mfb"]}]})
        {'policy': 'floor', 'systems.mfb': 'as built in', 'systems.own.inputs': '["mfb"]'}
    """
    return {
        place: one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for place, one in _places(value)
    }


def _places(value: object, place: str = "") -> Iterator[tuple[str, object]]:
    if isinstance(value, list) and any(isinstance(one, dict) and "name" in one for one in value):
        value = {
            **{one: "as built in" for one in value if isinstance(one, str)},
            **{one["name"]: {key: one[key] for key in one if key != "name"} for one in value if isinstance(one, dict)},
        }
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _places(one, f"{place}.{key}" if place else str(key))
    elif value is not None:
        yield place, value


def _differing(section: str, facts: Sequence[Mapping[str, str]]) -> Iterator[Factor]:
    every = dict.fromkeys(key for one in facts for key in one) if all(facts) else {}
    for key in every:
        values = [one.get(key, _NOT_THERE) for one in facts]
        if len({*values}) > 1:
            yield {"factor": f"{section}{key}", "values": values}


def _recordings(run: Measured) -> "pd.Series[str]":
    return run.audio.drop_duplicates("id").set_index("id")["source_sha256"]


def _audio(runs: Sequence[Measured]) -> Iterator[Factor]:
    by = ["condition", "draw", "id"]
    heard = [run.audio.set_index(by)["audio_sha256"] for run in runs]
    curves = pd.concat([run.predictions[["condition", "corruption"]].drop_duplicates() for run in runs])
    curve_of = dict(zip(curves["condition"], curves["corruption"], strict=True))
    for curve in dict.fromkeys(curve_of.values()):
        own = [one[one.index.get_level_values("condition").map(curve_of) == curve] for one in heard]
        yield from _by_digest(f"audio in {curve}" if curve != "clean" else "clean audio", runs, own)


def _heads(runs: Sequence[Measured]) -> Iterator[Factor]:
    files = [pd.Series(run.record.get("files", {}), dtype="str") for run in runs]
    yield from _by_digest("trained heads", runs, [of[of.index.str.startswith("models/")] for of in files])


def _by_digest(what: str, runs: Sequence[Measured], digests: Sequence["pd.Series[str]"]) -> Iterator[Factor]:
    """Yield how many digests of what two runs have are the same as in the first, unless all are."""
    first, *others = digests
    shared = [first.index.intersection(one.index) for one in others]
    same = [int((first[names] == one[names]).sum()) for one, names in zip(others, shared, strict=True)]
    if any(count < len(names) for count, names in zip(same, shared, strict=True)):
        told = [f"{count} of {len(names)} as in {runs[0].label}" for count, names in zip(same, shared, strict=True)]
        yield {"factor": what, "values": [f"{len(first)}", *told]}
