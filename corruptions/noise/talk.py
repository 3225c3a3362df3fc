"""Noises that are made of people talking: one or many at once, and noise with the ups and downs of a voice.

Who talks is of the training split, and never the speaker of the utterance. As in ``generated``, noise is
``n_samples`` long at no particular level, and the same for the same generator state.
"""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Literal

import numpy as np
import numpy.typing as npt

from corruptions.ground.problems import listed
from corruptions.noise.additive import Noise
from corruptions.noise.generated import Spectrum, speech_shaped
from corruptions.sound.audio import SAMPLE_RATE, Waveform, is_silent
from corruptions.sound.levels import MARGIN_DB, active_level_dbfs
from corruptions.sound.promises import AudioError
from corruptions.sound.segments import Clip, clip_length, read_clip, read_clip_part

# The name of a speaker nobody knows. Anybody may be behind it, also the speaker of the utterance: it never talks.
UNKNOWN = "Unknown"

# Recordings of every person. Of a file in which several talk, a segment is one person's.
Talkers = Mapping[str, Sequence[Clip]]

_TALKER_DBFS = -26.0  # ITU-T's nominal speech level
# The bands of the ICRA noises, from memory. The lowest ends under every voice, so that no offset fills the pauses.
_BANDS: tuple[tuple[Literal["bandpass", "highpass"], int | tuple[int, int]], ...] = (
    ("bandpass", (60, 850)),
    ("bandpass", (850, 2500)),
    ("highpass", 2500),
)
_AHEAD = 2 * SAMPLE_RATE
_FRAME = round(0.01 * SAMPLE_RATE)
_SMOOTHING = round(0.032 * SAMPLE_RATE)
_Array = npt.NDArray[np.float64]


def babble(
    n_samples: int, rng: np.random.Generator, talkers: Talkers, speaker: str | None = None, n_talkers: int = 6
) -> Noise:
    """Return people talking at once, each at the same active level.

    Each of them is another person. A person's recordings follow one another in random order, from a random place in
    the first one, and start again where there are too few. Silence before and after the speech in a recording is left
    out, so that as many talk as are said to.

    Args:
        n_samples: length.
        rng: decides who talks, in which order of their recordings, and where the first one starts.
        talkers: recordings of every person: of the training split, so that no test utterance is heard in the noise.
        speaker: who speaks in the utterance, and is therefore not among them.
        n_talkers: how many there are.

    Raises:
        ValueError: if fewer others have recordings.
        AudioError: if a recording cannot be read, or a talker's are all silent.
    """
    others = other_talkers(talkers, speaker, n_talkers)
    chosen = [others[i] for i in rng.choice(len(others), n_talkers, replace=False)]
    mixture = np.zeros(n_samples)
    for name in chosen:
        stream = _talk(n_samples, rng, talkers[name])
        mixture += stream * 10 ** ((_TALKER_DBFS - active_level_dbfs(stream)) / 20)
    return Noise(mixture.astype(np.float32), source=", ".join(chosen))


def speech_modulated(
    n_samples: int, rng: np.random.Generator, talkers: Talkers, spectrum: Spectrum, speaker: str | None = None
) -> Noise:
    """Return speech-shaped noise that follows the envelope of one person's speech in three bands.

    It has the gaps and the syllables of speech, and no words. The idea is that of the ICRA noises, and so are the
    three bands (to 850 Hz, to 2500 Hz, and above; cited from memory, without the paper at hand). The way is ours: the
    lowest band begins at 60 Hz; each band of a Gaussian carrier is multiplied by the envelope of the talker's, the RMS
    over Hann windows of 32 ms, which is too slow to follow the pitch. The envelopes have a mean square of 1, so that
    the long-term spectrum is the carrier's and not the talker's.

    Args:
        n_samples: length.
        rng: decides who talks and where they begin (see ``babble``), and draws the carrier.
        talkers: recordings of every person, of the training split.
        spectrum: of the carrier, see ``long_term_spectrum``.
        speaker: who speaks in the utterance, and is therefore not the talker.

    Raises:
        ValueError: if nobody else has recordings.
        AudioError: if a recording cannot be read, or all the talker's are silent.

    References:
        Dreschler, Verschuure, Ludvigsen and Westermann (2001), "ICRA noises: artificial noise signals with speech-like
        spectral and temporal properties for hearing instrument assessment", Audiology 40(3), 148-157.
    """
    from scipy import signal

    others = other_talkers(talkers, speaker, 1)
    talker = others[int(rng.integers(len(others)))]
    stream = _talk(n_samples, rng, talkers[talker])
    noise = np.zeros(n_samples)
    for kind, edges_hz in _BANDS:
        band = signal.butter(4, edges_hz, kind, fs=SAMPLE_RATE, output="sos")
        carrier = speech_shaped(n_samples, rng, spectrum)
        noise += signal.sosfilt(band, carrier) * _envelope(signal.sosfilt(band, stream))
    return Noise(noise.astype(np.float32), talker)


