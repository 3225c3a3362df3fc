"""What heads are trained on: frames of one or more representations and the labels of the same utterances.

Labels are in [0, 1], columns in the order of ``DIMENSIONS``. The door is here: what passed ``check_features`` is
trusted inside.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

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
    """Utterances to learn from.

    Attributes:
        features: what is heard of each utterance.
        labels: ``(n, 3)`` in [0, 1].
        copies: the same utterances heard otherwise, in noise for one: representations and utterances are those of
            ``features``. In training each utterance is heard in every epoch as one of its ``1 + len(copies)``
            versions; in development all versions are judged together.
        emotions: the category of each utterance, None where it has none; None if no utterance has any.

    Raises:
        ValueError: for features that ``check_features`` refuses; for copies of other utterances or representations;
            for labels of another shape, not finite or not in [0, 1]; for another number of emotions; for fewer than two
            utterances, of which no CCC exists.
    """

    features: Features
    labels: Labels
    copies: tuple[Features, ...] = ()
    emotions: tuple[str | None, ...] | None = None

    def __post_init__(self) -> None:
        """Check shapes and ranges once, so that nothing behind this door has to."""
        n_utterances = check_features(self.features)
        for number, copy in enumerate(self.copies, start=1):
            _check_copy(number, copy, self.features)
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
        if self.emotions is not None and len(self.emotions) != n_utterances:
            raise ValueError(f"{len(self.emotions)} emotions for {n_utterances} utterances")

    @property
    def versions(self) -> tuple[Features, ...]:
        """The features, then each copy of them, with the representations in the same order."""
        return (self.features, *({name: copy[name] for name in self.features} for copy in self.copies))

    @property
    def pooled_labels(self) -> Labels:
        """The labels of all versions of all utterances, version after version: ``(n_versions * n, 3)``."""
        return np.tile(self.labels, (1 + len(self.copies), 1))

    def only(self, names: Sequence[str]) -> "Examples":
        """Return the same utterances with these representations alone, in this order."""
        features, *copies = ({name: version[name] for name in names} for version in self.versions)
        return replace(self, features=features, copies=tuple(copies))


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
            ``(n_frames, dim)`` or ``(n_frames, n_layers, dim)`` with one frame or more, one shape of a frame per
            representation and finite values; the message names representation and utterance.

    Examples:
        >>> check_features({"text": [np.zeros((3, 2), np.float32), np.zeros((1, 2), np.float32)]})
        2
        >>> check_features({"text": [np.zeros((0, 2), np.float32)]})
        Traceback (most recent call last):
        ValueError: text: frames of utterance 0 have shape (0, 2): need (n_frames, dim) or (n_frames, n_layers, dim),
        not empty
    """
    counts = {name: len(frames) for name, frames in features.items()}
    if len(set(counts.values())) != 1 or 0 in counts.values():
        raise ValueError(f"every representation must hold the same utterances, one or more: got {counts}")
    for name, utterances in features.items():
        first = utterances[0]
        for index, frames in enumerate(utterances):
            _check_frames(name, index, frames, first)
    return next(iter(counts.values()))


def frame_shape(frames: Frames) -> tuple[int, int]:
    """Return how many layers a frame has, and how many numbers a layer.

    Examples:
        >>> frame_shape(np.zeros((7, 384), np.float32)), frame_shape(np.zeros((7, 5, 384), np.float32))
        ((1, 384), (5, 384))
    """
    *layers, dim = frames.shape[1:]
    return (layers[0] if layers else 1), dim


def in_words(one: tuple[int, int]) -> str:
    """Return what a frame of this ``frame_shape`` is.

    Examples:
        >>> in_words((1, 384)), in_words((5, 384))
        ('384 dimensions', '5 layers of 384 dimensions')
    """
    layers, dim = one
    return f"{dim} dimensions" if layers == 1 else f"{layers} layers of {dim} dimensions"


def _check_frames(name: str, index: int, frames: Frames, first: Frames) -> None:
    if frames.ndim not in {2, 3} or 0 in frames.shape:
        raise ValueError(
            f"{name}: frames of utterance {index} have shape {frames.shape}: "
            "need (n_frames, dim) or (n_frames, n_layers, dim), not empty"
        )
    if frame_shape(frames) != frame_shape(first):
        raise ValueError(
            f"{name}: frames of utterance {index} have {in_words(frame_shape(frames))}, "
            f"those of utterance 0 have {in_words(frame_shape(first))}"
        )
    if not np.isfinite(frames).all():
        raise ValueError(f"{name}: frames of utterance {index} hold NaN or infinity")


def _check_copy(number: int, copy: Features, features: Features) -> None:
    if set(copy) != set(features):
        raise ValueError(f"copy {number} has the representations {sorted(copy)}, need {sorted(features)}")
    n_utterances, needed = check_features(copy), len(next(iter(features.values())))
    if n_utterances != needed:
        raise ValueError(f"copy {number} has {n_utterances} utterances, need {needed}")
    for name, utterances in features.items():
        heard, one = frame_shape(copy[name][0]), frame_shape(utterances[0])
        if heard != one:
            raise ValueError(f"{name}: frames of copy {number} have {in_words(heard)}, need {in_words(one)}")
