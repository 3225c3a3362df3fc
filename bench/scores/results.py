"""The tables of a run: their columns, and the check that nothing in them is missing, twice there or contradictory.

``predictions.parquet`` and ``transcripts.parquet`` are the evidence, ``results.parquet`` the single source of every
report. Truth and prediction are on the corpus's own scale. ``corruption`` names a degradation curve: a condition
without its last level, as in ``reverb@0.6s+babble``. ``level`` and ``level_unit`` are null for clean speech, and where
there is nothing to turn up, as in ``telephone``.

In ``results.parquet`` the dimension ``mean`` stands for the mean CCC of the dimensions; it has no other metric.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api.types import pandas_dtype

from bench.corpora.corpus import DIMENSIONS
from bench.scores.grid import Grid, none_first
from models.asr.hallucination import FLAGS

# How many examples an error shows.
_SHOWN = 3


class TableError(ValueError):
    """A table that cannot be trusted; the message names the rows."""


@dataclass(frozen=True)
class Column:
    """Type of a column; null values, and infinite ones, are errors unless it is nullable."""

    dtype: str
    nullable: bool = False


CONDITION: dict[str, Column] = {
    "corruption": Column("str"),
    "condition": Column("str"),
    "level": Column("float64", nullable=True),
    "level_unit": Column("str", nullable=True),
    "draw": Column("int64"),
}
PREDICTIONS: dict[str, Column] = {
    "suite": Column("str"),
    "corpus": Column("str"),
    "split": Column("str"),
    "system": Column("str"),
    "seed": Column("Int64", nullable=True),
    "utterance": Column("str"),
    "speaker": Column("str"),
    **CONDITION,
    "dimension": Column("str"),
    "prediction": Column("float64"),
    "truth": Column("float64"),
}
TRANSCRIPTS: dict[str, Column] = {
    "corpus": Column("str"),
    "split": Column("str"),
    "utterance": Column("str"),
    "speaker": Column("str"),
    **CONDITION,
    "transcriber": Column("str"),
    "language": Column("str"),
    "reference": Column("str", nullable=True),
    "text": Column("str"),
    "mean_log_probability": Column("float64", nullable=True),
    "no_speech_probability": Column("float64", nullable=True),
}
# One row a number. Null: seed and draw where the value is over all of them, condition and level where it sums up a
# curve, corruption as well where it sums up all curves, dimension where it is of a transcriber or a representation,
# ci_low and ci_high where there is no interval (one of them where it is open on that side), value where nothing is
# there to compute it from (n_utterances 0), or it is undefined or censored; note unless it says why, or what a mean
# leaves out.
RESULTS: dict[str, Column] = {
    "suite": Column("str"),
    "corpus": Column("str"),
    "split": Column("str"),
    "system": Column("str"),
    "seed": Column("Int64", nullable=True),
    "corruption": Column("str", nullable=True),
    "condition": Column("str", nullable=True),
    "level": Column("float64", nullable=True),
    "level_unit": Column("str", nullable=True),
    "draw": Column("Int64", nullable=True),
    "dimension": Column("str", nullable=True),
    "metric": Column("str"),
    "value": Column("float64", nullable=True),
    "ci_low": Column("float64", nullable=True),
    "ci_high": Column("float64", nullable=True),
    "seed_sd": Column("float64", nullable=True),
    "draw_sd": Column("float64", nullable=True),
    "all_low": Column("float64", nullable=True),
    "all_high": Column("float64", nullable=True),
    "n_utterances": Column("int64"),
    "n_speakers": Column("int64"),
    "note": Column("str", nullable=True),
}

RANGES: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("ccc", "pearson", "ccc_calibrated", "ccc_within", "drift"), (-1.0, 1.0)),
    **dict.fromkeys(("ccc_auc", "ccc_mean_noisy", "ccc_worst"), (-1.0, 1.0)),
    **dict.fromkeys(("rmse", "wer", "insertion_rate", "cer", "character_insertion_rate"), (0.0, np.inf)),
    **dict.fromkeys(("corruption_error", "mean_corruption_error", "scale_ratio", "ccc_speaker_sd"), (0.0, np.inf)),
    **dict.fromkeys(("stability", *(f"{name.replace('-', '_')}_rate" for name in FLAGS)), (0.0, 1.0)),
}
"""Where a number of a metric can lie, if not anywhere; ends of intervals are cut to it."""


def typed(frame: pd.DataFrame, schema: Mapping[str, Column], name: str) -> pd.DataFrame:
    """Return the columns of ``schema``, in its order and with its types; further columns are left out.

    Args:
        frame: the table.
        schema: ``PREDICTIONS``, ``TRANSCRIPTS`` or ``RESULTS``.
        name: what errors call the table.

    Raises:
        TableError: for a missing column, a value that does not fit its type, or one that is null or infinite where the
            column is not nullable; the message names the first of those rows.

    Examples:
        >>> typed(pd.DataFrame({"n": ["7"], "other": [0]}), {"n": Column("int64")}, "table").dtypes["n"]
        dtype('int64')
    """
    missing = [column for column in schema if column not in frame]
    if missing:
        raise TableError(f"{name}: no column {', '.join(missing)}; it needs {', '.join(schema)}")
    columns = {}
    for column, kind in schema.items():
        try:
            # By way of Int64, which refuses to cut 0.5 to 0 and keeps nulls for the check below.
            columns[column] = frame[column].astype(pandas_dtype("Int64" if kind.dtype == "int64" else kind.dtype))
        except (TypeError, ValueError) as error:
            raise TableError(f"{name}: column {column} does not hold {kind.dtype}: {error}") from error
    out = pd.DataFrame(columns).reset_index(drop=True)
    for column, kind in schema.items():
        if not kind.nullable:
            bad = ~np.isfinite(out[column]) if kind.dtype == "float64" else out[column].isna()
            if bad.any():
                raise TableError(f"{name}: {column} is missing or not finite in {_rows(out, bad.to_numpy())}")
    return out.astype({column: pandas_dtype(kind.dtype) for column, kind in schema.items()})


def check_predictions(frame: pd.DataFrame, grid: Grid, *, allow_missing: bool = False) -> pd.DataFrame:
    """Return the table, typed and sorted, after making sure that it holds the grid: every row of it, once.

    Args:
        frame: predictions, with the columns of ``PREDICTIONS``.
        grid: what should be there.
        allow_missing: whether rows of the grid may be missing.

    Returns:
        A table that does not depend on the order of the rows.

    Raises:
        TableError: for a missing row, a row that is there twice or not in the grid, a value that is missing or not
            finite, or an utterance that contradicts itself (two speakers, two truths, two levels of a condition).
    """
    frame = typed(frame, PREDICTIONS, "predictions")
    _check_consistent(frame, ["suite", "corpus", "split"], "predictions")
    _check_same(frame, ["utterance"], "speaker", "predictions")
    _check_same(frame, ["utterance", "dimension"], "truth", "predictions")
    seeds = sorted({seed for of in grid.systems.values() for seed in of}, key=none_first)
    trained = np.array([[seed in of for seed in seeds] for of in grid.systems.values()], bool)
    axes: dict[str, Sequence[object]] = {
        "system": [*grid.systems],
        "seed": seeds,
        **condition_axes(grid),
        "dimension": DIMENSIONS,
    }
    expected = np.einsum("ab,cd,u,k->abcduk", trained, *condition_masks(grid), np.ones(len(DIMENSIONS), bool))
    return check_rows(frame, axes, expected, "predictions", allow_missing=allow_missing)


def check_transcripts(frame: pd.DataFrame, grid: Grid, *, allow_missing: bool = False) -> pd.DataFrame:
    """Return the table, typed and sorted, after the checks of ``check_predictions`` for every transcriber in it."""
    frame = typed(frame, TRANSCRIPTS, "transcripts")
    _check_consistent(frame, ["corpus", "split"], "transcripts")
    _check_same(frame, ["utterance"], "speaker", "transcripts")
    _check_same(frame, ["utterance"], "reference", "transcripts")
    _check_same(frame, ["transcriber"], "language", "transcripts")
    transcribers = sorted(frame["transcriber"].unique())
    axes = {"transcriber": transcribers, **condition_axes(grid)}
    expected = np.einsum("a,cd,u->acdu", np.ones(len(transcribers), bool), *condition_masks(grid))
    return check_rows(frame, axes, expected, "transcripts", allow_missing=allow_missing)


def check_corruptions(frame: pd.DataFrame, grid: Grid) -> None:
    """Make sure that a table of what was done to speech holds the grid: every utterance under every condition, once.

    Args:
        frame: with the columns ``condition``, ``draw`` and ``id``.
        grid: what should be there.

    Raises:
        TableError: for a missing row, or one that is there twice or not in the grid.
    """
    keys = {"condition": Column("str"), "draw": Column("int64"), "utterance": Column("str")}
    rows = typed(frame.rename(columns={"id": "utterance"}), keys, "corruptions")
    expected = np.einsum("cd,u->cdu", *condition_masks(grid))
    check_rows(rows, condition_axes(grid), expected, "corruptions", allow_missing=False)


def check_together(predictions: pd.DataFrame, transcripts: pd.DataFrame) -> None:
    """Make sure that two typed tables speak of the same corpus, people and conditions.

    Raises:
        TableError: if they contradict each other.
    """
    shared = ["corpus", "split", "utterance", "speaker", "corruption", "condition", "level", "level_unit"]
    both = pd.concat([table[shared].drop_duplicates() for table in (predictions, transcripts)])
    name = "predictions and transcripts"
    _check_consistent(both, ["corpus", "split"], name)
    _check_same(both, ["utterance"], "speaker", name)


def condition_axes(grid: Grid) -> dict[str, Sequence[object]]:
    """Return what the columns that every table of evidence has may hold: condition, draw and utterance."""
    draws = sorted({draw for one in grid.conditions for draw in one.draws})
    return {"condition": [one.condition for one in grid.conditions], "draw": draws, "utterance": grid.utterances}


def condition_masks(grid: Grid) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return which of them belong together: ``(n_conditions, n_draws)``, and ``(n_utterances,)``, which is all."""
    draws = condition_axes(grid)["draw"]
    drawn = np.array([[draw in one.draws for draw in draws] for one in grid.conditions], bool)
    return drawn, np.ones(len(grid.utterances), bool)


