"""Impulse responses of rooms: read from files, and what can be measured from them.

The direct sound is the largest sample within a millisecond of the first one that comes within 20 dB of the largest of
all. Time is counted from there, wherever in its file a response has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from corruptions.ground.progress import Stage, unseen
from corruptions.sound.audio import SAMPLE_RATE, Waveform, audio_names, read_channels
from corruptions.sound.inputs import hashed
from corruptions.sound.promises import AudioError

# What belongs to the direct sound: 2.5 ms on either side.
DIRECT = round(0.0025 * SAMPLE_RATE)
_RISE = round(0.001 * SAMPLE_RATE)
_ONSET_DB = -20.0  # ISO 3382-1
_EARLY = round(0.05 * SAMPLE_RATE)

# ISO 3382-1: decays are fitted from -5 dB down, and stay 10 dB above the noise.
_FIT_FROM_DB = -5.0
_FIT_RANGES_DB = (30.0, 20.0)
_ABOVE_NOISE_DB = 10.0
_STRAIGHT = 0.98  # squared correlation of a decay in dB with its line; ISO 3382-2 calls 1 - 0.01 suspicious
_SHORTEST_FIT = round(0.01 * SAMPLE_RATE)


@dataclass(frozen=True)
class Acoustics:
    """What was measured from an impulse response at 16 kHz.

    Attributes:
        direct: sample of the direct sound.
        direct_db: energy of the direct sound, 2.5 ms to either side; 0 dB leaves white noise as loud as it was.
        rt60_s: reverberation time; None where the decay does not allow it.
        drr_db: energy of the direct sound over that of all that follows; None where nothing follows.
        c50_db: energy until 50 ms after the direct sound over that of all that follows; None where nothing follows.
    """

    direct: int
    direct_db: float
    rt60_s: float | None
    drr_db: float | None
    c50_db: float | None


@dataclass(frozen=True)
class Response:
    """One impulse response as it was when it was listed: small and picklable, for it holds no audio.

    Attributes:
        path: the recording.
        name: its path inside its folder with forward slashes, and the channel where the file has several.
        sha256: of the file's bytes.
        channel: which channel of the file, counted from 0.
        n_samples: length at 16 kHz.
        acoustics: what was measured from it.
    """

    path: Path
    name: str
    sha256: str
    channel: int
    n_samples: int
    acoustics: Acoustics


def read_responses(folder: Path, stage: Stage = unseen) -> tuple[Response, ...]:
    """Return all impulse responses in a folder and its subfolders, in the order of their relative paths.

    Every channel of a file is a response of its own: the average of two microphones is not what any of them heard.
    A response may be as short as a single sample, which is a room without walls.

    Args:
        folder: any folder; files of any format and rate that libsndfile reads.
        stage: shows how far the reading is.

    Raises:
        AudioError: if the folder does not exist or holds no audio; or if a file cannot be read, is silent, or holds a
            sample that is not a number. The message names the file.
    """
    names = audio_names(folder)
    if not names:
        raise AudioError(f"{folder}: no audio files; rooms are a folder of impulse responses (.wav, .flac, ...)")
    return list_responses(folder, names, stage)


def list_responses(folder: Path, names: Sequence[str], stage: Stage = unseen) -> tuple[Response, ...]:
    """Return the impulse responses in files of a folder; see ``read_responses``."""
    responses = []
    with stage("Reading rooms", len(names), "recordings") as advance:
        for name in names:
            responses += _listed(folder, name)
            advance(1)
    return tuple(responses)


def measure_response(response: Waveform) -> Acoustics:
    """Return what can be measured from an impulse response.

    The reverberation time is T30 of ISO 3382-1, or T20 where the noise allows no more: the energy still to come
    (Schroeder's integral, less the noise, whose power is that of the last tenth), in dB, falls along a line from -5 to
    -35 or -25 dB, and would along that line fall by 60 dB in the time given. There is none where neither range stays
    10 dB above the noise, or where the decay is no line.

    Args:
        response: shape ``(n_samples,)``, 16 kHz.

    Raises:
        ValueError: if it is silent.

    References:
        M. R. Schroeder, "New method of measuring reverberation time", JASA 37 (1965). ISO 3382-1:2009.

    Examples:
        >>> rng, seconds = np.random.default_rng(0), np.arange(8000) / 16_000
        >>> response = rng.standard_normal(8000) * 10 ** (-3 * seconds / 0.4)
        >>> print(f"{measure_response(response).rt60_s:.2f} s")
        0.40 s
    """
    magnitude = np.abs(response)
    if not magnitude.any():
        raise ValueError("silent")
    onset = int(np.argmax(magnitude >= magnitude.max() * 10 ** (_ONSET_DB / 20)))
    direct = onset + int(np.argmax(magnitude[onset : onset + _RISE + 1]))
    power = np.square(response, dtype=np.float64)
    behind, early = direct + DIRECT + 1, direct + _EARLY
    sound = float(power[max(direct - DIRECT, 0) : behind].sum())
    return Acoustics(
        direct,
        float(10 * np.log10(sound)),
        _rt60_s(power[direct:]),
        _ratio_db(sound, power[behind:]),
        _ratio_db(sound + float(power[behind:early].sum()), power[early:]),
    )


def _listed(folder: Path, name: str) -> list[Response]:
    path = folder / name
    with hashed(path) as sha256:
        channels = read_channels(path)
    responses = []
    for channel, audio in enumerate(channels):
        which = f" channel {channel}" if len(channels) > 1 else ""
        try:
            acoustics = measure_response(audio)
        except ValueError as error:
            raise AudioError(f"{path}{which}: {error}") from error
        responses.append(Response(path, f"{name}{which}", sha256, channel, len(audio), acoustics))
    return responses


def _rt60_s(power: npt.NDArray[np.float64]) -> float | None:
    noise = power[-max(len(power) // 10, 1) :].mean() * np.arange(len(power), 0, -1)
    to_come = np.cumsum(power[::-1])[::-1] - noise
    lasts = len(to_come) if (to_come > 0).all() else int(np.argmin(to_come > 0))
    if not lasts:
        return None
    decay_db = 10 * np.log10(to_come[:lasts] / to_come[0])
    for range_db in _FIT_RANGES_DB:
        below = np.flatnonzero(decay_db <= _FIT_FROM_DB - range_db)
        if not below.size or to_come[below[0]] < noise[below[0]] * 10 ** (_ABOVE_NOISE_DB / 10):
            continue
        fitted = decay_db[np.argmax(decay_db <= _FIT_FROM_DB) : below[0] + 1]
        seconds = np.arange(len(fitted)) / SAMPLE_RATE
        if len(fitted) >= _SHORTEST_FIT and np.corrcoef(seconds, fitted)[0, 1] ** 2 >= _STRAIGHT:
            return float(-60 / np.polyfit(seconds, fitted, 1)[0])
    return None


def _ratio_db(energy: float, rest: npt.NDArray[np.float64]) -> float | None:
    remaining = float(rest.sum())
    return float(10 * np.log10(energy / remaining)) if remaining else None
