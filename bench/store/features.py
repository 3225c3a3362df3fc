"""Features of training and development speech: one file of the store a block of utterances, read as they are used."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np

from bench.store.store import Entry, Store
from corruptions.ground.seals import BLANK
from models.types import Frames


class StoredFrames(Sequence[Frames]):
    """The frames of the utterances of several files, one after the other; none is in memory before it is asked for.

    Those of a large corpus do not fit: 100,000 utterances of HuBERT-large are some 100 GB.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        from safetensors import safe_open

        files: list[Any] = [safe_open(path, framework="np") for path in paths]  # safetensors has no types
        self._places = [(file, name) for file in files for name in sorted(file.keys())]

    def __len__(self) -> int:
        """Return the number of utterances."""
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> Frames: ...

    @overload
    def __getitem__(self, index: slice) -> list[Frames]: ...

    def __getitem__(self, index: int | slice) -> Frames | list[Frames]:
        """Return the frames of one utterance, or of several."""
        if isinstance(index, slice):
            return [self[one] for one in range(len(self))[index]]
        file, name = self._places[index]
        frames: Frames = file.get_tensor(name)
        return frames


def features_entry(store: Store, key: str) -> Entry:
    """Return where the features of a block of utterances lie, or will lie."""
    return store.entry("features", key, ".safetensors")


def write_features(store: Store, key: str, frames: Sequence[Frames]) -> None:
    """Store the frames of a block of utterances.

    Raises:
        ValueError: if any of them is not finite, for then what learns from them would not be either.
    """
    from safetensors.numpy import save_file

    for number, one in enumerate(frames, start=1):
        if not np.isfinite(one).all():
            raise ValueError(f"frames of utterance {number} of {len(frames)} are not finite, and not stored")
    # safetensors writes memory as it lies, so an array that is transposed in memory would come back scrambled.
    numbered = {f"{index:06d}": np.ascontiguousarray(one) for index, one in enumerate(frames)}
    with features_entry(store, key).sealing() as path:
        save_file(numbered, path, {"seal": BLANK})


def read_features(store: Store, keys: Sequence[str]) -> StoredFrames:
    """Return the frames of several blocks of utterances, one after the other.

    Raises:
        SealError: if a block is not as it was written.
    """
    return StoredFrames([features_entry(store, key).checked() for key in keys])
