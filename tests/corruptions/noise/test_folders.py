import hashlib
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

from corruptions import AudioError, Material, corrupt, parse_condition, read_audio, read_noise_folder, write_audio
from corruptions.noise import recordings
from corruptions.noise.folders import recorded_noise
from corruptions.sound.decoding import decoding
from corruptions.sound.inputs import ChangedError

from ..signals import like_speech


def test_a_folder_is_listed_in_order_with_digests_and_lengths(noise_folder: Path) -> None:
    recordings = read_noise_folder(noise_folder).recordings
    assert [recording.name for recording in recordings] == [
        "long.wav",
        "more/stereo.WAV",
        "more/telephone.wav",
        "odd.ogg",
        "short.flac",
    ]
    for recording in recordings:
        path = noise_folder / recording.name
        assert recording.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert recording.n_samples == len(read_audio(path))


def test_every_recording_is_used(noise_folder: Path) -> None:
    folder = read_noise_folder(noise_folder)
    drawn = {recorded_noise(100, np.random.default_rng(seed), folder).source for seed in range(60)}
    assert drawn == {recording.name for recording in folder.recordings}


@pytest.mark.parametrize(
    ("name", "write", "message"),
    [
        ("text.wav", lambda path: path.write_text("not audio"), "cannot be read as audio"),
        ("video.m4a", lambda path: path.write_bytes(bytes(100)), "cannot be read as audio"),
        ("headerless.raw", lambda path: path.write_bytes(bytes(100)), "convert it to .wav"),
        ("empty.wav", lambda path: soundfile.write(path, np.zeros(0), 16_000), "lasts 0 ms"),
        (
            "brief.wav",
            lambda path: soundfile.write(path, np.ones(440) / 2, 44_100),
            "lasts 10 ms; noise must last 10 ms",
        ),
        ("silent.flac", lambda path: soundfile.write(path, np.zeros(1600), 16_000), "silent"),
        ("dither.wav", lambda path: soundfile.write(path, np.full(1600, 2.0**-15), 16_000, subtype="FLOAT"), "silent"),
        ("phase.wav", lambda path: soundfile.write(path, np.tile([0.5, -0.5], (1600, 1)), 16_000), "opposite"),
        (
            "nan.wav",
            lambda path: soundfile.write(path, [0.5] * 800 + [np.nan] * 800, 16_000, subtype="FLOAT"),
            "not finite",
        ),
        (
            "loud.wav",
            lambda path: soundfile.write(path, np.full(800, 3e4), 16_000, subtype="FLOAT"),
            "peaks at 3e[+]04",
        ),
        ("inf.wav", lambda path: soundfile.write(path, [np.inf] + [0.5] * 800, 16_000, subtype="FLOAT"), "not finite"),
    ],
)
def test_a_recording_that_cannot_be_noise_is_named(name: str, write, message: str, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "good.wav", like_speech(0, 0.5), 16_000)
    write(tmp_path / name)
    with pytest.raises(AudioError, match=f"{name}: .*{message}"):
        read_noise_folder(tmp_path)


def test_what_cannot_be_noise_may_be_left_out_by_name_but_not_all_of_it(tmp_path: Path) -> None:
    told: list[str] = []
    write_audio(tmp_path / "good.wav", like_speech(0, 0.5))
    whole = (tmp_path / "good.wav").read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.wav").write_text("not audio")
    assert [one.name for one in read_noise_folder(tmp_path, leave_out=told.append).recordings] == ["good.wav"]
    assert len(told) == 2
    assert "cut.wav: promises 0.500 s and holds 0.24" in told[0]
    (tmp_path / "good.wav").unlink()
    with pytest.raises(AudioError, match="2 of 2 recordings"):
        read_noise_folder(tmp_path, leave_out=told.append)


def test_a_folder_without_recordings_is_named(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("nothing here")
    (tmp_path / "._hidden.wav").write_bytes(b"written by another system")
    with pytest.raises(AudioError, match=f"{tmp_path.name}: no audio files"):
        read_noise_folder(tmp_path)
    with pytest.raises(AudioError, match="absent: no such folder"):
        read_noise_folder(tmp_path / "absent")


def test_ten_milliseconds_are_enough(tmp_path: Path) -> None:
    write_audio(tmp_path / "tick.wav", like_speech(0, 0.01))
    noise = recorded_noise(1000, np.random.default_rng(0), read_noise_folder(tmp_path))
    assert noise.samples.shape == (1000,)


@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_memory_does_not_grow_with_the_length_of_a_recording_or_their_number(rate: int, tmp_path: Path) -> None:
    minute = (0.1 * np.random.default_rng(0).standard_normal(60 * rate)).astype(np.float32)
    for i in range(4):
        soundfile.write(tmp_path / f"{i}.wav", minute, rate)
    folder = read_noise_folder(tmp_path)
    tracemalloc.start()
    for seed in range(12):
        recorded_noise(16_000, np.random.default_rng(seed), folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < minute.nbytes / 4


@pytest.mark.real_data
def test_every_odd_file_is_noise_at_the_exact_level_or_named_in_an_error(real_data: Path, tmp_path: Path) -> None:
    refused = {}
    for path in sorted((real_data / "odd_files").iterdir()):
        alone = tmp_path / path.stem
        alone.mkdir()
        (alone / path.name).symlink_to(path)
        try:
            material = Material(recordings={"odd": read_noise_folder(alone)})
        except AudioError as error:
            refused[path.name] = str(error)
        else:
            record = corrupt(like_speech(0), parse_condition("odd@5dB"), np.random.default_rng(0), material).record
            assert record.snr_active_db == pytest.approx(5, abs=0.01)
    assert {
        name: message.partition(f"{name}: ")[2].split(":")[0].split(";")[0] for name, message in refused.items()
    } == {
        "almost_silent.wav": "silent",
        "digital_silence.wav": "silent",
        "mono_float64.wav": "lasts 0.5 ms",
        "mono_int24.wav": "lasts 0.5 ms",
        "mono_int32.wav": "lasts 0.5 ms",
    }


def test_a_recording_that_is_not_what_was_listed_is_refused(tmp_path: Path) -> None:
    write_audio(tmp_path / "a.wav", like_speech(0, 0.5))
    folder = read_noise_folder(tmp_path)
    write_audio(tmp_path / "a.wav", like_speech(1, 0.5))
    for n_samples in (4000, 80_000):  # a part of it, and all of it over and over
        with pytest.raises(ChangedError, match=r"a\.wav: changed since it was listed: run again"):
            recorded_noise(n_samples, np.random.default_rng(0), folder)


def test_the_digest_of_a_recording_is_that_of_what_was_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_audio(tmp_path / "a.wav", like_speech(0, 0.5))

    @contextmanager
    def decoded_and_changed(path: Path) -> Iterator[object]:
        with decoding(path) as opened:
            yield opened
        write_audio(path, like_speech(1, 0.5))

    monkeypatch.setattr(recordings, "decoding", decoded_and_changed)
    message = f"{tmp_path / 'a.wav'}: changed while it was read: run again"
    assert recordings.examine(tmp_path, ["a.wav"]) == [recordings.Fault("a.wav", "unreadable", message)]
