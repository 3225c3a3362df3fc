"""A run folder as the suites of papers leave it: many systems, compared in groups. All of its numbers are invented."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

# name: (family, heard, teacher, ladder, clean CCC of valence, share of it lost in the harshest noise)
SYSTEMS: dict[str, tuple[str, str, str | None, str | None, float, float]] = {
    "mfb": ("acoustic", "clean", None, None, 0.3, 0.95),
    "acoustic": ("acoustic", "clean", None, None, 0.45, 0.7),
    "acoustic-noisy": ("acoustic", "noisy", None, None, 0.43, 0.4),
    "lexical": ("lexical", "clean", None, "asr", 0.6, 0.8),
    "lexical-clean-asr": ("lexical", "clean", None, "clean-asr", 0.6, 0.0),
    "lexical-oracle": ("lexical", "clean", None, "reference", 0.66, 0.0),
    "lexical-noisy": ("lexical", "noisy", None, "asr", 0.58, 0.6),
    "fusion-early": ("multimodal", "clean", None, None, 0.64, 0.7),
    "fusion-gated": ("multimodal", "clean", None, None, 0.65, 0.66),
    "fusion-gated-dropout": ("multimodal", "clean", None, None, 0.64, 0.6),
    "fusion-late": ("multimodal", "clean", None, None, 0.66, 0.68),
    "fusion-late-noisy": ("multimodal", "noisy", None, None, 0.63, 0.5),
    "fusion-confidence": ("multimodal", "noisy", None, None, 0.64, 0.42),
    "student": ("student", "clean", "fusion-late", None, 0.5, 0.66),
    "student-noisy": ("student", "noisy", "fusion-late", None, 0.48, 0.3),
    "student-soft": ("student", "clean", "fusion-late", None, 0.49, 0.64),
    "student-hard": ("student", "clean", "fusion-late", None, 0.47, 0.7),
    "random": ("control", "clean", None, None, 0.0, 0.0),
    "constant": ("control", "clean", None, None, 0.0, 0.0),
}
COMPARE: dict[str, Sequence[tuple[str, str]]] = {
    "fusion against its parts": [
        ("fusion-early", "acoustic"),
        ("fusion-early", "lexical"),
        ("fusion-late", "acoustic"),
        ("fusion-late", "lexical"),
    ],
    "distillation": [("student", "acoustic"), ("student-noisy", "acoustic-noisy")],
    "training in noise": [
        ("acoustic-noisy", "acoustic"),
        ("lexical-noisy", "lexical"),
        ("fusion-late-noisy", "fusion-late"),
        ("student-noisy", "student"),
    ],
    "conditional": [("student-soft", "student"), ("student-hard", "student")],
}
DIMENSIONS = ("activation", "valence", "dominance")
SNRS = {"white": (20.0, 10.0, 5.0, 0.0, -5.0), "speech-shaped": (20.0, 10.0, 0.0), "babble": (20.0, 10.0, 5.0, 0.0)}
PLACES = {name: [(f"{name}@{snr:g}dB", snr, "SNR (dB)") for snr in snrs] for name, snrs in SNRS.items()} | {
    "reverb": [("reverb@0.6s", 0.6, "RT60 (s)")]
}
RATES = {"wer": 1.0, "insertion_rate": 0.3, "repetition_rate": 0.02, "low_confidence_rate": 0.6, "no_speech_rate": 0.4}
# How much worse than those rates, and what is counted of it instead.
TRANSCRIBERS = {
    "whisper-tiny.en": (1.0, {}),
    "pocketsphinx": (1.4, {}),
    "whisper-zh": (0.8, {"wer": "cer", "insertion_rate": "character_insertion_rate"}),
}
# How far the harshest noise moves an embedding.
DRIFT = {"mfb": 0.02, "voice": 0.3, "words": 0.6}


def write_papers(folder: Path, provenance: dict[str, Any]) -> Path:
    """Write the folder of a run with all the tables that a report knows."""
    folder.mkdir(parents=True)
    results().to_parquet(folder / "results.parquet", index=False)
    comparisons().to_parquet(folder / "comparisons.parquet", index=False)
    training().to_parquet(folder / "training.parquet", index=False)
    costs().to_parquet(folder / "costs.parquet", index=False)
    layers().to_parquet(folder / "layers.parquet", index=False)
    no_speech().to_parquet(folder / "no_speech.parquet", index=False)
    (folder / "suite.yaml").write_text("name: papers\n", encoding="utf-8")
    (folder / "systems.json").write_text(json.dumps(described()), encoding="utf-8")
    own = {"suite": "papers", "training_noises": ["pink", "babble"]}
    (folder / "provenance.json").write_text(json.dumps(provenance | own), encoding="utf-8")
    return folder


def described() -> dict[str, dict[str, object]]:
    """Return ``systems.json``."""
    return {
        name: {
            "family": family,
            "description": f"Invented: `{name}`.",
            "inputs": [name],
            "head": "tc-gru",
            "teacher": teacher,
            "heard": heard,
            "ladder": ladder,
            "paper": f"Nobody 2030: the {family} system." if heard == "clean" else "",
            "reading": f"All of {name}, <and> more." if family in ("student", "multimodal") else "",
        }
        for name, (family, heard, teacher, ladder, _, _) in SYSTEMS.items()
    }


def ccc(system: str, dimension: str, harm: float) -> float:
    """Return a CCC after ``harm`` (0 to 1)."""
    *_, valence, loss = SYSTEMS[system]
    start = valence * {"activation": 1.15, "valence": 1.0, "dominance": 0.9, "mean": 3.05 / 3}[dimension]
    return start * (1 - loss * harm)


def results() -> pd.DataFrame:
    """Return ``results.parquet``."""
    rows = [
        {"system": system, "dimension": dimension, **row}
        for system in SYSTEMS
        for dimension in (*DIMENSIONS, "mean")
        for row in _rows("ccc", lambda harm, of=(system, dimension): ccc(*of, harm), summaries=True)
    ]
    for name, (factor, renamed) in TRANSCRIBERS.items():
        for metric, most in RATES.items():
            rate = _rows(
                renamed.get(metric, metric), lambda harm, top=factor * most: 0.05 * top + top * harm**2, summaries=False
            )
            rows += [{"system": name, "dimension": None, **row} for row in rate]
    for name, lost in DRIFT.items():
        moved = _rows("drift", lambda harm, most=lost: 1 - most * harm, summaries=False)
        rows += [{"system": name, "dimension": None, **row} for row in moved]
    base = {"suite": "papers", "corpus": "invented", "split": "test", "seed": None, "draw": None}
    table = pd.DataFrame([base | row | {"n_utterances": 120, "n_speakers": 30} for row in rows])
    return table.astype({"seed": "Int64", "draw": "Int64", "level": float})


def _rows(metric, of, *, summaries):
    def row(corruption, condition, level, unit, name, value):
        ends = {"value": value, "ci_low": value - 0.05, "ci_high": value + 0.05}
        place = {"corruption": corruption, "condition": condition, "level": level, "level_unit": unit}
        return {"metric": name, **place, **ends}

    areas = []
    yield row("clean", "clean", None, None, metric, of(0.0))
    for corruption, points in PLACES.items():
        values = [of((step / len(points)) ** 1.5) for step in range(1, len(points) + 1)]
        for (condition, level, unit), value in zip(points, values, strict=True):
            yield row(corruption, condition, level, unit, metric, value)
        if summaries:
            kept = values[-1] / of(0.0) if of(0.0) > 0.1 else np.nan
            yield row(corruption, None, None, points[0][2], "ccc_retention", kept)
            areas.append(float(np.mean(values)))
            yield row(corruption, None, None, points[0][2], "ccc_auc", areas[-1])
    if summaries:
        yield row(None, None, None, None, "ccc_mean_noisy", float(np.mean(areas)))


def comparisons() -> pd.DataFrame:
    """Return ``comparisons.parquet``."""
    rows = []
    for group, pairs in COMPARE.items():
        for system, against in pairs:
            for metric, corruption, harm in [
                ("ccc", "clean", 0.0),
                *(("ccc_auc", name, 0.5 + 0.1 * number) for number, name in enumerate(PLACES)),
                ("ccc_mean_noisy", None, 0.6),
            ]:
                found = {one: ccc(system, one, harm) - ccc(against, one, harm) for one in DIMENSIONS}
                found["mean"] = float(np.mean(list(found.values())))
                for dimension, value in found.items():
                    row = {"group": group, "system": system, "against": against, "dimension": dimension}
                    p_holm = 0.3 if abs(value) < 0.05 else 0.08 if abs(value) < 0.07 else 0.001
                    ends = {"value": value, "ci_low": value - 0.05, "ci_high": value + 0.05, "p_holm": p_holm}
                    counts = {"seed_sd": 0.01, "n_utterances": 120, "n_speakers": 30}
                    rows.append(row | {"metric": metric, "corruption": corruption} | ends | counts)
    return pd.DataFrame(rows)


def training() -> pd.DataFrame:
    """Return ``training.parquet``; late fusions train in stages, and controls do not train."""
    rows = []
    trained = [name for name, (family, *_) in SYSTEMS.items() if family != "control" and "o" in name]
    for number, system in enumerate(trained):
        for seed in (0, 1, 2):
            stages = ("acoustic", "lexical", "fusion") if "late" in system else ("",)
            epoch = 0
            for stage in stages:
                count = 1 if stage == "fusion" else 20 + seed
                for step in range(count):
                    epoch += 1
                    good = 0.55 * (1 - np.exp(-step / (3 + number % 4))) + 0.01 * seed
                    good = 0.62 if stage == "fusion" else good
                    row = {"system": system, "seed": seed, "stage": stage, "epoch": epoch, "train_loss": 1 - 0.8 * good}
                    dev = {f"dev_{dimension}": good for dimension in DIMENSIONS}
                    kept = stage == stages[-1] and step == (0 if stage == "fusion" else 15 + seed)
                    rows.append(row | dev | {"dev_mean": good, "kept": kept})
    return pd.DataFrame(rows)


def costs() -> pd.DataFrame:
    """Return ``costs.parquet``; one number is known of nobody's model."""
    speed = {"acoustic": 0.02, "lexical": 0.2, "multimodal": 0.22, "student": 0.004, "control": 0.0}
    rows = [
        {
            "system": name,
            "trained_parameters": 0 if family == "control" else 60_000 + 3 * len(name),
            "pretrained_parameters": {"lexical": 60_000_000, "multimodal": None}.get(family, 0),
            "real_time_factor": speed[family] * (1 + 0.03 * number),
            "device": "cpu",
        }
        for number, (name, (family, *_)) in enumerate(SYSTEMS.items())
    ]
    return pd.DataFrame(rows).astype({"trained_parameters": "Int64", "pretrained_parameters": "Int64"})


def layers() -> pd.DataFrame:
    """Return ``layers.parquet``."""
    rows = [
        {"system": system, "seed": seed, "input": "whisper", "layer": layer, "weight": weight}
        for system in ("acoustic", "acoustic-noisy")
        for seed in (0, 1, 2)
        for layer, weight in enumerate(np.random.default_rng(seed).dirichlet([4.0] * 5))
    ]
    return pd.DataFrame(rows)


def no_speech() -> pd.DataFrame:
    """Return ``no_speech.parquet``: silence and two levels of noise, each a second and two long."""
    rows = [
        {
            "transcriber": "heard",
            "noise_dbfs": level,
            "duration_s": duration_s,
            "text": text,
            "invented": invented,
            "flagged": True,
        }
        for level, text, invented in ((None, "<you>", True), (-40.0, ".", False), (-20.0, "I'm sorry.", True))
        for duration_s in (1.0, 2.0)
    ]
    return pd.DataFrame(rows)
