"""Noises that are made of chance alone: coloured and speech-shaped noise, mains hum, clicks.

Every function returns ``n_samples`` at no particular level (the mixing decides it), and the same samples for the same
generator state.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import fft

from corruptions.sound.audio import SAMPLE_RATE, Waveform
from corruptions.sound.promises import AudioError
from corruptions.sound.segments import Clip, clip_at, read_clip

# Of the impulses: how many on average, and how many samples each lasts.
CLICKS_PER_S = 10
CLICK = round(0.01 * SAMPLE_RATE)

_LOWEST_AUDIBLE_HZ = 20
_MAINS_HZ = (50, 60)
_MAINS_DEVIATION_HZ = 0.02
_HIGHEST_HUM_HZ = 1000
_FRAME = 1024
_Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Spectrum:
    """A long-term average power spectrum.

    ``power`` is given at equally spaced frequencies from 0 to 8 kHz, in no particular unit.
    """

    power: tuple[float, ...]

    def amplitude(self, frequency_hz: _Array) -> _Array:
        """Return the square root of the power at each frequency, interpolated linearly; 0 at 0 Hz."""
        grid_hz = np.linspace(0, SAMPLE_RATE / 2, len(self.power))
        return np.sqrt(np.interp(frequency_hz, grid_hz, self.power)) * (frequency_hz > 0)


def long_term_spectrum(clips: Iterable[Clip | Path]) -> Spectrum:
    """Return the average power spectrum of recordings, each of which counts the same, however loud or long it is.

    Args:
        clips: recordings of speech, or paths of them: the training split, so that nothing of the test set gets into
            the noise.

    Raises:
        ValueError: if there are none.
        AudioError: if one cannot be read or is silent.
    """
    powers = [_mean_power(clip_at(one)) for one in clips]
    if not powers:
        raise ValueError("a long-term spectrum needs one recording or more, and there are none")
    return Spectrum(tuple(np.mean(powers, axis=0).tolist()))


def white(n_samples: int, rng: np.random.Generator) -> Waveform:
    """Return Gaussian noise with the same power at every frequency, shape ``(n_samples,)``."""
    return rng.standard_normal(n_samples, dtype=np.float32)


def pink(n_samples: int, rng: np.random.Generator) -> Waveform:
    """Return Gaussian noise with the same power in every octave from 20 Hz, shape ``(n_samples,)``.

    Below 20 Hz there is none: it would hold a third of the power where no one hears it.
    """

    def amplitude(frequency_hz: _Array) -> _Array:
        return (frequency_hz >= _LOWEST_AUDIBLE_HZ) / np.sqrt(np.maximum(frequency_hz, _LOWEST_AUDIBLE_HZ))

    return _shaped(n_samples, rng, amplitude)


def brown(n_samples: int, rng: np.random.Generator) -> Waveform:
    """Return Gaussian noise whose power falls by 6 dB per octave from 20 Hz, as 1/f^2, shape ``(n_samples,)``.

    Below 20 Hz there is none. Half of the power lies between 20 and 40 Hz, so at the same SNR it is milder to the ear
    than any other noise here.
    """

    def amplitude(frequency_hz: _Array) -> _Array:
        return (frequency_hz >= _LOWEST_AUDIBLE_HZ) / np.maximum(frequency_hz, _LOWEST_AUDIBLE_HZ)

    return _shaped(n_samples, rng, amplitude)


def blue(n_samples: int, rng: np.random.Generator) -> Waveform:
    """Return Gaussian noise whose power rises by 3 dB per octave, as f, shape ``(n_samples,)``."""
    return _shaped(n_samples, rng, np.sqrt)


def speech_shaped(n_samples: int, rng: np.random.Generator, spectrum: Spectrum) -> Waveform:
    """Return Gaussian noise with the long-term spectrum of speech, shape ``(n_samples,)``."""
    return _shaped(n_samples, rng, spectrum.amplitude)


def hum(n_samples: int, rng: np.random.Generator) -> Waveform:
    """Return mains hum: a tone of 50 or 60 Hz and its harmonics up to 1 kHz, shape ``(n_samples,)``.

    The k-th harmonic has 1/k of the fundamental's amplitude, a fall of 6 dB per octave, and a random phase. 50 and 60
    Hz are as likely; the frequency is off by 0.02 Hz (standard deviation), about as much as that of a large grid, and
    stays there for the few seconds of an utterance. The figures are our reading of what hum is.
    """
    nominal_hz = rng.choice(_MAINS_HZ)
    mains_hz = rng.normal(nominal_hz, _MAINS_DEVIATION_HZ)
    k = np.arange(1, _HIGHEST_HUM_HZ // nominal_hz + 1)
    harmonics = np.exp(2j * np.pi * rng.random(len(k))) / k
    # The k-th harmonic of a tone is its k-th power, so all of them are one polynomial.
    tone = np.exp(2j * np.pi * mains_hz / SAMPLE_RATE * np.arange(n_samples))
    return np.polyval([*harmonics[::-1], 0], tone).imag.astype(np.float32)


def impulses(n_samples: int, rng: np.random.Generator) -> Waveform:
    """Return clicks at random times, ten in a second on average (a Poisson process), shape ``(n_samples,)``.

    A click is white Gaussian noise that begins at once, falls by 60 dB in 10 ms and ends there. Where chance puts none
    into the whole length there is one, so that the noise is never silent.
    """
    n_clicks = max(int(rng.poisson(CLICKS_PER_S * n_samples / SAMPLE_RATE)), 1)
    decay = 10 ** (-3 * np.arange(CLICK) / CLICK)
    clicks = rng.standard_normal((n_clicks, CLICK)) * decay
    starts = rng.integers(n_samples, size=n_clicks)
    noise = np.zeros(n_samples + CLICK)
    np.add.at(noise, starts[:, None] + np.arange(CLICK), clicks)
    return noise[:n_samples].astype(np.float32)


def _shaped(n_samples: int, rng: np.random.Generator, amplitude: Callable[[_Array], _Array]) -> Waveform:
    """Return Gaussian noise with the given amplitude at every frequency."""
    # A length that the FFT is fast at; prime numbers of samples would take ten times as long.
    size = fft.next_fast_len(n_samples, real=True)
    spectrum = fft.rfft(rng.standard_normal(size, dtype=np.float32))
    spectrum *= amplitude(fft.rfftfreq(size, 1 / SAMPLE_RATE))
    return fft.irfft(spectrum, size)[:n_samples].astype(np.float32)


def _mean_power(clip: Clip) -> _Array:
    """Return the power of a recording at 513 frequencies, averaged over Hann windows of 64 ms; its sum is 1."""
    audio = read_clip(clip)
    padded = np.pad(audio - audio.mean(), (0, max(_FRAME - len(audio), 0)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[:: _FRAME // 2]
    power = np.square(np.abs(fft.rfft(frames * np.hanning(_FRAME)))).mean(axis=0)
    if not power.sum() > 0:
        raise AudioError(f"{clip}: silent")
    normalised: _Array = power / power.sum()
    return normalised
