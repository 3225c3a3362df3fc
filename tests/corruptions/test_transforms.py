import json
import pickle
import random
import subprocess
import sys

import audiomentations
import numpy as np
import pytest
from audiomentations.core.transforms_interface import MultichannelAudioNotSupportedException

from corruptions import Corruption, Material, Record, Waveform, corrupt, parse_condition
from corruptions.corruption import Setting
from corruptions.for_audiomentations import Corrupt
from corruptions.sound.record import Corrupted
from corruptions.transforms import from_audiomentations

from .signals import like_speech

SPEECH = like_speech(0)
CONDITIONS = ["white@5dB", "babble@0dB", "pink@10dB+mp3@16kbit/s"]


def apply(corruption: Corruption, speech: Waveform = SPEECH, level: float = 0.0, seed: int = 0) -> Waveform:
    before = Corrupted(speech, Record(-20.0, -20.0, 1.0))
    return corruption.apply(before, Setting(level, np.random.default_rng(seed), Material())).audio


def noisy(_level: float) -> audiomentations.Compose:
    """Return a composition that draws from both global generators, and in more than one way."""
    return audiomentations.Compose(
        [
            audiomentations.AddGaussianNoise(p=0.9),
            audiomentations.OneOf([audiomentations.BitCrush(p=1), audiomentations.LowPassFilter(p=1)]),
            audiomentations.TimeMask(p=0.5),
        ],
        shuffle=True,
    )


def global_states() -> tuple[object, ...]:
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002 - the one audiomentations draws from
    return random.getstate(), kind, keys.tobytes(), rest


class TestTheirTransformAsACorruption:
    def test_the_utterances_generator_decides_and_the_global_ones_do_not(self) -> None:
        corruption = from_audiomentations(noisy, "Everything.")
        random.seed(1)
        first = [apply(corruption, seed=seed).tobytes() for seed in range(5)]
        random.seed(2)
        again = [apply(corruption, seed=seed).tobytes() for seed in reversed(range(5))]
        assert first == again[::-1]
        assert len(set(first)) == 5

    def test_the_global_generators_are_left_as_they_were(self) -> None:
        before = global_states()
        apply(from_audiomentations(noisy, "Everything."))
        assert global_states() == before

    def test_the_global_generators_are_left_as_they_were_when_the_transform_fails(self) -> None:
        def fail(samples: Waveform, sample_rate: int) -> Waveform:
            raise OSError(f"{random.random()} {np.random.rand()}")  # noqa: S311, NPY002

        before = global_states()
        with pytest.raises(OSError, match="0."):
            apply(from_audiomentations(lambda _: audiomentations.Lambda(fail, p=1), "Fails."))
        assert global_states() == before

    @pytest.mark.parametrize("n_samples", [1, 16, 1600, 32_000])
    def test_the_result_is_a_waveform_and_the_speech_is_left_as_it_is(self, n_samples: int) -> None:
        def in_place(samples: Waveform, sample_rate: int) -> np.ndarray:
            samples *= 0.5
            return samples[::-1].astype(np.float64)

        corruption = from_audiomentations(lambda _: audiomentations.Lambda(in_place, p=1), "Backwards.")
        speech = SPEECH[:n_samples].copy()
        speech.flags.writeable = False
        audio = apply(corruption, speech)
        assert audio.shape == speech.shape
        assert audio.dtype == np.float32
        assert audio.flags.c_contiguous
        assert np.array_equal(speech, SPEECH[:n_samples])

    def test_a_level_goes_to_the_transform(self) -> None:
        corruption = from_audiomentations(
            lambda gain_db: audiomentations.Gain(min_gain_db=gain_db, max_gain_db=gain_db, p=1),
            "Louder.",
            "gain (dB)",
            "dB",
            random=False,
        )
        np.testing.assert_allclose(apply(corruption, level=-20.0), SPEECH / 10, rtol=1e-5)

    def test_a_transform_that_changes_the_length_is_an_error(self) -> None:
        corruption = from_audiomentations(
            lambda _: audiomentations.TimeStretch(0.5, 0.5, leave_length_unchanged=False, p=1), "Slower."
        )
        with pytest.raises(ValueError, match=r"TimeStretch turns shape \(32000,\) into .*keep the length"):
            apply(corruption)

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_a_transform_that_gives_no_numbers_is_an_error(self, bad: float) -> None:
        corruption = from_audiomentations(lambda _: audiomentations.Lambda(lambda x, _: x * bad, p=1), "Nothing.")
        with pytest.raises(ValueError, match="Lambda gives samples that are not finite"):
            apply(corruption, SPEECH + 1)

    def test_what_the_transform_refuses_is_known_before_the_first_utterance(self) -> None:
        corruption = from_audiomentations(
            lambda bits: audiomentations.BitCrush(int(bits), int(bits), p=1), "Fewer bits.", "bit depth (bit)", "bit"
        )
        with pytest.raises(ValueError, match="min_bit_depth must be at least 1"):
            corruption.check(Setting(0.0, np.random.default_rng(0), Material()))


