"""A whole run on segments, against one on the same corpus cut beforehand."""

from pathlib import Path

import pandas as pd
import pytest

from bench.stages.run import run_suite
from bench.store.progress import Stages
from bench.suite.suite import Suite

from ..spoken import write_talks


def test_a_run_on_segments_is_one_on_files_that_were_cut_beforehand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    runs = []
    for k, manifest in enumerate(write_talks(tmp_path)):
        ridge = {"name": "ridge", "description": "Bands.", "family": "acoustic", "inputs": ["mfb"], "head": "ridge"}
        suite = Suite.model_validate(
            {
                "name": "talks",
                "corpus": {"manifest": manifest, "scale": [1, 7]},
                "systems": [ridge, {**ridge, "name": "noisy", "trained_on": "noisy"}],
                "conditions": ["clean", "talker@0dB", "speech-shaped@5dB"],
                "training": {"conditions": ["babble-2@5dB"], "copies": 1},
                "bootstrap": 100,
                "policy": "floor",
            }
        )
        monkeypatch.setenv("EMONOISE_CACHE", str(tmp_path / f"cache{k}"))
        run_suite(suite, tmp_path / f"run{k}", stages=Stages(), workers=1, device="cpu")
        runs.append(tmp_path / f"run{k}")
    for name in ("predictions.parquet", "results.parquet", "corruptions.parquet"):
        left, right = (pd.read_parquet(run / name) for run in runs)
        where = [one for one in ("path", "start_s", "end_s", "source_sha256") if one in left]
        assert bool(where) == (name == "corruptions.parquet")
        pd.testing.assert_frame_equal(left.drop(columns=where), right.drop(columns=where))
    for example in sorted((runs[0] / "examples").glob("*.wav")):
        assert example.read_bytes() == (runs[1] / "examples" / example.name).read_bytes()
