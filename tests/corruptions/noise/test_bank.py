import pickle
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from corruptions import AudioError, Material, corrupt, parse_condition, read_audio, read_noise_folder, write_audio
from corruptions.noise.folders import NoiseFolder, decoded, recorded_noise

from ..signals import like_speech


@pytest.fixture(scope="module")
def listed(noise_folder: Path) -> NoiseFolder:
    return read_noise_folder(noise_folder)


@pytest.fixture(scope="module")
def banked(listed: NoiseFolder, tmp_path_factory: pytest.TempPathFactory) -> NoiseFolder:
    return decoded(listed, tmp_path_factory.mktemp("bank"))


def test_a_bank_holds_the_samples_that_reading_gives(listed: NoiseFolder, banked: NoiseFolder) -> None:
    for one in listed.recordings:
        assert np.array_equal(banked.bank.recording(one.sha256), read_audio(listed.folder / one.name)[: one.n_samples])


@pytest.mark.parametrize("n_samples", [100, 16_000, 90_000])  # the last is looped, from every recording but one
def test_a_bank_changes_no_sample_of_any_excerpt(listed: NoiseFolder, banked: NoiseFolder, n_samples: int) -> None:
    for seed in range(40):
        read, mapped = (recorded_noise(n_samples, np.random.default_rng(seed), one) for one in (listed, banked))
        assert read.samples.tobytes() == mapped.samples.tobytes()
        assert replace(read, samples=None) == replace(mapped, samples=None)


def test_a_bank_changes_nothing_in_a_record(listed: NoiseFolder, banked: NoiseFolder) -> None:
    speech, condition = like_speech(0), parse_condition("street@5dB")
    for seed in range(10):
        read, mapped = (
            corrupt(speech, condition, np.random.default_rng(seed), Material(recordings={"street": one}))
            for one in (listed, banked)
        )
        assert read.audio.tobytes() == mapped.audio.tobytes()
        assert read.record == mapped.record


def test_a_split_of_a_folder_finds_its_recordings_in_the_bank(banked: NoiseFolder) -> None:
    part = replace(banked, recordings=banked.recordings[2:4], split="test")
    drawn = {recorded_noise(100, np.random.default_rng(seed), part).source for seed in range(20)}
    assert drawn == {one.name for one in part.recordings}


def test_what_is_in_the_cache_is_not_decoded_again(listed: NoiseFolder, tmp_path: Path) -> None:
    decoded(listed, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    moved = replace(listed, folder=tmp_path / "absent")
    decoded(moved, tmp_path)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_a_build_that_was_cut_short_leaves_nothing_half_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "noise").mkdir()
    for i in range(6):
        write_audio(tmp_path / "noise" / f"{i}.wav", like_speech(i, 0.1))
    monkeypatch.setattr("corruptions.noise.bank._PER_PART", 2)
    folder = read_noise_folder(tmp_path / "noise")
    hidden = (tmp_path / "noise" / "5.wav").rename(tmp_path / "5.wav")
    with pytest.raises(AudioError, match=r"5.wav: no such file"):
        decoded(folder, tmp_path / "bank")
    done = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "bank").iterdir()}
    assert len(done) == 2
    hidden.rename(tmp_path / "noise" / "5.wav")
    bank = decoded(folder, tmp_path / "bank").bank
    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "bank").iterdir()}
    assert len(after) == 3
    assert done.items() <= after.items()
    assert np.array_equal(bank.recording(folder.recordings[5].sha256), read_audio(tmp_path / "noise" / "5.wav"))


def test_a_recording_that_changed_since_it_was_listed_is_named(tmp_path: Path) -> None:
    write_audio(tmp_path / "a.wav", like_speech(0, 0.2))
    folder = read_noise_folder(tmp_path)
    write_audio(tmp_path / "a.wav", like_speech(1, 0.2))
    with pytest.raises(AudioError, match=r"a\.wav: changed since it was listed: run again"):
        decoded(folder, tmp_path / "bank")
    write_audio(tmp_path / "a.wav", like_speech(0, 0.1))
    with pytest.raises(AudioError, match=r"a\.wav: changed since it was listed: run again"):
        decoded(folder, tmp_path / "bank")
    assert not list((tmp_path / "bank").iterdir())


def test_a_banked_folder_is_small_when_it_is_pickled(banked: NoiseFolder) -> None:
    recorded_noise(1000, np.random.default_rng(0), banked)
    pickled = pickle.dumps(banked)
    assert len(pickled) < 10_000
    again = pickle.loads(pickled)  # noqa: S301 - as a worker gets it
    assert again == banked
    assert np.array_equal(
        recorded_noise(1000, np.random.default_rng(0), again).samples,
        recorded_noise(1000, np.random.default_rng(0), banked).samples,
    )


def test_nobody_can_write_into_a_bank(banked: NoiseFolder) -> None:
    noise = recorded_noise(1000, np.random.default_rng(0), banked)
    with pytest.raises(ValueError, match="read-only"):
        noise.samples[0] = 0


@pytest.mark.parametrize("bank", [False, True])
def test_memory_does_not_grow_with_the_number_of_recordings_opened(bank: bool, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for i in range(200):
        soundfile.write(tmp_path / f"{i}.wav", 0.1 * rng.standard_normal(16_000), 16_000)
    folder = read_noise_folder(tmp_path)
    if bank:
        folder = decoded(folder, tmp_path / "bank")
    recorded_noise(4000, rng, folder)

    def after(n_excerpts: int) -> int:
        for _ in range(n_excerpts):
            recorded_noise(4000, rng, folder)
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    few, many = after(20), after(800)
    tracemalloc.stop()
    assert many - few < 16_000 + (0 if bank else 200 * 600)  # one excerpt, and the digest of each file
