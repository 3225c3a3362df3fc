"""Whatever version is raised: what was made before is known to be of no use, and nothing else is."""

import importlib
import json
import os
import re
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from bench.corpora.probe.build import probe_generation
from bench.plan.plan import Plan, no_speech_key
from bench.plan.planning import make_plan
from bench.plan.versions import model_versions, versions_of
from bench.stages.cached import current_versions, places
from bench.stages.train import recipes
from bench.store.cache import TEMPORARY, survey
from bench.store.keys import STORED_VERSION, Key
from bench.store.store import NOTE, Store
from bench.suite.representations import transcriber_of
from bench.suite.suite import Suite
from corruptions import Material
from corruptions.room.bank import bank_generation

from ..plan.test_plan import CORPUS, RECORDINGS

ROOT = Path(__file__).parents[3]

# What is in no key of the cache, and why.
ELSEWHERE = {
    ("bench.plan.plan", "SCORING_VERSION"): "tables lie in the folder of a run",
    ("models.heads.checkpoints", "VERSION"): "a checkpoint is no more than saved time, and is replaced",
    ("models.weights.ctranslate2", "BINARY_VERSION"): "a format of others",
}
CONSTANTS = sorted(
    (".".join(path.relative_to(ROOT).with_suffix("").parts), name)
    for package in ("bench", "corruptions", "models", "reports")
    for path in (ROOT / package).rglob("*.py")
    for name in re.findall(r"^(\w*VERSION) = ", path.read_text(encoding="utf-8"), re.MULTILINE)
)
SUITE = Suite.model_validate(
    {
        "name": "tiny",
        "corpus": "probe",
        "systems": [
            *("mfb", "whisper", "text", "text-clean-asr", "fusion", "student", "noise-level", "constant"),
            {
                "name": "noisy",
                "description": "In noise.",
                "family": "acoustic",
                "inputs": ["mfb"],
                "head": "ridge",
                "trained_on": "noisy",
            },
            {
                "name": "sure",
                "description": "By confidence.",
                "family": "multimodal",
                "inputs": ["mfb", "text", "sure"],
                "head": "fusion-confidence",
            },
        ],
        "representations": {"sure": {"confidence": "whisper-tiny.en"}},
        "conditions": ["clean", {"noise": ["white", "pink"], "snr_db": [10, 0]}],
        "training": {"conditions": ["white@5dB"]},
    }
)


def plan() -> Plan:
    """Return a plan with the fingerprints that models would have, which are not loaded."""
    models = SUITE.catalog.models
    fingerprints: dict[str, Key] = {}
    for name in SUITE.representations_needed:
        one = SUITE.catalog.representations[name]
        transcriber = transcriber_of(one)
        made_by = versions_of(one, SUITE.catalog)
        fingerprints[name] = Key(f"{name} {made_by}", made_by)
        if transcriber:
            own = model_versions("transcriber", models[transcriber].kind)
            fingerprints[transcriber] = Key(f"{transcriber} {own}", own)
    return make_plan(
        SUITE, CORPUS, RECORDINGS, fingerprints, {kind: one.name for kind, one in recipes().items()}, Material()
    )


def keys(made: Plan) -> dict[str, Key]:
    """Return the key of everything that is stored, by what it is."""
    moved = made.embeddings.items()
    makers = [(one.system, one.key) for one in made.predictors] + list(made.transcribers.items())
    return {
        **{f"features {k} {name}": key for k, one in enumerate(made.features) for name, key in one.keys.items()},
        **{f"fit {fit.system} {fit.seed}": fit.key for fit in made.fits},
        **{f"unit {k}": unit.key for k, unit in enumerate(made.units)},
        **{f"no speech {name}": no_speech_key(key) for name, key in made.transcribers.items()},
        **{f"shard {k} {name}": unit.shard(key) for k, unit in enumerate(made.units) for name, key in makers},
        **{
            f"dev {k} {one.system}": unit.shard(one.key)
            for k, unit in enumerate(made.dev_units)
            for one in made.predictors
        },
        **{f"drift {k} {name}": unit.drift(key) for k, unit in enumerate(made.units) for name, key in moved},
        **{f"pooled {k} {name}": unit.pooled(key) for k, unit in enumerate(made.units) for name, key in moved},
    }


