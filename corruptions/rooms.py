"""Rooms: what impulse responses do to speech, and what can be measured from them.

Time is counted from the direct sound: the first sample within 20 dB of the largest one, or a larger one in the
millisecond after it. Where in its file a response has it makes no difference: speech stays where it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import fft

from corruptions.audio import SAMPLE_RATE, AudioError, Waveform, channel_count, file_sha256, read_channel
from corruptions.levels import active_level_dbfs, rms_dbfs
from corruptions.noise_folders import audio_names
from corruptions.record import Corrupted

# What belongs to the direct sound: 2.5 ms on either side. What lies before that is noise of the measurement.
_DIRECT = round(0.0025 * SAMPLE_RATE)
_RISE = round(0.001 * SAMPLE_RATE)
_ONSET_DB = -20.0  # ISO 3382-1
_EARLY = round(0.05 * SAMPLE_RATE)

# ISO 3382-1: decays are fitted from -5 dB down, and stay 10 dB above the noise.
_FIT_FROM_DB = -5.0
_FIT_RANGES_DB = (30.0, 20.0)
_ABOVE_NOISE_DB = 10.0
_STRAIGHT = 0.98  # squared correlation of a decay in dB with its line; ISO 3382-2 calls 1 - 0.01 suspicious
_SHORTEST_FIT = round(0.01 * SAMPLE_RATE)

_TOLERANCE_DB = 0.01
_TRIES = 8

# Four blocks are transformed at once: as many as the FFT's vector instructions take.
_LANES = 4
_LONGEST_STEP = 24_576
_CACHED = 64


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


def read_responses(folder: Path) -> tuple[Response, ...]:
    """Return all impulse responses in a folder and its subfolders, in the order of their relative paths.

    Every channel of a file is a response of its own: the average of two microphones is not what any of them heard.
    A response may be as short as a single sample, which is a room without walls.

    Args:
        folder: any folder; files of any format and rate that libsndfile reads.

    Raises:
        AudioError: if the folder does not exist or holds no audio; or if a file cannot be read, is silent, or holds a
            sample that is not a number. The message names the file.
    """
    names = audio_names(folder)
    if not names:
        raise AudioError(f"{folder}: no audio files; rooms are a folder of impulse responses (.wav, .flac, ...)")
    return list_responses(folder, names)


def list_responses(folder: Path, names: Sequence[str]) -> tuple[Response, ...]:
    """Return the impulse responses in files of a folder; see ``read_responses``."""
    return tuple(response for name in names for response in _listed(folder, name))


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
    behind, early = direct + _DIRECT + 1, direct + _EARLY
    sound = float(power[max(direct - _DIRECT, 0) : behind].sum())
    return Acoustics(
        direct,
        float(10 * np.log10(sound)),
        _rt60_s(power[direct:]),
        _ratio_db(sound, power[behind:]),
        _ratio_db(sound + float(power[behind:early].sum()), power[early:]),
    )


def reverberate(before: Corrupted, response: Response) -> Corrupted:
    """Return ``before`` as it arrives in a room: convolved, as long and as loud as it was, and nowhere later.

    The gain of the whole keeps the active level (ITU-T P.56) of what there was. If that was speech, the record has its
    levels as it arrives and those of the direct sound alone: the level of the dry speech plus the energy of the direct
    sound plus the gain. If there is noise in it, the room acts on both, and levels and SNR of the record remain those
    of the moment when the noise was added. Silence stays silence, without a gain.

    Raises:
        AudioError: if the file has changed since it was listed, or cannot be read.
        ValueError: if a room was applied before.
    """
    if before.record.room_source is not None:
        raise ValueError("a condition holds one room, so that it has one reverberation time")
    before_room, wet = before.record, convolve(before.audio, response)
    record = replace(
        before_room,
        room_source=response.name,
        room_sha256=response.sha256,
        room_rt60_s=response.acoustics.rt60_s,
        room_drr_db=response.acoustics.drr_db,
        room_c50_db=response.acoustics.c50_db,
        direct_active_dbfs=None,
        direct_rms_dbfs=None,
    )
    if not wet.any():
        return replace(before, audio=wet, record=record)
    if before_room.noise_source is not None:
        wet, gain_db, _ = _at_level(wet, active_level_dbfs(before.audio))
        return replace(before, audio=wet, record=replace(record, room_gain_db=gain_db))
    wet, gain_db, active_dbfs = _at_level(wet, before_room.speech_active_dbfs)
    direct_db = response.acoustics.direct_db + gain_db
    speech = replace(
        record,
        speech_active_dbfs=active_dbfs,
        speech_rms_dbfs=rms_dbfs(wet),
        room_gain_db=gain_db,
        direct_active_dbfs=before_room.speech_active_dbfs + direct_db,
        direct_rms_dbfs=before_room.speech_rms_dbfs + direct_db,
    )
    return replace(before, audio=wet, record=speech)


def convolve(audio: Waveform, response: Response) -> Waveform:
    """Return ``audio`` convolved with a response whose direct sound is at time 0, cut to the length of ``audio``.

    Equal to ``scipy.signal.fftconvolve`` up to float32's seven digits, and several times as fast: the audio is cut into
    blocks (overlap-save) that one call transforms together, and the response's spectrum is kept for the next utterance.

    Raises:
        AudioError: if the file has changed since it was listed, or cannot be read.
    """
    ahead = min(response.acoustics.direct, _DIRECT)
    n_taps = response.n_samples - response.acoustics.direct + ahead
    n_blocks = _LANES * -(-len(audio) // (_LANES * max(3 * n_taps, _LONGEST_STEP)))
    step = -(-len(audio) // n_blocks)
    size = _fft_size(step + n_taps - 1)
    padded = np.zeros((n_blocks - 1) * step + size, np.float32)
    padded[n_taps - 1 - ahead :][: len(audio)] = audio
    spectra = fft.rfft(np.lib.stride_tricks.sliding_window_view(padded, size)[::step])
    spectra *= _spectrum(response.path, response.sha256, response.channel, n_taps, size)
    blocks = fft.irfft(spectra, size, overwrite_x=True)
    return blocks[:, n_taps - 1 : n_taps - 1 + step].reshape(-1)[: len(audio)]


def _at_level(audio: Waveform, dbfs: float) -> tuple[Waveform, float, float]:
    """Return audio with the active level ``dbfs``, the gain in dB that it took, and the level it has."""
    gain_db, there_dbfs = 0.0, active_level_dbfs(audio)
    scaled = audio
    # The thresholds of P.56 stay where they are, so that a gain of 1 dB may raise the level by a little less or more.
    for _ in range(_TRIES):
        gain_db += dbfs - there_dbfs
        scaled = audio * np.float32(10 ** (gain_db / 20))
        there_dbfs = active_level_dbfs(scaled)
        if abs(there_dbfs - dbfs) <= _TOLERANCE_DB:
            break
    return scaled, gain_db, there_dbfs


@lru_cache(maxsize=_CACHED)
def _spectrum(path: Path, sha256: str, channel: int, n_taps: int, size: int) -> npt.NDArray[np.complex64]:
    """Return the spectrum of the last ``n_taps`` samples of a response, for an FFT of ``size``."""
    if not path.is_file() or file_sha256(path) != sha256:
        raise AudioError(f"{path}: not the file that was listed: gone, or changed since")
    spectrum: npt.NDArray[np.complex64] = fft.rfft(read_channel(path, channel)[-n_taps:], size)
    return spectrum


def _fft_size(at_least: int) -> int:
    """Return a size that the FFT is fast at: one of four in every octave, so that utterances share spectra.

    Examples:
        >>> [_fft_size(n) for n in (1, 9, 1000, 1100)]
        [8, 10, 1024, 1280]
    """
    quarter = max(1 << (at_least - 1).bit_length() >> 3, 2)
    return quarter * max(-(-at_least // quarter), 4)


def _listed(folder: Path, name: str) -> list[Response]:
    path = folder / name
    n_channels = channel_count(path)
    responses = []
    for channel in range(n_channels):
        audio = read_channel(path, channel)
        which = f" channel {channel}" if n_channels > 1 else ""
        try:
            acoustics = measure_response(audio)
        except ValueError as error:
            raise AudioError(f"{path}{which}: {error}") from error
        responses.append(Response(path, f"{name}{which}", file_sha256(path), channel, len(audio), acoustics))
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
