"""How far noise moves the embedding of an utterance: the cosine between its frames in noise and those on clean speech.

Frames are averaged over time first. The cosine is 1 where nothing moves. Embeddings differ in how large a part of them
all speech has in common, which no noise moves: cosines of one encoder can be compared, those of two cannot.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from bench.scores.grid import Grid
from bench.scores.results import CONDITION, Column, check_rows, condition_axes, condition_masks, typed
from models.types import Frames

DRIFT: dict[str, Column] = {
    "corpus": Column("str"),
    "split": Column("str"),
    "utterance": Column("str"),
    "speaker": Column("str"),
    **CONDITION,
    "representation": Column("str"),
    "cosine": Column("float64", nullable=True),
}
"""The columns of ``drift.parquet``; the cosine is null where there is no clean speech, or an average is all zeros."""

METRIC = "drift"
UNDEFINED = "no cosine to clean speech: the run has none, or its embedding is all zeros"


def pooled(frames: Frames) -> Frames:
    """Return the mean over the frames of an utterance as one frame, layers one after the other: ``(1, size)``.

    Examples:
        >>> pooled(np.array([[0, 1], [2, 3]], np.float32)).tolist()
        [[1.0, 2.0]]
    """
    return np.asarray(frames.mean(axis=0, dtype=np.float64), np.float32).reshape(1, -1)


def cosine(one: Frames, other: Frames) -> float:
    """Return the cosine between two arrays of the same size, in [-1, 1]; NaN where one of them is all zeros.

    Examples:
        >>> cosine(np.array([[3, 4]], np.float32), np.array([[4, 3]], np.float32))
        0.96
    """
    first, second = (values.astype(np.float64).ravel() for values in (one, other))
    lengths = np.linalg.norm(first) * np.linalg.norm(second)
    return float(np.clip(first @ second / lengths, -1, 1)) if lengths else np.nan


def check_drift(frame: pd.DataFrame, grid: Grid, *, allow_missing: bool = False) -> pd.DataFrame:
    """Return the table, typed and sorted, after making sure that it holds the grid for every representation in it.

    Raises:
        TableError: for a missing row, or one that is there twice or not in the grid.
    """
    frame = typed(frame, DRIFT, METRIC)
    names = sorted(frame["representation"].unique())
    axes: dict[str, Sequence[object]] = {"representation": names, **condition_axes(grid)}
    expected = np.einsum("r,cd,u->rcdu", np.ones(len(names), bool), *condition_masks(grid))
    return check_rows(frame, axes, expected, METRIC, allow_missing=allow_missing)
