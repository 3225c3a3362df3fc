import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bench.corpora.manifest import read_manifest
from bench.outside.takes import file_names
from bench.stages.recipe import read_corruptions, samples_sha256
from bench.stages.speech import corrupt_utterance
from bench.store.folders import LOCK
from bench.store.progress import Stages
from corruptions import parse_condition, read_audio, rms_dbfs

from ..spoken import NAMES, SCALE, write_corpus

CONDITIONS = ["clean", "babble@5dB", "street@-30dB", "lounge+speech-shaped@0dB"]


def times(out: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}


def test_an_exported_file_is_sample_for_sample_what_a_run_hears(exported: Path, manifest: Path):
    rows, recipe = read_corruptions(exported.with_name("corruptions.parquet"))
    files = pd.read_csv(exported, dtype={"id": "str"})
    utterances = {one.id: one for one in read_manifest(manifest, SCALE).utterances}
    assert len(rows) == len(files) == len(NAMES) * (1 + 3 * 2)
    for row, file in zip(rows.itertuples(), files.itertuples(), strict=True):
        assert (row.id, row.condition, row.draw) == (file.id, file.condition, file.draw)
        heard = corrupt_utterance(
            utterances[row.id], parse_condition(row.condition), row.draw, recipe.material, corpus="corpus", seed=0
        )
        assert samples_sha256(heard.audio) == row.audio_sha256
        written = read_audio(exported.parent / file.path)
        half_a_step = 2**-16 * 1.001
        np.testing.assert_allclose(written, heard.audio * 10 ** (row.output_gain_db / 20), rtol=0, atol=half_a_step * 2)


def test_what_would_clip_is_scaled_down_as_a_whole_and_nothing_else_is(exported: Path):
    rows, _ = read_corruptions(exported.with_name("corruptions.parquet"))
    loud = rows["peak"] > 1
    assert loud.any()
    assert not loud.all()
    assert (rows.loc[~loud, "output_gain_db"] == 0).all()
    np.testing.assert_allclose(rows.loc[loud, "output_gain_db"], -20 * np.log10(rows.loc[loud, "peak"]))


def test_the_manifest_keeps_every_column_and_names_files_that_are_there(exported: Path, manifest: Path):
    files = pd.read_csv(exported, dtype="str")
    original = pd.read_csv(manifest, dtype="str")
    assert [*files.columns] == [*original.columns, "condition", "draw"]
    kept = [column for column in original if column != "path"]
    there = files.drop_duplicates("id").sort_values("id")[kept].reset_index(drop=True)
    tested = original[original["split"] == "test"].sort_values("id")[kept].reset_index(drop=True)
    pd.testing.assert_frame_equal(there, tested)
    assert files["path"].is_unique
    assert all((exported.parent / path).is_file() for path in files["path"])
    assert {path.name for path in exported.parent.glob("audio/*")} == set(CONDITIONS)


def test_the_condition_is_on_the_record(exported: Path):
    rows, recipe = read_corruptions(exported.with_name("corruptions.parquet"))
    noisy = rows[rows["snr_requested_db"].notna()]
    assert (noisy["snr_requested_db"] - noisy["snr_active_db"]).abs().max() < 0.01
    assert set(rows.loc[rows["condition"].str.startswith("lounge"), "room_source"]) == {"corner.wav"}
    assert (recipe.seed, recipe.corpus.name, recipe.corpus.scale, recipe.corpus.synthetic) == (
        0,
        "corpus",
        SCALE,
        False,
    )
    assert set(recipe.versions) == {"python", "numpy", "scipy", "soundfile", "soxr"} | set(recipe.versions)
    talking = {clip.path: clip.sha256 for clips in recipe.material.talkers.values() for clip in clips}
    assert len(talking) == 14
    assert all(talking.values())


