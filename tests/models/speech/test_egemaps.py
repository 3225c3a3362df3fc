import sys

import numpy as np
import pytest

from models.speech.egemaps import FULL_SCALE, LICENCE_NOTICE, SHORTEST, egemaps, egemaps_lld
from models.types import SAMPLE_RATE, Pretrained

opensmile = pytest.importorskip("opensmile")

PITCH = "F0semitoneFrom27.5Hz_sma3nz_amean"
LOUDNESS = "loudness_sma3_amean"


@pytest.fixture(scope="module")
def encoder():
    return egemaps("cpu")


@pytest.fixture(scope="module")
def descriptors():
    return egemaps_lld("cpu")


def voice(pitch_hz=220.0, duration_s=1.0, peak=0.3):
    """Twenty harmonics, in syllables."""
    time_s = np.arange(round(duration_s * SAMPLE_RATE)) / SAMPLE_RATE
    harmonics = sum(np.sin(2 * np.pi * pitch_hz * k * time_s) / k for k in range(1, 21))
    syllables = 0.2 + np.clip(np.sin(2 * np.pi * 3 * time_s), 0, 1)
    return (peak * harmonics * syllables / np.abs(harmonics * syllables).max()).astype(np.float32)


def noise(n_samples, level=0.1):
    return (level * np.random.default_rng(0).standard_normal(n_samples)).astype(np.float32)


def numbers(encoder, waveform):
    return dict(zip(encoder.smile.feature_names, encoder([waveform])[0][0][0], strict=True))


@pytest.mark.parametrize("waveform", [voice(), noise(8000), voice(100, 3.3)], ids=["voice", "noise", "low voice"])
def test_an_utterance_is_one_frame_of_what_opensmile_says(encoder, waveform):
    reference = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.Functionals)
    [[frames]] = encoder([waveform])
    assert frames.shape == (1, encoder.dim) == (1, 88)
    assert frames.dtype == np.float32
    np.testing.assert_array_equal(frames, reference.process_signal(waveform, SAMPLE_RATE).to_numpy())


def test_descriptors_are_the_frames_of_opensmile(descriptors):
    reference = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.LowLevelDescriptors)
    [[frames]] = descriptors([voice()])
    assert frames.shape == (96, descriptors.dim) == (96, 25)
    np.testing.assert_array_equal(frames, reference.process_signal(voice(), SAMPLE_RATE).to_numpy())


@pytest.mark.parametrize(("pitch_hz", "semitones"), [(110, 24), (220, 36)])
def test_the_pitch_is_that_of_the_voice(encoder, pitch_hz, semitones):
    assert numbers(encoder, voice(pitch_hz))[PITCH] == pytest.approx(semitones, abs=0.1)


def test_a_louder_voice_is_louder_and_of_the_same_pitch(encoder):
    soft, loud = numbers(encoder, voice(peak=0.1)), numbers(encoder, voice(peak=0.4))
    assert loud[LOUDNESS] > 1.5 * soft[LOUDNESS]
    assert loud[PITCH] == pytest.approx(soft[PITCH], abs=0.01)


@pytest.mark.parametrize("excess", [1.0, 1.0001, 2.5, 40.0])
def test_a_waveform_beyond_full_scale_is_turned_down_and_never_wraps_around(encoder, excess):
    fitting = voice(peak=FULL_SCALE)
    [beyond], [within] = encoder([(fitting * np.float32(excess / FULL_SCALE)), fitting])
    np.testing.assert_allclose(beyond, within, rtol=1e-3, atol=1e-3)


def test_a_waveform_within_full_scale_is_not_touched(encoder):
    wav = voice(peak=1.0) * np.float32(FULL_SCALE)
    np.testing.assert_array_equal(encoder([wav])[0][0][0], encoder.smile(wav, SAMPLE_RATE)[0, :, 0])


@pytest.mark.parametrize("n_samples", [1, 100, SHORTEST - 1, SHORTEST])
@pytest.mark.parametrize("level", [0.0, 0.1, 1.0])
def test_the_shortest_and_emptiest_have_finite_numbers(encoder, descriptors, level, n_samples):
    short_one = noise(n_samples, level)
    padded = np.pad(short_one, (0, SHORTEST - n_samples))
    for each in (encoder, descriptors):
        [short], [whole] = each([short_one, padded])
        assert np.isfinite(short).all()
        np.testing.assert_array_equal(short, whole)


def test_silence_has_no_pitch_and_no_loudness(encoder):
    silent = numbers(encoder, np.zeros(SAMPLE_RATE, np.float32))
    assert np.isfinite(list(silent.values())).all()
    assert silent[PITCH] == 0
    assert silent[LOUDNESS] < 0.01


def test_results_depend_neither_on_order_nor_on_what_else_is_in_the_call(encoder, descriptors):
    waveforms = [voice(), noise(400), voice(130, 0.7), np.zeros(5000, np.float32), voice()]
    for each in (encoder, descriptors):
        forwards, backwards = each(waveforms), each(waveforms[::-1])[::-1]
        for [one], [other] in zip(forwards, backwards, strict=True):
            np.testing.assert_array_equal(one, other)


def test_the_waveform_is_left_as_it_was(encoder):
    wav = voice(peak=3.0)
    before = wav.copy()
    encoder([wav])
    np.testing.assert_array_equal(wav, before)


def test_its_licence_is_named_and_allows_nothing_commercial(encoder, descriptors):
    assert encoder.licence_notice == descriptors.licence_notice == LICENCE_NOTICE
    assert "non-commercial" in LICENCE_NOTICE
    assert "\n" not in LICENCE_NOTICE


def test_the_two_have_different_fingerprints_which_name_the_release(encoder, descriptors):
    assert encoder.fingerprint != descriptors.fingerprint
    assert opensmile.__version__ in encoder.fingerprint


def test_there_are_no_weights_to_be_named():
    with pytest.raises(ValueError, match="'minilm' has no place"):
        egemaps("cpu", Pretrained("minilm"))


def test_where_opensmile_is_absent_the_error_says_which_extra_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "opensmile", None)
    with pytest.raises(ImportError, match=r"pip install 'emonoise\[egemaps\]'"):
        egemaps("cpu")
