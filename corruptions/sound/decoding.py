"""Decoding: the frames of a file from first to last, and whether they are as many as it promises.

A header may be wrong about how much follows it, or silent. The length of an MP3 without a Xing frame, as streams and
cuts are, is a guess from its first frames; who writes into a pipe cannot go back to fill in a length; and what was cut
short still promises all of it. So files are decoded in blocks until nothing comes, which takes no more memory than what
is there, and what came is compared with what was promised (``corruptions.sound.promises``).

libsndfile decodes what it reads, but for an MP3 that does not count its frames, of which it reads no more than it
guessed. Those, and what it does not read (M4A, AMR, WebM and others), are decoded by FFmpeg's libraries, which the
package ``av`` brings along: the same but for the last digit, and several times as slow. The names of files choose among
FFmpeg's readers, for one that guessed could be led to open other files than it was given.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from corruptions.sound.promises import (
    NO_COUNT,
    AudioError,
    ShortAudioError,
    counts_its_frames,
    fault_of_length,
    fault_of_stream,
)

Frames = npt.NDArray[np.float32]
"""``(n_frames, n_channels)``, at the file's own rate."""

MPEG = "mp3"
FFMPEG = {
    **dict.fromkeys((".m4a", ".m4b", ".mp4"), "mov"),
    **dict.fromkeys((".mka", ".webm"), "matroska"),
    ".aac": "aac",
    ".amr": "amr",
    ".ape": "ape",
    ".mpc": "mpc",
    ".wma": "asf",
    ".wv": "wv",
}
"""FFmpeg's reader by suffix, of what libsndfile does not read."""

_BLOCK_FRAMES = 1 << 18
_PLANES_OF_FLOATS = "fltp"
_LFS = b"version https://git-lfs"

# By seeking, libsndfile finds samples of another place near the end of Vorbis (its issue 885), in Opus at 16 and 24 kHz
# others by up to 0.0005, and in MP3 of a varying bit rate those of a place up to a quarter of a second away.
_SEEKING_MISSES = ("OPUS", "VORBIS", "MPEG_LAYER")


class _Forward(soundfile.SoundFile):  # type: ignore[misc]
    """A file that is read from its first frame on. Otherwise soundfile seeks after each read, as far as headers go."""

    def seekable(self) -> bool:
        return False


@contextmanager
def decoding(path: Path) -> Iterator[tuple[int, Iterator[Frames]]]:
    """Open a recording for ``with``: its rate in Hz, and its frames, block by block until there are no more.

    Raises:
        ShortAudioError: at the end of the blocks, if they are not what the file promises.
        AudioError: if the file is not there, or now or in the block cannot be read.
    """
    if _reader(path):
        with _opened_by_ffmpeg(path, _reader(path)) as stream:
            yield stream.rate, _checked(path, _decoded(stream), lambda n_frames: fault_of_stream(stream, n_frames))
        return
    with _opened(path, _Forward) as file:

        def fault(n_frames: int) -> str | None:
            return fault_of_length(path, file, n_frames)

        if _length_is_known(path, file) or file.format != "MP3":
            yield file.samplerate, _checked(path, _read(file), fault)
        else:
            with _opened_by_ffmpeg(path, MPEG) as stream:
                yield stream.rate, _checked(path, _decoded(stream), fault)


def decode(path: Path) -> tuple[Frames, int]:
    """Return all frames of a recording, and their rate in Hz.

    Raises:
        ShortAudioError: if they are not what the file promises.
        AudioError: if the file is not there or cannot be read.
    """
    with decoding(path) as (rate, blocks):
        parts = list(blocks)
    return parts[0] if len(parts) == 1 else np.concatenate(parts or [np.zeros((0, 1), np.float32)]), rate


@contextmanager
def stretches(path: Path) -> Iterator[tuple[int, Callable[[int, int], Frames]]]:
    """Open a recording for ``with``: its rate in Hz, and a function that reads one stretch of it.

    The function returns the frames from a first up to a last, or as many of them as there are. What follows is not
    decoded; nor is what precedes them, in formats in which seeking finds the same frames.

    Raises:
        ShortAudioError: in the block, if frames are missing at the end that the file promises.
        AudioError: if the file is not there, or now or in the block cannot be read.
    """
    if not _reader(path):
        with _opened(path) as file:
            if not file.subtype.startswith(_SEEKING_MISSES) and file.frames < NO_COUNT and file.seekable():

                def read(first: int, last: int) -> Frames:
                    start = file.seek(min(first, file.frames))
                    found: Frames = file.read(last - first, dtype="float32", always_2d=True)
                    if len(found) < last - first and (fault := fault_of_length(path, file, start + len(found))):
                        raise ShortAudioError(f"{path}: {fault}")
                    return found

                yield file.samplerate, read
                return
    with decoding(path) as (rate, blocks):
        yield rate, lambda first, last: _among(blocks, first, last)


