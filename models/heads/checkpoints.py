"""Checkpoints of a training: what it needs to go on after it was killed, and end in the same bits.

One file holds one training, each of its stages under a name: a late fusion trains its branches one after the other, and
when it is started again, those that were done are not trained again. It belongs to one lesson, of which it holds a
digest: data, sizes, options, seed and torch's version. A checkpoint is no more than saved time: that of another lesson
is left out of account and replaced. So is a file that is no checkpoint, or a damaged one, with a warning; but it may be
somebody's only copy of something, and is kept under another name.
"""

import hashlib
import re
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import torch

from models.weights.writing import replacing

VERSION = "emonoise training 1"
"""Changed whenever a training would go on otherwise than it began."""

# The first line of a file: what it is, its lesson, and a digest of that and of the rest, which torch wrote.
_FIRST = re.compile(rb"emonoise checkpoint (?P<lesson>[0-9a-f]+) (?P<digest>[0-9a-f]{64})")

State = dict[str, Any]
"""Tensors, numbers, text, and lists and dictionaries of them: what ``torch.load`` reads without running code."""


@dataclass(frozen=True)
class Checkpoint:
    """Where a training is kept, and the digest of its lesson; made by ``open_checkpoint``."""

    path: Path
    lesson: str


def open_checkpoint(path: Path, lesson: str) -> Checkpoint:
    """Return the checkpoint of a lesson, given its ``lesson_digest``.

    Nothing is written yet, but a file that is no whole checkpoint gets another name, with a warning that says which.
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
    written = BytesIO()
    torch.save({**_stages(checkpoint), stage: state}, written)
    content = written.getvalue()
    first = f"emonoise checkpoint {checkpoint.lesson} {_digest(checkpoint.lesson, content)}\n"
    with replacing(checkpoint.path) as temporary:
        temporary.write_bytes(first.encode() + content)


def remove_checkpoint(checkpoint: Checkpoint) -> None:
    """Delete the file of a training that is at its end, if there is one."""
    checkpoint.path.unlink(missing_ok=True)


def _stages(checkpoint: Checkpoint) -> dict[str, State]:
    try:
        first, _, content = checkpoint.path.read_bytes().partition(b"\n")
    except FileNotFoundError:
        return {}
    of = _FIRST.fullmatch(first)
    if of is None or of["digest"].decode() != _digest(of["lesson"].decode(), content):
        _set_aside(checkpoint.path)
        return {}
    if of["lesson"].decode() != checkpoint.lesson:
        return {}
    stages: dict[str, State] = torch.load(BytesIO(content), weights_only=True)
    return stages


def _set_aside(path: Path) -> None:
    kept = path.with_name(f"{path.name}.{uuid4().hex}.unreadable")
    with suppress(FileNotFoundError):  # another process that trains the same was first
        path.rename(kept)
        warnings.warn(f"{path}: not the checkpoint of a training, or damaged; it is now {kept.name}", stacklevel=2)


def _digest(lesson: str, content: bytes) -> str:
    digest = hashlib.sha256(lesson.encode())
    digest.update(content)
    return digest.hexdigest()


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
