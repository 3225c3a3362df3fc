import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corruptions import SAMPLE_RATE, Condition, Step, check_material, corrupt, parse_condition
from corruptions.channels import distortions
from corruptions.engine import NOTHING

from ..signals import like_speech

SPEECH = like_speech(0)
# A function of the channel with a level in the middle of its range.
CHANNELS = {
    "telephone": (distortions.telephone, 0),
    "low-pass": (distortions.low_pass, 2000),
    "hard-clip": (distortions.hard_clip, -12),
    "soft-clip": (distortions.soft_clip, -12),
    "packet-loss": (distortions.packet_loss, 30),
    "gain": (distortions.gain, -20),
    "dc-offset": (distortions.dc_offset, -20),
    "dropped-start": (distortions.dropped_start, 200),
}
every_channel = pytest.mark.parametrize(("distort", "level"), CHANNELS.values(), ids=CHANNELS)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def response_db(distort, level: float, *frequencies_hz: float) -> list[float]:
    """Return the gain at some frequencies, from what a click in the middle of silence turns into."""
    click = np.zeros(SAMPLE_RATE, np.float32)
    click[SAMPLE_RATE // 2] = 1
    spectrum = np.abs(np.fft.rfft(distort(click, level, rng()).astype(np.float64)))
    return [float(20 * np.log10(spectrum[round(hz)])) for hz in frequencies_hz]


@every_channel
@pytest.mark.parametrize("n_samples", [1, 16, 319, 321, 4001])
def test_a_clip_of_any_length_keeps_it(distort, level: float, n_samples: int) -> None:
    speech = SPEECH[8000 : 8000 + n_samples].copy()
    speech.flags.writeable = False
    audio = distort(speech, level, rng())
    assert audio.shape == speech.shape
    assert audio.dtype == np.float32
    assert np.isfinite(audio).all()
    assert not np.shares_memory(audio, speech)


@every_channel
def test_silence_stays_silence_but_for_an_offset(distort, level: float) -> None:
    silence = distort(np.zeros(1000, np.float32), level, rng())
    assert np.ptp(silence) == 0
    assert silence[0] == pytest.approx(0.1 if distort is distortions.dc_offset else 0)


def test_the_band_of_a_telephone_ends_at_300_and_3400_hz() -> None:
    edges = response_db(distortions.telephone, 0, 300, 3400)
    assert edges == pytest.approx([-3.01, -3.01], abs=0.01)
    assert response_db(distortions.telephone, 0, 600, 1000, 2000) == pytest.approx([0, 0, 0], abs=0.05)
    assert max(response_db(distortions.telephone, 0, 150, 5000)) < -30


@pytest.mark.parametrize("cut_off_hz", [100, 500, 2000, 4000, 7500])
def test_a_low_pass_has_lost_half_the_power_at_its_cut_off(cut_off_hz: float) -> None:
    at, below = response_db(distortions.low_pass, cut_off_hz, cut_off_hz, cut_off_hz / 2)
    assert at == pytest.approx(-3.01, abs=0.01)
    assert below == pytest.approx(0, abs=0.05)
    if cut_off_hz <= 2000:
        assert response_db(distortions.low_pass, cut_off_hz, 2 * cut_off_hz)[0] < -40


@pytest.mark.parametrize(("distort", "level"), [CHANNELS["telephone"], CHANNELS["low-pass"]])
def test_filters_move_nothing_in_time(distort, level: float) -> None:
    audio = distort(SPEECH, level, rng())
    backwards = distort(SPEECH[::-1], level, rng())[::-1]
    np.testing.assert_allclose(audio, backwards, rtol=0, atol=1e-5)


@given(seed=st.integers(0, 1000), ceiling_db=st.floats(-60, 0))
def test_a_hard_clip_changes_nothing_under_its_ceiling_and_lets_nothing_over_it(seed: int, ceiling_db: float) -> None:
    speech = like_speech(seed, 0.3)
    ceiling = np.abs(speech).max() * 10 ** (ceiling_db / 20)
    audio = distortions.hard_clip(speech, ceiling_db, rng())
    under = np.abs(speech) < ceiling * 0.999
    assert np.array_equal(audio[under], speech[under])
    np.testing.assert_allclose(np.abs(audio[~under]), ceiling, rtol=0.002)
    assert np.array_equal(np.sign(audio), np.sign(speech))


def test_a_hard_clip_at_0_db_is_the_speech_bit_for_bit() -> None:
    assert distortions.hard_clip(SPEECH, 0, rng()).tobytes() == SPEECH.tobytes()


@given(seed=st.integers(0, 1000), ceiling_db=st.floats(-60, 0))
def test_a_soft_clip_stays_under_its_ceiling_and_keeps_the_order_of_samples(seed: int, ceiling_db: float) -> None:
    speech = np.sort(like_speech(seed, 0.3))
    ceiling = np.abs(speech).max() * 10 ** (ceiling_db / 20)
    audio = distortions.soft_clip(speech, ceiling_db, rng())
    assert np.abs(audio).max() <= ceiling * (1 + 1e-6)
    assert (np.diff(audio) >= 0).all()
    quiet = np.abs(speech) < 0.01 * ceiling
    np.testing.assert_allclose(audio[quiet], speech[quiet], rtol=1e-4)


@given(seed=st.integers(0, 10_000), shares=st.lists(st.floats(0, 100), min_size=2, max_size=6))
def test_what_is_lost_at_one_share_is_lost_at_every_higher_one(seed: int, shares: list[float]) -> None:
    speech = np.ones(SAMPLE_RATE * 3 + 77, np.float32)
    lost = np.array([distortions.packet_loss(speech, share, rng(seed)) == 0 for share in sorted(shares)])
    assert (lost[:-1] <= lost[1:]).all()


@pytest.mark.parametrize("share", [2, 10, 30, 60, 80, 95])
def test_as_much_is_lost_as_was_asked_for_in_bursts_as_long_as_stated(share: float) -> None:
    packet = SAMPLE_RATE // 50
    audio = distortions.packet_loss(np.ones(100_000 * packet, np.float32), share, rng())
    lost = audio.reshape(-1, packet) == 0
    assert (lost.all(axis=1) == lost.any(axis=1)).all()  # packets are lost as a whole
    edges = np.diff(np.concatenate([[0], lost[:, 0].astype(int), [0]]))
    bursts = np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)
    assert 100 * lost.mean() == pytest.approx(share, rel=0.1)
    assert 20 * bursts.mean() == pytest.approx(100 if share <= 80 else 20 / (1 - share / 100), rel=0.06)


