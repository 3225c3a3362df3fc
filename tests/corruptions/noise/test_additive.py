from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from corruptions import LEVELS, Clip, Waveform, mix_at_snr, read_audio, rms_dbfs, write_audio
from corruptions.noise.additive import draw_excerpt, loop
from corruptions.sound.audio import is_silent

from ..signals import like_speech


@st.composite
def speech_and_noise(draw: st.DrawFn) -> tuple[Waveform, Waveform]:
    """Speech of any loudness, and noise of any loudness, with a burst in it or not."""
    seed = draw(st.integers(0, 10_000))
    speech = like_speech(seed, draw(st.floats(0.02, 1.5)), peak=draw(st.floats(1e-3, 1.0)))
    noise = np.random.default_rng(seed).standard_normal(len(speech)) * draw(st.floats(1e-4, 1.0))
    noise[: draw(st.integers(0, len(noise) // 2))] *= draw(st.sampled_from([1.0, 0.0, 100.0]))
    return speech, noise.astype(np.float32)


@given(pair=speech_and_noise(), snr_db=st.floats(-30, 50), name=st.sampled_from(sorted(LEVELS)))
def test_the_requested_snr_is_the_measured_snr(pair: tuple[Waveform, Waveform], snr_db: float, name: str) -> None:
    speech, noise = pair
    level = LEVELS[name]
    added = mix_at_snr(speech, noise, snr_db, level).astype(np.float64) - speech
    assert level(speech) - rms_dbfs(added) == pytest.approx(snr_db, abs=0.01)


@given(pair=speech_and_noise(), snr_db=st.floats(-30, 50))
def test_neither_input_is_touched(pair: tuple[Waveform, Waveform], snr_db: float) -> None:
    speech, noise = pair
    before = speech.copy(), noise.copy()
    mix_at_snr(speech, noise, snr_db)
    assert np.array_equal(speech, before[0])
    assert np.array_equal(noise, before[1])


@given(pair=speech_and_noise(), snr_db=st.floats(-30, 40), gain=st.floats(0.01, 100))
def test_how_loud_the_noise_was_recorded_does_not_matter(
    pair: tuple[Waveform, Waveform], snr_db: float, gain: float
) -> None:
    speech, noise = pair
    louder = (noise * gain).astype(np.float32)
    assume(not is_silent(louder))
    mixtures = mix_at_snr(speech, noise, snr_db), mix_at_snr(speech, louder, snr_db)
    np.testing.assert_allclose(mixtures[0], mixtures[1], rtol=0, atol=1e-6 * float(np.abs(mixtures[0]).max()))


TONE = np.tile(np.array([1, -1], np.float32), 50)


@pytest.mark.parametrize(
    ("speech", "noise", "snr_db", "message"),
    [
        (np.zeros(100, np.float32), np.ones(100, np.float32), 0, "speech: .*silent"),
        (np.ones(100, np.float32), TONE, 0, "speech: .*1 throughout .*DC"),
        (TONE, np.zeros(100, np.float32), 0, "noise: .*silent"),
        (TONE, np.full(100, 0.1, np.float32), 0, "noise: .*0.1 throughout .*DC"),
        (TONE, np.full(100, np.nan, np.float32), 0, "noise: .*not finite"),
        (TONE, TONE[1:], 0, r"\(100,\) and noise \(99,\)"),
        (TONE, TONE, 200, "float32 holds about 7 digits"),
        (TONE, TONE, -1000, "float32 holds about 7 digits"),
        (TONE, TONE, float("nan"), "float32 holds about 7 digits"),
    ],
)
def test_where_no_snr_exists_there_is_an_error_and_no_mixture(speech, noise, snr_db: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mix_at_snr(speech, noise, snr_db)


@given(n_samples=st.integers(160, 20_000), seed=st.integers(0, 100))
def test_a_loop_goes_on_where_the_recording_ends(n_samples: int, seed: int) -> None:
    recording = np.random.default_rng(seed).standard_normal(n_samples).astype(np.float32)
    period = loop(recording)
    fade = n_samples - len(period)
    assert fade == min(800, n_samples // 2)
    assert np.array_equal(period[fade:], recording[fade : len(period)])
    one_step_of_the_fade = np.abs(recording).max() * np.pi / fade
    assert abs(period[0] - recording[len(period)]) < one_step_of_the_fade
    assert abs(period[fade - 1] - recording[fade - 1]) < one_step_of_the_fade


def test_the_cross_fade_of_a_loop_keeps_the_power_of_noise() -> None:
    rng = np.random.default_rng(0)
    fades = np.array([loop(rng.standard_normal(4000).astype(np.float32))[:800] for _ in range(400)])
    power_db = 10 * np.log10(np.square(fades).reshape(400, 8, 100).mean(axis=(0, 2)))
    np.testing.assert_allclose(power_db, 0, atol=0.15)


def test_a_slow_tone_is_looped_without_a_jump() -> None:
    tone = np.sin(2 * np.pi * 3.3 * np.arange(16_000) / 16_000).astype(np.float32)
    period = loop(tone)
    endless = np.tile(period, 3)
    assert np.abs(np.diff(endless)).max() < 0.01  # the tone cut hard and repeated would jump by 0.95
    assert np.abs(np.diff(np.tile(tone, 3))).max() > 0.5


@pytest.fixture(scope="module")
def mostly_silent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("noise") / "bark.wav"
    audio = np.zeros(80_000, np.float32)
    audio[50_000:50_400] = like_speech(0, 0.025)
    write_audio(path, audio)
    return path


WHERE = ((49_920, 50_400),)


@given(seed=st.integers(0, 10_000), n_samples=st.integers(400, 80_000))
def test_an_excerpt_is_where_it_says_and_never_silent(mostly_silent: Path, seed: int, n_samples: int) -> None:
    excerpt, offset = draw_excerpt(Clip(mostly_silent), 80_000, WHERE, n_samples, np.random.default_rng(seed))
    assert len(excerpt) == n_samples
    assert not is_silent(excerpt)
    assert np.array_equal(excerpt, read_audio(mostly_silent)[offset : offset + n_samples])


@given(seed=st.integers(0, 10_000), n_samples=st.integers(80_001, 200_000))
def test_a_looped_excerpt_is_where_it_says(mostly_silent: Path, seed: int, n_samples: int) -> None:
    excerpt, offset = draw_excerpt(Clip(mostly_silent), 80_000, WHERE, n_samples, np.random.default_rng(seed))
    period = loop(read_audio(mostly_silent))
    assert np.array_equal(excerpt, np.resize(np.roll(period, -offset), n_samples))


def test_every_place_of_a_recording_is_drawn(tmp_path: Path) -> None:
    write_audio(tmp_path / "a.wav", like_speech(0, 0.01))
    drawn = (
        draw_excerpt(Clip(tmp_path / "a.wav"), 160, ((0, 160),), 157, np.random.default_rng(seed)) for seed in range(60)
    )
    assert {offset for _, offset in drawn} == {0, 1, 2, 3}


@pytest.mark.parametrize("offset", [0.01, -0.5])
def test_the_offset_of_a_recording_is_no_noise(offset: float) -> None:
    speech = like_speech(0)
    noise = np.random.default_rng(0).standard_normal(len(speech)).astype(np.float32) * np.float32(0.01)
    shifted = noise + np.float32(offset)
    np.testing.assert_allclose(mix_at_snr(speech, shifted, 5), mix_at_snr(speech, noise, 5), rtol=0, atol=1e-4)


def test_the_offset_of_speech_does_not_count_and_stays() -> None:
    """One per cent of DC made white noise at 10 dB 5.6 dB too loud beside an actor's soft speech."""
    speech = like_speech(0, peak=0.03)
    noise = np.random.default_rng(0).standard_normal(len(speech)).astype(np.float32)
    shifted = mix_at_snr(speech + np.float32(0.01), noise, 10)
    np.testing.assert_allclose(shifted - np.float32(0.01), mix_at_snr(speech, noise, 10), rtol=0, atol=1e-6)