def test_the_snr_of_very_soft_speech_is_that_of_the_file_and_an_extreme_gain_is_named(
    write_export: Callable[..., Path], tmp_path: Path
):
    """Of 20 dB under speech at -85 dBFS, 16 bits leave 17."""
    table = write_corpus(tmp_path / "corpus")
    for name in ("wav", "street"):
        for path in (table.parent / name).iterdir():
            samples, rate = soundfile.read(path)
            softer = 1 if name == "wav" and path.stem < "5" else 1e-3
            soundfile.write(path, softer * samples, rate, subtype="FLOAT")
    console = Console(record=True, width=300)
    listed = write_export(
        tmp_path / "out", ["street@20dB", "street@-5dB"], manifest=table, stages=Stages(console), split="train"
    )
    rows, _ = read_corruptions(listed.with_name("corruptions.parquet"))
    files = pd.read_csv(listed, dtype={"id": "str"})
    assert rows["speech_active_dbfs"].min() < -75
    for row, file in zip(rows.itertuples(), files.itertuples(), strict=True):
        written = read_audio(listed.parent / file.path) / 10 ** (row.output_gain_db / 20)
        added = rms_dbfs(written - read_audio(Path(row.path)))
        assert row.snr_active_db == pytest.approx(row.speech_active_dbfs - added, abs=0.001)
    soft, others = rows[rows["speech_active_dbfs"] < -75], rows[rows["speech_active_dbfs"] > -50]
    assert (soft["snr_requested_db"] - soft["snr_active_db"]).max() > 2
    assert (others["snr_requested_db"] - others["snr_active_db"]).abs().max() < 0.1
    assert re.search(
        r"more than 40 dB of gain for 2 of 2 recordings of noise, .*\n +[01].wav \(\d\d dB\)",
        console.export_text(),
    )


def test_noise_that_16_bits_cannot_hold_has_no_snr_in_the_file(write_export: Callable[..., Path], tmp_path: Path):
    table = write_corpus(tmp_path / "corpus")
    listed = write_export(tmp_path / "out", ["white@100dB"], manifest=table)
    rows, _ = read_corruptions(listed.with_name("corruptions.parquet"))
    files = pd.read_csv(listed, dtype={"id": "str"})
    for row, file in zip(rows.itertuples(), files.itertuples(), strict=True):
        assert np.array_equal(read_audio(listed.parent / file.path), read_audio(Path(row.path)))
    assert (rows["snr_requested_db"] == 100).all()
    assert rows[["snr_active_db", "noise_dbfs", "noise_activity"]].isna().all(axis=None)


def test_an_export_goes_on_where_it_stopped_and_mixes_nothing(write_export: Callable[..., Path], tmp_path: Path):
    def tables() -> list[bytes]:
        return [path.read_bytes() for path in (tmp_path / "manifest.csv", tmp_path / "corruptions.parquet")]

    write_export(tmp_path, ["clean", "white@5dB"])
    whole, before = tables(), times(tmp_path / "audio")
    (tmp_path / "manifest.csv").unlink()
    (tmp_path / ".records" / "white@5dB" / "draw0" / "0.parquet").unlink()
    write_export(tmp_path, ["clean", "white@5dB"])
    after = times(tmp_path / "audio")
    assert tables() == whole
    assert {path.parts[-3] for path in before if after[path] != before[path]} == {"white@5dB"}
    # One file is gone: its block is made again.
    next(iter((tmp_path / "audio" / "clean").rglob("u1.flac"))).unlink()
    # Another condition: only that is new.
    write_export(tmp_path, ["clean", "white@5dB", "pink@5dB"])
    assert {path.parts[-3] for path, time in times(tmp_path / "audio").items() if after.get(path) != time} == {
        "clean",
        "pink@5dB",
    }
    there = times(tmp_path)
    for other in ({"seed": 1}, {"name": "other"}, {"snr": "rms"}, {"policy": "floor"}, {"split": "dev"}):
        with pytest.raises(ValueError, match="holds an export of something else"):
            write_export(tmp_path, [*CONDITIONS], **other)
    del there[tmp_path / LOCK]
    assert times(tmp_path).items() >= there.items()


