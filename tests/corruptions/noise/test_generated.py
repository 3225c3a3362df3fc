from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from corruptions import AudioError, Spectrum, long_term_spectrum, rms_dbfs, write_audio
from corruptions.noise.generated import CLICK, CLICKS_PER_S, blue, brown, hum, impulses, pink, speech_shaped, white

from ..signals import like_speech

COLOURS = (white, pink, brown, blue, hum, impulses)


def power_db(audio: np.ndarray, low_hz: float, high_hz: float) -> float:
    spectrum = np.square(np.abs(np.fft.rfft(audio.astype(np.float64))))
    frequency_hz = np.fft.rfftfreq(len(audio), 1 / 16_000)
    return float(10 * np.log10(spectrum[(frequency_hz >= low_hz) & (frequency_hz < high_hz)].sum()))


@given(n_samples=st.integers(1, 3000), seed=st.integers(0, 1000))
def test_generated_noise_is_as_long_as_asked_and_the_same_for_the_same_generator(n_samples: int, seed: int) -> None:
    for make in (*COLOURS, lambda n, rng: speech_shaped(n, rng, Spectrum((0.0, 3.0, 2.0, 1.0)))):
        first, again = make(n_samples, np.random.default_rng(seed)), make(n_samples, np.random.default_rng(seed))
        assert first.shape == (n_samples,)
        assert first.dtype == np.float32
        assert np.isfinite(first).all()
        assert first.tobytes() == again.tobytes()


def test_white_noise_has_the_same_power_in_every_band() -> None:
    noise = white(160_000, np.random.default_rng(0))
    assert power_db(noise, 0, 1000) == pytest.approx(power_db(noise, 7000, 8000), abs=0.2)


def test_pink_noise_has_the_same_power_in_every_octave_and_none_below_20_hz() -> None:
    noise = pink(320_000, np.random.default_rng(0))
    octaves = [power_db(noise, low_hz, 2 * low_hz) for low_hz in (62.5, 125, 250, 500, 1000, 2000, 4000)]
    np.testing.assert_allclose(octaves, np.mean(octaves), atol=0.4)
    assert power_db(noise, 0, 15) < np.mean(octaves) - 20


@pytest.mark.parametrize(("make", "db_per_octave"), [(white, 0), (pink, -3.01), (brown, -6.02), (blue, 3.01)])
def test_the_spectrum_of_a_coloured_noise_has_its_slope(make, db_per_octave: float) -> None:
    noise = make(960_000, np.random.default_rng(0))
    frequency_hz, power = signal.welch(noise.astype(np.float64), 16_000, nperseg=8192)
    audible = (frequency_hz >= 64) & (frequency_hz < 7900)
    octave, level_db = np.log2(frequency_hz[audible]), 10 * np.log10(power[audible])
    assert np.polyfit(octave, level_db, 1)[0] == pytest.approx(db_per_octave, abs=0.1)
    # A straight line: no octave strays from it.
    strays_db = level_db - np.polyval(np.polyfit(octave, level_db, 1), octave)
    assert all(abs(strays_db[octave.astype(int) == one].mean()) < 0.3 for one in set(octave.astype(int)))


def test_brown_noise_has_nothing_below_20_hz() -> None:
    noise = brown(320_000, np.random.default_rng(0))
    assert power_db(noise, 0, 19) < power_db(noise, 20, 40) - 40


@pytest.mark.parametrize("seed", range(6))
def test_hum_is_lines_at_the_multiples_of_a_mains_frequency(seed: int) -> None:
    audio = hum(1_600_000, np.random.default_rng(seed))
    power = np.square(np.abs(np.fft.rfft(audio * np.hanning(len(audio)))))
    frequency_hz = np.fft.rfftfreq(len(audio), 1 / 16_000)
    mains_hz = frequency_hz[power.argmax()]
    assert min(abs(mains_hz - 50), abs(mains_hz - 60)) < 0.1
    share_db = []
    for k in range(1, int(1000 / round(mains_hz)) + 1):
        line = np.abs(frequency_hz - k * mains_hz) < 0.5
        share_db.append(10 * np.log10(power[line].sum()))
        power[line] = 0
    expected_db = -20 * np.log10(np.arange(1, len(share_db) + 1))
    np.testing.assert_allclose(np.array(share_db) - share_db[0], expected_db, atol=0.01)
    assert 10 * np.log10(power.sum()) < share_db[-1] - 30  # and nothing else


