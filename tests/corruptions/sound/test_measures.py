import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corruptions import Waveform, active_level_dbfs, corrupt, parse_condition, rms_dbfs
from corruptions.sound.measures import BAND_IMPORTANCE, intelligibility_snr_db, segmental_snr_db

from ..signals import like_speech

ROUNDING = 1e-9


def segmental_frame_by_frame(speech: Waveform, noise: Waveform) -> float:
    active_dbfs = active_level_dbfs(speech)
    speech, noise = speech - speech.mean(), noise - noise.mean()
    frames, loudest = [], -math.inf
    for start in range(0, max(len(speech) - 240, 1), 240):
        power = sum(float(sample) ** 2 for sample in speech[start : start + 480]) / 480
        noise_power = sum(float(sample) ** 2 for sample in noise[start : start + 480]) / 480
        frames.append((power, noise_power))
        loudest = max(loudest, power)
    values = [
        max(-10.0, min(35.0, 10 * math.log10(power / noise_power) if noise_power else math.inf))
        for power, noise_power in frames
        if power == loudest or (power and 10 * math.log10(power) >= active_dbfs - 15.9)
    ]
    return sum(values) / len(values)


def weighted_band_by_band(speech: Waveform, noise: Waveform) -> float:
    # The lowest band begins at 140 Hz, so that 4096 bins are enough to tell bands apart; no shortcut of a fast length.
    size = max(len(speech), 8192)
    frequency_hz = np.fft.rfftfreq(size, 1 / 16_000)
    powers = [np.abs(np.fft.rfft(signal - signal.mean(), size)) ** 2 for signal in (speech, noise)]
    pauses_db = active_level_dbfs(speech) - rms_dbfs(speech)
    total = 0.0
    for k, importance in zip(range(-8, 10), BAND_IMPORTANCE.values(), strict=True):
        centre_hz = 1000 * 2 ** (k / 3)
        band = (frequency_hz >= centre_hz * 2 ** (-1 / 6)) & (frequency_hz < centre_hz * 2 ** (1 / 6))
        snr_db = 10 * math.log10(powers[0][band].sum() / powers[1][band].sum()) + pauses_db
        total += importance * max(-15.0, min(15.0, snr_db))
    return total


@pytest.mark.parametrize("snr_db", [30, 5, -20])
@pytest.mark.parametrize("n_samples", [16_000, 16_101, 700])
def test_both_measures_agree_with_their_formulas_read_literally(n_samples: int, snr_db: float) -> None:
    speech = like_speech(n_samples, 2)[:n_samples]
    noise = 10 ** (-snr_db / 20) * np.random.default_rng(1).standard_normal(n_samples) * rms_of(speech)
    assert segmental_snr_db(speech, noise) == pytest.approx(segmental_frame_by_frame(speech, noise), abs=1e-3)
    if n_samples == 16_000:  # a length that the fast transform takes as it is
        assert intelligibility_snr_db(speech, noise) == pytest.approx(weighted_band_by_band(speech, noise), abs=1e-3)
    else:
        assert intelligibility_snr_db(speech, noise) == pytest.approx(weighted_band_by_band(speech, noise), abs=0.1)


def rms_of(x: Waveform) -> float:
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64))))


def test_the_weights_are_those_of_the_standard() -> None:
    assert len(BAND_IMPORTANCE) == 18
    assert sum(BAND_IMPORTANCE.values()) == pytest.approx(1)
    for k, nominal_hz in enumerate(BAND_IMPORTANCE):
        assert nominal_hz == pytest.approx(1000 * 2 ** ((k - 8) / 3), rel=0.02)


@given(seed=st.integers(0, 1000), gain_db=st.floats(-60, 60), n_samples=st.integers(2, 20_000))
def test_both_measures_stay_in_their_limits_and_fall_with_the_noise(seed: int, gain_db: float, n_samples: int) -> None:
    rng = np.random.default_rng(seed)
    speech = rng.standard_normal(n_samples) * np.repeat(rng.random(n_samples // 100 + 1) > 0.5, 100)[:n_samples]
    speech[rng.integers(n_samples)] = 1.0
    noise = 10 ** (gain_db / 20) * rng.standard_normal(n_samples)
    for measure, (lowest, highest) in ((segmental_snr_db, (-10, 35)), (intelligibility_snr_db, (-15, 15))):
        value = measure(speech, noise)
        assert lowest - ROUNDING <= value <= highest + ROUNDING
        assert measure(speech, 2 * noise) <= value + ROUNDING


def test_pauses_and_the_noise_in_them_do_not_count_as_frames() -> None:
    speech = like_speech(3, 4)
    noise = np.random.default_rng(0).standard_normal(len(speech)) * 0.01
    followed = np.append(speech, np.zeros_like(speech)), np.append(noise, 100 * noise)
    assert segmental_snr_db(*followed) == pytest.approx(segmental_snr_db(speech, noise), abs=0.2)


def test_noise_where_speech_is_understood_weighs_more_than_as_much_noise_elsewhere() -> None:
    speech = like_speech(0, 4)
    rng = np.random.default_rng(0)
    spectrum = np.fft.rfft(rng.standard_normal(len(speech)))
    frequency_hz = np.fft.rfftfreq(len(speech), 1 / 16_000)
    values = {}
    for name, (low_hz, high_hz) in {"rumble": (0, 200), "middle": (500, 4000)}.items():
        noise = np.fft.irfft(spectrum * ((frequency_hz >= low_hz) & (frequency_hz < high_hz)), len(speech))
        values[name] = intelligibility_snr_db(speech, noise * rms_of(speech) / rms_of(noise))
    assert values["rumble"] > values["middle"] + 10


def test_noise_that_is_silent_somewhere_leaves_the_upper_limit_there() -> None:
    speech = np.random.default_rng(0).standard_normal(16_000)
    assert segmental_snr_db(speech, np.zeros(16_000)) == 35
    assert intelligibility_snr_db(speech, np.zeros(16_000)) == pytest.approx(15)


@pytest.mark.parametrize("measure", [segmental_snr_db, intelligibility_snr_db])
def test_speech_without_sound_has_no_snr(measure) -> None:
    with pytest.raises(ValueError, match="silent"):
        measure(np.zeros(1000), np.ones(1000))
    with pytest.raises(ValueError, match="noise .999,."):
        measure(np.ones(1000), np.ones(999))


def test_the_record_holds_both_measures_of_what_was_added() -> None:
    speech = like_speech(0)
    result = corrupt(speech, parse_condition("white@5dB"), np.random.default_rng(0))
    added = result.audio.astype(np.float64) - speech
    assert result.record.snr_segmental_db == pytest.approx(segmental_snr_db(speech, added))
    assert result.record.snr_intelligibility_db == pytest.approx(intelligibility_snr_db(speech, added))


@pytest.mark.parametrize("condition", ["clean", "hard-clip@-10dB", "silence+white@5dB"])
def test_where_there_is_no_noise_or_no_speech_the_record_holds_neither(condition: str) -> None:
    record = corrupt(like_speech(0), parse_condition(condition), np.random.default_rng(0)).record
    assert record.snr_segmental_db is None
    assert record.snr_intelligibility_db is None


def test_a_channel_behind_the_noise_does_not_change_what_was_added() -> None:
    speech = like_speech(0)
    alone, sent = (
        corrupt(speech, parse_condition(text), np.random.default_rng(0)).record
        for text in ("white@5dB", "white@5dB+hard-clip@-10dB")
    )
    assert sent.snr_segmental_db == alone.snr_segmental_db
    assert sent.snr_active_db == alone.snr_active_db
    assert sent.noise_dbfs == alone.noise_dbfs
