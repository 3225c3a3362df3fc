import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.speech.filterbank import FLOOR, FOURIER, HOP, WINDOW, Filterbank, filterbank
from models.types import SAMPLE_RATE

noise = st.builds(
    lambda seed, n_samples: (0.1 * np.random.default_rng(seed).standard_normal(n_samples)).astype(np.float32),
    st.integers(0, 2**32),
    st.integers(1, 4000),
)


def literal_log_mel(waveform, n_mels):
    """The definition, written out frame by frame and filter by filter."""
    padded = np.pad(waveform.astype(np.float64), FOURIER // 2)
    window = np.zeros(FOURIER)
    offset = (FOURIER - WINDOW) // 2
    window[offset : offset + WINDOW] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    hz = np.arange(FOURIER // 2 + 1) * SAMPLE_RATE / FOURIER
    edges = mel_to_hz(np.linspace(hz_to_mel(20.0), hz_to_mel(SAMPLE_RATE / 2), n_mels + 2))
    frames = []
    for start in range(0, len(waveform) + 1, HOP):
        power = np.abs(np.fft.rfft(padded[start : start + FOURIER] * window)) ** 2
        power *= 4 / (FOURIER * np.sum(window**2))
        row = []
        for low, centre, high in zip(edges, edges[1:], edges[2:], strict=False):
            triangle = np.minimum((hz - low) / (centre - low), (high - hz) / (high - centre)).clip(0)
            row.append(np.log(max(triangle @ power, FLOOR)))
        frames.append(row)
    return np.array(frames)


def hz_to_mel(hz):
    return hz / (200 / 3) if hz < 1000 else 15 + np.log(hz / 1000) / (np.log(6.4) / 27)


def mel_to_hz(mel):
    return np.where(mel < 15, mel * 200 / 3, 1000 * np.exp((mel - 15) * np.log(6.4) / 27))


@pytest.mark.parametrize("n_mels", [40, 80])
@given(waveform=noise)
@settings(deadline=None, max_examples=20)
def test_energies_are_those_of_the_definition(n_mels, waveform):
    [[frames]] = filterbank(n_mels=n_mels)([waveform])
    np.testing.assert_allclose(frames, literal_log_mel(waveform, n_mels), atol=2e-3)


@pytest.mark.parametrize("n_mels", [40, 80])
@pytest.mark.parametrize("frequency_hz", [300, 1000, 5000])
def test_all_bands_of_a_full_scale_sine_add_up_to_one(n_mels, frequency_hz):
    sine = np.sin(2 * np.pi * frequency_hz * np.arange(SAMPLE_RATE) / SAMPLE_RATE).astype(np.float32)
    [[frames]] = filterbank(n_mels=n_mels)([sine])
    assert np.exp(frames[20:80]).sum(axis=1) == pytest.approx(1, abs=1e-4)


@given(waveform=noise, gain_db=st.floats(-20, 20))
@settings(deadline=None, max_examples=20)
def test_loudness_survives(waveform, gain_db):
    [quiet], [loud] = filterbank()([waveform, (waveform * 10 ** (gain_db / 20)).astype(np.float32)])
    above = (quiet > np.log(FLOOR) + 5) & (loud > np.log(FLOOR) + 5)
    np.testing.assert_allclose((loud - quiet)[above], gain_db / 10 * np.log(10), atol=1e-2)


@pytest.mark.parametrize("n_samples", [1, 159, 160, 399, 400, 16_000])
def test_there_is_a_frame_every_10_ms_however_short_the_sound(n_samples):
    assert filterbank()([np.ones(n_samples, np.float32)])[0][0].shape == (1 + n_samples // 160, 40)


def test_silence_lies_on_the_floor():
    [[frames]] = filterbank()([np.zeros(1600, np.float32)])
    np.testing.assert_array_equal(frames, np.full((11, 40), np.log(FLOOR), np.float32))


def test_another_number_of_bands_is_refused():
    with pytest.raises(ValueError, match="40 or 80 bands, not 64"):
        filterbank(n_mels=64)


def test_the_fingerprint_tells_bands_and_device():
    transform = filterbank().transform
    encoders = [Filterbank(dim, device, transform) for dim in (40, 80) for device in ("cpu", "cuda")]
    assert len({encoder.fingerprint for encoder in encoders}) == 4
