"""Speech, and what its noises are made of, that changes between being listed and being used."""

import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from bench.stages import run
from bench.stages.speech import UtteranceError, corrupt_utterance
from corruptions import AudioError, Clip, Material, parse_condition, read_noise_folder, read_responses
from corruptions.sound.inputs import file_sha256

from ..changing import Meddling, soften
from ..spoken import control_suite, write_corpus


@dataclass(frozen=True)
class Spoken:
    clip: Clip
    id: str = "u1"
    speaker: str = "e0"


def listed(path: Path, *part: int) -> Clip:
    return Clip(path, *part, sha256=file_sha256(path))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write_corpus(tmp_path / "corpus").parent


@pytest.fixture
def material(corpus: Path) -> Material:
    return Material(
        talkers={"t0": (listed(corpus / "wav" / "0.wav"),)},
        recordings={"street": read_noise_folder(corpus / "street")},
        responses={"lounge": read_responses(corpus / "lounge")},
    )


CONDITIONS = {"talker@5dB": "wav/0.wav", "street@5dB": "street/*.wav", "lounge": "lounge/corner.wav"}
CHANGES: list[Callable[[Path], None]] = [soften, Path.unlink]


def corrupted(clip: Clip, condition: str, material: Material) -> np.ndarray:
    return corrupt_utterance(Spoken(clip), parse_condition(condition), 0, material, corpus="c", seed=0).audio


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("part", [(), (1600, 8000)])
def test_an_utterance_whose_recording_has_changed_or_gone_is_at_fault_itself(
    corpus: Path, material: Material, part: tuple[int, ...], change: Callable[[Path], None]
):
    clip = listed(corpus / "wav" / "16.wav", *part)
    corrupted(clip, "clean", material)
    change(clip.path)
    why = "changed since it was listed: run again" if change is soften else "no such file"
    for condition in ("clean", *CONDITIONS):
        with pytest.raises(UtteranceError) as error:
            corrupted(clip, condition, material)
        assert str(error.value) == f"{clip}: {why}"


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(("condition", "files"), CONDITIONS.items())
def test_a_recording_of_others_that_has_changed_or_gone_is_no_fault_of_the_utterance(
    corpus: Path, material: Material, condition: str, files: str, change: Callable[[Path], None]
):
    clip = listed(corpus / "wav" / "16.wav")
    for path in corpus.glob(files):
        change(path)
    why = "changed since it was listed: run again" if change is soften else "no such file"
    with pytest.raises(AudioError, match=f"{Path(files).parent}/.*wav: {why}$") as error:
        corrupted(clip, condition, material)
    assert not isinstance(error.value, UtteranceError)
    assert len(corrupted(clip, "white@5dB", material))


def test_an_utterance_that_cannot_be_corrupted_is_named_with_the_condition(corpus: Path, material: Material):
    soundfile.write(corpus / "silent.wav", np.zeros(8000), 16_000)
    with pytest.raises(UtteranceError, match=r"silent\.wav under white@5dB: speech: ") as error:
        corrupted(listed(corpus / "silent.wav"), "white@5dB", material)
    again = pickle.loads(pickle.dumps(error.value))  # noqa: S301 - as it comes from a worker
    assert (type(again), str(again)) == (UtteranceError, str(error.value))


@pytest.mark.parametrize(
    ("files", "at_fault"), [("wav/1[6-9].wav", UtteranceError), ("wav/?.wav", AudioError), ("street/*.wav", AudioError)]
)
def test_of_what_changes_during_a_run_nothing_is_stored(
    control_run: Path,
    corpus: Path,
    pool: ProcessPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
    files: str,
    at_fault: type[Exception],
):
    suite = control_suite(corpus / "corpus.csv")
    cache, right = corpus.parent / "cache", control_run.parent / "cache" / "store"
    monkeypatch.setenv("EMONOISE_CACHE", str(cache))
    monkeypatch.setattr(run, "worker_pool", lambda _: nullcontext(pool))
    stages = Meddling("Testing under noise", lambda: [soften(path) for path in corpus.glob(files)])
    with pytest.raises(at_fault, match=f"{Path(files).parent}/.*wav: changed since it was listed: run again"):
        run.run_suite(suite, corpus.parent / "run", stages=stages, allow_missing=at_fault is AudioError)
    stored = {path.relative_to(cache / "store") for path in (cache / "store").rglob("[!.]*.parquet")}
    assert all((cache / "store" / one).read_bytes() == (right / one).read_bytes() for one in stored)
    of_test = {f"00{k}" for k in range(16, 20)}
    tested = [one for one in stored if of_test & {*pd.read_parquet(cache / "store" / one).get("utterance", [])}]
    assert not tested or at_fault is AudioError
