"""A suite of every system on a tiny probe corpus: real speech, real weights, and whatever may interrupt them."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml

from bench.corpora.corpus import Corpus
from bench.scores.metrics import ccc
from bench.suite.systems import SYSTEMS

TABLES = ("predictions", "transcripts", "corruptions", "results")
# Other bands and layers of the same encoders are tested with the encoders.
TESTED = [name for name in SYSTEMS if name not in {"mfb-80", "whisper-1", "whisper-2", "whisper-4"}]
FEW = ["mfb", "whisper", "text", "fusion", "student", "random"]
"""At least one of everything that is stored and of every way to train."""
N_TEST = 8

# In one process, for the run that they look at takes minutes.
pytestmark = [pytest.mark.embedded, pytest.mark.xdist_group("end to end")]


def command(*arguments: object, cache: Path) -> list[str]:
    assert cache.is_dir()
    return [str(Path(sys.executable).with_name("emonoise")), *map(str, arguments)]


def emonoise(*arguments: object, cache: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"EMONOISE_CACHE": str(cache)}
    done = subprocess.run(
        command(*arguments, cache=cache), env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


def tables(run: Path) -> dict[str, pd.DataFrame]:
    return {name: pd.read_parquet(run / f"{name}.parquet") for name in TABLES}


@pytest.fixture(scope="module")
def suite(tiny_probe: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A suite on a manifest of the tiny probe, so that a run needs nothing from the cache."""
    folder = tmp_path_factory.mktemp("suite")
    columns = ["id", "path", "split", "speaker", "activation", "valence", "dominance", "transcript"]
    rows = [[getattr(one, column) for column in columns] for one in tiny_probe.utterances]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "manifest.csv", index=False)
    low, high = tiny_probe.scale
    content = {
        "name": "tiny",
        "corpus": {"manifest": "manifest.csv", "scale": [low, high], "note": "A synthetic control."},
        "systems": TESTED,
        "conditions": [
            "clean",
            {"noise": ["white", "babble"], "snr_db": [10, 0]},
            {"noise": "babble", "snr_db": 5, "reverb_s": 0.3, "snr_of": "dry"},
            "opus@6kbit/s",
        ],
        "draws": 2,
        "seeds": [0],
        "bootstrap": 200,
    }
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


