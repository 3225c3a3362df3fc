"""Run folders with invented numbers: they say nothing of any real system."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from reports.run.run import Run

from .papers import write_papers

SYSTEMS = {
    "mfb": {"family": "acoustic", "description": "Invented: filterbank."},
    "whisper": {"family": "acoustic", "description": "Invented: encoder, with `code` in its words."},
    "text": {"family": "lexical", "description": "Invented: transcript."},
    "text-oracle": {"family": "lexical", "description": "Invented: reference transcript."},
    "fusion": {"family": "multimodal", "description": "Invented: both."},
    "student": {"family": "student", "description": "Invented: taught."},
    "random": {"family": "control", "description": "Invented: does not listen."},
    "constant": {"family": "control", "description": "Invented: always the same."},
}
# Invented clean CCC by system and dimension, and how far towards zero the harshest level takes it.
CLEAN_CCC = {
    "mfb": (0.70, 0.20, 0.62),
    "whisper": (0.74, 0.42, 0.66),
    "text": (0.05, 0.66, 0.04),
    "text-oracle": (0.05, 0.70, 0.04),
    "fusion": (0.75, 0.70, 0.67),
    "student": (0.72, 0.30, 0.63),
    "random": (0.01, -0.02, 0.02),
    "constant": (0.0, 0.0, 0.0),
}
LOSS = {"mfb": 0.85, "whisper": 0.7, "text": 0.35, "fusion": 0.45, "student": 0.7}
DIMENSIONS = ("activation", "valence", "dominance")
SNRS = (20.0, 10.0, 5.0, 0.0, -5.0)


def invent(
    grid: Mapping[str, Sequence[float]],
    *,
    unit: str = "SNR (dB)",
    suffix: str = "dB",
    systems: Sequence[str] = tuple(SYSTEMS),
    dimensions: Sequence[str] = DIMENSIONS,
    speakers: int = 30,
) -> pd.DataFrame:
    """Return a results table in the run's schema: levels by corruption are given from mild to harsh."""
    rows: list[dict[str, Any]] = []

    def row(system: str, metric: str, value: float, half: float, **place: Any) -> None:
        base = {
            "suite": "invented",
            "corpus": "invented",
            "split": "test",
            "seed": None,
            "draw": None,
            "dimension": None,
        }
        base |= {"system": system, "metric": metric, "value": value, "ci_low": value - half, "ci_high": value + half}
        rows.append(base | {"n_utterances": 120, "n_speakers": speakers, "level": None, "level_unit": None} | place)

    clean = {"corruption": "clean", "condition": "clean"}
    for system in systems:
        for dimension in dimensions:
            start = CLEAN_CCC[system][DIMENSIONS.index(dimension) if dimension in DIMENSIONS else 0]
            # A row for one training seed: reports must not show it.
            row(system, "ccc", 9.0, 0.0, **clean, dimension=dimension, seed=0)
            row(system, "ccc", start, 0.06, **clean, dimension=dimension)
            for name, levels in grid.items():
                values = []
                for step, level in enumerate(levels, start=1):
                    # Each noise differs a little, by its place in the grid.
                    harm = (
                        LOSS.get(system, 0.0)
                        * (step / len(levels)) ** 2
                        * (1 - 0.15 * list(grid).index(name) / len(grid))
                    )
                    values.append(start * (1 - harm))
                    place = {
                        "corruption": name,
                        "condition": f"{name}@{level:g}{suffix}",
                        "level": level,
                        "level_unit": unit,
                    }
                    row(system, "ccc", values[-1], 0.05 + 0.01 * step, **place, dimension=dimension)
                low = start < 0.1
                place = {"corruption": name, "condition": None, "dimension": dimension, "level_unit": unit}
                row(system, "ccc_retention", np.nan if low else values[-1] / start, 0.12, **place)
                row(system, "ccc_auc", float(np.mean(values)), 0.05, **place)
    row("whisper-tiny.en", "wer", 0.05, 0.01, **clean)
    for name, levels in grid.items():
        for step, level in enumerate(levels, start=1):
            place = {"corruption": name, "condition": f"{name}@{level:g}{suffix}", "level": level, "level_unit": unit}
            row("whisper-tiny.en", "wer", 0.05 + 1.1 * (step / len(levels)) ** 3, 0.04, **place)
    table = pd.DataFrame(rows)
    return table.astype(
        {"seed": "Int64", "draw": "Int64", "level": float, "value": float, "ci_low": float, "ci_high": float}
    )


