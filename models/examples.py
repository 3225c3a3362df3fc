"""What heads are trained on: frames of one or more representations and the labels of the same utterances.

Labels are in [0, 1], columns in the order of ``DIMENSIONS``. The door is here: what passed ``check_features`` is
trusted inside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from models.types import Frames

DIMENSIONS = ("activation", "valence", "dominance")

Features = Mapping[str, Sequence[Frames]]
"""Name of a representation -> one ``Frames`` per utterance; all names hold the same utterances in the same order."""

Labels = npt.NDArray[np.float64]
"""``(n, 3)``, columns as in ``DIMENSIONS``."""


@dataclass(frozen=True)
class Examples:
    """Utterances to learn from: their features and their labels, ``(n, 3)`` in [0, 1].

    Raises:
        ValueError: for features that ``check_features`` refuses; for labels of another shape, not finite or not
            in [0, 1]; for fewer than two utterances, of which no CCC exists.
    """

    features: Features
    labels: Labels

    def __post_init__(self) -> None:
        """Check shapes and ranges once, so that nothing behind this door has to."""
        n_utterances = check_features(self.features)
        if self.labels.shape != (n_utterances, len(DIMENSIONS)):
            raise ValueError(f"labels have shape {self.labels.shape}, need ({n_utterances}, {len(DIMENSIONS)})")
        if n_utterances < 2:  # noqa: PLR2004
            raise ValueError(f"{n_utterances} utterance(s): at least 2 are needed for a CCC")
        bad = np.argwhere(~((self.labels >= 0) & (self.labels <= 1)))
        if len(bad):
            row, column = bad[0]
            raise ValueError(
                f"{DIMENSIONS[column]} of utterance {row} is {self.labels[row, column]}: labels must lie in [0, 1]"
            )


@dataclass(frozen=True)
class Teaching:
    """What a teacher says of the training utterances: all that a student ever learns of it.

    ``embeddings`` has shape ``(n, width)``, ``predictions`` ``(n, 3)`` in label space.
    """

    embeddings: npt.NDArray[np.float32]
    predictions: Labels


def check_features(features: Features) -> int:
    """Return the number of utterances, after checking that every representation holds usable frames for each.

    Raises:
        ValueError: if there is no representation or no utterance, the numbers of utterances differ, or frames are not
            ``(n_frames, dim)`` with one frame or more, one ``dim`` per representation and finite values; the message
            names representation and utterance.

    Examples:
        >>> check_features({"text": [np.zeros((3, 2), np.float32), np.zeros((1, 2), np.float32)]})
        2
        >>> check_features({"text": [np.zeros((0, 2), np.float32)]})
        Traceback (most recent call last):
        ValueError: text: frames of utterance 0 have shape (0, 2): need (n_frames, dim), not empty
    """
    counts = {name: len(frames) for name, frames in features.items()}
    if len(set(counts.values())) != 1 or 0 in counts.values():
        raise ValueError(f"every representation must hold the same utterances, one or more: got {counts}")
    for name, utterances in features.items():
        for index, frames in enumerate(utterances):
            _check_frames(name, index, frames, dim=utterances[0].shape[-1])
    return next(iter(counts.values()))


def _check_frames(name: str, index: int, frames: Frames, dim: int) -> None:
    if frames.ndim != 2 or 0 in frames.shape:  # noqa: PLR2004
        raise ValueError(
            f"{name}: frames of utterance {index} have shape {frames.shape}: need (n_frames, dim), not empty"
        )
    if frames.shape[1] != dim:
        raise ValueError(
            f"{name}: frames of utterance {index} have {frames.shape[1]} dimensions, those of utterance 0 have {dim}"
        )
    if not np.isfinite(frames).all():
        raise ValueError(f"{name}: frames of utterance {index} hold NaN or infinity")
