import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corruptions import LEVELS, Waveform, active_level_dbfs, read_audio, rms_dbfs
from corruptions.sound.levels import offset_dbfs
from corruptions.sound.loops import LOWEST_EXPONENT, activity

from ..signals import like_speech


def without_offset(x: Waveform) -> npt.NDArray[np.float64]:
    wide = x.astype(np.float64)
    return wide - wide.mean()


def p56_sample_by_sample(x: Waveform) -> float:
    """P.56 method B as the recommendation's steps read: one sample, one counter after the other, then bisection.

    The constant offset is taken out before: a meter's high-pass, reduced to what it is there for.
    """
    thresholds = [2.0**-15 * 2**j for j in range(15)]
    hangover = int(0.2 * 16_000 + 0.5)
    g = math.exp(-1 / (16_000 * 0.03))
    activity = [0] * 15
    hang = [hangover] * 15
    p = q = total = 0.0
    for sample in without_offset(x).tolist():
        total += sample * sample
        p = g * p + (1 - g) * abs(sample)
        q = g * q + (1 - g) * p
        for j, threshold in enumerate(thresholds):
            if q >= threshold:
                activity[j] += 1
                hang[j] = 0
            elif hang[j] < hangover:
                activity[j] += 1
                hang[j] += 1
            else:
                break  # the thresholds above this one are not active either
    levels = [10 * math.log10(total / a) if a else math.inf for a in activity]
    for j in range(1, 15):
        upper, lower = (levels[j], 20 * math.log10(thresholds[j])), (levels[j - 1], 20 * math.log10(thresholds[j - 1]))
        if upper[0] - upper[1] <= 15.9:
            while True:
                middle = (upper[0] + lower[0]) / 2, (upper[1] + lower[1]) / 2
                excess = middle[0] - middle[1] - 15.9
                if abs(excess) < 1e-9:
                    return middle[0]
                upper, lower = (upper, middle) if excess > 0 else (middle, lower)
    raise AssertionError("this signal has no active level in the sense of the recommendation")


@pytest.mark.parametrize("seed", range(4))
def test_the_active_level_agrees_with_the_recommendation_read_literally(seed: int) -> None:
    speech = like_speech(seed, duration_s=1.5, peak=0.02 * 4**seed / 2)
    assert active_level_dbfs(speech) == pytest.approx(p56_sample_by_sample(speech), abs=0.002)


@given(seed=st.integers(0, 1000), n_samples=st.integers(1, 3000), peak=st.floats(1e-3, 1e3))
def test_what_is_active_is_counted_as_by_looking_at_every_sample(seed: int, n_samples: int, peak: float) -> None:
    x = like_speech(seed, n_samples / 16_000, peak)
    mean, energy, active = activity(x)
    assert mean == pytest.approx(float(x.astype(np.float64).mean()), abs=1e-6 * peak)
    assert energy == pytest.approx(float(np.square(without_offset(x)).sum()), rel=1e-6, abs=1e-12 * peak**2)
    decay = math.exp(-1 / 480)
    p = q = 0.0
    envelope = []
    for sample in without_offset(x).tolist():
        p = decay * p + (1 - decay) * abs(sample)
        q = decay * q + (1 - decay) * p
        envelope.append(q)
    for exponent in range(-30, 1):
        reached = [i for i, value in enumerate(envelope) if value >= 2.0**exponent]
        expected = len(x) - reached[0] if reached else 0  # all is over before a hangover is
        # Speech begins somewhere in the first block, and is taken to rise steadily in it.
        assert active[exponent - LOWEST_EXPONENT] == pytest.approx(expected, abs=32)


@pytest.mark.parametrize("exponent", [-140, -60, 40, 110])
def test_any_loudness_that_float32_holds_has_a_level(exponent: int) -> None:
    speech = like_speech(0, peak=0.3)
    with np.errstate(under="ignore"):
        scaled = np.ldexp(speech, exponent).astype(np.float32)
    expected = rms_dbfs(speech) + exponent * 20 * math.log10(2)
    assert rms_dbfs(scaled) == pytest.approx(expected, abs=0.01)
    if exponent < 0:
        expected = active_level_dbfs(speech) + exponent * 20 * math.log10(2)
        assert active_level_dbfs(scaled) == pytest.approx(expected, abs=0.1 if exponent == -140 else 1e-3)
    else:
        assert active_level_dbfs(scaled) >= expected - 1e-6