def test_both_mains_frequencies_and_all_phases_occur() -> None:
    hums = [hum(16_000, np.random.default_rng(seed)) for seed in range(40)]
    strongest_hz = [int(np.abs(np.fft.rfft(one)).argmax()) for one in hums]
    assert set(strongest_hz) == {50, 60}
    assert 10 < strongest_hz.count(50) < 30
    signs = [one[0] > 0 for one in hums]
    assert 10 < sum(signs) < 30


def test_impulses_come_as_a_poisson_process() -> None:
    # The chances that stretches of every length are empty say all about such a process. A click that began up to its
    # own length before a stretch still sounds in it.
    n_trials = 2000
    clips = [impulses(8_000, np.random.default_rng(seed)) for seed in range(n_trials)]
    for n_samples in (160, 800, 1600, 4000):
        empty = np.mean([not clip[1000 : 1000 + n_samples].any() for clip in clips])
        expected = np.exp(-CLICKS_PER_S * (n_samples + CLICK - 1) / 16_000)
        assert empty == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / n_trials))


def test_a_click_falls_by_60_db_and_ends() -> None:
    lone = [
        clip for clip in (impulses(1600, np.random.default_rng(seed)) for seed in range(3000)) if _is_one_click(clip)
    ]
    clicks = np.array([clip[np.flatnonzero(clip)[0] :][:CLICK] for clip in lone])
    assert len(clicks) > 500
    level_db = 10 * np.log10(np.square(clicks).mean(axis=0))
    np.testing.assert_allclose(level_db, -60 * np.arange(CLICK) / CLICK, atol=1.5)


def _is_one_click(clip: np.ndarray) -> bool:
    sounding = np.flatnonzero(clip)
    return len(sounding) == CLICK and sounding[-1] - sounding[0] == CLICK - 1


@given(n_samples=st.integers(2, 2000), seed=st.integers(0, 10_000))
def test_hum_and_impulses_are_never_silent_however_short(n_samples: int, seed: int) -> None:
    for make in (hum, impulses):
        assert rms_dbfs(make(n_samples, np.random.default_rng(seed))) > -100


def test_speech_shaped_noise_has_the_spectrum_of_the_recordings(tmp_path: Path) -> None:
    speech = like_speech(0, 10)
    write_audio(tmp_path / "a.wav", speech)
    noise = speech_shaped(160_000, np.random.default_rng(0), long_term_spectrum([tmp_path / "a.wav"]))
    for low_hz in (200, 500, 1000, 2000, 4000):
        share = power_db(noise, low_hz, 1.5 * low_hz) - power_db(noise, 100, 8000)
        assert share == pytest.approx(power_db(speech, low_hz, 1.5 * low_hz) - power_db(speech, 100, 8000), abs=0.7)


def test_every_recording_counts_the_same_in_the_spectrum_however_loud(tmp_path: Path) -> None:
    low, high = np.sin(np.arange(32_000) * 0.1), np.sin(np.arange(8_000) * 2.0)
    write_audio(tmp_path / "low.wav", (0.9 * low).astype(np.float32))
    write_audio(tmp_path / "high.wav", (0.009 * high).astype(np.float32))
    power = np.array(long_term_spectrum([tmp_path / "low.wav", tmp_path / "high.wav"]).power)
    assert power[: len(power) // 2].sum() == pytest.approx(power[len(power) // 2 :].sum(), rel=0.01)


def test_a_spectrum_of_nothing_or_of_silence_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one recording or more"):
        long_term_spectrum([])
    write_audio(tmp_path / "quiet.wav", np.zeros(100, np.float32))
    with pytest.raises(AudioError, match=r"quiet.wav: silent"):
        long_term_spectrum([tmp_path / "quiet.wav"])
