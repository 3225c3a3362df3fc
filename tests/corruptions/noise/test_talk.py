from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from corruptions import (
    AudioError,
    Clip,
    Material,
    active_level_dbfs,
    check_material,
    corrupt,
    long_term_spectrum,
    parse_condition,
    read_audio,
    rms_dbfs,
    write_audio,
)
from corruptions.noise.generated import Spectrum
from corruptions.noise.talk import UNKNOWN, babble, other_talkers, speech_modulated, spoken

from ..signals import like_speech

Talkers = Mapping[str, tuple[Clip, ...]]
FLAT = Spectrum((1.0, 1.0))


def power_db(audio: np.ndarray, low_hz: float, high_hz: float) -> float:
    spectrum = np.square(np.abs(np.fft.rfft(audio.astype(np.float64))))
    frequency_hz = np.fft.rfftfreq(len(audio), 1 / 16_000)
    return float(10 * np.log10(spectrum[(frequency_hz >= low_hz) & (frequency_hz < high_hz)].sum()))


@given(n_samples=st.integers(16, 60_000), seed=st.integers(0, 1000), n_talkers=st.sampled_from([1, 2, 6, 12]))
def test_babble_is_other_people_as_many_as_asked_and_never_the_speaker(
    talkers: Talkers, n_samples: int, seed: int, n_talkers: int
) -> None:
    noise = babble(n_samples, np.random.default_rng(seed), talkers, "s3", n_talkers)
    names = noise.source.split(", ")
    assert noise.samples.shape == (n_samples,)
    assert len(set(names)) == len(names) == n_talkers
    assert set(names) <= set(talkers) - {"s3"}
    assert np.abs(noise.samples).max() > 0


def test_the_six_are_equally_loud(tmp_path: Path) -> None:
    # Six tones of very different loudness: each talker's power can be read from the mixture.
    tones = {f"s{i}": 0.9 / 3**i * np.sin(2 * np.pi * 500 * (i + 1) * np.arange(16_000) / 16_000) for i in range(6)}
    clips = {name: (Clip(tmp_path / f"{name}.wav"),) for name in tones}
    for name, tone in tones.items():
        write_audio(clips[name][0].path, tone.astype(np.float32))
    mixture = babble(48_000, np.random.default_rng(0), clips).samples
    powers = [power_db(mixture, 500 * (i + 1) - 100, 500 * (i + 1) + 100) for i in range(6)]
    np.testing.assert_allclose(powers, np.mean(powers), atol=0.3)


def test_who_talks_does_not_depend_on_the_order_of_the_talkers(talkers: Talkers) -> None:
    reverse = dict(reversed(talkers.items()))
    first, second = (babble(5000, np.random.default_rng(1), group).samples for group in (talkers, reverse))
    assert first.tobytes() == second.tobytes()


def test_babble_reads_no_more_of_a_long_recording_than_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = {f"s{i}": (Clip(tmp_path / f"{i}.wav"),) for i in range(6)}
    for i, (clip,) in enumerate(clips.values()):
        write_audio(clip.path, like_speech(i, 20))
    monkeypatch.setattr("corruptions.noise.talk.read_clip", None)  # nothing is read whole
    for seed in range(5):
        assert len(babble(48_000, np.random.default_rng(seed), clips).samples) == 48_000


@given(
    before_s=st.floats(0, 2), within_s=st.floats(0, 2), behind_s=st.floats(0, 2), noise_db=st.sampled_from([-300, -60])
)
def test_silence_around_speech_is_left_out_and_pauses_are_not(
    before_s: float, within_s: float, behind_s: float, noise_db: float
) -> None:
    before, within, behind = (
        np.zeros(round(seconds * 16_000), np.float32) for seconds in (before_s, within_s, behind_s)
    )
    tone = np.sin(np.arange(8000, dtype=np.float32))
    recording = np.concatenate([before, tone, within, tone, behind])
    hiss = np.random.default_rng(0).standard_normal(len(recording)) * 10 ** (noise_db / 20)
    found = spoken((recording + hiss).astype(np.float32))
    assert len(found) == pytest.approx(16_000 + len(within), abs=320)
    assert np.square(found).sum() == pytest.approx(np.square(recording).sum(), rel=0.01)