PROVENANCE: dict[str, Any] = {
    "suite": "invented",
    "started": "2030-01-01T10:00:00+00:00",
    "finished": "2030-01-01T10:12:34+00:00",
    "wall_s": 754.0,
    "versions": {"emonoise": "0.1.0", "torch": "2.13.0"},
    "machine": {"cpu": "an invented processor", "cores": 2, "memory_gb": 8, "device": "cpu"},
    "corpus": {
        "name": "invented",
        "synthetic": True,
        "note": "Spoken by a synthesiser; every label is invented & so is every number on this page.",
        "scale": [1, 7],
        "utterances": {"train": 360, "dev": 80, "test": 120},
        "speakers": {"train": 30, "dev": 8, "test": 30},
    },
    "snr": "active",
    "policy": "per-utterance",
    "seeds": [0, 1, 2],
    "draws": 1,
    "intervals": "Student's t on the jackknife over speakers",
    "encoders": {"filterbank": "filterbank-1"},
    "weights": {"whisper-tiny.en": "0" * 64},
    "notes": ["invented for the tests of the report"],
    "stages": {"corpus": 100.0, "train": 300.0, "evaluate": 354.0},
}
Maker = Callable[..., Path]


def write_run(
    folder: Path, table: pd.DataFrame, *, examples: Sequence[Mapping[str, Any]] = (), **provenance: Any
) -> Path:
    """Write the folder of a run: its table, and what changes in its provenance."""
    folder.mkdir(parents=True)
    table.to_parquet(folder / "results.parquet", index=False)
    (folder / "suite.yaml").write_text("name: invented\n", encoding="utf-8")
    (folder / "provenance.json").write_text(json.dumps(PROVENANCE | provenance), encoding="utf-8")
    there = set(table["system"])
    systems = {name: SYSTEMS[name] for name in SYSTEMS if name in there}
    (folder / "systems.json").write_text(json.dumps(systems), encoding="utf-8")
    if examples:
        write_examples(folder / "examples", examples)
    return folder


@pytest.fixture
def run_folder(tmp_path: Path) -> Maker:
    """A function that writes the folder of a run: ``run_folder(table, **changes of provenance)``."""
    return partial(write_run, tmp_path / "run")


@pytest.fixture
def table() -> Callable[..., pd.DataFrame]:
    """A function that invents a results table: ``table(levels by corruption)``."""
    return invent


@pytest.fixture(scope="session")
def papers_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run with many systems and every table a report knows."""
    return write_papers(tmp_path_factory.mktemp("papers") / "run", PROVENANCE)


@pytest.fixture(scope="session")
def papers(papers_folder: Path) -> Run:
    """That run as it is read."""
    from reports.run.run import read_run

    return read_run(papers_folder)


@pytest.fixture(scope="session")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two noises with its report."""
    from reports.page.page import build_report

    results = invent(
        {"white": (10.0, 0.0), "babble": SNRS},
        systems=("mfb", "text", "text-oracle", "constant"),
        dimensions=("activation", "valence"),
    )
    folder = write_run(tmp_path_factory.mktemp("reported") / "run", results, examples=EXAMPLES)
    return build_report(folder).parent.parent


def write_examples(folder: Path, examples: Sequence[Mapping[str, Any]]) -> None:
    """Write a second of a rising tone in noise for each example."""
    import soundfile

    folder.mkdir(exist_ok=True)
    time = np.arange(16_000) / 16_000
    for number, example in enumerate(examples):
        noise = np.random.default_rng(number).standard_normal(time.size) * 0.03 * number
        soundfile.write(folder / example["file"], 0.3 * np.sin(2 * np.pi * (300 + 1500 * time) * time) + noise, 16_000)
    (folder / "examples.json").write_text(json.dumps(list(examples)), encoding="utf-8")


SAID = {"utterance": "u1", "text": "so happy"}
EXAMPLES = [
    SAID | {"condition": "clean", "file": "0.wav", "heard": {"whisper-tiny.en": "so happy"}},
    SAID | {"condition": "babble@0dB", "file": "1.wav", "heard": {"whisper-tiny.en": ""}},
]
