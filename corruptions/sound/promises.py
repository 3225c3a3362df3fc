"""What a file promises of its length, and whether that is what came of it.

Headers are read by libsndfile, whose log says where a file ends before, or goes on after, what its header says. Where
it is silent (NIST SPHERE, Ogg, the count of an MP3), the few bytes that matter are read here.
"""

import re
from pathlib import Path
from typing import Any

import soundfile

NO_COUNT = 2**63 - 1
"""libsndfile's largest count of frames stands for one that nobody knows."""

# What writers into a pipe say of the size of a WAV (ffmpeg, sox and others): the most, or about half of it.
_NO_SIZE = range(0x7FFF_0000, 0x1_0000_0000)
# Some encoders count the frame that holds the count, and the last one may be filled up.
_MP3_SLACK = 2 * 1152
_MP3_COUNTS = (b"Xing", b"Info", b"VBRI")
_ID3_BYTES = 10
# The tables of an MP4 count whole frames of a codec, whose delay is taken off.
_STREAM_SLACK_S = 0.2
# Bare streams promise nothing: FFmpeg reckons their length from the bit rate.
_GUESSED = {"aac", "amr"}

# libsndfile's log, where a file ends before the part with the samples does, and where what follows it is no part.
_CUT = re.compile(r"(?:data|SSND|Data Size|riff|Riff size)\s*: (\d+) \(should be (\d+)\)")
_NO_PART = re.compile(
    r"\bdata : (\d+)\n(?:.*\n)*?(?:\*\*\* Unknown chunk marker \(\w+\)|Have 0 marker) at position (\d+)"
)
_SPHERE_COUNT = re.compile(rb"sample_count -i (\d+)")
_PLAYERS_TAGS = (b"TAG", b"ID3", b"LYRICS", b"APETAGEX")
_PADDING_BYTES = 256
_BLOCK_BYTES = 1 << 16

_LARGEST_OGG_PAGE = 65_307
_OGG_HEADER = 27  # bytes; the last says how many sizes follow, whose sum is the rest of the page


class AudioError(ValueError):
    """A recording that cannot be used; the message names the file."""


class ShortAudioError(AudioError):
    """A recording that does not hold what it promises: it was cut short, or never completed."""


def fault_of_length(path: Path, file: soundfile.SoundFile, n_frames: int) -> str | None:
    """Return what is wrong with a file of which so many frames came; None if nothing is.

    Args:
        path: the file.
        file: what libsndfile reads in its header.
        n_frames: how many were decoded.
    """
    promised, slack = _promised(path, file), _MP3_SLACK if file.format == "MP3" else 0
    if promised is not None and n_frames + slack < promised:
        return _short(promised / file.samplerate, n_frames / file.samplerate)
    if file.format == "OGG" and _ends_within_a_page(path):
        return "ends in the middle of an Ogg page; it was cut short, or is still being written"
    if (found := _NO_PART.search(file.extra_info)) and _holds_samples(path, int(found[2])):
        return (
            f"says that its samples take {found[1]} bytes, and {path.stat().st_size - int(found[2])} more bytes follow "
            "that are nothing else; its header was never completed: `sox --ignore-length` or `ffmpeg -ignore_length 1` "
            "writes a right one"
        )
    return None


def fault_of_stream(stream: Any, n_frames: int) -> str | None:
    """Return the same of a stream that FFmpeg read."""
    if stream.container.format.name in _GUESSED or stream.duration is None or stream.time_base is None:
        return None
    promised_s, there_s = float(stream.duration * stream.time_base), n_frames / stream.rate
    return _short(promised_s, there_s) if there_s < promised_s - _STREAM_SLACK_S else None


def counts_its_frames(path: Path) -> bool:
    """Return whether an MP3 begins with a frame that says how many there are; a player's tag may stand before it."""
    tag = _part(path, 0, _ID3_BYTES)
    before = 0
    if tag.startswith(b"ID3"):  # its size is in the last four bytes, seven bits of each
        before = _ID3_BYTES + sum(byte << 7 * place for place, byte in enumerate(reversed(tag[-4:])))
    return any(name in _part(path, before, 4096) for name in _MP3_COUNTS)


def _short(promised_s: float, there_s: float) -> str:
    return f"promises {promised_s:.3f} s and holds {there_s:.3f} s; it was cut short, or is still being written"


def _promised(path: Path, file: soundfile.SoundFile) -> int | None:
    """Return how many frames there are at least, as a file says; None where it does not say."""
    if file.format == "MP3":
        return int(file.frames) if counts_its_frames(path) else None
    if file.format == "NIST":
        in_header = _SPHERE_COUNT.search(_part(path, 0, 1024))
        return int(in_header[1]) if in_header else None
    if found := _CUT.search(file.extra_info):
        promised, there = int(found[1]), int(found[2])
        return None if promised in _NO_SIZE else round(file.frames * promised / max(there, 1))
    return None if file.frames == NO_COUNT else int(file.frames)


def _ends_within_a_page(path: Path) -> bool:
    end = _part(path, max(path.stat().st_size - _LARGEST_OGG_PAGE, 0), _LARGEST_OGG_PAGE)
    page = end[end.rfind(b"OggS") :]
    header = page[:_OGG_HEADER]
    sizes = page[_OGG_HEADER : _OGG_HEADER + header[-1]]
    return len(header) < _OGG_HEADER or len(sizes) < header[-1] or len(page) < _OGG_HEADER + len(sizes) + sum(sizes)


def _holds_samples(path: Path, position: int) -> bool:
    """Return whether what follows the part with the samples may be more of them: no padding, and no player's tag."""
    rest = path.stat().st_size - position
    if rest <= _PADDING_BYTES or _part(path, position, 8).startswith(_PLAYERS_TAGS):
        return False
    return any(any(_part(path, start, _BLOCK_BYTES)) for start in range(position, position + rest, _BLOCK_BYTES))


def _part(path: Path, position: int, n_bytes: int) -> bytes:
    with path.open("rb") as file:
        file.seek(position)
        return file.read(n_bytes)
