"""What other people's tables may hold in the place of numbers and names: refused by row and value, or read exactly."""

import datetime as dt
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.corpora.corpus import DIMENSIONS
from bench.corpora.manifest import ManifestError
from bench.outside.tables import FILE, Export, OutsideError, read_export, read_predictions


@pytest.fixture(scope="module")
def export(exported: Path) -> Export:
    return read_export(exported)


@pytest.fixture
def predictions(export: Export) -> pd.DataFrame:
    return export.files[[*FILE, *DIMENSIONS]]


def with_cell(table: pd.DataFrame, column: str, value: object) -> pd.DataFrame:
    cells = table[column].tolist() if column in table else [0] * len(table)
    return table.assign(**{column: pd.Series([*cells[:2], value, *cells[3:]], dtype="object")})


def refused(table: pd.DataFrame, path: Path, export: Export) -> str:
    table.to_csv(path, index=False) if path.suffix == ".csv" else table.to_parquet(path)
    with pytest.raises((OutsideError, ManifestError)) as error:
        read_predictions(path, export, "mine")
    assert str(error.value).startswith(f"{path}: ")
    return str(error.value)


@pytest.mark.parametrize("column", ["draw", "seed"])
@pytest.mark.parametrize("value", ["x", "-1", "0.5", "inf", "1e300", "True", "2020-01-01", 2**63, 2**64, 10**30])
def test_what_is_no_whole_number_is_shown_as_it_is_written(
    predictions: pd.DataFrame, export: Export, tmp_path: Path, column: str, value: object
):
    message = refused(with_cell(predictions, column, value), tmp_path / "mine.csv", export)
    assert f"1 x {column} that is not a whole number" in message
    assert f"{str(value)!r}" in message
    assert "there twice" not in message


@pytest.mark.parametrize("value", ["", "nan", None])
def test_an_empty_draw_is_refused_by_its_row(predictions: pd.DataFrame, export: Export, tmp_path: Path, value: object):
    message = refused(with_cell(predictions, "draw", value), tmp_path / "mine.csv", export)
    assert "1 x draw that is not a whole number: row 3 (" in message


@pytest.mark.parametrize("seed", [0, 2**53 + 1, 2**63 - 1])
def test_seeds_are_read_exactly(predictions: pd.DataFrame, export: Export, tmp_path: Path, seed: int):
    predictions.assign(seed=seed).to_csv(tmp_path / "mine.csv", index=False)
    assert set(read_predictions(tmp_path / "mine.csv", export, "mine")["seed"]) == {seed}


@pytest.mark.parametrize("value", ["1e300", "-1e10", "1e999", "nan", "9" * 400, "True", "0x10", "1_000"])
def test_a_prediction_that_no_score_can_be_made_of_is_refused(
    predictions: pd.DataFrame, export: Export, tmp_path: Path, value: str
):
    message = refused(with_cell(predictions, "valence", value), tmp_path / "mine.csv", export)
    assert "1 x valence that is not a number within +-1e+09: row 3 (" in message
    assert len(message) < 400 + len(str(tmp_path))


CELLS = [[1.0], {"a": 1}, dt.date(2020, 1, 1), pd.Timestamp("2020-01-01"), pd.Timedelta("1s"), True]
LARGE = np.uint64(2**64 - 1)  # of which a system may be called, as of 001


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        *product(["id", "condition", "draw", "seed", "valence", "system"], CELLS),
        *product(["id", "condition", "draw", "seed", "valence"], [LARGE]),
    ],
    ids=lambda one: one if isinstance(one, str) else type(one).__name__,
)
def test_a_column_of_another_kind_is_refused_by_its_name(
    predictions: pd.DataFrame, export: Export, tmp_path: Path, column: str, cell: Any
):
    table = predictions.assign(**{column: pd.Series([cell] * len(predictions))})
    assert column in refused(table, tmp_path / "mine.parquet", export)


@pytest.mark.parametrize("named", [True, False])
def test_a_system_whose_name_breaks_tables_is_refused_and_shown_written_out(
    predictions: pd.DataFrame, export: Export, tmp_path: Path, named: bool
):
    hidden = "a\x1b[31m"
    (predictions.assign(system=hidden) if named else predictions).to_csv(tmp_path / "mine.csv", index=False)
    with pytest.raises(OutsideError, match=r"mine.csv(.|\n)*system that cannot be a name.*: a\\x1b\[31m") as refused:
        read_predictions(tmp_path / "mine.csv", export, hidden)
    assert "\x1b" not in str(refused.value)


def test_a_column_that_is_there_twice_is_refused_in_either_format(
    predictions: pd.DataFrame, export: Export, tmp_path: Path
):
    columns = [*predictions.columns, "id"]
    values = [predictions[name].tolist() for name in columns]
    pq.write_table(pa.table(values, names=columns), tmp_path / "mine.parquet")
    (tmp_path / "mine.csv").write_text(",".join(columns) + "\n")
    for path in (tmp_path / "mine.parquet", tmp_path / "mine.csv"):
        with pytest.raises(ManifestError, match=rf"{path.name}: cannot be read: column id is there twice"):
            read_predictions(path, export, "mine")


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_without_rows_is_refused(predictions: pd.DataFrame, export: Export, tmp_path: Path, suffix: str):
    assert "the table has no rows" in refused(predictions.iloc[:0], tmp_path / f"mine{suffix}", export)