@pytest.mark.parametrize("hz", [250, 1000, 4000])
@pytest.mark.parametrize("distance_m", [20, 100, 400])
def test_air_takes_away_what_iso_9613_says(distance_m: float, hz: float) -> None:
    tone = np.sin(2 * np.pi * hz * np.arange(16_000) / 16_000).astype(np.float32)
    heard = corrupt(tone, parse_condition(f"air@{distance_m}m"), np.random.default_rng(0)).audio
    loss_db = 10 * np.log10(np.square(tone).sum() / np.square(heard).sum())
    assert loss_db == pytest.approx(iso_9613_db_per_m(hz) * distance_m, rel=0.25, abs=0.05)


def iso_9613_db_per_m(hz: float) -> float:
    """Return the attenuation of ISO 9613-1 at 20 degrees Celsius, 50 % humidity and one atmosphere."""
    kelvin, reference = 293.15, 293.15
    vapour = 50 * 10 ** (4.6151 - 6.8346 * (273.16 / kelvin) ** 1.261)  # per cent
    oxygen_hz = 24 + 4.04e4 * vapour * (0.02 + vapour) / (0.391 + vapour)
    nitrogen_hz = (kelvin / reference) ** -0.5 * (
        9 + 280 * vapour * np.exp(-4.170 * ((kelvin / reference) ** (-1 / 3) - 1))
    )
    classical = 1.84e-11 * (kelvin / reference) ** 0.5
    oxygen = 0.01275 * np.exp(-2239.1 / kelvin) / (oxygen_hz + hz**2 / oxygen_hz)
    nitrogen = 0.1068 * np.exp(-3352.0 / kelvin) / (nitrogen_hz + hz**2 / nitrogen_hz)
    return 8.686 * hz**2 * (classical + (kelvin / reference) ** -2.5 * (oxygen + nitrogen))


