"""How far from clean speech embeddings are: kept by the stage that makes them, and nothing is encoded twice for it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import models.asr.catalog
import models.speech.catalog
import models.text.catalog
from bench.corpora.inventory import inspect
from bench.corpora.manifest import read_manifest
from bench.plan.planning import make_plan
from bench.scores.drift import check_drift
from bench.stages import represent
from bench.stages.assemble import drift_table, plan_grid, predictions_table
from bench.stages.damage import discard_damaged
from bench.stages.evaluate import evaluate, missing_work
from bench.stages.speech import clean_speech, corrupt_utterance
from bench.stages.train import recipes, train
from bench.store.progress import Stages
from bench.store.store import Store
from bench.suite.suite import Suite
from corruptions import Material, parse_condition
from models.types import Transcript

from ..spoken import SCALE, write_corpus

VERSION = 1  # of the models below
CALLS: list[tuple[str, int]] = []


def quarters(waveform):
    """Return four frames that noise turns round: how loud a quarter of a waveform is, and a number."""
    parts = np.array_split(waveform.astype(np.float64), 4)
    return np.array([[np.abs(one).mean(), 0.01] for one in parts], np.float32)


class Encoder:
    fingerprint = "encoder"
    dim = 2
    n_layers = 1

    def __call__(self, waveforms, layers):
        CALLS.append(("encoder", len(waveforms)))
        return [[(layer + 1) * quarters(one) ** (layer + 1) for layer in layers] for one in waveforms]


class Recogniser:
    fingerprint = "recogniser"

    def __call__(self, waveforms):
        CALLS.append(("recogniser", len(waveforms)))
        return [Transcript("x" * int(9 * np.abs(one).max() / np.abs(one).mean()), -0.1, 0.0) for one in waveforms]


class Reader:
    fingerprint = "reader"
    dim = 2

    def __call__(self, texts):
        return [np.array([[40, 0], [0, len(text)]], np.float32) for text in texts]


def system(name: str, source: str, **keys: str) -> dict[str, object]:
    return {"name": name, "description": "", "family": "acoustic", "inputs": [source], "head": "ridge"} | keys


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory):
    """A suite on the small corpus, its plan, and a pool in whose calls the models below are counted."""
    manifest = write_corpus(tmp_path_factory.mktemp("drift") / "corpus")
    written = {
        "name": "drift",
        "corpus": {"manifest": manifest, "scale": SCALE},
        "models": {"counted": {"kind": "counted", "weights": "some"}},
        "representations": {
            "last": {"speech": "counted"},
            "all": {"speech": "counted", "layer": "all"},
            "words": {"text": "counted", "transcriber": "counted"},
            "reference": {"text": "counted"},
        },
        "systems": [
            *(system(name, name) for name in ("last", "all", "words")),
            system("oracle", "reference", trained_as="words"),
        ],
        "conditions": ["white@0dB", "clean"],
        "draws": 2,
        "seeds": [0],
    }
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(1) as pool:
        patch.setitem(models.speech.catalog.SPEECH_ENCODERS, "counted", lambda *_: Encoder())
        patch.setitem(models.asr.catalog.TRANSCRIBERS, "counted", lambda *_: Recogniser())
        patch.setitem(models.text.catalog.TEXT_ENCODERS, "counted", lambda *_: Reader())
        suite = Suite.model_validate(written)
        corpus, recordings = inspect(read_manifest(manifest, SCALE), pool, Stages())
        made_how = {kind: one.name for kind, one in recipes().items()}

        def plan_of(suite):
            known = represent.look_at_models(suite.representations_needed, suite.catalog, "cpu")
            return make_plan(suite, corpus, recordings, known.fingerprints, made_how, Material())

        yield suite, plan_of, pool


def test_every_waveform_is_encoded_once_and_cosines_are_those_of_mean_frames(given, tmp_path: Path):
    suite, plan_of, pool = given
    plan, store = plan_of(suite), Store(tmp_path)
    train(plan, Material(), store, pool, Stages(), "cpu")
    CALLS.clear()
    evaluate(plan, Material(), store, pool, Stages(), "cpu")
    # Once on clean speech, and once under either draw of the noise.
    assert sorted(CALLS) == [("encoder", 6)] * 3 + [("recogniser", 6)] * 3
    assert missing_work(plan, store) == []

    drift = check_drift(drift_table(plan, Material(), store), plan_grid(plan, Material()))
    assert set(drift["representation"]) == {"last", "all", "words"}
    test = {one.id: one for one in plan.corpus.split("test")}
    for row in drift.to_dict("records"):
        one = test[row["utterance"]]
        condition = parse_condition(row["condition"])
        noisy = corrupt_utterance(one, condition, row["draw"], Material(), corpus=plan.corpus.name, seed=0).audio
        both = [literal(row["representation"], audio) for audio in (noisy, clean_speech(one))]
        expected = np.dot(*both) / np.sqrt(np.dot(both[0], both[0]) * np.dot(both[1], both[1]))
        assert row["cosine"] == pytest.approx(expected, abs=1e-6)
        assert row["speaker"] == one.speaker
    assert drift.query("condition == 'clean'")["cosine"].to_numpy() == pytest.approx(1, abs=1e-12)
    assert drift.query("condition != 'clean'").groupby("representation")["cosine"].min().max() < 0.9999

    # Of a cache that was made before there was any drift, the embeddings are made once more, and nothing else.
    before = [table(plan, Material(), store) for table in (drift_table, predictions_table)]
    for path in [*tmp_path.glob("*/drift/*/*")]:
        path.unlink()
    CALLS.clear()
    evaluate(plan, Material(), store, pool, Stages(), "cpu")
    assert CALLS == [("encoder", 6)] * 3
    pd.testing.assert_frame_equal(drift_table(plan, Material(), store), before[0])
    pd.testing.assert_frame_equal(predictions_table(plan, Material(), store), before[1])

    # Damaged is what is not as it was written, of clean embeddings, too.
    clean = plan.clean_unit(plan.units[0])
    pooled = next(tmp_path.glob(f"*/features/*/{clean.pooled(plan.embeddings['last'])}.safetensors"))
    pooled.write_bytes(pooled.read_bytes()[:-1])
    discard_damaged(plan, store, pool, Stages())
    assert [(str(one.unit.condition), [*one.embeddings]) for one in missing_work(plan, store)] == [("clean", ["last"])]


def test_without_clean_speech_nobody_knows(given, tmp_path: Path):
    suite, plan_of, pool = given
    plan, store = plan_of(Suite.model_validate(suite.model_dump() | {"conditions": ["white@0dB"]})), Store(tmp_path)
    train(plan, Material(), store, pool, Stages(), "cpu")
    evaluate(plan, Material(), store, pool, Stages(), "cpu")
    drift = check_drift(drift_table(plan, Material(), store), plan_grid(plan, Material()))
    assert len(drift) == 3 * 2 * 6
    assert drift["cosine"].isna().all()


def literal(name, audio):
    """Return the mean frame of a waveform."""
    frames = {
        "last": lambda: 2 * quarters(audio) ** 2,
        "all": lambda: np.concatenate([quarters(audio), 2 * quarters(audio) ** 2], axis=1),
        "words": lambda: Reader()([Recogniser()([audio])[0].text])[0],
    }[name]()
    return [float(np.mean(column.astype(np.float64))) for column in frames.T]
