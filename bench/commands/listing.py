"""What there is to choose from, by name, with a sentence on each."""

from collections.abc import Callable
from itertools import takewhile

import yaml

from bench.corpora.catalog import CORPORA
from bench.scores.metrics import METRICS
from bench.suite.file import SUITES
from bench.suite.representations import MODELS, REPRESENTATIONS, Representation, transcriber_of
from bench.suite.systems import AS_IS, SYSTEMS
from corruptions import CORRUPTIONS, ROOM_CORPORA
from corruptions.ground.problems import counted
from corruptions.noise.corpora import NOISE_CORPORA


def listing(what: str) -> list[tuple[str, str]]:
    """Return names and descriptions of ``what``, one of the keys of ``_LISTS``."""
    return _LISTS[what]()


def _suites() -> list[tuple[str, str]]:
    rows = []
    for path in sorted(SUITES.glob("*.yaml")):
        text = path.read_text(encoding="utf-8")
        first = takewhile(lambda line: line.startswith("# "), text.splitlines())
        comment = " ".join(line.removeprefix("# ") for line in first)
        rows.append((yaml.safe_load(text)["name"], comment))
    return rows


def _encoders() -> list[tuple[str, str]]:
    return [(name, _made_of(one)) for name, one in REPRESENTATIONS.items()]


def _made_of(one: Representation) -> str:
    parts = [f"{key}: {_with_weights(value)}" for key, value in one.model_dump(exclude_defaults=True).items()]
    transcriber = transcriber_of(one)
    return ", ".join([*parts, *([] if transcriber is None else [f"language: {MODELS[transcriber].spoken_language}"])])


def _with_weights(value: object) -> str:
    """Return a part of a representation, with the weights of a model that is called otherwise than they are."""
    weights = MODELS[value].weights if isinstance(value, str) and value in MODELS else None
    return str(value) if weights in (None, value) else f"{value} (weights {weights})"


def _heads() -> list[tuple[str, str]]:
    from models.heads.catalog import HEADS

    needs = {True: " and a teacher", False: ""}
    rows = [
        (name, f"{head.description} Needs {_inputs(*head.n_inputs)}{needs[head.taught]}")
        for name, head in HEADS.items()
    ]
    return [*rows, (AS_IS, "None: the model predicts by itself, as a published regressor does. Needs 1 input")]


def _inputs(fewest: int, most: int | None) -> str:
    if most is None:
        return f"{counted(fewest, 'input')} or more"
    return counted(fewest, "input") if most == fewest else f"{fewest} to {counted(most, 'input')}"


def _figures() -> list[tuple[str, str]]:
    from reports.figures.catalog import FIGURES

    return [(name, kind.title) for name, kind in FIGURES.items()]


def _first_line(documented: object) -> str:
    return (documented.__doc__ or "").strip().split("\n", 1)[0]


_LISTS: dict[str, Callable[[], list[tuple[str, str]]]] = {
    "suites": _suites,
    "systems": lambda: [(name, f"{one.family}: {one.description}") for name, one in SYSTEMS.items()],
    "corruptions": lambda: [
        (name, f"{one.level_unit or 'no level'}: {one.description}") for name, one in CORRUPTIONS.items()
    ],
    "noises": lambda: [
        (name, f"{one.description}. Licence: {one.licence}. Split {one.split_rule}")
        for name, one in NOISE_CORPORA.items()
    ],
    "rooms": lambda: [
        (name, f"{one.description}. Licence: {one.licence}. Split {one.split_rule}")
        for name, one in ROOM_CORPORA.items()
    ],
    "corpora": lambda: [(name, _first_line(reader)) for name, reader in CORPORA.items()],
    "encoders": _encoders,
    "heads": _heads,
    "metrics": lambda: [(name, _first_line(function)) for name, function in METRICS.items()],
    "figures": _figures,
}
