from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.corpora.manifest import COLUMNS, ManifestError, read_manifest
from corruptions import Clip

SCALE = (1, 7)


def table(folder: Path, **times: object) -> pd.DataFrame:
    """Three rows of one file, each of another person in training."""
    (folder / "talk.wav").touch()
    rows = [(f"u{k}", "talk.wav", "train", f"s{k}", "4", "4", "4") for k in range(3)]
    return pd.DataFrame(rows, columns=[*COLUMNS], dtype="str").assign(**times)


def read(frame: pd.DataFrame, folder: Path, kind: str = "csv") -> list[tuple[float | None, float | None]]:
    path = folder / f"talks.{kind}"
    frame.to_csv(path, index=False) if kind == "csv" else frame.to_parquet(path)
    return [(one.start_s, one.end_s) for one in read_manifest(path, SCALE).utterances]


DELTAS = pd.to_timedelta([1.5, 61.25, None], unit="s")
SECONDS = [1.5, 61.25, None]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize(
    "written",
    [
        SECONDS,
        ["1.5", "61.25", ""],
        ["1,5", "61,25", " "],
        ["0 days 00:00:01.5", "0 days 00:01:01.250000", "NaT"],
        ["00:00:01,5", "0:01:01.25", "nan"],
        DELTAS,
        DELTAS.as_unit("ms"),
        [timedelta(seconds=1.5), timedelta(seconds=61.25), None],
        pd.array(SECONDS, "Float64"),
    ],
    ids=str,
)
def test_times_are_seconds_or_timedeltas_and_may_be_empty(tmp_path: Path, kind: str, written: object):
    assert read(table(tmp_path, end=written), tmp_path, kind) == [(None, 1.5), (None, 61.25), (None, None)]
    assert read(table(tmp_path, start=written), tmp_path, kind) == [(1.5, None), (61.25, None), (None, None)]


def test_without_times_a_row_is_the_whole_file(tmp_path: Path):
    frame = table(tmp_path, start=[0, np.nan, 2], end=[np.nan, np.nan, 3.00004])
    frame.to_csv(tmp_path / "talks.csv", index=False)
    file = tmp_path / "talk.wav"
    clips = [one.clip for one in read_manifest(tmp_path / "talks.csv", SCALE).utterances]
    assert clips == [Clip(file), Clip(file), Clip(file, 32_000, 48_001)]


def test_an_index_of_file_start_and_end_is_not_lost(tmp_path: Path):
    frame = table(tmp_path, start=DELTAS.fillna(pd.Timedelta(0)), end=DELTAS + pd.Timedelta(1, "s"))
    indexed = frame.set_index(["path", "start", "end"])
    assert read(indexed, tmp_path, "parquet") == [(1.5, 2.5), (61.25, 62.25), (0.0, None)]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_what_is_wrong_with_times_is_said_row_by_row(tmp_path: Path, kind: str):
    frame = table(tmp_path, start=["-1", "soon", "3"], end=["0 days 00:00:02", "-1 days +23:59:58", "3.00001"])
    with pytest.raises(ManifestError) as refused:
        read(frame, tmp_path, kind)
    assert [*refused.value.offenders] == [
        (
            "start that is neither seconds nor a timedelta (1.5, or 0 days 00:00:01.5), or too far away",
            "'soon' in row 2 (u1)",
        ),
        ("start below 0", "-1 s in row 1 (u0)"),
        ("end that is not after the start", "0 to -2 s in row 2 (u1)"),
        ("end that is not after the start", "3 to 3.00001 s in row 3 (u2)"),
    ]


@pytest.mark.parametrize("written", ["1.2.3", "inf", "1,500 s", "True", "2020-01-01", "01:02"])
def test_what_is_no_time_is_not_guessed(tmp_path: Path, written: str):
    with pytest.raises(
        ManifestError, match=f"1 x end that is neither seconds nor a timedelta .*: '{written}' in row 1"
    ):
        read(table(tmp_path, end=[written, "", ""]), tmp_path)


def test_segments_of_one_file_in_two_splits_are_of_different_people_and_do_not_overlap(tmp_path: Path):
    apart = table(tmp_path, start=["0", "1", "2"], end=["1", "2", "3"], split=["train", "dev", "test"])
    assert len(read(apart, tmp_path)) == 3
    with pytest.raises(ManifestError, match=r"talk\.wav from 0 to 1\.5 s \(train\) overlaps .*talk\.wav from 1 to 2 s"):
        read(apart.assign(end=["1.5", "2", "3"]), tmp_path)
    with pytest.raises(ManifestError, match=r"1 x recording in more than one split: .*to 3 s \(test\), where Unknown"):
        read(apart.assign(speaker=["a", "b", "Unknown"]), tmp_path)
    with pytest.raises(ManifestError, match=r"1 x speaker in more than one split: s0 in test, train"):
        read(apart.assign(speaker=["s0", "s1", "s0"]), tmp_path)
    with pytest.raises(ManifestError, match=r"talk\.wav \(train\) is .*from 1 to 2 s \(dev\) is .* to 3 s \(test\)"):
        read(apart.assign(start=["", "1", "2"], end=["", "2", "3"]), tmp_path)


@pytest.mark.parametrize("time", ["1e308", "-1e300", "inf", "999999999 days", "1e10", "9" * 400])
def test_a_time_that_no_recording_has_is_refused_as_it_is_written(tmp_path: Path, time: str):
    with pytest.raises(ManifestError, match="1 x end that is neither seconds nor a timedelta .*, or too far away: '"):
        read(table(tmp_path, end=["1", time, ""]), tmp_path, "csv")
