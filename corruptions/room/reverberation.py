"""What a room does to speech: convolution with an impulse response, which moves no sound and keeps the level."""

from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import fft

from corruptions.room.responses import DIRECT, Response
from corruptions.sound.audio import Waveform, read_channel
from corruptions.sound.inputs import unchanged
from corruptions.sound.levels import active_level_dbfs, has_level, rms_dbfs
from corruptions.sound.record import Corrupted

_TOLERANCE_DB = 0.01
_TRIES = 8

# Four blocks are transformed at once: as many as the FFT's vector instructions take.
_LANES = 4
_LONGEST_STEP = 24_576
_CACHED = 128
_KEPT_BYTES = 1 << 24


def reverberate(before: Corrupted, response: Response) -> Corrupted:
    """Return ``before`` as it arrives in a room: convolved, as long and as loud as it was, and nowhere later.

    The gain of the whole keeps the active level (ITU-T P.56) of what there was. If that was speech, the record has its
    levels as it arrives and those of the direct sound alone: the level of the dry speech plus the energy of the direct
    sound plus the gain. If there is noise in it, the room acts on both, and levels and SNR of the record remain those
    of the moment when the noise was added. Silence stays silence, without a gain.

    Raises:
        ChangedError: if the file has changed since it was listed.
        AudioError: if it is gone or cannot be read.
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
    if not has_level(before.audio) or not has_level(wet):
        return replace(before, audio=wet, record=record)
    if before.mixture is not None:
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

    What a file holds more than 2.5 ms before the direct sound is noise of the measurement, and left out.

    Equal to ``scipy.signal.fftconvolve`` up to float32's seven digits, and several times as fast: the audio is cut into
    blocks (overlap-save) that one call transforms together, and the response's spectrum is kept for the next utterance.

    Raises:
        ChangedError: if the file has changed since it was listed.
        AudioError: if it is gone or cannot be read.
    """
    _keep_freed_memory()
    ahead = min(response.acoustics.direct, DIRECT)
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
    with unchanged(path, sha256):
        response = read_channel(path, channel)
    spectrum: npt.NDArray[np.complex64] = fft.rfft(response[-n_taps:], size)
    return spectrum


@cache
def _keep_freed_memory() -> None:
    """Let glibc keep up to 32 MB of freed memory for the next utterance.

    It returns large blocks to the system when they are freed, and to get them anew takes longer than the transforms do.
    Freeing one block of 16 MB raises both limits (mallopt(3), M_MMAP_THRESHOLD). On other systems this does nothing.
    """
    np.empty(_KEPT_BYTES, np.uint8)


def _fft_size(at_least: int) -> int:
    """Return a size that the FFT is fast at: at most eight in every octave, so that utterances share spectra.

    Examples:
        >>> [_fft_size(n) for n in (1, 9, 1000, 1100, 1200)]
        [2, 9, 1024, 1152, 1280]
    """
    eighth = max(1 << (at_least - 1).bit_length() >> 4, 1)
    return fft.next_fast_len(max(-(-at_least // eighth) * eighth, 2), real=True)