def test_one_noise_floor_for_the_whole_split(write_export: Callable[..., Path], tmp_path: Path):
    listed = write_export(tmp_path, ["white@5dB"], policy="floor")
    rows, recipe = read_corruptions(listed.with_name("corruptions.parquet"))
    assert recipe.material.reference_dbfs == pytest.approx(rows["speech_active_dbfs"].median())
    np.testing.assert_allclose(rows["noise_dbfs"], recipe.material.reference_dbfs - 5, atol=0.01)


@pytest.mark.parametrize(
    ("conditions", "options", "message"),
    [
        ([], {}, "no condition to export: name at least one"),
        (["babble"], {}, "babble: babble needs a level"),
        (["bable@5dB"], {}, "no corruption is called 'bable'; there are white, "),
        (
            ["mall@5dB"],
            {},
            "your own noises need a folder: in a suite noises: {mall: FOLDER}, for `emonoise corrupt` --noise",
        ),
        (["hall"], {}, "in a suite rooms: {hall: FOLDER}, for `emonoise corrupt` --rooms hall=FOLDER"),
        (["white@5dB", "white@5.0dB"], {}, "named more than once: white@5dB"),
        (["white@5dB"], {"noises": {"white": Path("street")}}, "noises: a name that is taken: white"),
        (["white@5dB"], {"noises": {"cafe": Path("street")}}, "cafe is in none of the conditions white@5dB"),
        (
            ["cafe"],
            {"noises": {"cafe": Path("a")}, "rooms": {"cafe": Path("b")}},
            "rooms: a name that is taken: cafe",
        ),
        (["cafe@5dB"], {"noises": {"cafe": Path("nowhere")}}, "nowhere: no such folder"),
        (["clean"], {"scale": (1, 2)}, "is not a number from 1 to 2"),
        (["clean"], {"manifest": "nothing.csv"}, "nothing.csv: no such file"),
    ],
)
def test_what_cannot_be_exported_is_said_before_anything_is_written(
    write_export: Callable[..., Path], tmp_path: Path, conditions: list[str], options: dict[str, object], message: str
):
    with pytest.raises(ValueError, match=re.escape(message)):
        write_export(tmp_path / "out", conditions, **options)
    assert not (tmp_path / "out").exists()


def test_a_corpus_is_not_written_over_itself_nor_exported_twice(
    write_export: Callable[..., Path], exported: Path, tmp_path: Path
):
    table = write_corpus(tmp_path / "mine").rename(tmp_path / "mine" / "manifest.csv")
    before = table.read_bytes()
    with pytest.raises(ValueError, match="manifest.csv lies there, and nothing says that emonoise made it"):
        write_export(tmp_path / "mine", ["clean"], manifest=table)
    assert table.read_bytes() == before
    rows = pd.read_csv(table).assign(draw=0)
    rows.to_parquet(tmp_path / "mine" / "drawn.parquet")
    with pytest.raises(ValueError, match="has a column draw already"):
        write_export(tmp_path / "out", ["clean"], manifest=tmp_path / "mine" / "drawn.parquet")
    rows[rows["split"] != "dev"].drop(columns="draw").to_parquet(tmp_path / "mine" / "no-dev.parquet")
    with pytest.raises(ValueError, match="the dev split is empty"):
        write_export(tmp_path / "out", ["clean"], manifest=tmp_path / "mine" / "no-dev.parquet", split="dev")


@given(st.lists(st.text(max_size=120), max_size=8, unique=True))
def test_every_id_gets_a_file_name_of_its_own_on_every_system(texts: list[str]):
    names = file_names(texts)
    assert [*names] == texts
    assert len({name.casefold() for name in names.values()}) == len(texts)
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,99}", name) and name[-1] != "." for name in names.values())


def test_safe_ids_keep_their_name_and_others_do_not():
    names = file_names(NAMES)
    assert names["u1"] == "u1"
    assert all(
        re.fullmatch(pattern, names[one])
        for one, pattern in {
            "u2": r"u2-\w{16}",
            "U2": r"U2-\w{16}",
            "Ses01/F 05": r"Ses01-F-05-\w{16}",
            "con": r"con-\w{16}",
            "ü": r"x-\w{16}",
        }.items()
    )
