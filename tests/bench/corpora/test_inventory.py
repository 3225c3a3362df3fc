from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from rich.console import Console

from bench.corpora import inventory
from bench.corpora.corpus import Corpus
from bench.corpora.inventory import RecordingsError, inspect
from bench.corpora.manifest import read_manifest
from bench.store.progress import Stages
from corruptions.sound.inputs import file_sha256

from ..changing import soften
from ..spoken import SCALE, write_corpus, write_talks

Spoil = Callable[[Path], object]
SPOILED: dict[str, tuple[Spoil, str]] = {
    "cut": (lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]), "promises"),
    "text": (lambda path: path.write_text("not audio"), "cannot be read"),
    "empty": (lambda path: path.write_bytes(b""), "an empty file"),
    "silent": (lambda path: soundfile.write(path, np.zeros(1600), 16_000), "silent"),
    "one sample": (lambda path: soundfile.write(path, [0.5], 16_000), "lasts 0.06"),
    "out of scale": (lambda path: soundfile.write(path, np.full(800, 9e3), 16_000, subtype="FLOAT"), "peaks at 9000"),
    "opposite": (lambda path: soundfile.write(path, np.tile([0.5, -0.5], (1600, 1)), 16_000), "opposite"),
}


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return read_manifest(write_corpus(tmp_path), SCALE)


@pytest.mark.parametrize(("spoil", "message"), SPOILED.values(), ids=SPOILED)
def test_a_recording_that_cannot_be_used_is_named_or_left_out_by_name(
    corpus: Corpus, pool: ProcessPoolExecutor, spoil: Spoil, message: str
):
    spoiled = corpus.utterances[0]
    spoil(spoiled.path)
    others = [one for one in corpus.utterances if one.path != spoiled.path]
    with pytest.raises(RecordingsError, match=rf"(?s){spoiled.path.name}.*{message}.*--allow-missing leaves them out"):
        inspect(corpus, pool, Stages())
    console = Console(record=True, width=400)
    left, recordings = inspect(corpus, pool, Stages(console), allow_missing=True)
    assert [replace(one, sha256=None) for one in left.utterances] == others
    assert set(recordings) == {one.id for one in others}
    assert spoiled.path.name in console.export_text()


def test_the_same_bytes_in_two_splits_are_refused_whatever_they_are_called(corpus: Corpus, pool: ProcessPoolExecutor):
    train, test = corpus.split("train")[0], corpus.split("test")[0]
    test.path.write_bytes(train.path.read_bytes())
    with pytest.raises(RecordingsError, match="1 recording of corpus is in several splits") as refused:
        inspect(corpus, pool, Stages(), allow_missing=True)
    assert f"{test.path} (test) is {train.path} (train)" in str(refused.value)


def test_a_constant_offset_is_named_and_does_not_count(corpus: Corpus, pool: ProcessPoolExecutor):
    one = corpus.utterances[0]
    _, before = inspect(corpus, pool, Stages())
    samples, rate = soundfile.read(one.path, dtype="float32")
    soundfile.write(one.path, samples + np.float32(0.01), rate)
    console = Console(record=True, width=400)
    _, after = inspect(corpus, pool, Stages(console))
    assert after[one.id].active_dbfs == pytest.approx(before[one.id].active_dbfs, abs=0.01)
    assert "a constant offset (DC) in 1 of 22 recordings of corpus" in console.export_text(clear=False)
    assert f"{one.path}: 4 dB under its active level" in console.export_text()


@pytest.fixture
def talks(tmp_path: Path) -> Path:
    return write_talks(tmp_path)[0]


def changed(talks: Path, **values: object) -> Corpus:
    """Return the corpus of segments with the values of one of its rows, test0, changed."""
    table = pd.read_csv(talks)
    for column, value in values.items():
        table.loc[table["id"] == "test0", column] = value
    table.to_csv(talks, index=False)
    return read_manifest(talks, SCALE)