def test_as_many_talk_as_are_said_to_however_much_silence_lies_around_what_they_say(tmp_path: Path) -> None:
    for i in range(2):
        silence = np.zeros(40_000, np.float32)
        write_audio(
            tmp_path / f"{i}.wav", np.concatenate([silence, np.sin(np.arange(8000, dtype=np.float32)), silence])
        )
    talkers = {"a": tuple(map(Clip, sorted(tmp_path.iterdir())))}
    for seed in range(5):
        noise = babble(100, np.random.default_rng(seed), talkers, None, 1).samples
        assert np.abs(noise[:100]).max() > 0
        long = babble(60_000, np.random.default_rng(seed), talkers, None, 1).samples
        assert np.abs(long.reshape(-1, 200)).max(axis=1).min() > 0


def test_too_few_other_talkers_is_an_error_that_counts_them(talkers: Talkers) -> None:
    six = {name: talkers[name] for name in sorted(talkers)[:6]}
    babble(100, np.random.default_rng(0), six, "somebody else")
    with pytest.raises(
        ValueError, match=r"needs 6 talkers besides 's0'; the training split has 5 known by name: \['s1', "
    ):
        babble(100, np.random.default_rng(0), six, "s0")
    with pytest.raises(ValueError, match=r"the training split has 0 known by name: \[\]"):
        babble(100, np.random.default_rng(0), {"s0": ()})


def test_a_talker_without_any_sound_is_named(tmp_path: Path) -> None:
    for i in range(6):
        write_audio(tmp_path / f"{i}.wav", like_speech(i, 1.0) if i else np.zeros(16_000, np.float32))
    clips = {f"s{i}": (Clip(tmp_path / f"{i}.wav"),) for i in range(6)}
    with pytest.raises(AudioError, match=r"all recordings of a talker are silent:\s+.*0\.wav"):
        babble(1000, np.random.default_rng(0), clips)


@given(seed=st.integers(0, 10_000), known=st.integers(1, 5), speaker=st.sampled_from(["s0", UNKNOWN, "a stranger"]))
def test_the_unknown_may_be_anybody_and_never_talks(talkers: Talkers, seed: int, known: int, speaker: str) -> None:
    some = {name: talkers[name] for name in [f"s{i}" for i in range(known + 1)]} | {UNKNOWN: talkers["s7"]}
    assert UNKNOWN not in other_talkers(some, speaker, known)
    for noise in (
        babble(800, np.random.default_rng(seed), some, speaker, known),
        speech_modulated(800, np.random.default_rng(seed), some, FLAT, speaker),
    ):
        assert UNKNOWN not in noise.source.split(", ")
    with pytest.raises(ValueError, match="babble needs 7 talkers"):
        other_talkers(some, speaker, 7)


@pytest.mark.parametrize(("name", "n_talkers"), [("talker", 1), ("babble-2", 2), ("babble", 6), ("babble-12", 12)])
def test_each_babble_of_the_catalogue_has_its_own_number_of_talkers(
    talkers: Talkers, name: str, n_talkers: int
) -> None:
    condition = parse_condition(f"{name}@5dB")
    others = dict(list(talkers.items())[1 : n_talkers + 1])
    enough, too_few = (Material(talkers=others | {more: talkers["s0"]}) for more in ("s0", UNKNOWN))
    check_material(enough, [condition], ["s0", "a stranger"])
    record = corrupt(like_speech(0), condition, np.random.default_rng(0), enough, speaker="s0").record
    assert sorted(record.noise_source.split(", ")) == sorted(others)
    check_material(too_few, [condition], ["a stranger"])
    someone = next(iter(others))
    message = f"{name}@5dB: .*besides '{someone}'; the training split has {n_talkers - 1} "
    with pytest.raises(ValueError, match=message):
        check_material(too_few, [condition], ["a stranger", someone])
    with pytest.raises(ValueError, match=message):
        corrupt(like_speech(0), condition, np.random.default_rng(0), too_few, speaker=someone)