def _check_consistent(frame: pd.DataFrame, same: Sequence[str], name: str) -> None:
    for column in same:
        found = sorted(frame[column].unique())
        if len(found) > 1:
            raise TableError(f"{name}: more than one {column}: {', '.join(found[:_SHOWN])}; score one run at a time")
    for column in ("corruption", "level", "level_unit"):
        _check_same(frame, ["condition"], column, name)
    _check_same(frame, ["corruption", "level"], "condition", name)


def _check_same(frame: pd.DataFrame, by: list[str], column: str, name: str) -> None:
    pairs = frame[[*by, column]].drop_duplicates()
    twice = pairs.duplicated(by)
    if twice.any():
        of = ", ".join(f"{key} {pairs.loc[twice, key].iloc[0]}" for key in by)
        values = pairs.loc[(pairs[by] == pairs.loc[twice, by].iloc[0]).all(axis=1), column]
        raise TableError(f"{name}: {of} has more than one {column}: {', '.join(str(one) for one in values[:_SHOWN])}")


def check_rows(
    frame: pd.DataFrame,
    axes: Mapping[str, Sequence[object]],
    expected: npt.NDArray[np.bool_],
    name: str,
    *,
    allow_missing: bool,
) -> pd.DataFrame:
    """Return the rows in the order of the axes; a ``TableError`` names what is not expected there, missing or twice."""
    codes = [positions(frame[column], values) for column, values in axes.items()]
    outside = np.any([code < 0 for code in codes], axis=0)
    outside[~outside] = ~expected[tuple(code[~outside] for code in codes)]
    if outside.any():
        raise TableError(f"{name}: not in the grid: {_rows(frame, outside)}")
    places = np.ravel_multi_index(codes, expected.shape) if len(frame) else np.zeros(0, np.intp)
    order = np.argsort(places, kind="stable")
    twice = order[1:][np.diff(places[order]) == 0]
    if len(twice):
        raise TableError(f"{name}: more than once: {_rows(frame, np.isin(np.arange(len(frame)), twice))}")
    holes = expected.copy()
    holes.flat[places] = False
    if holes.any() and not allow_missing:
        first = np.argwhere(holes)[:_SHOWN]
        gone = pd.DataFrame(
            {column: [values[k] for k in first[:, i]] for i, (column, values) in enumerate(axes.items())}
        )
        count = int(holes.sum())
        raise TableError(f"{name}: missing: {_rows(gone, np.ones(len(gone), bool), count=count)}")
    return frame.iloc[order].reset_index(drop=True)


def positions(column: "pd.Series[Any]", values: Sequence[object]) -> npt.NDArray[np.intp]:
    """Return where each element of ``column`` stands in ``values``, -1 where it does not; null and None are equal."""
    known: list[Any] = [*values]
    return np.asarray(pd.Index(known, dtype=column.dtype).get_indexer(pd.Index(column)), np.intp)


def _rows(
    frame: pd.DataFrame,
    where: npt.NDArray[np.bool_],
    *,
    count: int | None = None,
) -> str:
    keys = ("system", "transcriber", "representation", "seed", "condition", "draw", "utterance", "dimension")
    shown = frame.loc[where, [key for key in keys if key in frame]].head(_SHOWN)
    texts = [", ".join(f"{key} {value}" for key, value in row.items()) for row in shown.to_dict("records")]
    count = int(np.count_nonzero(where)) if count is None else count
    return f"{count} row{'s' if count != 1 else ''}: {'; '.join(texts)}{' ...' if count > len(texts) else ''}"
