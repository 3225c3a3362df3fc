"""Checkpoints of a training: what it needs to go on after it was killed, and end in the same bits.

One file holds one training, each of its stages under a name: a late fusion trains its branches one after the other, and
when it is started again, those that were done are not trained again. It belongs to one lesson, of which it holds a
digest: data, sizes, options, seed and torch's version. A checkpoint of another lesson is left out of account and
replaced, for it is no more than saved time; a file that is no checkpoint is never overwritten.
"""

import hashlib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

VERSION = "emonoise training 1"
"""Changed whenever a training would go on otherwise than it began."""

State = dict[str, Any]
"""Tensors, numbers, text, and lists and dictionaries of them: what ``torch.load`` reads without running code."""


@dataclass(frozen=True)
class Checkpoint:
    """Where a training is kept, and the digest of its lesson; made by ``open_checkpoint``."""

    path: Path
    lesson: str


def open_checkpoint(path: Path, lesson: str) -> Checkpoint:
    """Return the checkpoint of a lesson, given its ``lesson_digest``; nothing is written yet.

    Raises:
        ValueError: if there is a file that is not the checkpoint of a training.
    """
    checkpoint = Checkpoint(path, lesson)
    _stages(checkpoint)
    return checkpoint


def lesson_digest(*parts: object) -> str:
    """Return what changes with any of ``parts``: dataclasses, mappings, sequences, arrays, and what has a ``repr``.

    Examples:
        >>> zeros = np.zeros((2, 3))
        >>> lesson_digest({"sound": [zeros]}) == lesson_digest({"sound": [zeros.copy()]})
        True
        >>> lesson_digest({"sound": [zeros]}) == lesson_digest({"sound": [zeros.reshape(3, 2)]})
        False
    """
    digest = hashlib.sha256()
    _feed(digest, (VERSION, torch.__version__, *parts))
    return digest.hexdigest()


def read_stage(checkpoint: Checkpoint, stage: str) -> State | None:
    """Return what ``write_stage`` wrote last for this stage of this lesson; None if there is nothing."""
    state: State | None = _stages(checkpoint).get(stage)
    return state


def write_stage(checkpoint: Checkpoint, stage: str, state: State) -> None:
    """Write the state of one stage beside those that are there; cut short, it leaves the file as it was."""
    stages = {**_stages(checkpoint), stage: state}
    partial = _partial(checkpoint)
    torch.save({"version": VERSION, "lesson": checkpoint.lesson, "stages": stages}, partial)
    partial.replace(checkpoint.path)


def remove_checkpoint(checkpoint: Checkpoint) -> None:
    """Delete the file of a training that is at its end, if there is one."""
    for path in (checkpoint.path, _partial(checkpoint)):
        path.unlink(missing_ok=True)


def _stages(checkpoint: Checkpoint) -> dict[str, State]:
    if not checkpoint.path.exists():
        return {}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch guesses at the format of what is none of its files
            content = torch.load(checkpoint.path, weights_only=True)
    except OSError:
        raise
    except Exception as error:  # of any kind: it depends on the file's first bytes what they are taken for
        raise ValueError(f"{checkpoint.path}: not the checkpoint of a training") from error
    if not isinstance(content, dict) or not {"version", "lesson", "stages"} <= content.keys():
        raise ValueError(f"{checkpoint.path}: not the checkpoint of a training")
    ours = (content["version"], content["lesson"]) == (VERSION, checkpoint.lesson)
    return content["stages"] if ours else {}


def _partial(checkpoint: Checkpoint) -> Path:
    return checkpoint.path.with_name(f"{checkpoint.path.name}.partial")


def _feed(digest: "hashlib._Hash", part: object) -> None:
    if isinstance(part, np.ndarray):
        digest.update(f"array {part.dtype} {part.shape}".encode())
        digest.update(np.ascontiguousarray(part).data)
    elif is_dataclass(part):
        digest.update(type(part).__name__.encode())
        for field in fields(part):
            _feed(digest, (field.name, getattr(part, field.name)))
    elif isinstance(part, Mapping):
        _feed(digest, list(part.items()))
    elif isinstance(part, Sequence) and not isinstance(part, str):
        digest.update(f"sequence {len(part)}".encode())
        for one in part:
            _feed(digest, one)
    else:
        digest.update(f"{part!r};".encode())