@pytest.mark.real_data
def test_the_active_level_of_real_speech_agrees_with_the_recommendation_read_literally(real_data: Path) -> None:
    for path in sorted(real_data.glob("ravdess/Actor_*/*.flac"))[::90]:
        speech = read_audio(path)
        assert active_level_dbfs(speech) == pytest.approx(p56_sample_by_sample(speech), abs=0.002), path


@pytest.mark.parametrize("frequency_hz", [100, 440, 3000])
@pytest.mark.parametrize("amplitude", [1.0, 0.5, 0.01])
def test_a_sine_reads_its_rms(frequency_hz: float, amplitude: float) -> None:
    sine = amplitude * np.sin(2 * np.pi * frequency_hz * np.arange(160_000) / 16_000)
    assert rms_dbfs(sine) == pytest.approx(20 * math.log10(amplitude / math.sqrt(2)), abs=0.001)
    assert active_level_dbfs(sine) == pytest.approx(rms_dbfs(sine), abs=0.1)


def test_silence_after_speech_hardly_moves_the_active_level_and_halves_the_power() -> None:
    speech = like_speech(1, duration_s=10)
    followed = np.append(speech, np.zeros_like(speech))
    assert active_level_dbfs(followed) == pytest.approx(active_level_dbfs(speech), abs=0.2)
    assert rms_dbfs(followed) == pytest.approx(rms_dbfs(speech) - 3.01, abs=0.01)


@given(
    seed=st.integers(0, 1000), duration_s=st.floats(0.05, 3), octaves=st.integers(-30, 1), digits=st.floats(1e-3, 1e-2)
)
def test_speech_is_never_quieter_while_somebody_speaks(
    seed: int, duration_s: float, octaves: int, digits: float
) -> None:
    speech = like_speech(seed, duration_s, peak=digits * 2.0**octaves)
    assert active_level_dbfs(speech) >= rms_dbfs(speech) - 1e-9


@given(seed=st.integers(0, 1000), octaves=st.integers(0, 60))
def test_speech_below_the_last_bit_of_16_has_the_level_of_the_same_speech_louder(seed: int, octaves: int) -> None:
    speech = like_speech(seed, duration_s=0.5).astype(np.float64)
    expected = active_level_dbfs(speech) - octaves * 20 * math.log10(2)
    assert active_level_dbfs(speech * 2.0**-octaves) == pytest.approx(expected, abs=1e-6)


def test_a_click_has_the_level_of_the_time_its_envelope_takes() -> None:
    click = np.zeros(16_000, np.float32)
    click[100] = 1.0
    # One sample's energy over 200 ms of hangover and the few hundred samples of the envelope's top.
    assert -10 * math.log10(3200 + 1100) < active_level_dbfs(click) < -10 * math.log10(3200)


@pytest.mark.parametrize("offset", [0.01, -0.3, 1000.0])
def test_an_offset_has_no_level(offset: float) -> None:
    speech = like_speech(0, 1.5, peak=0.05)
    shifted = speech.astype(np.float64) + offset
    for level in LEVELS.values():
        assert level(shifted) == pytest.approx(level(speech), abs=1e-6)
        if abs(offset) < 1:  # in float32 the rest is rounding
            assert level(shifted.astype(np.float32)) == pytest.approx(level(speech), abs=0.001)
    assert offset_dbfs(shifted) == pytest.approx(20 * math.log10(abs(offset)), abs=0.05)


@pytest.mark.parametrize("level", LEVELS.values(), ids=LEVELS.keys())
@pytest.mark.parametrize(
    ("signal", "message"),
    [
        (np.zeros(100, np.float32), "silent"),
        (np.zeros(0, np.float32), "not empty"),
        (np.full(1000, 0.1, np.float32), r"0.1 throughout .*DC"),
        (np.array([0.1, np.nan], np.float32), "not finite"),
        (np.array([0.1, np.inf], np.float32), "not finite"),
        (np.ones((10, 2), np.float32), r"shape \(10, 2\)"),
    ],
)
def test_what_has_no_level_is_an_error_and_not_a_nan(level, signal, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        level(signal)
