"""Files whose headers are wrong or silent about their length, and files that hold less than they promise."""

import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from corruptions import AudioError, read_audio, read_noise_folder
from corruptions.sound.audio import audio_length, read_excerpt
from corruptions.sound.decoding import FFMPEG, decode
from corruptions.sound.promises import ShortAudioError

RATE = 16_000
SECONDS = 3.6


def noise() -> np.ndarray:
    """Two seconds of silence, then noise: what a bit rate that varies is told most wrongly from."""
    loud = 0.1 * np.random.default_rng(0).standard_normal(round(1.6 * RATE))
    return np.concatenate([np.zeros(2 * RATE), loud]).astype(np.float32)


def write(path: Path, container: str, subtype: str | None = None) -> Path:
    soundfile.write(path, noise(), RATE, format=container, subtype=subtype)
    return path


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MP3 of a varying bit rate whose first frame says how many there are."""
    path = tmp_path_factory.mktemp("mp3") / "counted.mp3"
    soundfile.write(path, noise(), RATE, bitrate_mode="VARIABLE", compression_level=0.5)
    return path


@pytest.fixture(scope="module")
def uncounted(counted: Path) -> Path:
    """The same without that frame, as streams and cuts are."""
    content = counted.read_bytes()
    first, second, *_ = (place for place in range(400) if content[place : place + 2] == b"\xff\xf3")
    assert b"Xing" in content[first:second]
    path = counted.with_name("uncounted.mp3")
    path.write_bytes(content[second:])
    return path


def test_an_mp3_is_as_long_as_what_is_decoded_of_it_whatever_it_says(counted: Path, uncounted: Path) -> None:
    assert len(read_audio(counted)) == audio_length(counted) == SECONDS * RATE
    # Nothing says that the first 1,105 samples are the encoder's, nor where the last frame is filled up.
    whole = read_audio(uncounted)
    assert len(whole) == audio_length(uncounted) == SECONDS * RATE + 1152
    np.testing.assert_allclose(whole[1105 : 1105 + len(noise())], read_audio(counted), atol=1e-4)
    assert soundfile.info(uncounted).frames != len(whole)  # or this test shows nothing


def test_a_noise_is_listed_with_the_length_it_has(uncounted: Path, tmp_path: Path) -> None:
    (tmp_path / "noise.mp3").write_bytes(uncounted.read_bytes())
    [listed] = read_noise_folder(tmp_path).recordings
    assert listed.n_samples == len(read_audio(uncounted))


@given(data=st.data())
def test_an_excerpt_of_an_mp3_is_where_it_is_in_the_whole(counted: Path, uncounted: Path, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from([counted, uncounted]))
    start = data.draw(st.integers(0, audio_length(path) - 1))
    n_samples = data.draw(st.integers(1, audio_length(path) - start))
    assert np.array_equal(read_excerpt(path, start, n_samples), read_audio(path)[start : start + n_samples])


CONTAINERS = ["AIFF", "AU", "CAF", "FLAC", "NIST", "OGG", "RF64", "W64", "WAV", "WAVEX"]


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("share", [0.3, 0.5, 0.99])
def test_a_file_that_was_cut_is_refused_and_the_whole_one_is_not(container: str, share: float, tmp_path: Path) -> None:
    path = write(tmp_path / f"whole.{container.lower()}", container)
    assert len(decode(path)[0]) == SECONDS * RATE
    content = path.read_bytes()
    cut = tmp_path / f"cut.{container.lower()}"
    cut.write_bytes(content[: round(share * len(content))])
    with pytest.raises(AudioError, match=r"cut\.\w+: .*(promises .* holds|Ogg page|lost sync|malformed)"):
        decode(cut)


def test_an_mp3_that_says_how_long_it_is_and_was_cut_is_refused(counted: Path, uncounted: Path, tmp_path: Path) -> None:
    content = counted.read_bytes()
    (tmp_path / "cut.mp3").write_bytes(content[: len(content) // 2])
    with pytest.raises(ShortAudioError, match=r"cut\.mp3: promises 3\.600 s and holds [12]\.\d+ s; it was cut short"):
        decode(tmp_path / "cut.mp3")
    # One that says nothing promises nothing, wherever it ends.
    content = uncounted.read_bytes()
    for n_bytes in (1, 100, 1000, 4000):
        (tmp_path / "cut.mp3").write_bytes(content[:-n_bytes])
        assert 0 < len(read_audio(tmp_path / "cut.mp3")) <= len(read_audio(uncounted))


def with_data_size(path: Path, size: int) -> Path:
    content = bytearray(write(path, "WAV", "PCM_16").read_bytes())
    place = content.index(b"data") + 4
    content[place : place + 4] = struct.pack("<I", size)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("size", [0, 1000, 80_000])
def test_a_wav_whose_header_was_never_completed_is_refused(size: int, tmp_path: Path) -> None:
    path = with_data_size(tmp_path / "a.wav", size)
    with pytest.raises(ShortAudioError, match=rf"its samples take {size} bytes, and \d+ more bytes follow"):
        decode(path)


@pytest.mark.parametrize("size", [0xFFFF_FFFF, 0x7FFF_F000, 0x7FFF_FFFF])
def test_a_wav_written_into_a_pipe_is_read_to_its_end(size: int, tmp_path: Path) -> None:
    assert len(decode(with_data_size(tmp_path / "a.wav", size))[0]) == SECONDS * RATE


@pytest.mark.parametrize("rest", [bytes(5000), b"TAG" + bytes(range(125)), b"LIST\x04\0\0\0INFO", b"\1\2\3"])
def test_what_is_no_sound_may_follow_it(rest: bytes, tmp_path: Path) -> None:
    path = write(tmp_path / "a.wav", "WAV", "PCM_16")
    path.write_bytes(path.read_bytes() + rest)
    assert len(decode(path)[0]) == SECONDS * RATE


def with_frame_count(path: Path, count: int) -> Path:
    content = bytearray(write(path, "FLAC").read_bytes())
    others = int.from_bytes(content[18:26], "big") >> 36 << 36
    content[18:26] = (others | count).to_bytes(8, "big")
    path.write_bytes(content)
    return path


def test_a_flac_of_unknown_length_is_read_to_its_end_and_in_part(tmp_path: Path) -> None:
    path = with_frame_count(tmp_path / "a.flac", 0)
    whole = read_audio(path)
    assert len(whole) == audio_length(path) == SECONDS * RATE
    assert np.array_equal(read_excerpt(path, 33_000, 100), whole[33_000:33_100])
    with pytest.raises(AudioError, match="ends before sample"):
        read_excerpt(path, len(whole) - 10, 100)


@pytest.mark.parametrize("count", [2**35, 70_000])
def test_a_length_that_lies_allocates_nothing(count: int, tmp_path: Path) -> None:
    path = with_frame_count(tmp_path / "a.flac", count)
    tracemalloc.start()
    try:
        with pytest.raises(ShortAudioError, match="and holds 3.600 s"):
            decode(path)
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


def encode(path: Path, codec: str, rate: int) -> Path:
    import av

    sound = noise() if rate == RATE else np.repeat(noise(), rate // RATE)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = rate, 0
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return path


OTHERS = [
    ("a.aac", "aac", RATE),
    ("a.wv", "wavpack", RATE),
    ("a.m4a", "aac", RATE),
    ("a.mp4", "aac", RATE),
    ("a.webm", "libopus", 48_000),
    ("a.mka", "libopus", 48_000),
]


@pytest.mark.parametrize(("name", "codec", "rate"), OTHERS, ids=[name for name, *_ in OTHERS])
def test_what_phones_and_browsers_record_is_read(name: str, codec: str, rate: int, tmp_path: Path) -> None:
    path = encode(tmp_path / name, codec, rate)
    audio = read_audio(path)
    assert len(audio) == audio_length(path) == pytest.approx(SECONDS * RATE, abs=0.12 * RATE)
    assert np.array_equal(read_excerpt(path, 40_000, 100), audio[40_000:40_100])
    loud = np.flatnonzero(np.abs(audio) > 0.05)[0]
    # A bare stream of AAC does not say that its first 1,024 samples are the encoder's.
    assert loud == pytest.approx(2 * RATE, abs=0.07 * RATE)


@pytest.mark.parametrize("suffix", sorted(FFMPEG))
def test_what_is_not_what_its_name_says_is_refused_by_name(suffix: str, tmp_path: Path) -> None:
    (tmp_path / f"text{suffix}").write_text("this is not audio" * 100)
    with pytest.raises(AudioError, match=rf"text\{suffix}: (cannot be read as audio: \w|holds no audio)"):
        decode(tmp_path / f"text{suffix}")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.mp3", b"", "an empty file"),
        ("empty.wav", b"", "an empty file"),
        ("lfs.wav", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", "a pointer of Git LFS"),
        ("text.mp3", b"this is not audio" * 100, "it is no MP3"),
        ("wav.mp3", None, None),
    ],
)
@pytest.mark.parametrize("read", [decode, read_audio, audio_length])
def test_an_mp3_that_is_none_is_read_as_what_it_is_or_said_to_be_none(
    read: Callable[[Path], object], name: str, content: bytes | None, message: str | None, tmp_path: Path
) -> None:
    path = tmp_path / name
    if content is None:
        write(path, "WAV")
        assert read(path) is not None
        return
    path.write_bytes(content)
    with pytest.raises(AudioError, match=f"{name}: .*{message}"):
        read(path)
