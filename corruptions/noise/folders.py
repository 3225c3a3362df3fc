"""Recordings of noise: any folder, listed and checked before anything is mixed.

A folder's noise files are all audio files in it and its subfolders, in the order of their relative paths. Files with
other suffixes (a licence, a table) and hidden files are passed over.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from corruptions.additive import SILENT_PEAK, Noise, draw_excerpt
from corruptions.audio import AudioError, audio_names, file_sha256, length_at_16k, open_audio
from corruptions.noise.bank import Bank, build_bank
from corruptions.progress import Stage, unseen
from corruptions.public import Split

SHORTEST_S = 0.01

_BLOCK_FRAMES = 1 << 18
_SHOWN = 10


@dataclass(frozen=True)
class Recording:
    """One file of noise as it was when it was listed.

    Attributes:
        name: path inside its folder, with forward slashes.
        sha256: of the file's bytes.
        n_samples: length at 16 kHz.
    """

    name: str
    sha256: str
    n_samples: int


@dataclass(frozen=True)
class Fault:
    """Why a file cannot be noise.

    Attributes:
        name: path inside its folder, with forward slashes.
        kind: ``unreadable``, ``too short``, ``not finite`` or ``silent``.
        message: the whole of it, with the path.
    """

    name: str
    kind: str
    message: str


@dataclass(frozen=True)
class NoiseFolder:
    """A folder of noise, or one split of it: small, picklable, and checked.

    Attributes:
        folder: where the recordings lie.
        recordings: what was listed, by name.
        split: which split of the folder this is; None where it is all of it.
        bank: the recordings decoded, see ``decoded``; None where they are read from their own files.
    """

    folder: Path
    recordings: tuple[Recording, ...]
    split: Split | None = None
    bank: Bank | None = None


def read_noise_folder(folder: Path, stage: Stage = unseen) -> NoiseFolder:
    """Return the listing of a folder of noise recordings, each of which has been read to its end.

    Args:
        folder: any folder; files of any format and rate that libsndfile reads.
        stage: shows how far the reading is.

    Raises:
        AudioError: if the folder does not exist or holds no audio; or if a recording cannot be read, is shorter than
            10 ms, is silent, or holds a sample that is not a number. The message names the files.
    """
    names = audio_names(folder)
    if not names:
        raise AudioError(f"{folder}: no audio files; a noise is a folder of recordings (.wav, .flac, .ogg, .mp3, ...)")
    return NoiseFolder(folder, read_recordings(folder, names, stage))


def recorded_noise(n_samples: int, rng: np.random.Generator, folder: NoiseFolder) -> Noise:
    """Return an excerpt of a recording; every recording is as likely, and every place in it (see ``draw_excerpt``)."""
    recording = folder.recordings[int(rng.integers(len(folder.recordings)))]
    bank = folder.bank
    source = folder.folder / recording.name if bank is None else bank.recording(recording.sha256)
    samples, offset = draw_excerpt(source, recording.n_samples, n_samples, rng)
    return Noise(samples, recording.name, recording.sha256, offset)


def decoded(folder: NoiseFolder, cache: Path, stage: Stage = unseen) -> NoiseFolder:
    """Return ``folder`` with all its recordings decoded into a cache: the same excerpts, many times as fast.

    Of MP3 files they are the same but for the last bit, see ``read_excerpt``.

    Args:
        folder: what was listed.
        cache: a folder; it will hold 230 MB for an hour of audio. What is there already is not decoded again.
        stage: shows how far the decoding is.

    Raises:
        AudioError: if a recording has changed since it was listed.
    """
    return replace(folder, bank=build_bank(folder.folder, folder.recordings, cache, stage))


def read_recordings(folder: Path, names: Sequence[str], stage: Stage = unseen) -> tuple[Recording, ...]:
    """Return the recordings of these names, each read to its end.

    Raises:
        AudioError: if any cannot be noise; the message names the first ten of them.
    """
    examined = examine(folder, names, stage)
    faults = [one.message for one in examined if isinstance(one, Fault)]
    if len(faults) == 1:
        raise AudioError(faults[0])
    if faults:
        listed = "\n".join(f"  {message}" for message in faults[:_SHOWN])
        more = f"\n  and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        raise AudioError(f"{len(faults)} of {len(names)} recordings in {folder} cannot be noise:\n{listed}{more}")
    return tuple(one for one in examined if isinstance(one, Recording))


def examine(folder: Path, names: Sequence[str], stage: Stage = unseen) -> list[Recording | Fault]:
    """Return what each file is, or why it cannot be noise, in the order of ``names``.

    A noise corpus has thousands of files, so that several are read at a time: reading, decoding and hashing all let
    other threads run.
    """
    found = []
    with stage("Reading noise", len(names), "recordings") as advance, ThreadPoolExecutor() as pool:
        for one in pool.map(lambda name: _examine_one(folder, name), names):
            found.append(one)
            advance(1)
    return found


def _examine_one(folder: Path, name: str) -> Recording | Fault:
    path = folder / name
    n_frames, peak = 0, 0.0
    try:
        with open_audio(path) as file:
            sample_rate = file.samplerate
            # Block by block: a noise corpus has recordings of an hour.
            for block in file.blocks(_BLOCK_FRAMES, frames=file.frames, dtype="float32", always_2d=True):
                n_frames += len(block)
                # Python's max() would lose a NaN; numpy's keeps it.
                peak = float(np.maximum(peak, np.abs(block.mean(axis=1)).max()))
        sha256 = file_sha256(path)
    except (AudioError, OSError) as error:
        return Fault(name, "unreadable", str(error))
    if n_frames < SHORTEST_S * sample_rate:
        length = f"lasts {1000 * n_frames / sample_rate:.2g} ms"
        return Fault(name, "too short", f"{path}: {length}; noise must last 10 ms or more")
    if not np.isfinite(peak):
        return Fault(name, "not finite", f"{path}: holds samples that are not finite numbers")
    if peak <= SILENT_PEAK:
        return Fault(name, "silent", f"{path}: silent: no sample exceeds {SILENT_PEAK:.2g}, one step of 16 bits")
    return Recording(name, sha256, length_at_16k(n_frames, sample_rate))
