"""A whole run, and what becomes of it when its files, or those of its corpus, change behind its back."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rich.console import Console

from bench.scores.metrics import ccc
from bench.stages import run as runs
from bench.stages.outputs import check_unchanged
from bench.store.progress import Stages
from bench.suite.suite import Suite
from corruptions.ground.seals import SealError

from ..spoken import write_corpus

TABLES = ("predictions", "dev_predictions", "corruptions", "drift", "results", "training", "comparisons", "links")


def suite_on(manifest: Path) -> Suite:
    ridge = {"name": "ridge", "description": "Bands.", "family": "acoustic", "inputs": ["mfb"], "head": "ridge"}
    return Suite.model_validate(
        {
            "name": "lab",
            "corpus": {"manifest": manifest, "scale": [1, 7]},
            "systems": [ridge, "random"],
            "conditions": ["clean", "talker@0dB"],
            "bootstrap": 100,
        }
    )


def run(suite: Suite, out: Path, **options: Any) -> str:
    """Run a suite, and return what it says."""
    said = io.StringIO()
    runs.run_suite(suite, out, stages=Stages(Console(file=said, width=500)), workers=1, device="cpu", **options)
    return said.getvalue()


def tables(out: Path) -> dict[str, pd.DataFrame]:
    return {name: pd.read_parquet(out / f"{name}.parquet") for name in TABLES}


def assert_equal(left: dict[str, pd.DataFrame], right: dict[str, pd.DataFrame]) -> None:
    for name, table in left.items():
        pd.testing.assert_frame_equal(table, right[name], check_exact=True)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def finished(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Suite, Path]:
    """A suite, and the folder of its run."""
    folder = tmp_path_factory.mktemp("lab")
    suite = suite_on(write_corpus(folder / "corpus"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMONOISE_CACHE", str(cache))
        run(suite, folder / "run")
    return suite, folder / "run"


def stored(cache: Path, kind: str, suffix: str) -> list[Path]:
    return sorted(cache.glob(f"store/*/{kind}/*/*{suffix}"))


def test_whatever_is_not_as_it_was_written_is_named_and_made_again(
    finished: tuple[Suite, Path], cache: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("EMONOISE_CACHE", str(cache))
    suite, out = finished
    before = tables(out)
    results = out / "results.parquet"
    before["results"].assign(value=0.5).to_parquet(results)  # whole, and wrong
    with pytest.raises(SealError, match=r"results\.parquet"):
        check_unchanged(out)
    shards = stored(cache, "predictions", ".parquet")
    shutil.copyfile(shards[0], shards[1])  # whole, and another's
    head = stored(cache, "heads", ".safetensors")[0]
    flipped = bytearray(head.read_bytes())
    flipped[-5] ^= 1
    head.write_bytes(flipped)
    cut = stored(cache, "features", ".safetensors")[0]
    cut.write_bytes(cut.read_bytes()[:-100])
    found = runs.run_status(suite, out, Stages(Console(file=io.StringIO())), check=True)
    # Of the features nothing is read: but for a head that is there, and damaged.
    assert {results, shards[1], head} <= {*(found.damaged or ())}
    said = run(suite, out)
    assert all(str(path) in said for path in (results, shards[1], head, cut))
    assert_equal(before, tables(out))
    assert "Everything is done" in run(suite, out)


def test_heads_that_are_there_predict_development_speech_again_from_what_is_encoded_again(
    finished: tuple[Suite, Path], cache: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("EMONOISE_CACHE", str(cache))
    suite, out = finished
    before = tables(out)
    heads = {path: path.stat().st_mtime_ns for path in stored(cache, "heads", ".safetensors")}
    for path in (*stored(cache, "features", ".safetensors"), *stored(cache, "predictions", ".parquet")):
        path.unlink()
    (out / "provenance.json").unlink()
    run(suite, out)
    assert_equal(before, tables(out))
    assert {path: path.stat().st_mtime_ns for path in stored(cache, "heads", ".safetensors")} == heads


def test_what_a_head_predicts_of_development_speech_is_what_it_was_chosen_by(finished: tuple[Suite, Path]):
    made = tables(finished[1])
    chosen = made["training"].query("kept").set_index("seed")
    for (seed, dimension), of in made["dev_predictions"].query("system == 'ridge'").groupby(["seed", "dimension"]):
        assert ccc(of["truth"], of["prediction"]) == pytest.approx(chosen.loc[seed, f"dev_{dimension}"], abs=1e-5)


def test_predictions_of_development_speech_are_of_every_system_and_calibrate_what_they_predict(
    finished: tuple[Suite, Path],
):
    suite, out = finished
    corpus = pd.read_csv(suite.corpus.manifest).query("split == 'dev'").set_index("id")
    made = tables(out)
    for _, rows in made["dev_predictions"].groupby(["system", "seed", "dimension"]):
        assert [*rows["utterance"]] == sorted(corpus.index)
        (dimension,) = set(rows["dimension"])
        assert [*rows["truth"]] == [*corpus.loc[rows["utterance"], dimension]]
        assert set(rows["speaker"]) == set(corpus["speaker"])
    said = made["dev_predictions"]
    assert set(said["system"]) == set(made["predictions"]["system"])
    assert said[["split", "condition", "draw"]].drop_duplicates().to_numpy().tolist() == [["dev", "clean", 0]]
    calibrated = made["results"].query("metric == 'ccc_calibrated'")
    assert calibrated["value"].notna().all()


def test_a_recording_that_vanishes_during_a_run_leaves_itself_out_of_every_condition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("EMONOISE_CACHE", str(tmp_path / "cache"))
    manifest = write_corpus(tmp_path / "corpus")
    rows = pd.read_csv(manifest).set_index("id")
    gone = manifest.parent / rows.loc["u2", "path"]
    train = runs.train

    def lose_one(*arguments: Any, **options: Any) -> dict[str, str]:
        gone.unlink(missing_ok=True)
        return train(*arguments, **options)

    suite = suite_on(manifest)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "train", lose_one)
        said = run(suite, tmp_path / "run", allow_missing=True)
    assert f"{gone}: no such file" in said
    left = tables(tmp_path / "run")
    assert {*left["predictions"]["utterance"]} == {*rows.index[rows["split"] == "test"]} - {"u2"}
    assert (
        left["results"].query("condition.notna() and system == 'ridge' and metric == 'ccc'")["n_utterances"].eq(5).all()
    )
    about = json.loads((tmp_path / "run" / "provenance.json").read_text())
    assert [(one["id"], one["split"]) for one in about["corpus"]["left_out"]] == [("u2", "test")]
    assert any("1 utterance left out of every condition" in one for one in about["notices"])
    assert "1 utterance left out of every condition" in (tmp_path / "run" / "report" / "index.html").read_text()
    # It is the run on a corpus that never had it, and going on finds everything.
    assert "Everything is done" in run(suite, tmp_path / "run", allow_missing=True)
    rows.drop(index="u2").reset_index().to_csv(manifest, index=False)
    run(suite, tmp_path / "never")
    assert_equal(left, tables(tmp_path / "never"))
