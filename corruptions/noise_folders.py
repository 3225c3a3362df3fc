"""Recordings of noise: any folder, listed and checked before anything is mixed.

A folder's noise files are all audio files in it and its subfolders, in the order of their relative paths. Files with
other suffixes (a licence, a table) and hidden files are passed over.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from corruptions.additive import SILENT_PEAK, Noise, draw_excerpt
from corruptions.audio import AudioError, file_sha256, length_at_16k, open_audio

SHORTEST_S = 0.01

Split = Literal["train", "dev", "test"]
SPLITS: tuple[Split, ...] = ("train", "dev", "test")

# What libsndfile reads.
_READABLE = {
    *(".aif", ".aifc", ".aiff", ".au", ".caf", ".flac", ".mp2", ".mp3", ".nist"),
    *(".oga", ".ogg", ".opus", ".rf64", ".snd", ".sph", ".w64", ".wav", ".wave"),
}
# What people will try. Such a file is an error, so that no recording is lost unseen.
_UNREADABLE = {".aac", ".amr", ".ape", ".m4a", ".m4b", ".mka", ".mp4", ".mpc", ".raw", ".webm", ".wma", ".wv"}

_BLOCK_FRAMES = 1 << 18


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
class NoiseFolder:
    """A folder of noise, or one split of it: small, picklable, and checked.

    Attributes:
        folder: where the recordings lie.
        recordings: what was listed, by name.
        split: which split of the folder this is; None where it is all of it.
    """

    folder: Path
    recordings: tuple[Recording, ...]
    split: Split | None = None


def read_noise_folder(folder: Path) -> NoiseFolder:
    """Return the listing of a folder of noise recordings, each of which has been read to its end.

    Args:
        folder: any folder; files of any format and rate that libsndfile reads.

    Raises:
        AudioError: if the folder does not exist or holds no audio; or if a recording cannot be read, is shorter than
            10 ms, is silent, or holds a sample that is not a number. The message names the file.
    """
    if not folder.is_dir():
        raise AudioError(f"{folder}: no such folder")
    paths = sorted(
        (path for path in folder.rglob("*") if path.suffix.lower() in _READABLE | _UNREADABLE and path.is_file()),
        key=lambda path: path.relative_to(folder).as_posix(),
    )
    recordings = tuple(_listed(path, folder) for path in paths if not path.name.startswith("."))
    if not recordings:
        raise AudioError(f"{folder}: no audio files; a noise is a folder of recordings (.wav, .flac, .ogg, .mp3, ...)")
    return NoiseFolder(folder, recordings)


def recorded_noise(n_samples: int, rng: np.random.Generator, folder: NoiseFolder) -> Noise:
    """Return an excerpt of a recording; every recording is as likely, and every place in it (see ``draw_excerpt``)."""
    recording = folder.recordings[int(rng.integers(len(folder.recordings)))]
    samples, offset = draw_excerpt(folder.folder / recording.name, recording.n_samples, n_samples, rng)
    return Noise(samples, recording.name, recording.sha256, offset)


def _listed(path: Path, folder: Path) -> Recording:
    # Block by block: a noise corpus has recordings of an hour.
    n_frames, peak = 0, 0.0
    with open_audio(path) as file:
        sample_rate = file.samplerate
        for block in file.blocks(_BLOCK_FRAMES, frames=file.frames, dtype="float32", always_2d=True):
            n_frames += len(block)
            # Python's max() would lose a NaN; numpy's keeps it.
            peak = float(np.maximum(peak, np.abs(block.mean(axis=1)).max()))
    if n_frames < SHORTEST_S * sample_rate:
        raise AudioError(f"{path}: lasts {1000 * n_frames / sample_rate:.2g} ms; noise must last 10 ms or more")
    if not np.isfinite(peak):
        raise AudioError(f"{path}: holds samples that are not finite numbers")
    if peak <= SILENT_PEAK:
        raise AudioError(f"{path}: silent: no sample exceeds {SILENT_PEAK:.2g}, one step of 16 bits")
    name = path.relative_to(folder).as_posix()
    return Recording(name, file_sha256(path), length_at_16k(n_frames, sample_rate))