def _among(blocks: Iterator[Frames], first: int, last: int) -> Frames:
    kept, begin = [], 0
    for block in blocks:
        if begin + len(block) > first or not begin:  # nothing of what precedes stays in memory but its first block
            kept.append(block[max(first - begin, 0) : max(last - begin, 0)])
        begin += len(block)
        if begin >= last:
            break
    return np.concatenate(kept or [np.zeros((0, 1), np.float32)])


def count_frames(path: Path) -> tuple[int, int]:
    """Return how many frames a recording has, and their rate in Hz: from its header where that knows, else by decoding.

    Raises:
        AudioError: as in ``decode``.
    """
    if not _reader(path):
        with _opened(path) as file:
            if _length_is_known(path, file):
                return file.frames, file.samplerate
    with decoding(path) as (rate, blocks):
        return sum(len(block) for block in blocks), rate


def _reader(path: Path) -> str:
    return FFMPEG.get(path.suffix.lower(), "")


def _length_is_known(path: Path, file: soundfile.SoundFile) -> bool:
    return bool(file.frames < NO_COUNT and (file.format != "MP3" or counts_its_frames(path)))


@contextmanager
def _opened(path: Path, kind: Any = soundfile.SoundFile) -> Iterator[soundfile.SoundFile]:
    _check_file(path)
    try:
        with kind(path) as file:
            yield file
    except soundfile.LibsndfileError as error:
        # Of what is called .mp3 and is none it says that there is no file.
        reason = "it is no MP3" if path.suffix.lower() in {".mp2", ".mp3"} and error.code else error.error_string
        raise _unreadable(path, reason) from error


@contextmanager
def _opened_by_ffmpeg(path: Path, reader: str) -> Iterator[Any]:
    """Yield the first stream of audio in a file."""
    import av

    _check_file(path)
    try:
        with av.open(str(path), format=reader) as container:
            if not container.streams.audio:
                raise AudioError(f"{path}: holds no audio")
            yield container.streams.audio[0]
    except av.FFmpegError as error:
        raise _unreadable(path, str(error.strerror)) from error


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise AudioError(f"{path}: no such file")
    if path.suffix.lower() == ".raw":
        raise AudioError(f"{path}: a .raw file does not say what is in it; convert it to .wav")


def _unreadable(path: Path, reason: str) -> AudioError:
    """Return the error for a file that no decoder reads."""
    with path.open("rb") as file:
        start = file.read(len(_LFS))
    if not start:
        return AudioError(f"{path}: an empty file")
    if start == _LFS:
        return AudioError(f"{path}: a pointer of Git LFS in the place of the recording; `git lfs pull` fetches it")
    return AudioError(f"{path}: cannot be read as audio: {reason}")


def _read(file: soundfile.SoundFile) -> Iterator[Frames]:
    """Yield at least one block, so that channels are known."""
    block: Frames = file.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)
    yield block
    while len(block) == _BLOCK_FRAMES:
        block = file.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)
        yield block


def _decoded(stream: Any) -> Iterator[Frames]:
    """Yield what FFmpeg decodes of a stream, as floats with channels side by side, in blocks of many of its frames."""
    waiting: list[Frames] = []
    for frame in _as_floats(stream):
        waiting.append(frame.to_ndarray())
        if sum(block.shape[1] for block in waiting) >= _BLOCK_FRAMES:
            yield np.ascontiguousarray(np.concatenate(waiting, axis=1).T)
            waiting = []
    if waiting:
        yield np.ascontiguousarray(np.concatenate(waiting, axis=1).T)


def _as_floats(stream: Any) -> Iterator[Any]:
    """Yield the frames of a stream with a plane of floats for each channel, as most codecs decode them."""
    import av

    floats = av.AudioResampler(format=_PLANES_OF_FLOATS)
    for decoded in stream.container.decode(stream):
        if decoded.format.name == _PLANES_OF_FLOATS:
            yield decoded
        else:
            yield from floats.resample(decoded)
    if stream.codec_context.format.name != _PLANES_OF_FLOATS:
        yield from floats.resample(None)


def _checked(path: Path, blocks: Iterator[Frames], fault: Callable[[int], str | None]) -> Iterator[Frames]:
    """Yield the blocks, and at their end compare their length with what the file promises."""
    n_frames = 0
    for block in blocks:
        n_frames += len(block)
        yield block
    if found := fault(n_frames):
        raise ShortAudioError(f"{path}: {found}")
