from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from corruptions import AudioError, Waveform, read_audio, write_audio
from corruptions.sound.audio import audio_length, read_excerpt


@given(steps=st.lists(st.integers(-32768, 32767), min_size=1, max_size=300), suffix=st.sampled_from([".wav", ".flac"]))
def test_what_came_from_16_bits_is_written_and_read_unchanged(
    tmp_path_factory: pytest.TempPathFactory, steps: list[int], suffix: str
) -> None:
    path = tmp_path_factory.mktemp("audio") / f"a{suffix}"
    audio = np.array(steps, np.float32) / 32768
    write_audio(path, audio)
    assert np.array_equal(read_audio(path), audio)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("audio", "name", "message"),
    [
        (np.array([0.5, 1.01], np.float32), "a.wav", "peak is 1.01"),
        (np.array([0.5, np.nan], np.float32), "a.wav", "peak is nan"),
        (np.zeros(0, np.float32), "a.wav", r"shape \(0,\)"),
        (np.zeros((3, 2), np.float32), "a.wav", r"shape \(3, 2\)"),
        (np.zeros(3, np.float32), "a.mp3", "write .flac or .wav"),
    ],
)
def test_nothing_is_clipped_or_guessed_when_writing(audio: Waveform, name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=message):
        write_audio(tmp_path / name, audio)
    assert not list(tmp_path.iterdir())


def test_channels_are_averaged(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.array([[0.5, 0.25], [-0.5, 0.0]]), 16_000, subtype="FLOAT")
    assert read_audio(tmp_path / "a.wav").tolist() == [0.375, -0.25]


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000])
def test_resampling_keeps_a_tone(rate: int, tmp_path: Path) -> None:
    seconds = np.arange(rate) / rate
    soundfile.write(tmp_path / "a.wav", 0.5 * np.sin(2 * np.pi * 1000 * seconds), rate, subtype="FLOAT")
    audio = read_audio(tmp_path / "a.wav")
    expected = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(16_000) / 16_000)
    assert audio.dtype == np.float32
    assert len(audio) == 16_000
    np.testing.assert_allclose(audio[1000:-1000], expected[1000:-1000], atol=1e-5)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Four seconds of noise in many formats and at many rates, of which GSM is one that cannot seek."""
    folder = tmp_path_factory.mktemp("recordings")
    kinds = [
        ("16k.wav", 16_000, None),
        ("44k.flac", 44_100, None),
        ("48k.wav", 48_000, "PCM_24"),
        ("11k.wav", 11_024, "MS_ADPCM"),
    ]
    kinds += [
        ("22k.ogg", 22_050, "VORBIS"),
        ("16k.opus", 16_000, "OPUS"),
        ("48k.opus", 48_000, "OPUS"),
        ("8k.wav", 8_000, "GSM610"),
        ("prime.wav", 44_101, None),
    ]
    for name, rate, subtype in kinds:
        noise = 0.1 * np.random.default_rng(0).standard_normal((4 * rate, 1 if subtype == "GSM610" else 2))
        soundfile.write(folder / name, noise, rate, subtype=subtype, format="OGG" if name.endswith("opus") else None)
    return sorted(folder.iterdir())


@given(data=st.data())
def test_an_excerpt_is_a_stretch_of_the_whole_recording_but_for_a_last_bit(
    recordings: list[Path], data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(recordings))
    whole = read_audio(path)
    start = data.draw(st.integers(0, audio_length(path) - 1))
    n_samples = data.draw(st.integers(1, audio_length(path) - start))
    excerpt = read_excerpt(path, start, n_samples)
    np.testing.assert_allclose(excerpt, whole[start : start + n_samples], rtol=0, atol=1e-7, strict=True)


def test_an_excerpt_beyond_the_end_is_an_error(recordings: list[Path]) -> None:
    for path in recordings:
        with pytest.raises(AudioError, match="ends before sample"):
            read_excerpt(path, audio_length(path) - 10, 1000)


@pytest.mark.parametrize("read", [read_audio, lambda path: read_excerpt(path, 0, 2)], ids=["whole", "excerpt"])
def test_what_cannot_be_read_is_named(read, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "nan.wav", np.array([0.1, np.nan]), 16_000, subtype="FLOAT")
    soundfile.write(tmp_path / "inf.wav", np.array([np.inf, 0.1, 0.1]), 48_000, subtype="FLOAT")
    soundfile.write(tmp_path / "int16.wav", np.array([12_000.0, -9_000.0, 1.0]), 16_000, subtype="FLOAT")
    soundfile.write(tmp_path / "huge.wav", np.array([1e30, 0.1, 0.1]), 48_000, subtype="FLOAT")
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 16_000)
    (tmp_path / "text.wav").write_text("this is not audio")
    (tmp_path / "headerless.raw").write_bytes(bytes(100))
    (tmp_path / "folder.wav").mkdir()
    for name, message in {
        "nan.wav": "not finite",
        "inf.wav": "not finite",
        "int16.wav": "peaks at 1.2e[+]04, where full scale is 1",
        "huge.wav": "peaks at 1e[+]30",
        "empty.wav": "no samples",
        "text.wav": "cannot be read as audio",
        "headerless.raw": "convert it to .wav",
        "folder.wav": "no such file",
        "absent.wav": "no such file",
    }.items():
        with pytest.raises(AudioError, match=f"{name}: .*{message}"):
            read(tmp_path / name)


@pytest.mark.real_data
def test_every_odd_file_is_read_exactly(real_data: Path) -> None:
    for path in sorted((real_data / "odd_files").iterdir()):
        audio = read_audio(path)
        if path.suffix == ".m4a":  # libsndfile reads none
            assert len(audio) / 16_000 == pytest.approx(3.204, abs=0.001)
            continue
        frames, rate = soundfile.read(path, always_2d=True)
        assert len(audio) == pytest.approx(len(frames) * 16_000 / rate, abs=1)
        if rate == 16_000:
            np.testing.assert_allclose(audio, frames.mean(axis=1), atol=1e-6)