def other_talkers(talkers: Talkers, speaker: str | None, n_talkers: int) -> list[str]:
    """Return who can talk behind ``speaker``, in the order of the alphabet: everybody else who is known by name.

    Nobody can say who is not behind a speaker who is ``UNKNOWN``; that the test split has other speakers than the
    training split is what keeps them apart there.

    Raises:
        ValueError: if they are fewer than ``n_talkers``.

    Examples:
        >>> from pathlib import Path
        >>> paths = (Path("a.wav"),)
        >>> other_talkers({"Bo": paths, "Al": paths, "Cy": paths, "Unknown": paths}, speaker="Cy", n_talkers=2)
        ['Al', 'Bo']
    """
    others = sorted(name for name, clips in talkers.items() if name not in {speaker, UNKNOWN} and clips)
    if len(others) < n_talkers:
        needed = "one talker is needed" if n_talkers == 1 else f"babble needs {n_talkers} talkers"
        besides = "" if speaker is None else f" besides {speaker!r}"
        raise ValueError(f"{needed}{besides}; the training split has {len(others)} known by name: {others}")
    return others


def _talk(n_samples: int, rng: np.random.Generator, clips: Sequence[Clip]) -> Waveform:
    """Return ``n_samples`` of one person's recordings, one after the other, without the silence at their ends."""
    order = [clips[i] for i in rng.permutation(len(clips))]
    start = int(rng.integers(max(clip_length(order[0]), 1)))
    pieces = [_piece(order[0], start, n_samples)]
    missing, unheard = n_samples - len(pieces[0]), 0
    for clip in cycle([*order[1:], order[0]]):
        if not missing:
            break
        pieces.append(_piece(clip, 0, missing))
        missing -= len(pieces[-1])
        unheard = 0 if len(pieces[-1]) else unheard + 1
        if unheard == len(order):
            # All of them begin with so much silence that their speech is out of reach.
            return np.resize(_voice(order), n_samples)
    return np.concatenate(pieces)


def _piece(clip: Clip, start: int, at_most: int) -> Waveform:
    """Return up to ``at_most`` samples of speech, from ``start`` or the next sound within two seconds."""
    return spoken(read_clip_part(clip, start, min(at_most + _AHEAD, clip_length(clip) - start)))[:at_most]


def _voice(clips: Sequence[Clip]) -> Waveform:
    voice = np.concatenate([spoken(read_clip(clip)) for clip in clips])
    if not voice.size:
        raise AudioError(f"all recordings of a talker are silent:{listed([str(clip) for clip in clips])}")
    return voice


def spoken(audio: Waveform) -> Waveform:
    """Return ``audio`` from where somebody begins to speak to where they end; nothing of silence.

    Begin and end are the first and last 10 ms whose level is at most 15.9 dB under the active level: P.56's own margin
    of what is active. It begins with a sample that is not zero. Pauses stay.

    Examples:
        >>> said = np.repeat(np.array([0, 0.5, 0, -0.5, 0], np.float32), 1600)
        >>> len(spoken(said)), len(spoken(said[:1600]))
        (4800, 0)
    """
    if not audio.size or is_silent(audio):
        return audio[:0]
    frames = np.zeros(-(-len(audio) // _FRAME) * _FRAME)
    frames[: len(audio)] = audio - audio.mean(dtype=np.float64)
    power = np.square(frames).reshape(-1, _FRAME).mean(axis=1)
    # The loudest one counts even where a click's active level is that of a time shorter than it.
    active = np.flatnonzero(power >= min(10 ** ((active_level_dbfs(audio) - MARGIN_DB) / 10), power.max()))
    within = audio[active[0] * _FRAME : (active[-1] + 1) * _FRAME]
    return within[np.argmax(within != 0) :]


def _envelope(x: _Array) -> _Array:
    """Return the RMS of ``x`` around each sample, relative to that of the whole; zeros where there is nothing."""
    from scipy import signal

    # Rounding leaves powers of -1e-17 where there is silence.
    power = np.maximum(signal.fftconvolve(np.square(x), signal.windows.hann(_SMOOTHING), mode="same"), 0)
    envelope: _Array = np.sqrt(power / max(power.mean(), np.finfo(float).tiny))
    return envelope
