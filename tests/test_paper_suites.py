"""The suites at paper scale, end to end: other ids and paths alone, here small checkpoints in the hub's own format."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from bench.corpora.corpus import Corpus
from bench.suite.file import SUITES
from bench.suite.suite import Suite, load_suite

from .models import tiny

pytestmark = [pytest.mark.embedded, pytest.mark.slow]

COLUMNS = ["id", "path", "split", "speaker", "activation", "valence", "dominance", "transcript", "emotion"]
SHORT = {
    "conditions": "[clean, white@5dB]",
    "training": "{conditions: [pink@5dB], copies: 1, fit: {epochs: 2}}",
    "seeds": "[0]",
    "bootstrap": "100",
}


@pytest.fixture(scope="module")
def hubert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small HuBERT of the large architecture, as its repository looks."""
    return tiny.self_supervised(tmp_path_factory.mktemp("hub") / "hubert", size="large")


@pytest.fixture(scope="module")
def manifest(tiny_probe: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "msp-podcast.csv"
    rows = [[getattr(one, column) for column in COLUMNS] for one in tiny_probe.utterances]
    pd.DataFrame(rows, columns=COLUMNS).to_csv(path, index=False)
    return path


def ids(suite: Suite, hubert: Path) -> dict[str, str]:
    """Small models under the names that the suite gives its own."""
    encoder = f"{{kind: self-supervised, weights: {hubert}, layer: 2}}"
    small = {
        "acoustic-model": encoder,
        "first-model": encoder,
        "asr-model": "{kind: whisper, weights: whisper-tiny.en, layer: 3}",
        "recogniser": "{kind: faster-whisper, weights: whisper-tiny.en}",
        "text-model": "{kind: transformers, weights: minilm}",
    }
    return {f"models.{name}": small[name] for name in suite.models}


@pytest.mark.parametrize("name", sorted(path.stem for path in SUITES.glob("*-paper.yaml")))
def test_a_suite_at_paper_scale_runs_end_to_end(
    name: str, hubert: Path, manifest: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
):
    suite = load_suite(SUITES / f"{name}.yaml")
    changes = {"corpus.manifest": str(manifest)} | ids(suite, hubert) | SHORT
    cache = tmp_path_factory.getbasetemp() / "paper-cache"  # what two suites share is computed once
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("emonoise"), "run", name, "--out", tmp_path / "run"),
            *(part for key, value in changes.items() for part in ("--set", f"{key}={value}")),
        ],
        env=os.environ | {"EMONOISE_CACHE": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    run = tmp_path / "run"
    results = pd.read_parquet(run / "results.parquet")
    scored = results[(results["metric"] == "ccc") & results["seed"].notna() & results["condition"].notna()]
    for system in suite.tested:
        of = scored[scored["system"] == system]
        assert set(of["condition"]) == {"clean", "white@5dB"}, system
        assert len(of) == 2 * 4  # three dimensions and their mean
    comparisons = pd.read_parquet(run / "comparisons.parquet")
    pairs = {(group, *couple) for group, couples in suite.compare.items() for couple in couples}
    chosen = json.loads((run / "provenance.json").read_text(encoding="utf-8"))["references"]
    pairs |= {(group, *couple) for group, one in chosen.items() for couple in one["pairs"]}
    assert "best acoustic" in chosen
    assert set(comparisons[["group", "system", "against"]].itertuples(index=False, name=None)) == pairs
    assert set(pd.read_parquet(run / "costs.parquet")["system"]) == set(suite.tested)
    page = (run / "report" / "index.html").read_text(encoding="utf-8")
    about = json.loads((run / "systems.json").read_text(encoding="utf-8"))
    assert all(system in page for system in suite.tested)
    assert any(one["reading"] for one in about.values())
    assert "our reading" in page.lower()
