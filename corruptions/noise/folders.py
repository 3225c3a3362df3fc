"""Recordings of noise: any folder, listed and checked before anything is mixed.

A folder's noise files are all audio files in it and its subfolders, in the order of their relative paths. Files with
other suffixes (a licence, a table) and hidden files are passed over.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from corruptions.ground.progress import Stage, unseen
from corruptions.noise.additive import Noise, draw_excerpt
from corruptions.noise.bank import Bank, build_bank
from corruptions.noise.recordings import Recording, read_recordings
from corruptions.sound.audio import audio_names
from corruptions.sound.promises import AudioError
from corruptions.sound.public import Split
from corruptions.sound.segments import Clip


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


def read_noise_folder(
    folder: Path, stage: Stage = unseen, leave_out: Callable[[str], None] | None = None
) -> NoiseFolder:
    """Return the listing of a folder of noise recordings, each of which has been read to its end.

    Args:
        folder: any folder; files of any rate, and of any format that libsndfile or FFmpeg reads.
        stage: shows how far the reading is.
        leave_out: is told of each recording that cannot be used, and it is left out; unless given, it is an error.

    Raises:
        AudioError: if the folder does not exist or holds no audio; or if a recording cannot be read, holds less than it
            promises, is shorter than 10 ms, is silent, or holds a sample that is not a number. The message names the
            files.
    """
    names = audio_names(folder)
    if not names:
        raise AudioError(f"{folder}: no audio files; a noise is a folder of recordings (.wav, .flac, .ogg, .mp3, ...)")
    return NoiseFolder(folder, read_recordings(folder, names, stage, leave_out))


def recorded_noise(n_samples: int, rng: np.random.Generator, folder: NoiseFolder) -> Noise:
    """Return an excerpt of a recording; every recording is as likely, and every place where enough is active.

    Raises:
        ChangedError: if the recording is not what was listed; one in a bank is.
        AudioError: if it cannot be read.
    """
    recording = folder.recordings[int(rng.integers(len(folder.recordings)))]
    bank = folder.bank
    where = Clip(folder.folder / recording.name, sha256=recording.sha256)
    source = where if bank is None else bank.recording(recording.sha256)
    samples, offset = draw_excerpt(source, recording.n_samples, recording.active, n_samples, rng)
    return Noise(samples, recording.name, recording.sha256, offset)


def decoded(folder: NoiseFolder, cache: Path, stage: Stage = unseen) -> NoiseFolder:
    """Return ``folder`` with all its recordings decoded into a cache: the same excerpts, many times as fast.

    Of some files they are the same but for the last bit, see ``read_slice``.

    Args:
        folder: what was listed.
        cache: a folder; it will hold 230 MB for an hour of audio. What is there already is not decoded again.
        stage: shows how far the decoding is.

    Raises:
        ChangedError: if a recording has changed since it was listed.
        AudioError: if one cannot be read.
    """
    return replace(folder, bank=build_bank(folder.folder, folder.recordings, cache, stage))
