"""Every number of a suite has bounds: those a user cannot mean are refused where the suite is read, by key."""

import math
from collections.abc import Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import pytest
import yaml
from pydantic import BaseModel

from bench.store.bounds import MOST_SEED
from bench.suite.conditions import MOST_CONDITIONS
from bench.suite.file import SuiteError
from bench.suite.suite import Suite, load_suite

from .written import SMALL

# Where a suite has each number; the walk below finds those that are not here.
PLACES: dict[str, Any] = {
    "Suite.draws": lambda number: {"draws": number},
    "Suite.seeds": lambda number: {"seeds": [number]},
    "Suite.bootstrap": lambda number: {"bootstrap": number},
    "Suite.limit": lambda number: {"limit": number},
    "Suite.seed": lambda number: {"seed": number},
    "ManifestCorpus.scale": lambda number: {"corpus": {"manifest": "a.csv", "scale": [number, 7]}},
    "Model.layer": lambda number: {"models": {"mine": {"kind": "whisper", "layer": number}}},
    "Speech.layer": lambda number: {"representations": {"mine": {"speech": "whisper-encoder", "layer": number}}},
    "Training.copies": lambda number: {"training": {"copies": number}},
    "NoiseConditions.snr_db": lambda number: {"conditions": [{"noise": "pink", "snr_db": number}]},
    "NoiseConditions.reverb_s": lambda number: {"conditions": [{"noise": "pink", "snr_db": 0, "reverb_s": number}]},
    "RoomConditions.reverb_s": lambda number: {"conditions": [{"reverb_s": number}]},
    "LevelConditions.level": lambda number: {"conditions": [{"corruption": "pink", "level": number}]},
    **{
        f"ProbeSpec.{name}": lambda number, name=name: {"corpus": {"probe": {name: number}}}
        for name in ("train", "dev", "test", "train_speakers", "dev_speakers", "test_speakers", "seed")
    },
    **{
        f"FitOptions.{name}": lambda number, name=name: {"training": {"fit": {name: number}}}
        for name in ("batch", "learning_rate", "epochs", "patience", "weight_decay", "clip", "chunk")
    },
    "FitOptions.weights": lambda number: {"training": {"fit": {"weights": [1, 1, number]}}},
}
MEANT = {("NoiseConditions.snr_db", -1), ("LevelConditions.level", -1), ("ManifestCorpus.scale", -1)}
WILD = [math.nan, math.inf, -math.inf, 1e30, -1, 2**63, 10**30, True, "1e30", "9" * 5000]


def numbers_of(model: Any, seen: set[Any]) -> Iterator[str]:
    """Yield ``Model.field`` for every number in a model and in those that it is made of."""
    if model in seen:
        return
    seen.add(model)
    for name, annotation in get_type_hints(model, include_extras=True).items():
        for kind in kinds_of(annotation):
            if kind in (int, float):
                yield f"{model.__name__}.{name}"
            elif isinstance(kind, type) and (issubclass(kind, BaseModel) or is_dataclass(kind)):
                yield from numbers_of(kind, seen)


def kinds_of(annotation: Any) -> Iterator[Any]:
    """Yield the types that an annotation is made of, and no bounds or other metadata."""
    if get_origin(annotation) is Annotated:
        yield from kinds_of(get_args(annotation)[0])
    elif get_args(annotation):
        for part in get_args(annotation):
            yield from kinds_of(part)
    else:
        yield annotation


def read(folder: Path, changes: dict[str, Any]) -> Suite:
    path = folder / "suite.yaml"
    path.write_text(yaml.safe_dump(SMALL | changes), encoding="utf-8")
    return load_suite(path)


def test_every_number_of_a_suite_is_looked_at_here():
    assert set(numbers_of(Suite, set())) == set(PLACES)


@pytest.mark.parametrize("place", PLACES)
def test_a_number_that_nobody_means_is_refused_with_its_key(tmp_path: Path, place: str):
    for number in WILD:
        if (place, number) in MEANT:
            read(tmp_path, PLACES[place](number))
            continue
        with pytest.raises(SuiteError) as refused:
            read(tmp_path, PLACES[place](number))
        assert place.split(".")[1] in str(refused.value)
        assert "finite" in str(refused.value) or str(number).lower()[:40] in str(refused.value).lower()


