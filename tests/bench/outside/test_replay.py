import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
import soundfile

from bench.stages.recipe import RecipeError, read_corruptions, write_corruptions

from ..changing import Meddling, soften
from ..spoken import write_corpus

Write = Callable[..., Path]
MakeAgain = Callable[..., Path]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.flac")}


def test_from_the_table_alone_the_same_bytes_come_back(exported: Path, make_again: MakeAgain, tmp_path: Path):
    table = tmp_path / "what-was-done.parquet"
    table.write_bytes((exported.parent / "corruptions.parquet").read_bytes())
    audio = make_again(table, tmp_path / "again")
    assert contents(audio) == contents(exported.parent / "audio")
    assert (tmp_path / "again" / "corruptions.parquet").read_bytes() == table.read_bytes()


def test_a_source_that_has_changed_is_named(write_export: Write, make_again: MakeAgain, tmp_path: Path):
    corpus = write_corpus(tmp_path / "corpus")
    conditions = ["babble@5dB", "lounge+street@5dB"]
    table = write_export(tmp_path / "out", conditions, manifest=corpus).with_name("corruptions.parquet")
    rows, _ = read_corruptions(table)
    where = corpus.parent
    (where / "wav" / "3.wav").unlink()  # talks in the babble
    for name in (rows["path"][0], where / "street" / "1.wav", where / "lounge" / "corner.wav"):
        audio, rate = soundfile.read(name)
        soundfile.write(name, audio * 0.5, rate)
    # What the samples did not come from may change.
    (where / "wav" / "14.wav").unlink()
    with pytest.raises(ValueError, match="4 of .* source files are not what they were") as error:
        make_again(table, tmp_path / "again")
    assert not (tmp_path / "again").exists()
    for problem in ("wav/3.wav: no such file", "street/1.wav: has changed", "lounge/corner.wav: has changed"):
        assert problem in str(error.value)
    assert f"{rows['path'][0]}: has changed" in str(error.value)


def test_a_source_that_changes_after_it_was_looked_at_is_refused(
    write_export: Write, make_again: MakeAgain, tmp_path: Path
):
    corpus = write_corpus(tmp_path / "corpus")
    table = write_export(tmp_path / "out", ["street@5dB"], manifest=corpus).with_name("corruptions.parquet")
    for name in ("wav/16.wav", "street/*.wav"):
        files = list(corpus.parent.glob(name))
        kept = [path.read_bytes() for path in files]
        stages = Meddling("Corrupting speech", lambda files=files: [soften(path) for path in files])
        with pytest.raises(ValueError, match=f"{name[:4]}.*wav: changed since it was listed: run again"):
            make_again(table, tmp_path / "again", stages)
        assert contents(tmp_path / "again" / "audio").items() <= contents(tmp_path / "out" / "audio").items()
        for path, content in zip(files, kept, strict=True):
            path.write_bytes(content)
    assert contents(make_again(table, tmp_path / "again")) == contents(tmp_path / "out" / "audio")


def test_a_table_in_which_talkers_are_paths_and_their_digests_apart_is_read(exported: Path, tmp_path: Path):
    table = exported.with_name("corruptions.parquet")
    rows = pq.read_table(table)
    recipe = json.loads(rows.schema.metadata[b"emonoise"])
    talkers = recipe["material"]["talkers"]
    recipe["files"] = {one["path"]: one["sha256"] for clips in talkers.values() for one in clips}
    for name, clips in talkers.items():
        talkers[name] = [one["path"] for one in clips]
    kept = {key: value for key, value in rows.schema.metadata.items() if key != b"seal"}
    old = rows.replace_schema_metadata({**kept, b"emonoise": json.dumps(recipe).encode()})
    pq.write_table(old, tmp_path / "corruptions.parquet")
    assert read_corruptions(tmp_path / "corruptions.parquet")[1] == read_corruptions(table)[1]
    for damaged in ("[]", "nothing", json.dumps(recipe | {"files": {}}), json.dumps(recipe | {"material": None})):
        pq.write_table(rows.replace_schema_metadata({b"emonoise": damaged.encode()}), tmp_path / "damaged.parquet")
        with pytest.raises(RecipeError, match=r"damaged\.parquet: the recipe in it cannot be read by this version"):
            read_corruptions(tmp_path / "damaged.parquet")


def test_simulated_rooms_come_back_without_the_cache_they_were_in(
    write_export: Write, make_again: MakeAgain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    corpus = write_corpus(tmp_path / "corpus")
    monkeypatch.setenv("EMONOISE_CACHE", str(tmp_path / "cache"))
    exported = write_export(tmp_path / "out", ["reverb@0.3s"], manifest=corpus)
    monkeypatch.setenv("EMONOISE_CACHE", str(tmp_path / "another cache"))
    (tmp_path / "cache").rename(tmp_path / "gone")
    audio = make_again(exported.with_name("corruptions.parquet"), tmp_path / "again")
    assert contents(audio) == contents(exported.parent / "audio")


def test_samples_that_come_out_otherwise_are_an_error(exported: Path, make_again: MakeAgain, tmp_path: Path):
    rows, recipe = read_corruptions(exported.with_name("corruptions.parquet"))
    rows = rows[rows["condition"] == "clean"].reset_index(drop=True)
    write_corruptions(rows.assign(audio_sha256="0" * 64), recipe, tmp_path / "corruptions.parquet")
    with pytest.raises(ValueError, match=r"under clean, draw 0: no source has changed, but the samples are not those"):
        make_again(tmp_path / "corruptions.parquet", tmp_path / "again")


def test_a_run_and_an_export_are_the_same_speech(
    control_run: Path, write_export: Write, make_again: MakeAgain, tmp_path: Path
):
    audio = make_again(control_run / "corruptions.parquet", tmp_path / "again")
    rows, _ = read_corruptions(control_run / "corruptions.parquet")
    write_export(tmp_path / "out", [*rows["condition"].unique()], draws=2)
    assert contents(audio) == contents(tmp_path / "out" / "audio")


def test_what_is_no_table_of_corruptions_is_refused(exported: Path, make_again: MakeAgain, tmp_path: Path):
    rows, _ = read_corruptions(exported.with_name("corruptions.parquet"))
    (tmp_path / "text.parquet").write_text("id,condition")
    rows.to_parquet(tmp_path / "bare.parquet")
    rows.drop(columns="source_sha256").to_parquet(tmp_path / "less.parquet")
    for name, message in {
        "nothing.parquet": "no such file",
        "text.parquet": "cannot be read as parquet",
        "bare.parquet": "lost its recipe",
        "less.parquet": "no column source_sha256",
    }.items():
        with pytest.raises(RecipeError, match=f"{name}: .*{message}"):
            make_again(tmp_path / name, tmp_path / "again")
    pd.testing.assert_frame_equal(rows, read_corruptions(exported.with_name("corruptions.parquet"))[0])
