"""What lies in the cache, and what of it no suite of this version can use, whatever its corpus and its weights.

A file is known by its place: what lies where emonoise puts nothing is nobody's business here. Whether it can be used
follows from its generation: of what is stored, the note beside it says with which versions it was made; what has one
set of versions has their digest in its name.
"""

import json
import re
import time
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError
from pathlib import Path

from bench.corpora.probe.build import probe_generation
from bench.plan.planning import versions_now
from bench.plan.versions import CONFIDENCE_VERSION, NOISE_LEVEL_VERSION, versions_of_all_models
from bench.stages.train import recipes
from bench.store.cache import TEMPORARY, Place
from bench.store.store import NOTE
from corruptions.room.bank import bank_generation
from models.weights.embedded import EMBEDDED

FOLDERS = ("store", "probe", "rooms", "weights", "noises")
"""Those directly in the cache."""

OLD_S = 24 * 3600
"""A temporary file that nobody has written to for so long is one that a killed process left."""

_KINDS = "(?P<kind>features|heads|predictions|transcripts|drift|corruptions|no_speech)"
_FILE = r"[0-9a-f]{2}/[0-9a-f]{32}\.(parquet|history\.parquet|safetensors|checkpoint)"
_GENERATION = "(?P<generation>[0-9a-f]{8})"
_TEMPORARY = r"(store|probe|rooms[^/]*|weights)/.*(\.[^/]+\.[0-9a-f]{32}(\.\w+)?|\.checkpoint\.partial)"


def current_versions() -> dict[str, str | int]:
    """Return every version that a key of today can be made with, by the name that it has there."""
    heads = {name: value for how in recipes().values() for name, value in how.name.generation.versions}
    own = {"confidence": CONFIDENCE_VERSION, "noise level": NOISE_LEVEL_VERSION}
    return {**heads, **versions_now(), **versions_of_all_models(), **own}


def places(root: Path) -> tuple[Place, ...]:
    """Return where emonoise puts files under the cache folder ``root``, and which of them this version can use."""
    now = current_versions()
    probe, rooms = _probe_generation(), bank_generation()
    weights = {one.sha256 for one in EMBEDDED.values()}

    @cache
    def made_now(generation: str) -> bool:
        return _made_with(root / "store" / generation / NOTE, now)

    return (
        Place(TEMPORARY, re.compile(_TEMPORARY), lambda _, changed: time.time() - changed < OLD_S),
        Place(None, re.compile(f"store/{_GENERATION}/{_KINDS}/{_FILE}"), lambda at, _: made_now(at["generation"])),
        Place("notes of versions", re.compile(f"store/{_GENERATION}/{NOTE}"), lambda at, _: made_now(at["generation"])),
        Place(
            "probe corpora",
            re.compile(rf"probe/{_GENERATION}[0-9a-f]{{24}}/(manifest\.csv|design\.csv|audio/[^/]+\.wav)"),
            lambda at, _: probe in (None, at["generation"]),
        ),
        Place(
            "simulated rooms",
            re.compile(rf"rooms/{_GENERATION}-[0-9a-f]{{16}}/[0-9.]+s/(rooms\.json|\d+\.wav)"),
            lambda at, _: at["generation"] == rooms,
        ),
        Place(
            "joined weights",
            re.compile("weights/(?P<sha256>[0-9a-f]{64})/[^/]+"),
            lambda at, _: at["sha256"] in weights,
        ),
        Place("fetched noises", re.compile("noises/.+"), lambda _, __: True, remade=False),
        # Where emonoise put them before there were generations.
        Place(None, re.compile(f"store/{_KINDS}/{_FILE}"), lambda _, __: False),
        Place("simulated rooms", re.compile(r"rooms-[0-9a-f]{16}/[0-9.]+s/(rooms\.csv|\d+\.wav)"), lambda _, __: False),
    )


def _made_with(note: Path, now: Mapping[str, str | int]) -> bool:
    """Return whether a note has no other versions than those of now; what has no note is not ours to judge."""
    try:
        made_by = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return True
    return not isinstance(made_by, dict) or all(now.get(name) == version for name, version in made_by.items())


def _probe_generation() -> str | None:
    """Return that of the probe corpora of this version, or None where it cannot be told: its extra is not installed."""
    try:
        return probe_generation()
    except PackageNotFoundError:
        return None