def raise_version(patch: pytest.MonkeyPatch, module: str, name: str) -> None:
    """Raise a constant, also where it was imported under a name of its own."""
    value = getattr(importlib.import_module(module), name)
    for other, loaded in list(sys.modules.items()):
        if other == module or (name != "VERSION" and other.startswith(module[:6]) and name in vars(loaded)):
            patch.setattr(loaded, name, value + 1)


def stays(key: Key, now: dict[str, str | int]) -> bool:
    return all(now.get(name) == version for name, version in key.generation.versions)


def test_every_generation_of_a_plan_is_one_of_today():
    now = current_versions()
    assert {name: stays(key, now) for name, key in keys(plan()).items() if not stays(key, now)} == {}


def test_the_generations_of_a_plan_are_those_of_its_keys():
    made = plan()
    assert set(made.generations) == {key.generation for key in keys(made).values()}


@pytest.mark.parametrize(("module", "name"), [one for one in CONSTANTS if one not in ELSEWHERE], ids=".".join)
def test_a_version_that_is_raised_retires_just_what_changes_its_key(
    module: str, name: str, monkeypatch: pytest.MonkeyPatch
):
    if name == "CODE_VERSION":
        generation = {"bench.corpora.probe.build": probe_generation, "corruptions.room.bank": bank_generation}[module]
        before = generation()
        raise_version(monkeypatch, module, name)
        assert generation() != before
        return
    before, then = keys(plan()), current_versions()
    raise_version(monkeypatch, module, name)
    after, now = keys(plan()), current_versions()
    changed = {what for what in before if before[what] != after[what]}
    assert {what for what, key in before.items() if not stays(key, now)} == changed
    assert now != then


@pytest.mark.parametrize("changed", [("torch",), ("numpy", "soxr"), ("pocketsphinx",), ()], ids=" ".join)
def test_a_library_of_another_version_retires_just_what_it_may_change(
    monkeypatch: pytest.MonkeyPatch, changed: tuple[str, ...]
):
    before = keys(plan())
    monkeypatch.setattr("bench.store.machine.version", lambda name: "0" if name in changed else version(name))
    after, now = keys(plan()), current_versions()
    retired = {what for what, key in before.items() if not stays(key, now)}
    assert retired == {what for what in before if before[what] != after[what]}
    assert bool(retired) == (changed not in ((), ("pocketsphinx",)))  # which nothing in the plan uses


def test_a_file_is_usable_as_its_generation_is(tmp_path: Path):
    made = keys(plan())
    old = Key("0" * 32, {"training": 1})
    store = Store(tmp_path / "store")
    for key in (*made.values(), old):
        store.note(key.generation)
        path = store.entry("features", key, ".safetensors").path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    lost = store.entry("features", "f" * 32).path
    lost.parent.mkdir(parents=True)
    lost.touch()
    for one in survey(tmp_path, places(tmp_path)):
        assert one.usable == (one.path.parents[0 if one.path.name == NOTE else 2].name != old.generation.name), one


def test_what_a_killed_process_left_is_known_for_a_temporary_file(tmp_path: Path):
    head = Store(tmp_path / "store").entry("heads", "0" * 32, ".checkpoint").path
    head.parent.mkdir(parents=True)
    left = (f".{head.stem}.{'f' * 32}.checkpoint", f"{head.name}.{'f' * 32}.unreadable", f"{head.name}.partial")
    for path in (head, *(head.with_name(name) for name in left)):
        path.touch()
        os.utime(path, (0, 0))
    found = {one.path: one.kind for one in survey(tmp_path, places(tmp_path)) if not one.usable}
    assert head not in found
    assert set(found.values()) == {TEMPORARY}
    assert {path.name for path in found} == set(left)


def test_a_note_says_the_versions(tmp_path: Path):
    Store(tmp_path).note(Key("", {"b": 2, "a": "1.0"}).generation)
    [note] = tmp_path.rglob(NOTE)
    assert json.loads(note.read_text()) == {"a": "1.0", "b": 2, "stored": STORED_VERSION}