@pytest.fixture(scope="module")
def whole_run(suite: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run that nothing interrupted, and its cache."""
    cache, out = tmp_path_factory.mktemp("whole-cache"), tmp_path_factory.mktemp("whole") / "run"
    emonoise("run", suite, "--out", out, "--workers", 2, cache=cache)
    return out, cache


def test_every_cell_of_the_grid_has_one_prediction(whole_run: tuple[Path, Path]):
    predictions = tables(whole_run[0])["predictions"]
    cell = ["system", "seed", "utterance", "condition", "draw", "dimension"]
    assert not predictions.duplicated(cell).any()
    # Two draws, but for clean speech and the codec, which leave nothing to chance.
    assert len(predictions) == len(TESTED) * N_TEST * (2 + 5 * 2) * 3
    assert predictions["prediction"].notna().all()


def test_the_requested_snr_was_achieved(whole_run: tuple[Path, Path]):
    noisy = tables(whole_run[0])["corruptions"].query("level_unit == 'SNR (dB)'")
    dry = noisy["room_source"].notna()
    assert set(noisy.loc[dry, "corruption"]) == {"reverb@0.3s+babble-dry"}
    speech_dbfs = noisy["direct_active_dbfs"].where(dry, noisy["speech_active_dbfs"])
    assert (speech_dbfs - noisy["noise_dbfs"] - noisy["level"]).abs().max() < 0.01


def test_the_oracle_reads_the_same_whatever_the_noise(whole_run: tuple[Path, Path]):
    oracle = tables(whole_run[0])["predictions"].query("system == 'text-oracle'")
    assert oracle.groupby(["utterance", "dimension"])["prediction"].nunique().eq(1).all()


def test_another_draw_is_another_noise(whole_run: tuple[Path, Path]):
    predictions = tables(whole_run[0])["predictions"].query("system == 'whisper' and dimension == 'activation'")
    differing = predictions.groupby(["condition", "utterance"])["prediction"].nunique().groupby("condition").min()
    assert differing["clean"] == differing["opus@6kbit/s"] == 1
    assert differing["white@0dB"] == differing["babble@10dB"] == differing["reverb@0.3s+babble@5dB-dry"] == 2


def test_noise_makes_the_transcripts_worse(whole_run: tuple[Path, Path]):
    wer = tables(whole_run[0])["results"].query("metric == 'wer' and draw.isna()").set_index("condition")["value"]
    assert wer["clean"] < wer["white@0dB"]


def test_every_system_is_compared_with_that_of_each_family_which_is_best_on_development_data(
    whole_run: tuple[Path, Path],
):
    run, _ = whole_run
    systems = json.loads((run / "systems.json").read_text())
    development = pd.read_parquet(run / "dev_predictions.parquet")
    cells = development.groupby(["system", "seed", "dimension"], dropna=False)
    dev = pd.Series({key: ccc(of["truth"], of["prediction"]) for key, of in cells}).groupby(level=0).mean()
    deployable = {name for name, one in systems.items() if one["ladder"] not in ("reference", "clean-asr")}
    found = json.loads((run / "provenance.json").read_text())["references"]
    table = pd.read_parquet(run / "comparisons.parquet")
    for family in ("acoustic", "lexical", "multimodal", "student"):
        of_family = {name: dev[name] for name in deployable if systems[name]["family"] == family}
        one = found[f"best {family}"]
        assert one["scores"] == pytest.approx(of_family, abs=1e-6)
        assert one["chosen"] == [max(of_family, key=lambda name: of_family[name])]
        pairs = table.loc[table["group"] == f"best {family}", ["system", "against"]].drop_duplicates()
        others = {name for name in systems if systems[name]["family"] != "control"} - {*one["chosen"]}
        assert {*pairs["system"]} == others
        assert {*pairs["against"]} == {*one["chosen"]}


def test_the_page_shows_the_note_of_the_corpus_and_loads_nothing_from_elsewhere(whole_run: tuple[Path, Path]):
    run, _ = whole_run
    page = (run / "report" / "index.html").read_text(encoding="utf-8")
    assert "A synthetic control." in page
    assert not re.findall(r"(?:src|href)=.https?:", page)
    assert {"pdf", "svg", "png"} <= {file.suffix[1:] for file in (run / "report" / "figures").iterdir()}
    assert json.loads((run / "provenance.json").read_text())["corpus"]["utterances"] == {
        "train": 40,
        "dev": 12,
        "test": N_TEST,
    }


def test_a_second_run_finds_everything_done(whole_run: tuple[Path, Path], suite: Path):
    run, cache = whole_run
    before = (run / "results.parquet").stat().st_mtime_ns
    done = emonoise("run", suite, "--out", run, cache=cache)
    assert "Everything is done" in done.stderr
    assert (run / "results.parquet").stat().st_mtime_ns == before


def test_status_says_that_nothing_is_missing(whole_run: tuple[Path, Path]):
    run, cache = whole_run
    said = emonoise("status", run, "--check", cache=cache).stdout
    assert said.count(" 0 ") == 4
    assert "0 files not as written" in said


def test_one_worker_and_a_run_killed_twice_end_in_the_same_tables(
    whole_run: tuple[Path, Path], suite: Path, tmp_path: Path
):
    cache, out = tmp_path / "cache", tmp_path / "run"
    cache.mkdir()
    few = suite.with_name("few.yaml")
    few.write_text(yaml.safe_dump(yaml.safe_load(suite.read_text()) | {"systems": FEW}))
    arguments = ("run", few, "--out", out, "--workers", 1)
    # Once while heads are trained, once while test speech is worked on.
    for kind in ("heads", "predictions"):
        run = subprocess.Popen(
            command(*arguments, cache=cache), env=os.environ | {"EMONOISE_CACHE": str(cache)}, stderr=subprocess.DEVNULL
        )
        while not list((cache / "store").glob(f"*/{kind}/*/*")):
            assert run.poll() is None, f"the run ended before there were {kind}"
            time.sleep(0.02)
        run.send_signal(signal.SIGKILL)
        run.wait()
    emonoise(*arguments, cache=cache)
    for name, table in tables(out).items():
        whole = tables(whole_run[0])[name]
        if name in ("predictions", "results"):
            whole = whole[whole["system"].isin(table["system"])]
        pd.testing.assert_frame_equal(table, whole.reset_index(drop=True), check_exact=True)


def test_another_noise_computes_only_what_is_new(whole_run: tuple[Path, Path], suite: Path, tmp_path: Path):
    run, cache = whole_run
    shards = {path: path.stat().st_mtime_ns for path in (cache / "store").rglob("*.parquet")}
    content = yaml.safe_load(suite.read_text())
    content["conditions"][1]["noise"].append("pink")
    more = suite.with_name("more.yaml")
    more.write_text(yaml.safe_dump(content | {"name": "more"}))
    emonoise("run", more, "--out", tmp_path / "run", cache=cache)
    assert all(path.stat().st_mtime_ns == written for path, written in shards.items())
    both = ["system", "seed", "condition", "draw", "dimension", "metric", "value"]
    old = tables(run)["results"].query("metric == 'ccc'")[both].reset_index(drop=True)
    new = tables(tmp_path / "run")["results"].query("metric == 'ccc' and corruption != 'pink'")[both]
    pd.testing.assert_frame_equal(new.reset_index(drop=True), old)
