"""Audio in and out: the only place where files are read and written.

A ``Waveform`` is float32, mono, 16 kHz, full scale +-1.0. Files of any other kind become one on the way in: channels
are averaged, other rates resampled with soxr's best quality. Samples of float files beyond +-1.0 stay as they are.
"""

import io
from math import gcd
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from corruptions.ground.files import write_bytes
from corruptions.ground.names import is_utf8, written_out
from corruptions.ground.problems import listed
from corruptions.sound.decoding import FFMPEG, Frames, count_frames, decode, stretches
from corruptions.sound.promises import NO_COUNT, AudioError

SAMPLE_RATE = 16_000
SILENT_PEAK = 2.0**-15
"""The least that a 16-bit file can hold. What never gets beyond it has no sound in it."""

Waveform = npt.NDArray[np.float32]

# Samples at 16 kHz that are resampled on either side of an excerpt and dropped. soxr's filter is shorter than this at
# any rate from 8 kHz upwards, so an excerpt equals the same stretch of the whole file, resampled.
_GUARD = 1000


# What libsndfile reads, and what FFmpeg does.
_READABLE = {
    *(".aif", ".aifc", ".aiff", ".au", ".caf", ".flac", ".mp2", ".mp3", ".nist"),
    *(".oga", ".ogg", ".opus", ".rf64", ".snd", ".sph", ".w64", ".wav", ".wave"),
    *FFMPEG,
}
# What people will try. Such a file is an error, so that no recording is lost unseen.
_UNREADABLE = {".raw"}


def read_audio(path: Path) -> Waveform:
    """Return a whole recording, shape ``(n_samples,)``.

    Args:
        path: a file of any rate, and of any format that libsndfile or FFmpeg reads.

    Raises:
        AudioError: if the file is not there, cannot be read, holds no samples, or holds a sample that is not a number.
    """
    frames, rate = decode(path)
    _check_scale(path, frames)
    return _waveform(path, frames, rate)


def read_channels(path: Path) -> list[Waveform]:
    """Return every channel of a recording: what each of several microphones heard, which their average is not.

    Args:
        path: a file of any rate, and of any format that libsndfile or FFmpeg reads.

    Raises:
        AudioError: as ``read_audio`` does.
    """
    frames, rate = decode(path)
    return [_waveform(path, frames[:, k : k + 1], rate) for k in range(frames.shape[1])]


def read_channel(path: Path, channel: int) -> Waveform:
    """Return one channel of a recording, and do not resample the others.

    Args:
        path: as in ``read_channels``.
        channel: counted from 0.

    Raises:
        AudioError: as ``read_audio`` does, or if the file has no such channel.
    """
    frames, rate = decode(path)
    if not 0 <= channel < frames.shape[1]:
        raise AudioError(f"{path}: has no channel {channel}, but 0 to {frames.shape[1] - 1}")
    return _waveform(path, frames[:, channel : channel + 1], rate)


def read_excerpt(path: Path, start: int, n_samples: int) -> Waveform:
    """Return ``read_audio(path)[start : start + n_samples]``, all of it; see ``read_slice``.

    Args:
        path: a file of any rate, and of any format that libsndfile or FFmpeg reads.
        start: first sample, counted at 16 kHz.
        n_samples: length, counted at 16 kHz.

    Raises:
        AudioError: as ``read_audio`` does, or if the recording ends before the excerpt does.
    """
    excerpt = read_slice(path, start, start + n_samples)
    if len(excerpt) < n_samples:
        raise AudioError(f"{path}: ends before sample {start + n_samples} (at {SAMPLE_RATE} Hz); was it changed?")
    return excerpt


