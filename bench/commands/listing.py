"""What there is to choose from, by name, with a sentence on each."""

from collections.abc import Callable
from itertools import takewhile

import yaml

from bench.corpora.catalog import CORPORA
from bench.scores.metrics import METRICS
from bench.suite.file import SUITES
from bench.suite.representations import MODELS, REPRESENTATIONS, Representation, transcriber_of
from bench.suite.systems import SYSTEMS
from corruptions import CORRUPTIONS, ROOM_CORPORA
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
    parts = one.model_dump(exclude_defaults=True)
    weights = {MODELS[value].weights for value in parts.values() if value in MODELS} - {None}
    transcriber = transcriber_of(one)
    language = [] if transcriber is None else [f"language: {MODELS[transcriber].heard}"]
    return ", ".join([*(f"{key}: {value}" for key, value in parts.items()), *sorted(map(str, weights)), *language])


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
    "metrics": lambda: [(name, _first_line(function)) for name, function in METRICS.items()],
    "figures": _figures,
}
