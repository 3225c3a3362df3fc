from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from corruptions import Material, Waveform, corrupt, parse_condition, read_noise_folder
from corruptions.noise.activity import (
    ActiveStretches,
    FramePower,
    active_frames,
    active_share,
    active_stretches,
    draw_offset,
)

from ..signals import like_speech

RATES = (8000, 11_025, 16_000, 22_050, 44_100, 48_000)


def powers_of(x: np.ndarray, rate: int = 16_000, blocks: int = 1) -> np.ndarray:
    collected = FramePower(rate)
    for block in np.array_split(x, blocks):
        collected.add(block)
    return collected.powers()


@given(
    rate=st.sampled_from(RATES), n_samples=st.integers(1, 5000), blocks=st.integers(1, 60), seed=st.integers(0, 1000)
)
def test_the_power_of_frames_is_that_of_frames_however_a_file_is_cut_into_blocks(
    rate: int, n_samples: int, blocks: int, seed: int
) -> None:
    x = np.random.default_rng(seed).standard_normal(n_samples).astype(np.float32) + np.float32(0.5)
    centred = x.astype(np.float64) - x.astype(np.float64).mean()
    frames = np.arange(n_samples) // round(rate / 100)
    expected = [np.square(centred[frames == frame]).mean() for frame in range(frames[-1] + 1)]
    np.testing.assert_allclose(powers_of(x, rate, blocks), expected, rtol=1e-5, atol=1e-5)


@given(softer_db=st.floats(20, 40), share=st.floats(0.01, 0.99))
def test_what_lies_thirty_decibels_under_the_level_of_what_sounds_is_a_pause(softer_db: float, share: float) -> None:
    loud = np.arange(1000) < 1000 * share
    powers = np.where(loud, 1.0, 10 ** (-softer_db / 10))
    assert np.array_equal(active_frames(powers), loud if softer_db > 30 else loud | True)


def test_steady_noise_sounds_throughout_and_silence_never() -> None:
    assert active_share(np.random.default_rng(0).standard_normal(80_000)) == 1
    assert not active_frames(np.zeros(100)).any()


HISS = 2 * 2.0**-15 * np.random.default_rng(0).uniform(-1, 1, 80_000)


def half_hiss() -> Waveform:
    """Street noise whose second half is the dither of a converter."""
    street = 0.05 * np.random.default_rng(1).standard_normal(80_000)
    return np.concatenate([street, HISS]).astype(np.float32)


def bark() -> Waveform:
    """A third of a second of a dog in five of nothing, as ESC-50 has them."""
    audio = np.zeros(80_000, np.float32)
    audio[50_000:55_000] = like_speech(1, 0.3125)
    return audio


def test_excerpts_are_drawn_from_where_there_is_noise(tmp_path: Path) -> None:
    """Before, a third of the excerpts were hiss, made louder by 40 dB."""
    soundfile.write(tmp_path / "street.wav", half_hiss(), 16_000)
    material = Material(recordings={"street": read_noise_folder(tmp_path)})
    speech, condition = like_speech(0, 2), parse_condition("street@5dB")
    found = [corrupt(speech, condition, np.random.default_rng(key), material).record for key in range(200)]
    assert min(one.noise_activity for one in found) > 0.49
    assert max(one.noise_gain_db for one in found) < min(one.noise_gain_db for one in found) + 4
    # Where it sounds, the noise is at most 3 dB louder than its level says.
    assert all(one.snr_active_db == pytest.approx(5, abs=0.01) for one in found)
    assert len({one.noise_offset for one in found}) > 100
    throughout = [one for one in found if one.noise_offset + 32_000 <= 80_000]
    assert 0.5 < len(throughout) / len(found) < 0.95
    assert all(one.noise_activity == 1 for one in throughout)


def test_an_impulsive_noise_stays_one_and_the_record_says_how_much_of_it_sounds(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "dog.wav", bark(), 16_000)
    material = Material(recordings={"dog": read_noise_folder(tmp_path)})
    for key in range(50):
        result = corrupt(like_speech(0, 4), parse_condition("dog@5dB"), np.random.default_rng(key), material)
        assert result.record.snr_active_db == pytest.approx(5, abs=0.01)
        assert 0.015 < result.record.noise_activity < 0.1


def test_the_record_says_it_of_every_noise_and_of_no_silence() -> None:
    speech = like_speech(0)
    shares = {
        text: corrupt(speech, parse_condition(text), np.random.default_rng(0)).record.noise_activity
        for text in ("white@5dB", "impulses@5dB", "clean")
    }
    assert shares["white@5dB"] == 1
    assert 0.05 < shares["impulses@5dB"] < 0.5
    assert shares["clean"] is None


@st.composite
def recordings(draw: st.DrawFn) -> tuple[int, int, ActiveStretches]:
    """A length in frames, a length of excerpts in samples, and where it sounds."""
    loud = np.array(draw(st.lists(st.booleans(), min_size=5, max_size=200).filter(any)))
    length = 160 * len(loud)
    return length, draw(st.integers(400, length)), active_stretches(np.where(loud, 1.0, 0.0), length)


@given(drawn=recordings(), seed=st.integers(0, 10_000))
def test_an_excerpt_holds_half_of_what_the_best_holds_and_a_frame_that_is_whole(
    drawn: tuple[int, int, ActiveStretches], seed: int
) -> None:
    length, n_samples, where = drawn
    loud = np.zeros(length, int)
    for begin, end in where:
        loud[begin:end] = 1
    total = np.concatenate([[0], np.cumsum(loud)])
    heard = total[n_samples:] - total[: length - n_samples + 1]
    offset = draw_offset(length, n_samples, where, np.random.default_rng(seed))
    assert 0 <= offset <= length - n_samples
    assert heard[offset] >= heard.max() / 2
    within = loud[offset : offset + n_samples]
    assert any(within[frame : frame + 160].all() for frame in range((-offset) % 160, n_samples - 159, 160))


def test_of_a_recording_that_sounds_throughout_one_number_is_drawn() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        offset = draw_offset(100_000, 30_000, ((0, 100_000),), rng)
        again = np.random.default_rng(seed)
        assert offset == again.integers(70_001)
        assert rng.random() == again.random()
