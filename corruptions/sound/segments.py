"""A recording is a file, or a segment of one: where many people talk in one file, each stretch of it is a recording.

Times become samples once, in ``sample_at``: the nearest sample at 16 kHz, of two that are as near the even one. A
segment from ``a`` to ``b`` seconds is ``read_audio(path)[sample_at(a) : sample_at(b)]``, whatever the rate of the file,
and nothing else of the file is heard (see ``read_slice``).
"""

from dataclasses import dataclass
from pathlib import Path

from corruptions.sound.audio import SAMPLE_RATE, Waveform, audio_length, read_audio, read_excerpt, read_slice
from corruptions.sound.inputs import file_sha256, unchanged
from corruptions.sound.promises import AudioError


@dataclass(frozen=True)
class Clip:
    """A recording: a file, or its samples from ``start`` up to ``end``, counted at 16 kHz; to its end if None.

    ``sha256`` is of the bytes that its file had when it was listed. Where it is known, nothing else is ever read.

    Examples:
        >>> print(Clip(Path("talk.wav"), 24_000, 40_000), Clip(Path("talk.wav")), sep=", ")
        talk.wav from 1.5 to 2.5 s, talk.wav
    """

    path: Path
    start: int = 0
    end: int | None = None
    sha256: str | None = None

    def __post_init__(self) -> None:
        """Refuse what holds no sample."""
        if self.start < 0 or (self.end is not None and self.end <= self.start):
            raise ValueError(f"{self}: a segment begins at 0 or later, and ends after that")

    def __str__(self) -> str:
        if self.whole:
            return str(self.path)
        end = "its end" if self.end is None else f"{self.end / SAMPLE_RATE:.10g} s"
        return f"{self.path} from {self.start / SAMPLE_RATE:.10g} to {end}"

    @property
    def whole(self) -> bool:
        """Whether it is all of its file."""
        return self.start == 0 and self.end is None

    def blamed(self, error: Exception) -> str:
        """Return what an error says, of the recording where it names but the file, or nothing.

        Examples:
            >>> Clip(Path("talk.wav"), 24_000).blamed(AudioError("talk.wav: no such file"))
            'talk.wav from 1.5 to its end: no such file'
        """
        message = str(error)
        return message if str(self) in message else f"{self}: {message.removeprefix(f'{self.path}: ')}"

    def content(self) -> str:
        """Return a name for what is in it: the SHA-256 of its file, read if need be, and which part of that it is.

        Raises:
            AudioError: if the file has to be read, and cannot be.

        Examples:
            >>> Clip(Path("talk.wav"), sha256="ab12").content(), Clip(Path("talk.wav"), 0, 800, "ab12").content()
            ('ab12', 'ab12[0:800]')
        """
        sha256 = self.sha256 or file_sha256(self.path)
        return sha256 if self.whole else f"{sha256}[{self.start}:{'' if self.end is None else self.end}]"


def clip_at(place: Clip | Path) -> Clip:
    """Return the recording that a path stands for, where a user of the library may give either."""
    return place if isinstance(place, Clip) else Clip(Path(place))


def sample_at(time_s: float) -> int:
    """Return the sample at 16 kHz that is nearest to a time in seconds.

    Examples:
        >>> sample_at(1.5), sample_at(0.99999), sample_at(2.5 / 16_000)
        (24000, 16000, 2)
    """
    return round(time_s * SAMPLE_RATE)


def read_clip(clip: Clip) -> Waveform:
    """Return a whole recording, shape ``(n_samples,)``; of a segment's file, no more than needed is decoded.

    Raises:
        ChangedError: if the file is not what was listed.
        AudioError: as ``read_audio`` does, or if the file ends before the segment does.
    """
    with unchanged(clip.path, clip.sha256):
        if clip.whole:
            return read_audio(clip.path)
        if clip.end is not None:
            return read_excerpt(clip.path, clip.start, clip.end - clip.start)
        audio = read_slice(clip.path, clip.start, None)
        if not audio.size:
            raise AudioError(f"{clip}: the file ends before")
        return audio


def read_clip_part(clip: Clip, start: int, n_samples: int) -> Waveform:
    """Return ``read_clip(clip)[start : start + n_samples]``, as ``read_excerpt`` does of a file.

    Raises:
        ChangedError: if the file is not what was listed.
        AudioError: as ``read_excerpt`` does, and if the segment ends before the part does.
    """
    if clip.end is not None and clip.start + start + n_samples > clip.end:
        raise AudioError(f"{clip}: ends before its sample {start + n_samples} (at {SAMPLE_RATE} Hz)")
    with unchanged(clip.path, clip.sha256):
        return read_excerpt(clip.path, clip.start + start, n_samples)


def clip_length(clip: Clip) -> int:
    """Return the length of a recording in samples at 16 kHz; nothing is read of a segment whose end is known.

    Raises:
        ChangedError: if the file is not what was listed.
        AudioError: if the file is not there or cannot be read.
    """
    if clip.end is not None:
        return clip.end - clip.start
    with unchanged(clip.path, clip.sha256):
        return audio_length(clip.path) - clip.start
