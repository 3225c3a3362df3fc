"""A recording is a file, or a segment of one: where many people talk in one file, each stretch of it is a recording.

Times become samples once, in ``sample_at``: the nearest sample at 16 kHz, of two that are as near the even one. A
segment from ``a`` to ``b`` seconds is ``read_audio(path)[sample_at(a) : sample_at(b)]``, whatever the rate of the file,
and nothing else of the file is heard (see ``read_slice``).
"""

from dataclasses import dataclass
from pathlib import Path

from corruptions.sound.audio import SAMPLE_RATE, Waveform, audio_length, read_audio, read_excerpt, read_slice
from corruptions.sound.promises import AudioError


@dataclass(frozen=True)
class Segment:
    """A part of a file: its samples from ``start`` up to ``end``, counted at 16 kHz; to the end of the file if None.

    Examples:
        >>> print(Segment(Path("talk.wav"), 24_000, 40_000))
        talk.wav from 1.5 to 2.5 s
    """

    path: Path
    start: int
    end: int | None = None

    def __post_init__(self) -> None:
        """Refuse what holds no sample."""
        if self.start < 0 or (self.end is not None and self.end <= self.start):
            raise ValueError(f"{self}: a segment begins at 0 or later, and ends after that")

    def __str__(self) -> str:
        end = "its end" if self.end is None else f"{self.end / SAMPLE_RATE:.10g} s"
        return f"{self.path} from {self.start / SAMPLE_RATE:.10g} to {end}"


Clip = Path | Segment


def sample_at(time_s: float) -> int:
    """Return the sample at 16 kHz that is nearest to a time in seconds.

    Examples:
        >>> sample_at(1.5), sample_at(0.99999), sample_at(2.5 / 16_000)
        (24000, 16000, 2)
    """
    return round(time_s * SAMPLE_RATE)


def file_of(clip: Clip) -> Path:
    """Return the file that a recording is, or is part of."""
    return clip.path if isinstance(clip, Segment) else clip


def content_of(clip: Clip, file_sha256: str) -> str:
    """Return a name for what is in a recording: the SHA-256 of its file, and which part of that it is.

    Examples:
        >>> content_of(Path("talk.wav"), "ab12"), content_of(Segment(Path("talk.wav"), 0, 800), "ab12")
        ('ab12', 'ab12[0:800]')
    """
    if not isinstance(clip, Segment):
        return file_sha256
    return f"{file_sha256}[{clip.start}:{'' if clip.end is None else clip.end}]"


def read_clip(clip: Clip) -> Waveform:
    """Return a whole recording, shape ``(n_samples,)``; of a segment's file, no more than needed is read.

    Raises:
        AudioError: as ``read_audio`` does, or if the file ends before the segment does.
    """
    if not isinstance(clip, Segment):
        return read_audio(clip)
    if clip.end is not None:
        return read_excerpt(clip.path, clip.start, clip.end - clip.start)
    audio = read_slice(clip.path, clip.start, None)
    if not audio.size:
        raise AudioError(f"{clip}: the file ends before")
    return audio


def read_clip_part(clip: Clip, start: int, n_samples: int) -> Waveform:
    """Return ``read_clip(clip)[start : start + n_samples]``, as ``read_excerpt`` does of a file.

    Raises:
        AudioError: as ``read_excerpt`` does, and if the segment ends before the part does.
    """
    if isinstance(clip, Segment) and clip.end is not None and clip.start + start + n_samples > clip.end:
        raise AudioError(f"{clip}: ends before its sample {start + n_samples} (at {SAMPLE_RATE} Hz)")
    before = clip.start if isinstance(clip, Segment) else 0
    return read_excerpt(file_of(clip), before + start, n_samples)


def clip_length(clip: Clip) -> int:
    """Return the length of a recording in samples at 16 kHz; nothing is read of a segment whose end is known.

    Raises:
        AudioError: if the file is not there or cannot be read.
    """
    if not isinstance(clip, Segment):
        return audio_length(clip)
    return (audio_length(clip.path) if clip.end is None else clip.end) - clip.start
