"""Files that are noise: each is read to its end before anything is mixed, and what cannot be noise says why."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from corruptions.ground.problems import counted, listed
from corruptions.ground.progress import Stage, unseen
from corruptions.noise.activity import ActiveStretches, FramePower, active_stretches
from corruptions.sound.audio import (
    CANCELLED,
    LOUDEST,
    SAMPLE_RATE,
    SILENT,
    SILENT_PEAK,
    cancelled,
    length_at_16k,
    too_loud,
)
from corruptions.sound.decoding import decoding
from corruptions.sound.inputs import hashed
from corruptions.sound.promises import AudioError

SHORTEST_S = 0.01

# More would wait for Python's lock: six on two cores take half as long again as two.
_READERS = min(os.cpu_count() or 1, 8)


@dataclass(frozen=True)
class Recording:
    """One file of noise as it was when it was listed.

    Attributes:
        name: path inside its folder, with forward slashes.
        sha256: of the file's bytes.
        n_samples: length at 16 kHz.
        active: where in it there is any noise.
    """

    name: str
    sha256: str
    n_samples: int
    active: ActiveStretches


@dataclass(frozen=True)
class Fault:
    """Why a file cannot be noise.

    Attributes:
        name: path inside its folder, with forward slashes.
        kind: ``unreadable``, ``too short``, ``not finite``, ``too loud`` or ``silent``.
        message: the whole of it, with the path.
    """

    name: str
    kind: str
    message: str


def read_recordings(
    folder: Path, names: Sequence[str], stage: Stage = unseen, leave_out: Callable[[str], None] | None = None
) -> tuple[Recording, ...]:
    """Return the recordings of these names, each read to its end.

    Args:
        folder: where they lie.
        names: paths inside it.
        stage: shows how far the reading is.
        leave_out: is told of each that cannot be noise, as long as there are others; unless given, it is an error.

    Raises:
        AudioError: if any cannot be noise, or none can; the message names the first ten of them.
    """
    examined = examine(folder, names, stage)
    faults = [one.message for one in examined if isinstance(one, Fault)]
    if leave_out is not None and len(faults) < len(names):
        for message in faults:
            leave_out(message)
        faults = []
    if len(faults) == 1:
        raise AudioError(faults[0])
    if faults:
        raise AudioError(
            f"{len(faults)} of {counted(len(names), 'recording')} in {folder} cannot be noise:{listed(faults)}"
        )
    return tuple(one for one in examined if isinstance(one, Recording))


def examine(folder: Path, names: Sequence[str], stage: Stage = unseen) -> list[Recording | Fault]:
    """Return what each file is, or why it cannot be noise, in the order of ``names``.

    A noise corpus has thousands of files, so that several are read at a time: reading, decoding and hashing all let
    other threads run.
    """
    found = []
    with stage("Reading noise", len(names), "recordings") as advance, ThreadPoolExecutor(_READERS) as pool:
        for one in pool.map(lambda name: _examine_one(folder, name), names):
            found.append(one)
            advance(1)
    return found


def _examine_one(folder: Path, name: str) -> Recording | Fault:
    path = folder / name
    n_frames, lowest, highest, opposite = 0, np.inf, -np.inf, False
    try:
        # Block by block: a noise corpus has recordings of an hour.
        with hashed(path) as sha256, decoding(path) as (sample_rate, blocks):
            collected = FramePower(sample_rate)
            for block in blocks:
                n_frames += len(block)
                mono = block[:, 0] if block.shape[1] == 1 else block.mean(axis=1)
                collected.add(mono)
                # Python's max() would lose a NaN; numpy's keeps it.
                lowest = float(np.minimum(lowest, mono.min(initial=np.inf)))
                highest = float(np.maximum(highest, mono.max(initial=-np.inf)))
                opposite = opposite or (block.shape[1] > 1 and cancelled(block, mono))
    except (AudioError, OSError) as error:
        return Fault(name, "unreadable", str(error))
    peak = float(np.maximum(-lowest, highest))
    wrong = {
        "too short": n_frames < SHORTEST_S * sample_rate
        and f"lasts {1000 * n_frames / sample_rate:.2g} ms; noise must last 10 ms or more",
        "not finite": not np.isfinite(peak) and "holds samples that are not finite numbers",
        "too loud": peak > LOUDEST and too_loud(peak),
        "silent": highest - lowest <= 2 * SILENT_PEAK and (CANCELLED if opposite else SILENT),
    }
    faults = [Fault(name, kind, f"{path}: {message}") for kind, message in wrong.items() if message]
    if faults:
        return faults[0]
    n_samples = length_at_16k(n_frames, sample_rate)
    frame = collected.frame * SAMPLE_RATE / sample_rate
    return Recording(name, sha256, n_samples, active_stretches(collected.powers(), n_samples, frame))
