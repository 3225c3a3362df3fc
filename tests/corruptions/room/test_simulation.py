from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from pyroomacoustics.experimental.rt60 import measure_rt60

from corruptions import SAMPLE_RATE, AudioError
from corruptions.room.responses import measure_response, read_responses

from ..signals import decaying


@given(rt60_s=st.floats(0.15, 2.5), seed=st.integers(0, 9))
def test_the_reverberation_time_is_that_of_the_decay(rt60_s: float, seed: int):
    assert measure_response(decaying(rt60_s, seed)).rt60_s == pytest.approx(rt60_s, rel=0.1)


@given(rt60_s=st.floats(0.2, 2.0), seed=st.integers(0, 9))
def test_without_noise_it_is_what_others_measure(rt60_s: float, seed: int):
    response = decaying(rt60_s, seed)
    assert measure_response(response).rt60_s == pytest.approx(
        measure_rt60(response, SAMPLE_RATE, decay_db=30), rel=0.01
    )


def test_noise_does_not_make_the_reverberation_time_longer():
    noisy = decaying(0.5, noise_db=-52, duration_s=2.0)
    assert measure_response(noisy).rt60_s == pytest.approx(0.5, rel=0.05)
    assert measure_rt60(noisy, SAMPLE_RATE, decay_db=30) > 0.6


@pytest.mark.parametrize(
    "response",
    [
        np.array([1.0], np.float32),
        np.array([0, 0, 1.0, 0, 0], np.float32),
        decaying(0.5, noise_db=-20, duration_s=1.0),
        np.random.default_rng(0).standard_normal(16_000).astype(np.float32),
    ],
    ids=["one sample", "no reflections", "too much noise", "nothing but noise"],
)
def test_what_does_not_decay_has_no_reverberation_time(response: np.ndarray):
    assert measure_response(response).rt60_s is None


@given(delay=st.integers(0, 4000), gain_db=st.floats(-80, 20), seed=st.integers(0, 9))
def test_neither_a_delay_nor_a_gain_changes_what_a_room_is(delay: int, gain_db: float, seed: int):
    response = decaying(0.4, seed)
    there, here = (
        measure_response(np.append(np.zeros(delay), response * 10 ** (gain_db / 20))),
        measure_response(response),
    )
    assert there.direct == here.direct + delay
    assert there.direct_db == pytest.approx(here.direct_db + gain_db, abs=1e-3)
    for name in ("rt60_s", "drr_db", "c50_db"):
        assert getattr(there, name) == pytest.approx(getattr(here, name), abs=1e-3)


def test_the_ratios_are_those_of_the_energies():
    response = np.zeros(4000, np.float32)
    response[[100, 100 + 160, 100 + 1600]] = [1.0, -0.5, 0.1]  # at 0, 10 and 100 ms
    acoustics = measure_response(response)
    assert (acoustics.direct, acoustics.direct_db) == (100, 0.0)
    assert acoustics.drr_db == pytest.approx(10 * np.log10(1 / 0.26))
    assert acoustics.c50_db == pytest.approx(10 * np.log10(1.25 / 0.01))


def test_the_direct_sound_is_the_first_one_and_not_the_loudest():
    response = np.zeros(4000, np.float32)
    response[[200, 1000]] = [0.3, 1.0]
    assert measure_response(response).direct == 200
    response[200] = 0.05  # 26 dB less than the loudest: noise
    assert measure_response(response).direct == 1000


def test_a_room_without_reflections_has_no_ratios():
    acoustics = measure_response(np.array([0, 0.5], np.float32))
    assert (acoustics.drr_db, acoustics.c50_db) == (None, None)


def test_every_channel_is_a_response_of_its_own(tmp_path: Path):
    (tmp_path / "hall").mkdir()
    left, right = np.zeros(4800), np.zeros(4800)
    left[480], right[960] = 0.5, 0.5  # 10 and 20 ms
    soundfile.write(tmp_path / "hall/binaural.wav", np.stack([left, right], axis=1), 48_000)
    soundfile.write(tmp_path / "booth.flac", left, 8000)
    (tmp_path / "LICENSE").write_text("not audio")
    responses = read_responses(tmp_path)
    assert [one.name for one in responses] == [
        "booth.flac",
        "hall/binaural.wav channel 0",
        "hall/binaural.wav channel 1",
    ]
    assert [one.channel for one in responses] == [0, 0, 1]
    assert [one.acoustics.direct for one in responses] == [960, 160, 320]
    assert [one.n_samples for one in responses] == [9600, 1600, 1600]
    assert responses[1].sha256 == responses[2].sha256 != responses[0].sha256


def test_a_folder_that_is_missing_or_empty_is_an_error(tmp_path: Path):
    with pytest.raises(AudioError, match="nowhere: no such folder"):
        read_responses(tmp_path / "nowhere")
    with pytest.raises(AudioError, match=r"no audio files; rooms are a folder of impulse responses"):
        read_responses(tmp_path)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros(1000), r"bad\.wav: silent"),
        (np.array([1.0, np.nan]), r"bad\.wav: holds samples that are not finite"),
        (np.zeros(0), r"bad\.wav: holds no samples"),
        (np.array([[1.0, 0.0], [0.5, 0.0]]), r"bad\.wav channel 1: silent"),
    ],
    ids=["silent", "NaN", "empty", "silent channel"],
)
def test_a_file_that_is_no_response_is_an_error(tmp_path: Path, samples: np.ndarray, message: str):
    soundfile.write(tmp_path / "bad.wav", samples, 16_000, subtype="FLOAT")
    with pytest.raises(AudioError, match=message):
        read_responses(tmp_path)


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path):
    (tmp_path / "bad.wav").write_text("a shopping list")
    with pytest.raises(AudioError, match=r"bad\.wav: cannot be read as audio"):
        read_responses(tmp_path)


@pytest.mark.real_data
def test_what_is_not_like_a_room_has_no_reverberation_time(real_data: Path):
    measured = {one.name: one.acoustics for one in read_responses(real_data / "rir")}
    assert measured["rir2.wav"].rt60_s is None
    assert measured["rir3.wav"].rt60_s is None
    assert measured["rir1.wav"].rt60_s == pytest.approx(0.62, abs=0.05)
    assert measured["rir1.wav"].direct / SAMPLE_RATE == pytest.approx(0.137, abs=0.001)
    assert measured["impulse_response_0.wav"].rt60_s == pytest.approx(0.45, abs=0.03)
    both = [measured[f"stereo_impulse_response.wav channel {channel}"] for channel in (0, 1)]
    assert both[0].rt60_s == pytest.approx(both[1].rt60_s, rel=0.05)