def test_what_speech_modulated_noise_lacks_is_said_before_anything_is_corrupted(talkers: Talkers) -> None:
    condition = parse_condition("speech-modulated@5dB")
    for material, message in (
        (Material(spectrum=FLAT, talkers={"s0": talkers["s0"]}), "one talker is needed besides 's0'"),
        (Material(talkers=talkers), "needs Material.spectrum"),
    ):
        with pytest.raises(ValueError, match=f"speech-modulated@5dB: .*{message}"):
            check_material(material, [condition], ["s0"])
        with pytest.raises(ValueError, match=f"speech-modulated@5dB: .*{message}"):
            corrupt(like_speech(0), condition, np.random.default_rng(0), material, speaker="s0")


def envelope(audio: np.ndarray, low_hz: float, high_hz: float) -> np.ndarray:
    """Return the level of a band 50 times in a second, in another way than the noise is made."""
    sos = signal.butter(6, [max(low_hz, 50), min(high_hz, 7900)], "bandpass", fs=16_000, output="sos")
    return np.sqrt(np.square(signal.sosfiltfilt(sos, audio)).reshape(-1, 320).mean(axis=1))


@pytest.fixture(scope="module")
def two_voices(tmp_path_factory: pytest.TempPathFactory) -> Talkers:
    """A person whose low and high sounds alternate, and one who talks evenly; a whole number of 20 ms."""
    folder = tmp_path_factory.mktemp("two-voices")
    first, second = like_speech(1, 20), like_speech(2, 20)
    lower, upper = (signal.butter(6, 1400, kind, fs=16_000, output="sos") for kind in ("lowpass", "highpass"))
    voice = signal.sosfilt(lower, first) + signal.sosfilt(upper, second)
    write_audio(folder / "a.wav", voice.astype(np.float32))
    return {"a": (Clip(folder / "a.wav"),)}


def talking(talkers: Talkers, n_samples: int, seed: int) -> np.ndarray:
    """Return the excerpt of the one talker that a generator picks."""
    return babble(n_samples, np.random.default_rng(seed), talkers, None, 1).samples


@pytest.mark.parametrize(("low_hz", "high_hz"), [(0, 850), (850, 2500), (2500, 8000)])
def test_speech_modulated_noise_follows_the_talker_in_every_band(
    two_voices: Talkers, low_hz: float, high_hz: float
) -> None:
    for seed in range(3):
        noise = speech_modulated(160_000, np.random.default_rng(seed), two_voices, FLAT).samples
        speech = talking(two_voices, 160_000, seed)
        own = np.corrcoef(envelope(noise, low_hz, high_hz), envelope(speech, low_hz, high_hz))[0, 1]
        assert own > 0.75
        if high_hz != 2500:  # the middle band has both
            other = (2500, 8000) if low_hz == 0 else (0, 850)
            assert own > np.corrcoef(envelope(noise, low_hz, high_hz), envelope(speech, *other))[0, 1] + 0.2


def test_speech_modulated_noise_has_the_spectrum_it_is_given_and_not_the_talkers(two_voices: Talkers) -> None:
    spectrum = Spectrum(tuple(np.linspace(1.0, 0.01, 65)))
    noise = speech_modulated(640_000, np.random.default_rng(0), two_voices, spectrum).samples
    voice = talking(two_voices, 640_000, 0)
    frequency_hz = np.arange(0, 8000.1, 125)
    for low_hz, high_hz in ((100, 850), (850, 1500), (1500, 2500), (2500, 4000), (4000, 6000), (6000, 8000)):
        within = (frequency_hz >= low_hz) & (frequency_hz <= high_hz)
        expected = np.trapezoid(np.array(spectrum.power)[within], frequency_hz[within]) / np.trapezoid(
            spectrum.power, frequency_hz
        )
        assert power_db(noise, low_hz, high_hz) - power_db(noise, 0, 8001) == pytest.approx(
            10 * np.log10(expected), abs=1.0
        )
    assert abs(power_db(voice, 4000, 8001) - power_db(voice, 0, 8001)) > 3