def read_slice(path: Path, start: int, end: int | None) -> Waveform:
    """Return ``read_audio(path)[start:end]``, as much of it as there is, without reading what follows it.

    What precedes it is not read either, in formats in which seeking finds the same samples. A slice of a file at 16 kHz
    is the same bit for bit. Of other files it is but for a rare last bit, which depends on where resampling begins:
    less than 1e-7 (-140 dBFS), and at rates that have next to nothing in common with 16 kHz, as 15,999 Hz, 1e-5.

    Args:
        path: a file of any rate, and of any format that libsndfile or FFmpeg reads.
        start: first sample, counted at 16 kHz.
        end: the sample after the last; None for all that follow.

    Raises:
        AudioError: as ``read_audio`` does, but for a file without samples.
    """
    with stretches(path) as (rate, read):
        guard = 0 if rate == SAMPLE_RATE else _GUARD
        # Every `per_block` samples the two rates meet on a sample, and only there may resampling start.
        common = gcd(rate, SAMPLE_RATE)
        per_block = SAMPLE_RATE // common
        block = max(start - guard, 0) // per_block
        last = NO_COUNT if end is None else -(-(end + guard) * rate // SAMPLE_RATE)
        frames = read(block * (rate // common), last)
    if block and not len(frames):
        return np.zeros(0, np.float32)
    _check_scale(path, frames)
    before = block * per_block
    return _waveform(path, frames, rate)[start - before : None if end is None else end - before]


def length_at_16k(n_frames: int, sample_rate: int) -> int:
    """Return how many whole samples ``n_frames`` of a file make at 16 kHz.

    Examples:
        >>> length_at_16k(44_100, 44_100)
        16000
    """
    return n_frames * SAMPLE_RATE // sample_rate


def audio_length(path: Path) -> int:
    """Return the length of a recording in samples at 16 kHz: from its header where that knows, else by decoding it.

    Raises:
        AudioError: if the file is not there or cannot be read.
    """
    return length_at_16k(*count_frames(path))


def write_audio(path: Path, audio: Waveform) -> None:
    """Write 16-bit FLAC or WAV, whole or not at all; reading it back gives multiples of 2^-15.

    Args:
        path: the file, ending in ``.flac`` or ``.wav``.
        audio: shape ``(n_samples,)``, within +-1.0. There is no dither: what came from a 16-bit file is unchanged.

    Raises:
        AudioError: for another suffix, no samples, or a sample that is not a number or beyond full scale.
    """
    if path.suffix.lower() not in {".flac", ".wav"}:
        raise AudioError(f"{path}: cannot write {path.suffix or 'a file without suffix'}; write .flac or .wav")
    if audio.ndim != 1 or audio.size == 0:
        raise AudioError(f"{path}: nothing to write: audio has shape {audio.shape}, not (n_samples,)")
    peak = float(np.abs(audio).max())
    if not peak <= 1.0:
        raise AudioError(f"{path}: peak is {peak:g}; only samples within +-1.0 can be written, so scale it first")
    # libsndfile scales by 32767 on the way out and by 32768 on the way in; done here, a round trip changes nothing.
    # libsndfile's writers do not all notice that a disk is full; what writes the bytes does.
    file = io.BytesIO()
    soundfile.write(file, in_steps(audio), SAMPLE_RATE, subtype="PCM_16", format=path.suffix[1:])
    write_bytes(path, file.getvalue())


def in_steps(audio: Waveform) -> npt.NDArray[np.int16]:
    """Return the samples as a 16-bit file holds them: multiples of 2^-15, in whole numbers.

    Examples:
        >>> in_steps(np.array([-1, 0.5, 1, 1e-5], np.float32)).tolist()
        [-32768, 16384, 32767, 0]
    """
    return np.minimum(np.rint(audio.astype(np.float64) * 32768), 32767).astype(np.int16)


def write_response(path: Path, response: Waveform) -> None:
    """Write an impulse response as 32-bit float WAV, whole or not at all; the same samples give the same bytes.

    Args:
        path: the file, ending in ``.wav``.
        response: shape ``(n_samples,)``.
    """
    from scipy.io import wavfile

    file = io.BytesIO()
    # libsndfile would write the time of day into a float file.
    wavfile.write(file, SAMPLE_RATE, response)
    write_bytes(path, file.getvalue())


def audio_names(folder: Path) -> list[str]:
    """Return the audio files of a folder and its subfolders, as sorted relative paths with forward slashes.

    Raises:
        AudioError: if there is no such folder, or a name is not UTF-8: no table could hold it.
    """
    if not folder.is_dir():
        raise AudioError(f"{folder}: no such folder")
    names = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix.lower() in _READABLE | _UNREADABLE and not path.name.startswith(".") and path.is_file()
    )
    if undecoded := [written_out(name) for name in names if not is_utf8(name)]:
        raise AudioError(f"{folder}: file names that are not UTF-8, rename them:{listed(undecoded)}")
    return names


LOUDEST = 10.0
"""Samples of float files may go beyond full scale, but none that speaks or sounds is 20 dB above it."""


def too_loud(peak: float) -> str:
    """Return what is wrong with a recording whose peak is above ``LOUDEST``."""
    return f"peaks at {peak:.4g}, where full scale is 1; of 16-bit numbers kept as floats, divide by 32768"


CANCELLED = "its channels are opposite, and cancel each other in their average; keep one of them (`sox IN OUT remix 1`)"


def cancelled(frames: Frames, mono: Waveform) -> bool:
    """Return whether there is sound in channels whose average is silent.

    Examples:
        >>> cancelled(np.array([[0.5, -0.5]], np.float32), np.array([0.0], np.float32))
        True
    """
    return bool(mono.size and np.abs(mono).max() <= SILENT_PEAK < np.abs(frames).max())


SILENT = "silent: its samples differ by no more than two steps of 16 bits"


def is_silent(audio: Waveform) -> bool:
    """Return whether samples differ by no more than two steps of 16 bits: one to either side of wherever silence lies.

    Examples:
        >>> is_silent(np.array([0.1, 0.1 + 2**-15], np.float32)), is_silent(np.array([0, -0.001], np.float32))
        (True, False)
    """
    return bool(audio.max() - audio.min() <= 2 * SILENT_PEAK)


def _check_scale(path: Path, frames: Frames) -> None:
    """Refuse what somebody says or what sounds beyond any scale; an impulse response has a scale of its own."""
    peak = float(max(frames.max(initial=0), -frames.min(initial=0)))
    if np.isfinite(peak) and peak > LOUDEST:
        raise AudioError(f"{path}: {too_loud(peak)}")


def _waveform(path: Path, frames: npt.NDArray[np.float32], sample_rate: int) -> Waveform:
    """Return frames of a file, shape ``(n_frames, n_channels)``, as a waveform."""
    mono: Waveform = frames[:, 0] if frames.shape[1] == 1 else frames.mean(axis=1, dtype=np.float32)
    if not np.isfinite(mono).all():
        raise AudioError(f"{path}: holds samples that are not finite numbers")
    if frames.shape[1] > 1 and cancelled(frames, mono):
        raise AudioError(f"{path}: {CANCELLED}")
    if sample_rate != SAMPLE_RATE and mono.size:
        mono = soxr.resample(mono, sample_rate, SAMPLE_RATE, quality="VHQ")
    if mono.size == 0:
        raise AudioError(f"{path}: holds no samples")
    return mono