def test_no_loss_is_the_speech_bit_for_bit_and_all_of_it_is_silence() -> None:
    assert distortions.packet_loss(SPEECH, 0, rng()).tobytes() == SPEECH.tobytes()
    assert not distortions.packet_loss(SPEECH, 100, rng()).any()


def test_a_gain_and_an_offset_are_what_they_say() -> None:
    np.testing.assert_allclose(distortions.gain(SPEECH, -20, rng()), SPEECH / 10, rtol=1e-6)
    np.testing.assert_allclose(distortions.gain(SPEECH, 20, rng()), SPEECH * 10, rtol=1e-6)
    np.testing.assert_allclose(distortions.dc_offset(SPEECH, -20, rng()), SPEECH + 0.1, atol=1e-7)


@pytest.mark.parametrize(("missing_ms", "n_missing"), [(0, 0), (200, 3200), (0.1, 2), (3000, len(SPEECH))])
def test_a_dropped_start_is_silent_and_the_rest_stays_where_it_was(missing_ms: float, n_missing: int) -> None:
    audio = distortions.dropped_start(SPEECH, missing_ms, rng())
    assert not audio[:n_missing].any()
    assert np.array_equal(audio[n_missing:], SPEECH[n_missing:])


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("mp3@17kbit/s", "MP3 at 16 kHz has no 17"),
        ("opus@300kbit/s", "Opus has 6 to 256 kbit/s, not 300"),
        ("low-pass@8000Hz", "under 8000 Hz, not 8000"),
        ("low-pass@-1Hz", "20 Hz or more and under 8000 Hz, not -1"),
        ("air@0m", "more than 0 and at most 5000 m, not 0"),
        ("hard-clip@1dB", "a ceiling is within -100 and 0 dB, not 1"),
        ("soft-clip@0.5dB", "a ceiling is within -100 and 0 dB, not 0.5"),
        ("packet-loss@-1%", "a share of lost packets is within 0 and 100 %, not -1"),
        ("packet-loss@101%", "a share of lost packets is within 0 and 100 %, not 101"),
        ("gain@-101dB", "a gain is within -100 and 40 dB, not -101"),
        ("dc-offset@1dBFS", "an offset is within -100 and 0 dBFS, not 1"),
        ("dropped-start@-5ms", "a missing start is within 0 and 60000 ms, not -5"),
    ],
)
def test_an_impossible_level_is_an_error_before_the_first_utterance_and_in_it(condition: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"{condition}: .*{message}"):
        check_material(NOTHING, [parse_condition(condition)], ["s0"])
    with pytest.raises(ValueError, match=f"{condition}: .*{message}"):
        corrupt(SPEECH, parse_condition(condition), rng())


@pytest.mark.parametrize(
    "text",
    [
        "mp3@16kbit/s",
        "opus@6kbit/s",
        "gsm",
        "mu-law",
        "telephone",
        "low-pass@2000Hz",
        "air@50m",
        "hard-clip@-12dB",
        "soft-clip@-12dB",
        "packet-loss@10%",
        "gain@-20dB",
        "dc-offset@-20dBFS",
        "dropped-start@200ms",
    ],
)
def test_a_channel_is_written_with_its_unit_and_follows_a_noise(text: str) -> None:
    assert str(parse_condition(text)) == text
    noisy = corrupt(SPEECH, parse_condition(f"white@10dB+{text}"), rng())
    plain = corrupt(SPEECH, Condition((Step("white", 10.0),)), rng())
    assert noisy.record.snr_active_db == plain.record.snr_active_db
    assert noisy.audio.tobytes() != plain.audio.tobytes()


def test_a_clip_that_leaves_nothing_but_an_offset_is_refused() -> None:
    shifted = like_speech(0, peak=0.2) + np.float32(0.5)
    with pytest.raises(ValueError, match=r"hard-clip@-20dB: 0\.0\d+ throughout is all that is left, .*\(DC\)"):
        corrupt(shifted, parse_condition("hard-clip@-20dB"), rng())
    silent = corrupt(shifted, parse_condition("silence+dc-offset@-20dBFS"), rng())
    assert not np.ptp(silent.audio)