def test_where_the_talker_pauses_speech_modulated_noise_pauses(tmp_path: Path) -> None:
    write_audio(
        tmp_path / "a.wav", np.concatenate([like_speech(0, 1), np.zeros(16_000, np.float32), like_speech(1, 1)])
    )
    noise = speech_modulated(32_000, np.random.default_rng(0), {"a": (Clip(tmp_path / "a.wav"),)}, FLAT).samples
    paused = np.abs(np.convolve(talking({"a": (Clip(tmp_path / "a.wav"),)}, 32_000, 0), np.ones(1000), "same")) == 0
    assert paused.any()
    assert rms_dbfs(noise[paused]) < rms_dbfs(noise) - 80


def test_the_offset_of_a_talker_does_not_fill_their_pauses(tmp_path: Path) -> None:
    speech = np.concatenate([like_speech(0, 1), np.zeros(16_000, np.float32), like_speech(1, 1)])
    pauses_db = []
    for name, offset in (("a", 0.0), ("b", 0.03)):
        write_audio(tmp_path / f"{name}.wav", speech + np.float32(offset))
        talkers = {"a": (Clip(tmp_path / f"{name}.wav"),)}
        assert spoken(read_audio(tmp_path / f"{name}.wav")).size == spoken(speech).size
        noise = speech_modulated(32_000, np.random.default_rng(0), talkers, FLAT).samples
        power = np.square(noise).reshape(-1, 160).mean(axis=1)
        pauses_db.append(10 * np.log10(np.quantile(power, 0.1) / power.mean()))
    assert pauses_db[1] == pytest.approx(pauses_db[0], abs=1)


@pytest.mark.real_data
def test_speech_modulated_noise_of_real_speech_fluctuates_like_it(real_data: Path) -> None:
    actors = {
        path.name: tuple(map(Clip, sorted(path.glob("*.flac")))) for path in sorted((real_data / "ravdess").iterdir())
    }
    spectrum = long_term_spectrum([paths[0] for paths in actors.values()])
    noise = speech_modulated(160_000, np.random.default_rng(0), actors, spectrum, "Actor_01")
    assert noise.source != "Actor_01"
    fluctuation_db = active_level_dbfs(noise.samples) - rms_dbfs(noise.samples)
    speech = np.concatenate([read_audio(clip.path) for clip in actors[noise.source][:4]])
    assert fluctuation_db == pytest.approx(active_level_dbfs(speech) - rms_dbfs(speech), abs=1.5)


@pytest.mark.real_data
def test_babble_of_real_speech_is_steadier_than_speech(real_data: Path) -> None:
    actors = {
        path.name: tuple(map(Clip, sorted(path.glob("*.flac")))) for path in sorted((real_data / "ravdess").iterdir())
    }
    noise = babble(80_000, np.random.default_rng(0), actors, "Actor_01").samples
    speech = read_audio(actors["Actor_01"][0].path)
    assert active_level_dbfs(noise) - rms_dbfs(noise) < active_level_dbfs(speech) - rms_dbfs(speech)


def test_who_talks_in_a_segment_is_heard_in_it_alone(tmp_path: Path) -> None:
    said = [like_speech(k, 0.8, peak=0.3) for k in range(6)]
    gap = np.full(4000, 0.9, np.float32)
    starts = np.cumsum([0] + [len(one) + len(gap) for one in said])[:-1] + len(gap)
    write_audio(tmp_path / "talk.wav", np.concatenate([part for one in said for part in (gap, one)]))
    segments, files = {}, {}
    for k, (one, start) in enumerate(zip(said, starts.tolist(), strict=True)):
        write_audio(tmp_path / f"{k}.wav", one)
        segments.setdefault(f"s{k % 3}", []).append(Clip(tmp_path / "talk.wav", start, start + len(one)))
        files.setdefault(f"s{k % 3}", []).append(Clip(tmp_path / f"{k}.wav"))
    spectrum = long_term_spectrum(clip for clips in segments.values() for clip in clips)
    assert spectrum == long_term_spectrum(clip.path for clips in files.values() for clip in clips)
    for seed in range(20):
        left, right = (babble(50_000, np.random.default_rng(seed), one, "s0", 2) for one in (segments, files))
        assert np.array_equal(left.samples, right.samples)
        left, right = (speech_modulated(9000, np.random.default_rng(seed), one, spectrum) for one in (segments, files))
        assert np.array_equal(left.samples, right.samples)