def test_what_is_known_of_a_segment_is_that_of_the_file_cut_beforehand(talks: Path, pool: ProcessPoolExecutor):
    corpus, recordings = inspect(read_manifest(talks, SCALE), pool, Stages())
    _, beforehand = inspect(read_manifest(talks.parent / "cut" / "talks.csv", SCALE), pool, Stages())
    for one in corpus.utterances:
        found, of_file = recordings[one.id], beforehand[one.id]
        assert (found.duration_s, found.active_dbfs, found.rms_dbfs) == (
            of_file.duration_s,
            of_file.active_dbfs,
            of_file.rms_dbfs,
        )
        assert one.end_s is not None
        assert one.end_s - (one.start_s or 0) == pytest.approx(found.duration_s, abs=1e-12)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"end": 9.0}, r"test\.wav from 0\.1 to 9 s: the file ends at 3\.7\d\d s; .* no more than 20 ms after it"),
        (
            {"start": 5.0, "end": 6.0},
            r"test\.wav from 5 to 6 s: the file ends at 3\.7\d\d s; a segment must begin before",
        ),
        ({"start": 5.0, "end": None}, r"test\.wav from 5 to its end: the file ends at 3\.7\d\d s"),
        ({"start": 0.3, "end": 0.31}, r"test\.wav from 0\.3 to 0\.31 s: lasts 10 ms; speech must last 25 ms"),
    ],
)
def test_a_segment_that_cannot_be_used_is_named_or_left_out(
    talks: Path, pool: ProcessPoolExecutor, values: dict[str, float | None], message: str
):
    corpus = changed(talks, **values)
    with pytest.raises(RecordingsError, match=rf"(?s)1 of 18 recordings .*{message}"):
        inspect(corpus, pool, Stages())
    left, recordings = inspect(corpus, pool, Stages(Console(record=True)), allow_missing=True)
    assert len(left.utterances) == len(recordings) == 17


def test_a_silent_segment_of_a_file_in_which_others_talk_is_silent(talks: Path, pool: ProcessPoolExecutor):
    audio, rate = soundfile.read(talks.parent / "test.wav")
    audio[: int(0.55 * rate)] = 0
    soundfile.write(talks.parent / "test.wav", audio, rate)
    with pytest.raises(RecordingsError, match=r"test\.wav from 0\.1 to 0\.5 s: .*silent"):
        inspect(changed(talks, end=0.5), pool, Stages())


def test_an_end_that_a_table_rounded_is_that_of_the_file(talks: Path, pool: ProcessPoolExecutor):
    table = pd.read_csv(talks)
    file = soundfile.info(talks.parent / "test.wav").duration
    exact = inspect(read_manifest(talks, SCALE), pool, Stages())
    table.loc[table["id"] == "test5", "end"] = file + 0.019
    table.to_csv(talks, index=False)
    assert inspect(read_manifest(talks, SCALE), pool, Stages()) == exact


def test_the_same_bytes_in_two_splits_are_refused_where_segments_of_them_overlap(
    talks: Path, pool: ProcessPoolExecutor
):
    (talks.parent / "dev.wav").write_bytes((talks.parent / "test.wav").read_bytes())
    with pytest.raises(RecordingsError, match=r"dev\.wav from 0\.1 to 0\.6 s \(dev\) overlaps .*test\.wav from 0\.1"):
        inspect(read_manifest(talks, SCALE), pool, Stages())


def said(corpus: Corpus, pool: ProcessPoolExecutor) -> str:
    console = Console(record=True, width=400)
    inspect(corpus, pool, Stages(console))
    return console.export_text()


def test_rows_that_are_the_same_audio_are_counted(talks: Path, pool: ProcessPoolExecutor):
    assert "rows of" not in said(read_manifest(talks, SCALE), pool)
    table = pd.read_csv(talks)
    table.loc[table["id"] == "test0", ["start", "end"]] = table.loc[table["id"] == "test1", ["start", "end"]].to_numpy()
    table.to_csv(talks, index=False)
    assert "2 rows of talks with the file, start and end of another row" in said(read_manifest(talks, SCALE), pool)
    table.drop(columns=["start", "end"]).to_csv(talks, index=False)
    assert "18 rows of talks without times in columns `start` and `end`" in said(read_manifest(talks, SCALE), pool)


def test_people_of_one_dialogue_in_two_splits_are_a_warning(talks: Path, pool: ProcessPoolExecutor):
    table = pd.read_csv(talks)
    table["split"] = table["split"].where(table["speaker"] != "train-2", "test")
    table.to_csv(talks, index=False)
    assert "1 file of talks is in several splits, in segments of different speakers" in said(
        read_manifest(talks, SCALE), pool
    )


def test_the_digest_of_a_recording_is_that_of_what_was_decoded(corpus: Corpus, monkeypatch: pytest.MonkeyPatch):
    clip, hear = corpus.utterances[0].clip, inventory._heard
    [before] = inventory._inspect_block([clip])
    assert before.sha256 == file_sha256(clip.path)
    monkeypatch.setattr(inventory, "_heard", lambda one: (hear(one), soften(one.path))[0])
    assert inventory._inspect_block([clip]) == [f"{clip.path}: changed while it was read: run again"]


def test_utterances_that_were_looked_at_carry_the_digests_of_their_files(tmp_path: Path, pool: ProcessPoolExecutor):
    looked_at, recordings = inspect(read_manifest(write_talks(tmp_path)[0], SCALE), pool, Stages())
    for one in looked_at.utterances:
        assert one.clip.sha256 == recordings[one.id].sha256 == file_sha256(one.path)
