from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corruptions import AudioError, Spectrum, active_level_dbfs, long_term_spectrum, read_audio, rms_dbfs, write_audio
from corruptions.noises import babble, pink, speech_shaped, white

from .signals import like_speech

Talkers = Mapping[str, tuple[Path, ...]]


def power_db(audio: np.ndarray, low_hz: float, high_hz: float) -> float:
    spectrum = np.square(np.abs(np.fft.rfft(audio.astype(np.float64))))
    frequency_hz = np.fft.rfftfreq(len(audio), 1 / 16_000)
    return float(10 * np.log10(spectrum[(frequency_hz >= low_hz) & (frequency_hz < high_hz)].sum()))


@given(n_samples=st.integers(1, 3000), seed=st.integers(0, 1000))
def test_generated_noise_is_as_long_as_asked_and_the_same_for_the_same_generator(n_samples: int, seed: int) -> None:
    for make in (white, pink, lambda n, rng: speech_shaped(n, rng, Spectrum((0.0, 3.0, 2.0, 1.0)))):
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


@given(n_samples=st.integers(16, 60_000), seed=st.integers(0, 1000))
def test_babble_is_six_others_and_never_the_speaker(talkers: Talkers, n_samples: int, seed: int) -> None:
    noise = babble(n_samples, np.random.default_rng(seed), talkers, "s3")
    names = noise.source.split(", ")
    assert noise.samples.shape == (n_samples,)
    assert len(set(names)) == 6
    assert set(names) <= set(talkers) - {"s3"}
    assert np.abs(noise.samples).max() > 0


def test_the_six_are_equally_loud(tmp_path: Path) -> None:
    # Six tones of very different loudness: each talker's power can be read from the mixture.
    tones = {f"s{i}": 0.9 / 3**i * np.sin(2 * np.pi * 500 * (i + 1) * np.arange(16_000) / 16_000) for i in range(6)}
    paths = {name: (tmp_path / f"{name}.wav",) for name in tones}
    for name, tone in tones.items():
        write_audio(paths[name][0], tone.astype(np.float32))
    mixture = babble(48_000, np.random.default_rng(0), paths).samples
    powers = [power_db(mixture, 500 * (i + 1) - 100, 500 * (i + 1) + 100) for i in range(6)]
    np.testing.assert_allclose(powers, np.mean(powers), atol=0.3)


def test_who_talks_does_not_depend_on_the_order_of_the_talkers(talkers: Talkers) -> None:
    reverse = dict(reversed(talkers.items()))
    first, second = (babble(5000, np.random.default_rng(1), group).samples for group in (talkers, reverse))
    assert first.tobytes() == second.tobytes()


def test_babble_reads_no_more_of_a_long_recording_than_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = {f"s{i}": (tmp_path / f"{i}.wav",) for i in range(6)}
    for i, (path,) in enumerate(paths.values()):
        write_audio(path, like_speech(i, 20))
    monkeypatch.setattr("corruptions.noises.read_audio", None)  # nothing is read whole
    for seed in range(5):
        assert len(babble(8000, np.random.default_rng(seed), paths).samples) == 8000


def test_too_few_other_talkers_is_an_error_that_counts_them(talkers: Talkers) -> None:
    six = {name: talkers[name] for name in sorted(talkers)[:6]}
    babble(100, np.random.default_rng(0), six, "somebody else")
    with pytest.raises(ValueError, match=r"needs 6 talkers besides 's0'; the training split has 5: \['s1', "):
        babble(100, np.random.default_rng(0), six, "s0")
    with pytest.raises(ValueError, match=r"the training split has 0: \[\]"):
        babble(100, np.random.default_rng(0), {"s0": ()})


def test_a_talker_without_any_sound_is_named(tmp_path: Path) -> None:
    for i in range(6):
        write_audio(tmp_path / f"{i}.wav", like_speech(i, 1.0) if i else np.zeros(16_000, np.float32))
    paths = {f"s{i}": (tmp_path / f"{i}.wav",) for i in range(6)}
    with pytest.raises(AudioError, match=r"silent, all of 0\.wav"):
        babble(1000, np.random.default_rng(0), paths)


@pytest.mark.real_data
def test_babble_of_real_speech_is_steadier_than_speech(real_data: Path) -> None:
    actors = {path.name: tuple(sorted(path.glob("*.flac"))) for path in sorted((real_data / "ravdess").iterdir())}
    noise = babble(80_000, np.random.default_rng(0), actors, "Actor_01").samples
    speech = read_audio(actors["Actor_01"][0])
    assert active_level_dbfs(noise) - rms_dbfs(noise) < active_level_dbfs(speech) - rms_dbfs(speech)
