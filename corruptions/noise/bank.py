"""A bank of recordings, decoded once: what is read again and again lies on disk as it is needed.

A recording at 44.1 kHz takes a millisecond to read and resample for every excerpt of 5 s; from a bank it takes the time
of reading memory. A bank takes 230 MB for an hour of audio, and holds the very samples of ``read_audio``.

It consists of parts, each of which is written whole or not at all, sealed, and called after the digests of its
recordings: a build that was cut short goes on where it was, builds at the same time do not disturb each other, and
nothing outdated or damaged is ever found.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from corruptions.ground.progress import Stage, unseen
from corruptions.ground.seals import BLANK, is_sealed, sealing
from corruptions.noise.recordings import Recording
from corruptions.sound.audio import Waveform, read_audio
from corruptions.sound.inputs import unchanged
from corruptions.sound.promises import AudioError

# So many recordings lie in one file: thousands of files could not all stay open.
_PER_PART = 256
_FORMAT = "a seal, then float32 little-endian, mono, 16 kHz, one recording after the other"
_DTYPE = np.dtype("<f4")
# Samples begin where a sample may.
_HEADER = BLANK.encode().ljust(80)


@dataclass(frozen=True)
class Place:
    """Where a recording lies: in which part, from which sample, and how many."""

    part: int
    start: int
    n_samples: int


@dataclass(frozen=True)
class Bank:
    """Decoded recordings; small and picklable, since it maps its files into memory and does not read them.

    Attributes:
        parts: its files.
        places: where each recording lies, by the digest of its own file.
    """

    parts: tuple[Path, ...]
    places: Mapping[str, Place]

    def recording(self, sha256: str) -> Waveform:
        """Return a recording, read-only; nothing is read before its samples are.

        Raises:
            KeyError: if it is not in the bank.
        """
        place = self.places[sha256]
        return self._mapped[place.part][place.start : place.start + place.n_samples]

    @cached_property
    def _mapped(self) -> tuple[Waveform, ...]:
        return tuple(np.asarray(np.memmap(part, _DTYPE, mode="r", offset=len(_HEADER))) for part in self.parts)

    def __reduce__(self) -> tuple[object, ...]:
        # Without what is mapped: pickle would copy it.
        return Bank, (self.parts, self.places)


def build_bank(folder: Path, recordings: Sequence[Recording], cache: Path, stage: Stage = unseen) -> Bank:
    """Return the bank of a folder's recordings; what is in the cache is not decoded again.

    Args:
        folder: where the recordings lie.
        recordings: as they were listed.
        cache: a folder for the bank's files; it is made if it is not there.
        stage: shows how far the decoding is.

    Raises:
        ChangedError: if a recording has changed since it was listed.
        AudioError: if one cannot be read.
    """
    distinct = list({one.sha256: one for one in recordings}.values())
    parts: list[Path] = []
    places: dict[str, Place] = {}
    with stage("Decoding noise", len(distinct), "recordings") as advance:
        for first in range(0, len(distinct), _PER_PART):
            members = distinct[first : first + _PER_PART]
            path = cache / f"{_digest(members)}.f32"
            start = 0
            for one in members:
                places[one.sha256] = Place(len(parts), start, one.n_samples)
                start += one.n_samples
            if not is_sealed(path, path.name):
                _write_part(path, folder, members)
            parts.append(path)
            advance(len(members))
    return Bank(tuple(parts), places)


def _digest(members: Sequence[Recording]) -> str:
    identity = [_FORMAT, [[one.sha256, one.n_samples] for one in members]]
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()


def _write_part(path: Path, folder: Path, members: Sequence[Recording]) -> None:
    with sealing(path, path.name) as temporary, temporary.open("wb") as file:
        file.write(_HEADER)
        for one in members:
            file.write(_decoded(folder / one.name, one).astype(_DTYPE, copy=False).tobytes())


def _decoded(path: Path, listed: Recording) -> Waveform:
    with unchanged(path, listed.sha256):
        audio = read_audio(path)[: listed.n_samples]
    if len(audio) < listed.n_samples:  # what follows it in the bank would not be where it should
        raise AudioError(f"{path}: holds {len(audio)} samples at 16 kHz, and was listed with {listed.n_samples}")
    return audio
