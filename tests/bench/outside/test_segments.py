"""A corpus of segments, against the same corpus cut beforehand."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.corpora.manifest import read_manifest
from bench.stages.recipe import read_corruptions
from corruptions import read_audio

from ..spoken import SCALE, write_talks

CONDITIONS = ["clean", "babble-2@5dB", "speech-modulated@0dB", "speech-shaped@0dB+mp3@32kbit/s"]
WHERE = ["path", "start_s", "end_s", "source_sha256"]


@pytest.fixture(scope="module")
def exports(write_export: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The manifests of what was exported of segments and of files."""
    folder = tmp_path_factory.mktemp("talks")
    tables = write_talks(folder)
    return tuple(write_export(folder / f"out{k}", CONDITIONS, manifest=one) for k, one in enumerate(tables))


def test_segments_sound_as_files_that_were_cut_beforehand(exports: tuple[Path, Path]):
    (of_segments, recipe), (of_files, _) = (read_corruptions(one.with_name("corruptions.parquet")) for one in exports)
    pd.testing.assert_frame_equal(of_segments.drop(columns=WHERE), of_files.drop(columns=WHERE))
    assert {*of_segments["path"]} == {str(exports[0].parents[1] / "test.wav")}
    assert of_files[["start_s", "end_s"]].isna().all(axis=None)
    assert {one.path.name for of in recipe.material.talkers.values() for one in of} == {"train.wav"}


def test_the_record_says_which_samples_of_which_file(exports: tuple[Path, Path]):
    rows, _ = read_corruptions(exports[0].with_name("corruptions.parquet"))
    row = rows[rows["condition"] == "clean"].iloc[-1]
    whole = read_audio(Path(row["path"]))
    start, end = row["start_s"] * 16_000, row["end_s"] * 16_000
    assert (start, end) == (round(start), len(whole))
    written = read_audio(exports[0].parent / "audio" / "clean" / "draw0" / "test5.flac")
    np.testing.assert_allclose(written, whole[int(start) :], rtol=0, atol=2**-16 * 1.001)


def test_what_was_written_is_read_whole(exports: tuple[Path, Path]):
    files = pd.read_csv(exports[0])
    assert not {"start", "end"} & {*files.columns}
    pd.testing.assert_frame_equal(files, pd.read_csv(exports[1]))
    noisy = files[files["condition"] == "babble-2@5dB"]
    noisy.to_csv(exports[0].parent / "noisy.csv", index=False)
    again = read_manifest(exports[0].parent / "noisy.csv", SCALE)
    assert all(one.clip.whole for one in again.utterances)


def test_segments_come_back_from_the_record(
    exports: tuple[Path, Path], make_again: Callable[[Path, Path], Path], tmp_path: Path
):
    table = exports[0].with_name("corruptions.parquet")
    audio = make_again(table, tmp_path / "again")
    written = {path.relative_to(audio): path.read_bytes() for path in audio.rglob("*.flac")}
    assert written == {
        path.relative_to(exports[0].parent / "audio"): path.read_bytes() for path in exports[0].parent.rglob("*.flac")
    }
    assert (tmp_path / "again" / "corruptions.parquet").read_bytes() == table.read_bytes()


def test_another_end_is_another_export(exports: tuple[Path, Path], write_export: Callable[..., Path]):
    folder = exports[0].parents[1]
    table = pd.read_csv(folder / "talks.csv")
    table.loc[table["id"] == "test0", "end"] -= 0.01
    table.to_csv(folder / "talks.csv", index=False)
    with pytest.raises(ValueError, match="was made with another seed, corpus"):
        write_export(exports[0].parent, CONDITIONS, manifest=folder / "talks.csv")
