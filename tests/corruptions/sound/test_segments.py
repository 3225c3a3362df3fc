import pickle
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile

from corruptions import AudioError, Clip, Waveform, read_audio, write_audio
from corruptions.sound.audio import audio_length, read_slice
from corruptions.sound.segments import clip_length, read_clip, read_clip_part, sample_at

from ..signals import like_speech

KINDS = {
    "16k.wav": (16_000, None),
    "44k.wav": (44_100, "PCM_16"),
    "44k.flac": (44_100, None),
    "48k.wav": (48_000, "PCM_24"),
    "22k.ogg": (22_050, "VORBIS"),
    "8k.wav": (8_000, "FLOAT"),
    "44k.mp3": (44_100, None),
}


@pytest.fixture(scope="module", params=KINDS)
def long(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a minute in stereo; libsndfile would not read all of it at once."""
    rate, subtype = KINDS[request.param]
    noise = 0.1 * np.random.default_rng(1).standard_normal((30 * rate + 77, 2))
    path = tmp_path_factory.mktemp("long") / request.param
    soundfile.write(path, noise, rate, subtype=subtype)
    return path


def assert_alike(segment: Waveform, stretch: Waveform, path: Path):
    """Where nothing is resampled to the bit; elsewhere the last one depends on where resampling begins."""
    assert segment.shape == stretch.shape
    np.testing.assert_allclose(segment, stretch, rtol=0, atol=0 if path.name.startswith("16k") else 1e-7)


def test_a_segment_is_those_samples_of_its_decoded_file(long: Path):
    whole = read_audio(long)
    for start_s, end_s in ((0, 1.2345), (0.5, 0.75), (12.00003, 17.99999), (29.1, 30)):
        start, end = round(start_s * 16_000), round(end_s * 16_000)
        segment = Clip(long, sample_at(start_s), sample_at(end_s))
        assert_alike(read_clip(segment), whole[start:end], long)
        assert clip_length(segment) == end - start
        assert_alike(read_clip_part(segment, 100, 2000), whole[start + 100 : start + 2100], long)
    assert_alike(read_clip(Clip(long, 400_000)), whole[400_000:], long)
    assert clip_length(Clip(long, 400_000)) == audio_length(long) - 400_000
    assert np.array_equal(read_clip(Clip(long)), whole)


@pytest.mark.parametrize(("rate", "tolerance"), [(32_000, 1e-7), (64_000, 1e-7), (88_200, 1e-7), (15_999, 1e-5)])
def test_where_resampling_begins_changes_a_last_bit(tmp_path: Path, rate: int, tolerance: float):
    soundfile.write(tmp_path / "a.wav", 0.1 * np.random.default_rng(1).standard_normal(20 * rate), rate)
    whole = read_audio(tmp_path / "a.wav")
    for start in range(1, 300_000, 29_989):
        part = read_slice(tmp_path / "a.wav", start, start + 16_000)
        np.testing.assert_allclose(part, whole[start : start + 16_000], rtol=0, atol=tolerance)


def test_a_segment_that_its_file_does_not_hold_is_an_error(long: Path):
    end = len(read_audio(long))
    for segment in (Clip(long, end - 800, end + 1), Clip(long, end + 20_000), Clip(long, end, end + 10)):
        with pytest.raises(AudioError, match=long.name):
            read_clip(segment)
    assert len(read_slice(long, end - 800, end + 1)) == 800
    assert len(read_slice(long, end + 20_000, None)) == 0


@pytest.mark.parametrize(("start", "end"), [(-1, None), (0, 0), (5, 4)])
def test_a_segment_without_samples_is_none(start: int, end: int | None):
    with pytest.raises(ValueError, match=r"talk\.wav from .*: a segment begins at 0 or later, and ends after that"):
        Clip(Path("talk.wav"), start, end)


def test_a_segment_can_be_kept_and_sent():
    segment = Clip(Path("talk.wav"), 8000, None, "ab")
    assert {pickle.loads(pickle.dumps(segment)): 1}[segment] == 1  # noqa: S301
    assert str(segment) == "talk.wav from 0.5 to its end"
    assert segment.content() == "ab[8000:]"


def test_of_an_hour_no_more_is_read_than_the_segment(tmp_path: Path):
    path, n_bytes = tmp_path / "hour.wav", 3600 * 44_100 * 4
    header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + n_bytes, b"WAVE", b"fmt ", 16, 1, 2, *(44_100, 176_400, 4, 16), b"data", n_bytes)  # fmt: skip # noqa: E501
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + n_bytes)  # silence that takes no place on the disk
    tracemalloc.start()
    try:
        assert len(read_clip(Clip(path, 3000 * 16_000, 3003 * 16_000))) == 48_000
        assert len(read_clip(Clip(path, 3597 * 16_000))) == 48_000
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_of_a_file_that_was_cut_short_a_segment_is_whole_or_refused(suffix: str, tmp_path: Path):
    path = tmp_path / f"cut{suffix}"
    soundfile.write(path, 0.1 * np.random.default_rng(3).standard_normal(480_000), 16_000, subtype="PCM_16")
    whole = read_audio(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert np.array_equal(read_clip(Clip(path, 80_000, 96_000)), whole[80_000:96_000])
    for beyond in (Clip(path, 160_000), Clip(path, 160_000, 320_000), Clip(path, 400_000, 410_000)):
        with pytest.raises(AudioError, match=r"cut\."):
            read_clip(beyond)


def test_a_part_never_goes_beyond_its_segment(tmp_path: Path) -> None:
    write_audio(tmp_path / "two.wav", like_speech(0, 1))
    segment = Clip(tmp_path / "two.wav", 1600, 8000)
    assert np.array_equal(read_clip_part(segment, 1000, 5400), read_clip(segment)[1000:])
    with pytest.raises(AudioError, match=r"two\.wav from 0\.1 to 0\.5 s: ends before its sample 6401"):
        read_clip_part(segment, 1000, 5401)
