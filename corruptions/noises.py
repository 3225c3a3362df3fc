"""Noises that are made: white, pink, speech-shaped, and babble.

Every function returns ``n_samples`` at no particular level (the mixing decides it), and the same samples for the same
generator state.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import fft

from corruptions.additive import SILENT_PEAK, Noise, is_silent
from corruptions.audio import SAMPLE_RATE, AudioError, Waveform, audio_length, read_audio, read_excerpt
from corruptions.levels import active_level_dbfs

N_TALKERS = 6

_LOWEST_AUDIBLE_HZ = 20
_TALKER_DBFS = -26.0  # ITU-T's nominal speech level
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


def long_term_spectrum(paths: Iterable[Path]) -> Spectrum:
    """Return the average power spectrum of recordings, each of which counts the same, however loud or long it is.

    Args:
        paths: recordings of speech: the training split, so that nothing of the test set gets into the noise.

    Raises:
        ValueError: if there are none.
        AudioError: if one cannot be read or is silent.
    """
    powers = [_mean_power(path) for path in paths]
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


def speech_shaped(n_samples: int, rng: np.random.Generator, spectrum: Spectrum) -> Waveform:
    """Return Gaussian noise with the long-term spectrum of speech, shape ``(n_samples,)``."""
    return _shaped(n_samples, rng, spectrum.amplitude)


def babble(
    n_samples: int, rng: np.random.Generator, talkers: Mapping[str, Sequence[Path]], speaker: str | None = None
) -> Noise:
    """Return six people talking at once, each at the same active level.

    Each of the six is another person. A person's recordings follow one another in random order, from a random place in
    the first one, and start again where there are too few. Where that gives silence, they start at the first sound.

    Args:
        n_samples: length.
        rng: decides who talks, in which order of their recordings, and where the first one starts.
        talkers: recordings of every person: of the training split, so that no test utterance is heard in the noise.
        speaker: who speaks in the utterance, and is therefore not among the six.

    Raises:
        ValueError: if fewer than six others have recordings.
        AudioError: if a recording cannot be read, or a talker's are all silent.
    """
    others = other_talkers(talkers, speaker)
    chosen = [others[i] for i in rng.choice(len(others), N_TALKERS, replace=False)]
    mixture = np.zeros(n_samples)
    for name in chosen:
        stream = _talk(n_samples, rng, talkers[name])
        mixture += stream * 10 ** ((_TALKER_DBFS - active_level_dbfs(stream)) / 20)
    return Noise(mixture.astype(np.float32), source=", ".join(chosen))


def other_talkers(talkers: Mapping[str, Sequence[Path]], speaker: str | None) -> list[str]:
    """Return who can be in the babble behind ``speaker``, in the order of the alphabet.

    Raises:
        ValueError: if they are fewer than six.
    """
    others = sorted(name for name, paths in talkers.items() if name != speaker and paths)
    if len(others) < N_TALKERS:
        besides = "" if speaker is None else f" besides {speaker!r}"
        raise ValueError(f"babble needs {N_TALKERS} talkers{besides}; the training split has {len(others)}: {others}")
    return others


def _talk(n_samples: int, rng: np.random.Generator, paths: Sequence[Path]) -> Waveform:
    """Return ``n_samples`` of one person's recordings, one after the other, with some sound in them."""
    order = [paths[i] for i in rng.permutation(len(paths))]
    start = int(rng.integers(max(audio_length(order[0]), 1)))
    pieces = [_piece(order[0], start, n_samples)]
    missing = n_samples - len(pieces[0])
    for path in cycle([*order[1:], order[0]]):
        if not missing:
            break
        pieces.append(_piece(path, 0, missing))
        missing -= len(pieces[-1])
    stream = np.concatenate(pieces)
    if not is_silent(stream):
        return stream
    voice = np.concatenate([read_audio(path) for path in order])
    audible = np.flatnonzero(np.abs(voice) > SILENT_PEAK)
    if not audible.size:
        raise AudioError(f"{order[0].parent}: silent, all of {', '.join(path.name for path in order)}")
    return np.resize(voice[audible[0] :], n_samples)


def _piece(path: Path, start: int, at_most: int) -> Waveform:
    return read_excerpt(path, start, min(at_most, audio_length(path) - start))


def _shaped(n_samples: int, rng: np.random.Generator, amplitude: Callable[[_Array], _Array]) -> Waveform:
    """Return Gaussian noise with the given amplitude at every frequency."""
    # A length that the FFT is fast at; prime numbers of samples would take ten times as long.
    size = fft.next_fast_len(n_samples, real=True)
    spectrum = fft.rfft(rng.standard_normal(size, dtype=np.float32))
    spectrum *= amplitude(fft.rfftfreq(size, 1 / SAMPLE_RATE))
    return fft.irfft(spectrum, size)[:n_samples].astype(np.float32)


def _mean_power(path: Path) -> _Array:
    """Return the power of a recording at 513 frequencies, averaged over Hann windows of 64 ms; its sum is 1."""
    audio = read_audio(path)
    padded = np.pad(audio, (0, max(_FRAME - len(audio), 0)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FRAME)[:: _FRAME // 2]
    power = np.square(np.abs(fft.rfft(frames * np.hanning(_FRAME)))).mean(axis=0)
    if not power.sum() > 0:
        raise AudioError(f"{path}: silent")
    normalised: _Array = power / power.sum()
    return normalised