class TestOurConditionsAsATransform:
    def test_their_seeding_rules_hold_in_a_composition(self, material: Material) -> None:
        compose = audiomentations.Compose(
            [audiomentations.Gain(p=0.5), Corrupt(CONDITIONS, material, p=0.5), audiomentations.PolarityInversion()]
        )
        runs = []
        for seed in (1, 1, 2):
            random.seed(seed)
            np.random.seed(seed)  # noqa: NPY002 - as users of audiomentations do
            runs.append([compose(SPEECH, sample_rate=16_000).tobytes() for _ in range(4)])
        assert runs[0] == runs[1] != runs[2]

    def test_the_parameters_say_what_was_done(self, material: Material) -> None:
        transform = Corrupt(CONDITIONS, material, p=1)
        speech = SPEECH.copy()
        speech.flags.writeable = False
        audio = transform(speech, sample_rate=16_000)
        drawn = json.loads(json.dumps(transform.serialize_parameters()))
        rng = np.random.default_rng(drawn["seed"])
        again = corrupt(SPEECH, parse_condition(drawn["condition"]), rng, material).audio
        assert again.tobytes() == audio.tobytes()
        assert audio.dtype == np.float32

    def test_every_condition_is_met_and_no_two_clips_get_the_same_noise(self, material: Material) -> None:
        transform = Corrupt(CONDITIONS, material, p=1)
        met, results = set(), set()
        random.seed(0)
        for _ in range(20):
            results.add(transform(SPEECH, sample_rate=16_000).tobytes())
            met.add(transform.parameters["condition"])
        assert met == set(CONDITIONS)
        assert len(results) == 20

    def test_frozen_parameters_give_two_clips_the_same_noise(self) -> None:
        transform = Corrupt(["white@0dB"], p=1)
        first = transform(SPEECH, sample_rate=16_000)
        transform.freeze_parameters()
        random.seed(99)
        assert transform(SPEECH, sample_rate=16_000).tobytes() == first.tobytes()
        louder = transform(SPEECH * 2, sample_rate=16_000)
        np.testing.assert_allclose(louder, 2 * first, rtol=1e-4, atol=1e-6)
        transform.unfreeze_parameters()
        assert transform(SPEECH, sample_rate=16_000).tobytes() != first.tobytes()

    def test_a_probability_of_zero_leaves_the_clip_alone(self) -> None:
        assert Corrupt(["white@0dB"], p=0)(SPEECH, sample_rate=16_000) is SPEECH

    @pytest.mark.parametrize("p", [0, 1])
    def test_another_sampling_rate_is_an_error_whether_or_not_it_is_applied(self, p: float) -> None:
        with pytest.raises(ValueError, match="made at 16000 Hz, not 44100"):
            Corrupt(["white@0dB"], p=p)(SPEECH, sample_rate=44_100)

    def test_stereo_is_an_error(self) -> None:
        with pytest.raises(MultichannelAudioNotSupportedException, match="Corrupt only supports mono"):
            Corrupt(["white@0dB"], p=1)(np.stack([SPEECH, SPEECH]), sample_rate=16_000)

    @pytest.mark.parametrize(
        ("conditions", "message"),
        [
            ([], "one condition or more"),
            (["white"], "white needs a level"),
            (["whitish@5dB"], "no corruption is called 'whitish'"),
            (["babble@5dB"], "talkers"),
            (["mp3@17kbit/s"], "no 17 kbit/s"),
        ],
    )
    def test_conditions_that_cannot_be_made_are_an_error_at_once(self, conditions: list[str], message: str) -> None:
        with pytest.raises(ValueError, match=message):
            Corrupt(conditions)

    def test_a_silent_clip_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="silent"):
            Corrupt(["white@5dB"], p=1)(np.zeros(16_000, np.float32), sample_rate=16_000)

    def test_it_goes_to_a_worker(self, material: Material) -> None:
        transform = Corrupt(CONDITIONS, material, p=1)
        copy = pickle.loads(pickle.dumps(transform))  # noqa: S301
        results = []
        for one in (transform, copy):
            random.seed(3)
            results.append(one(SPEECH, sample_rate=16_000).tobytes())
        assert results[0] == results[1]

    def test_it_says_what_it_is(self) -> None:
        transform = Corrupt(["white@0dB", "gsm"], p=0.25)
        assert repr(transform).startswith("Corrupt(p=0.25, conditions=['white@0dB', 'gsm']")
        written = transform.to_dict()["transform"]
        assert written["__class_fullname__"] == "corruptions.for_audiomentations.Corrupt"
        assert (written["conditions"], written["p"]) == (["white@0dB", "gsm"], 0.25)


def test_importing_corruptions_does_not_import_audiomentations() -> None:
    code = "import sys, corruptions, corruptions.transforms; print('audiomentations' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
