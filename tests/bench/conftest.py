"""A small run, as the two tables of evidence that scores are computed from."""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.corpora.corpus import DIMENSIONS
from bench.outside import export, replay
from bench.scores.results import PREDICTIONS, TRANSCRIPTS
from bench.stages.run import run_suite
from bench.store.engine import worker_pool
from bench.store.progress import Stages

from .spoken import control_suite, write_corpus

CONDITIONS = (
    ("clean", "clean", None, None),
    ("babble", "babble@10dB", 10.0, "SNR (dB)"),
    ("babble", "babble@-5dB", -5.0, "SNR (dB)"),
    ("white", "white@0dB", 0.0, "SNR (dB)"),
)
SPEAKERS = {"u1": "Ann", "u2": "Bob", "u3": "Ann", "u4": "Cid", "u5": "Unknown", "u6": "Bob", "u7": "Unknown"}
REFERENCES = {utterance: f"one more sentence for {speaker}" for utterance, speaker in SPEAKERS.items()}


def _predictions(systems: tuple[str, ...] = ("mfb", "text")) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    truth = {(utterance, dimension): rng.uniform(1, 7) for utterance in SPEAKERS for dimension in DIMENSIONS}
    frame = pd.DataFrame(
        [
            ("quick", "probe", "test", system, seed, utterance, speaker, *condition, draw, dimension, rng.normal())
            for system in systems
            for seed in (0, 1)
            for condition in CONDITIONS
            for draw in (0, 1)
            for utterance, speaker in SPEAKERS.items()
            for dimension in DIMENSIONS
        ],
        columns=list(PREDICTIONS)[:-1],
    )
    frame["truth"] = [truth[key] for key in zip(frame["utterance"], frame["dimension"], strict=True)]
    frame["prediction"] += frame["truth"]
    return frame


def _transcripts() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    frame = pd.DataFrame(
        [
            ("probe", "test", utterance, speaker, *condition, draw, "tiny", "en", REFERENCES[utterance])
            for condition in CONDITIONS
            for draw in (0, 1)
            for utterance, speaker in SPEAKERS.items()
        ],
        columns=list(TRANSCRIPTS)[:-3],
    )
    heard = [" ".join(word for word in one.split() if rng.random() > 0.3) for one in frame["reference"]]
    return frame.assign(text=heard, mean_log_probability=-0.4, no_speech_probability=0.1)


@pytest.fixture
def make_predictions() -> Callable[..., pd.DataFrame]:
    return _predictions


@pytest.fixture
def predictions() -> pd.DataFrame:
    return _predictions()


@pytest.fixture
def transcripts() -> pd.DataFrame:
    return _transcripts()


@pytest.fixture(scope="module")
def small_run() -> tuple[pd.DataFrame, pd.DataFrame]:
    return _predictions(), _transcripts()


@pytest.fixture(scope="session")
def pool() -> Iterator[ProcessPoolExecutor]:
    """Two workers for all tests, for they take seconds to start."""
    with worker_pool(2) as pool:
        yield pool


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The table of a small corpus; see ``spoken``."""
    return write_corpus(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="session")
def write_export(manifest: Path, pool: ProcessPoolExecutor) -> Callable[..., Path]:
    """Export the small corpus, or another, with the folders that the conditions name."""

    def write(out: Path, conditions: list[str], **options: object) -> Path:
        table = Path(str(options.pop("manifest", manifest)))
        noises = {"street": table.parent / "street"} if any("street" in one for one in conditions) else {}
        rooms = {"lounge": table.parent / "lounge"} if any("lounge" in one for one in conditions) else {}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(export, "worker_pool", lambda _workers: nullcontext(pool))
            given = {"noises": noises, "rooms": rooms, "stages": Stages()} | options
            return export.export(str(table), out, conditions, **given)

    return write


@pytest.fixture(scope="session")
def exported(write_export: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The manifest of an export in which there is something of everything."""
    conditions = ["clean", "babble@5dB", "street@-30dB", "lounge+speech-shaped@0dB"]
    return write_export(tmp_path_factory.mktemp("exported"), conditions, draws=2)


@pytest.fixture(scope="session")
def make_again(pool: ProcessPoolExecutor) -> Callable[..., Path]:
    """Replay a table into a folder."""

    def make_again(table: Path, out: Path, stages: Stages | None = None, **options: bool) -> Path:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(replay, "worker_pool", lambda _workers: nullcontext(pool))
            return replay.replay(table, out, stages=stages or Stages(), **options)

    return make_again


@pytest.fixture(scope="session")
def control_run(manifest: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a whole run of ``control_suite`` on the small corpus."""
    folder = tmp_path_factory.mktemp("control")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMONOISE_CACHE", str(folder / "cache"))
        run_suite(control_suite(manifest), folder / "run", stages=Stages(), workers=1, device="cpu")
    return folder / "run"
