"""What an export, a replay and scores replace in a folder, and what they do not."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from bench.corpora.corpus import DIMENSIONS
from bench.outside.score import score_predictions
from bench.stages.recipe import read_corruptions
from bench.store.folders import MARK, FolderError, holding
from bench.store.progress import Stages
from corruptions.ground.locks import HeldError

from ..changing import contents
from ..spoken import write_corpus

Write = Callable[..., Path]
MakeAgain = Callable[..., Path]


def test_an_export_leaves_out_nothing_that_its_manifest_lists_unless_that_is_said(write_export: Write, tmp_path: Path):
    write_export(tmp_path, ["clean", "white@5dB"], draws=2)
    before = contents(tmp_path)
    for conditions, draws, lost in (
        (["clean"], 2, "12 files .*, such as white@5dB"),
        (["clean", "white@5dB"], 1, "6 "),
    ):
        with pytest.raises(ValueError, match=rf"manifest.csv: lists {lost}.* or --overwrite"):
            write_export(tmp_path, conditions, draws=draws)
    assert contents(tmp_path) == before
    write_export(tmp_path, ["pink@5dB", "clean", "white@5dB"], draws=3)
    assert len(pd.read_csv(tmp_path / "manifest.csv")) == 6 * (1 + 2 * 3)
    write_export(tmp_path, ["clean"], overwrite=True)
    assert len(pd.read_csv(tmp_path / "manifest.csv")) == 6


def test_a_manifest_that_was_edited_is_not_lost(write_export: Write, tmp_path: Path):
    listed = write_export(tmp_path, ["clean"])
    written = listed.read_bytes()
    listed.write_bytes(written + b"mine\n")
    before = contents(tmp_path)
    for conditions in (["clean"], ["clean", "white@5dB"]):
        with pytest.raises(ValueError, match=r"manifest.csv: was edited since it was written"):
            write_export(tmp_path, conditions)
    assert contents(tmp_path) == before
    write_export(tmp_path, ["clean"], overwrite=True)
    assert listed.read_bytes() == written
    write_export(tmp_path, ["clean"])


def test_whatever_ends_an_export_its_manifest_is_known(write_export: Write, tmp_path: Path):
    listed = write_export(tmp_path, ["clean"])
    old = listed.read_bytes()
    write_export(tmp_path, ["clean", "white@5dB"])
    listed.write_bytes(old)  # it was ended between the mark and the manifest
    write_export(tmp_path, ["clean", "white@5dB"])
    assert len(json.loads((tmp_path / MARK).read_text())["manifests"]) == 2


def test_another_seed_replaces_an_export_where_that_is_said(write_export: Write, tmp_path: Path):
    write_export(tmp_path / "one", ["white@5dB"])
    with pytest.raises(FolderError, match=r"there: .*seed 0, .*\n  asked: .*seed 1, "):
        write_export(tmp_path / "one", ["white@5dB"], seed=1)
    write_export(tmp_path / "one", ["white@5dB"], seed=1, overwrite=True)
    write_export(tmp_path / "fresh", ["white@5dB"], seed=1)
    audio = [contents(tmp_path / name / "audio").values() for name in ("one", "fresh")]
    assert [*audio[0]] == [*audio[1]]


@pytest.mark.parametrize("name", ["manifest.csv", "corruptions.parquet", "audio", ".records"])
def test_an_export_replaces_nothing_that_is_the_users(name: str, write_export: Write, tmp_path: Path):
    (tmp_path / name).write_text("mine")
    with pytest.raises(FolderError, match=f"{name} lies there"):
        write_export(tmp_path, ["clean"])
    assert (tmp_path / name).read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_export_is_not_written_over_what_it_is_made_of(write_export: Write, tmp_path: Path):
    table = write_corpus(tmp_path / "my")
    (table.parent / "wav").rename(table.parent / "audio")
    table.write_text(table.read_text().replace("wav/", "audio/"))
    link = tmp_path / "link"
    link.symlink_to(table.parent)
    before = contents(tmp_path)
    for out in (table.parent, link):
        with pytest.raises(FolderError, match=r"audio/\d+.wav: is read, and"):
            write_export(out, ["clean"], manifest=table, overwrite=True)
    with pytest.raises(FolderError, match="street: every recording in it is read"):
        write_export(table.parent / "street" / "out", ["street@5dB"], manifest=table)
    moved = table.rename(table.with_name("manifest.csv"))
    with pytest.raises(FolderError, match=r"manifest.csv: is read, and"):
        write_export(table.parent, ["clean"], manifest=moved, overwrite=True)
    moved.rename(table)
    assert contents(tmp_path) == before


def test_two_exports_at_once_are_one(write_export: Write, tmp_path: Path):
    with holding(tmp_path), pytest.raises(HeldError, match="is in use by process"):
        write_export(tmp_path, ["clean"])


def test_a_replay_completes_the_export_of_its_record_and_replaces_no_other(
    write_export: Write, make_again: MakeAgain, tmp_path: Path
):
    listed = write_export(tmp_path / "one", ["clean"])
    record = listed.with_name("corruptions.parquet")
    whole = contents(listed.parent)
    next((listed.parent / "audio").rglob("*.flac")).unlink()
    make_again(record, listed.parent)
    assert contents(listed.parent) == whole
    make_again(record, tmp_path / "again")
    make_again(record, tmp_path / "again")
    make_again(tmp_path / "again" / "corruptions.parquet", tmp_path / "again")
    other = write_export(tmp_path / "two", ["white@5dB"]).with_name("corruptions.parquet")
    with pytest.raises(FolderError, match="holds a replay of something else"):
        make_again(other, tmp_path / "again")
    with pytest.raises(FolderError, match="holds an export, and not a replay"):
        make_again(other, listed.parent)
    shutil.copyfile(record, tmp_path / "corruptions.parquet")
    for overwrite, message in ((False, "corruptions.parquet lies there"), (True, "corruptions.parquet: is read, and")):
        with pytest.raises(FolderError, match=message):
            make_again(tmp_path / "corruptions.parquet", tmp_path, overwrite=overwrite)
    assert (tmp_path / "corruptions.parquet").read_bytes() == record.read_bytes()


def scored(exported: Path, predictions: Path, out: Path, **options: object) -> None:
    files = pd.read_csv(exported)[["id", "condition", "draw", *DIMENSIONS]]
    files.to_csv(predictions, index=False)
    score_predictions(predictions, exported, out, **{"families": {}, "bootstrap": 100, "stages": Stages()} | options)


@pytest.mark.parametrize("name", ["predictions.parquet", "costs.parquet", "provenance.json"])
def test_scores_replace_nothing_that_is_the_users(name: str, exported: Path, tmp_path: Path):
    mine = tmp_path / "out" / name
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(FolderError, match=f"{name} lies there"):
        scored(exported, tmp_path / "a.csv", mine.parent)
    assert mine.read_text() == "mine"


@pytest.mark.parametrize(("overwrite", "message"), [(False, "report lies there"), (True, "not even with --overwrite")])
def test_scores_do_not_replace_a_report_that_is_the_users(
    overwrite: bool, message: str, exported: Path, tmp_path: Path
):
    mine = tmp_path / "out" / "report" / "thesis.tex"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    with pytest.raises(FolderError, match=message):
        scored(exported, tmp_path / "a.csv", tmp_path / "out", overwrite=overwrite)
    assert mine.read_text() == "mine"


def test_other_scores_are_replaced_where_that_is_said(exported: Path, tmp_path: Path):
    out = tmp_path / "out"
    scored(exported, tmp_path / "a.csv", out)
    scored(exported, tmp_path / "a.csv", out, name="renamed")
    before = contents(out)
    with pytest.raises(FolderError, match=r"there: predictions .*a.csv, manifest .*\n  asked: predictions .*b.csv"):
        scored(exported, tmp_path / "b.csv", out)
    assert contents(out) == before
    scored(exported, tmp_path / "b.csv", out, overwrite=True)
    (out / MARK).unlink()  # an older version left none
    with pytest.raises(FolderError, match="holds scores of something else"):
        scored(exported, tmp_path / "a.csv", out)
    scored(exported, tmp_path / "b.csv", out)


def test_scores_are_not_written_over_what_they_are_of(write_export: Write, control_run: Path, tmp_path: Path):
    listed = write_export(tmp_path / "export", ["clean"])
    with pytest.raises(FolderError, match="holds an export, and not scores"):
        scored(listed, tmp_path / "a.csv", listed.parent, overwrite=True)
    read_corruptions(listed.with_name("corruptions.parquet"))
    (tmp_path / "my").mkdir()
    predictions = tmp_path / "my" / "predictions.parquet"
    pd.read_csv(listed)[["id", "condition", "draw", *DIMENSIONS]].to_parquet(predictions)
    before = predictions.read_bytes()
    with pytest.raises(FolderError, match="predictions.parquet: is read, and"):
        score_predictions(predictions, listed, predictions.parent, families={}, overwrite=True, stages=Stages())
    assert predictions.read_bytes() == before
    for overwrite in (False, True):
        with pytest.raises(FolderError, match="holds a run, and not scores"):
            scored(listed, tmp_path / "a.csv", control_run, overwrite=overwrite)