@pytest.mark.parametrize(
    "changes",
    [
        {"draws": 100, "seeds": [*range(20)], "bootstrap": 10_000, "limit": 300_000, "seed": MOST_SEED},
        {"corpus": {"probe": {"train": 100_000, "train_speakers": 1000}}},
        {"corpus": {"manifest": "a.csv", "scale": [-1000, 1000]}},
        {"training": {"copies": 20, "fit": {"batch": 4096, "learning_rate": "1e-3", "weight_decay": 0, "clip": 100}}},
        {"training": {"fit": {"epochs": 1000, "patience": 1000, "weights": [0, 0, 1]}}},
        {"conditions": [{"noise": "white", "snr_db": [-40, 60], "reverb_s": [0.2, 3]}]},
    ],
)
def test_what_people_mean_is_accepted(tmp_path: Path, changes: dict[str, Any]):
    assert read(tmp_path, changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"training": {"fit": {"weights": [0, 0, 0]}}}, "training.fit.weights: one of them must be 1e-06 or more"),
        ({"corpus": {"manifest": "a.csv", "scale": [7, 1]}}, "corpus.scale: scale 7 to 1: the lowest label must be"),
        ({"corpus": {"manifest": "a.csv", "scale": [1, 1 + 1e-9]}}, "by 0.001 or more"),
        ({"conditions": ["reverb@0s"]}, "reverb@0s: a reverberation time is above 0 and at most 100 s, not 0"),
        ({"noises": {"street": "here"}, "conditions": ["street@101dB"]}, "street@101dB: an SNR is within +-100 dB"),
        (
            {"draws": 1000, "seeds": [*range(50)]},
            "2,000 resamples of 250,000 cells (conditions times draws times seeds)",
        ),
        ({"seeds": ["x"] * 300}, "and 290 more"),
    ],
)
def test_what_does_not_go_together_is_refused(tmp_path: Path, changes: dict[str, Any], message: str):
    with pytest.raises(SuiteError) as refused:
        read(tmp_path, changes)
    assert message in str(refused.value)


SNRS = [round(step / 500 - 20, 3) for step in range(20_000)]


def test_20_000_levels_are_read_as_soon_as_the_file_is():
    block = {"noise": ["white"], "snr_db": SNRS}
    assert len(Suite.model_validate(SMALL | {"conditions": [block]}).expanded()) == len(SNRS)


def test_more_conditions_than_can_be_are_refused_before_they_are_written_out():
    rooms = [step / 1000 for step in range(1, 20_000)]
    block = {"noise": ["white", "pink"], "snr_db": SNRS, "reverb_s": rooms}
    for changes in ({"conditions": [block]}, {"training": {"conditions": [block]}}):
        with pytest.raises(ValueError, match=f"there are 799,960,000; at most {MOST_CONDITIONS:,}"):
            Suite.model_validate(SMALL | changes)


def test_a_long_line_of_students_is_read_and_one_that_bites_its_tail_refused():
    def line(first: dict[str, Any]) -> dict[str, Any]:
        pupil = {"description": "", "family": "student", "inputs": ["mfb"], "head": "student"}
        taught = [pupil | {"name": f"s{number}", "teacher": f"s{number - 1}"} for number in range(1, 1200)]
        return SMALL | {"systems": [pupil | {"name": "s0"} | first, *taught]}

    assert Suite.model_validate(line({"head": "tc-gru"})).needed[0] == "s0"
    with pytest.raises(ValueError, match="s0 learns from itself: s0 from s1199"):
        Suite.model_validate(line({"teacher": "s1199"}))


def test_systems_with_two_origins_each_are_refused_without_every_way_being_gone():
    own = {"description": "", "family": "student", "inputs": ["mfb"], "head": "student"}
    systems = [
        own | {"name": f"s{number}", "teacher": f"s{number - 1}", "trained_as": f"s{number - 1}"}
        for number in range(1, 100)
    ]
    with pytest.raises(ValueError, match=r"systems\.s2\.teacher: s1 borrows its heads"):
        Suite.model_validate(SMALL | {"systems": [own | {"name": "s0", "head": "tc-gru"}, *systems]})
