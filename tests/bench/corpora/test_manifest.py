import unicodedata

import pandas as pd
import pytest

from bench.corpora.manifest import COLUMNS, ManifestError, read_manifest

SCALE = (1, 7)


@pytest.fixture
def table(tmp_path):
    """Three utterances whose recordings exist, all as text, as a CSV file would give them."""
    (tmp_path / "wav").mkdir()
    for name in ("a", "b", "c"):
        (tmp_path / "wav" / f"{name}.wav").touch()
    rows = [
        ("002", "wav/b.wav", "dev", "07", "4", "1.0", "7", "Hello, you"),
        ("001", "wav/a.wav", "train", "06", "2.5", "3", "4", ""),
        ("NA", str(tmp_path / "wav" / "c.wav"), "test", "Unknown", "1", "7", "5.25", "null"),
    ]
    return pd.DataFrame(rows, columns=[*COLUMNS, "transcript"], dtype="str")


@pytest.fixture(params=["csv", "parquet"])
def write(request, tmp_path):
    def write(frame):
        path = tmp_path / f"mine.{request.param}"
        frame.to_csv(path, index=False) if request.param == "csv" else frame.to_parquet(path, index=False)
        return path

    return write


def test_a_manifest_becomes_a_corpus_sorted_by_id(table, write, tmp_path):
    corpus = read_manifest(write(table), SCALE)
    assert (corpus.name, corpus.scale, corpus.synthetic) == ("mine", (1.0, 7.0), False)
    first, second, third = corpus.utterances
    assert (first.id, second.id, third.id) == ("001", "002", "NA")
    assert (first.activation, first.valence, first.dominance) == (2.5, 3.0, 4.0)
    assert (first.speaker, second.split, third.speaker) == ("06", "dev", "Unknown")
    assert (first.path, third.path) == (tmp_path / "wav" / "a.wav", tmp_path / "wav" / "c.wav")
    assert (first.transcript, second.transcript, third.transcript) == (None, "Hello, you", "null")
    assert {one.corpus for one in corpus.utterances} == {"mine"}


def test_the_order_of_rows_and_further_columns_make_no_difference(table, write):
    corpus = read_manifest(write(table), SCALE)
    assert read_manifest(write(table[::-1].assign(condition="clean", note="")), SCALE) == corpus


def test_a_corpus_can_be_named(table, write):
    corpus = read_manifest(write(table), SCALE, "ours")
    assert corpus.name == "ours"
    assert corpus.utterances[0].corpus == "ours"


def test_without_a_transcript_column_there_are_no_transcripts(table, write):
    corpus = read_manifest(write(table.drop(columns="transcript")), SCALE)
    assert {one.transcript for one in corpus.utterances} == {None}


def test_a_manifest_may_name_the_emotion(table, write):
    assert {one.emotion for one in read_manifest(write(table), SCALE).utterances} == {None}
    first, second, third = read_manifest(write(table.assign(emotion=["angry", "", "1"])), SCALE).utterances
    assert (first.emotion, second.emotion, third.emotion) == (None, "angry", "1")


def test_an_index_that_is_a_column_too_is_read_once(table, tmp_path):
    table.set_index("id", drop=False).to_parquet(tmp_path / "mine.parquet")
    assert [one.id for one in read_manifest(tmp_path / "mine.parquet", SCALE).utterances] == sorted(table["id"])


def test_numbers_in_a_parquet_file_may_be_numbers(table, tmp_path):
    typed = table.astype({"activation": float, "valence": "float32"}).assign(id=[2, 1, 3], transcript=[None, "a", None])
    typed.to_parquet(tmp_path / "mine.parquet", index=False)
    first = read_manifest(tmp_path / "mine.parquet", SCALE).utterances[0]
    assert (first.id, first.activation, first.transcript) == ("1", 2.5, "a")


def test_a_spreadsheet_that_marks_its_encoding_is_read(table, tmp_path):
    table.to_csv(tmp_path / "mine.csv", index=False, encoding="utf-8-sig")
    assert len(read_manifest(tmp_path / "mine.csv", SCALE).utterances) == 3


@pytest.mark.parametrize(
    ("row", "column", "value", "message"),
    [
        (0, "id", "001", "1 x id that occurs twice: 001"),
        (0, "id", "", "1 x empty id: row 1"),
        (0, "speaker", "", r"1 x empty speaker: row 1 \(002\)"),
        (0, "path", "", r"1 x empty path: row 1 \(002\)"),
        (0, "path", "wav/z.wav", "1 x recording that is not there: .*z.wav"),
        (0, "path", "wav", "1 x recording that is not there"),
        (0, "path", "wav/a.wav", "1 x recording in more than one split: .*a.wav in dev, train"),
        (0, "split", "Development", r"unknown split \(there are train, dev, test\): 'Development' in row 1 \(002\)"),
        (0, "split", "", r"1 x empty split: row 1 \(002\)"),
        (0, "speaker", "06", "1 x speaker in more than one split: 06 in dev, train"),
        (1, "activation", "7.01", r"1 x activation that is not a number from 1 to 7: '7.01' in row 2 \(001\)"),
        (1, "valence", "0", "1 x valence that is not a number from 1 to 7: '0'"),
        (1, "valence", "", "1 x valence that is not a number from 1 to 7: ''"),
        (1, "dominance", "nan", "1 x dominance that is not a number"),
        (1, "dominance", "inf", "1 x dominance that is not a number"),
        (1, "dominance", "3,5,1", "1 x dominance that is not a number from 1 to 7: '3,5,1'"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(table, write, row, column, value, message):
    table.loc[row, column] = value
    with pytest.raises(ManifestError, match=message):
        read_manifest(write(table), SCALE)


def test_an_unknown_speaker_may_be_in_every_split(table, write):
    assert len(read_manifest(write(table.assign(speaker="Unknown")), SCALE).utterances) == 3


def test_all_problems_are_reported_together_with_a_few_examples_of_each(table, write):
    many = pd.concat([table.assign(id=table["id"] + str(k), path=f"gone{k}.wav") for k in range(4)], ignore_index=True)
    many.loc[0, "split"] = "Test1"
    many.loc[1, "valence"] = "high"
    with pytest.raises(ManifestError) as error:
        read_manifest(write(many), SCALE)
    lines = str(error.value).splitlines()
    assert "mine." in lines[0]
    assert len(lines) == 6
    assert "'Test1'" in lines[1]
    assert "'high'" in lines[2]
    assert lines[3].strip().startswith("12 x recording that is not there")
    assert lines[3].count(".wav") == 3
    assert lines[3].endswith("; ...")
    assert "1 x speaker in more than one split: 07 in Test1, dev" in lines[4]
    assert "4 x recording in more than one split" in lines[5]


def test_a_missing_column_is_an_error_that_says_what_there_is(table, write):
    with pytest.raises(ManifestError, match="no column split, valence; there are id, path, speaker, activation"):
        read_manifest(write(table.drop(columns=["split", "valence"])), SCALE)


def test_a_table_without_rows_is_an_error(table, write):
    with pytest.raises(ManifestError, match="no rows"):
        read_manifest(write(table.iloc[:0]), SCALE)


@pytest.mark.parametrize(("name", "content"), [("a.csv", b""), ("a.csv", b"\xff\xfe\x00"), ("a.parquet", b"no table")])
def test_a_file_that_cannot_be_read_is_an_error_that_names_it(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ManifestError, match=f"{name}: cannot be read"):
        read_manifest(tmp_path / name, SCALE)


def test_a_transcript_whose_commas_are_not_quoted_is_an_error(tmp_path):
    (tmp_path / "a.csv").write_text(f"{','.join(COLUMNS)},transcript\n1,a.wav,test,Ann,2,3,4,Hello, you\n")
    with pytest.raises(ManifestError, match="put text that contains commas into quotes"):
        read_manifest(tmp_path / "a.csv", SCALE)


def test_a_file_of_another_kind_or_none_is_an_error(tmp_path):
    with pytest.raises(ManifestError, match=r"a manifest is a .csv, .tsv, .parquet file; save"):
        read_manifest(tmp_path / "a.xlsx", SCALE)
    with pytest.raises(ManifestError, match="no such file"):
        read_manifest(tmp_path / "a.csv", SCALE)


def test_ids_that_are_fractions_are_an_error(table, tmp_path):
    table.assign(id=[1.0, 2.0, 3.5]).to_parquet(tmp_path / "a.parquet", index=False)
    with pytest.raises(ManifestError, match="column id holds float64; text or whole numbers are needed"):
        read_manifest(tmp_path / "a.parquet", SCALE)


@pytest.mark.parametrize(
    "scale", [(7, 1), (1, 1), (1, 1 + 1e-9), (1, float("nan")), (float("-inf"), 1), (0, 1e308), (-1e7, 1)]
)
def test_a_scale_must_ascend(table, write, scale):
    with pytest.raises(ValueError, match="the lowest label must be below the highest"):
        read_manifest(write(table), scale)


# ---- tables as other programs write them


def text_of(table, **options):
    return table.to_csv(index=False, **options)


WRITTEN = {
    "semicolons and decimal commas": lambda table: (
        text_of(table, sep=";").replace("2.5", "2,5").replace("5.25", "5,25")
    ),
    "tabs": lambda table: text_of(table, sep="\t"),
    "notes at the top": lambda table: "# exported by hand\n#\n\n" + text_of(table),
    "a comma at the end of every line": lambda table: text_of(table).replace("\n", ",\n"),
    "a mark of its byte order": lambda table: "\ufeff" + text_of(table),
    "lines of Windows": lambda table: text_of(table, lineterminator="\r\n"),
    "empty lines": lambda table: text_of(table).replace("\n", "\n\n"),
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_a_table_is_read_however_it_was_written(table, tmp_path, written):
    table.to_csv(tmp_path / "mine.csv", index=False)
    expected = read_manifest(tmp_path / "mine.csv", SCALE)
    (tmp_path / "other.csv").write_bytes(written(table).encode())
    assert read_manifest(tmp_path / "other.csv", SCALE, "mine") == expected


def test_a_text_may_hold_lines_and_separators_in_quotes(table, tmp_path):
    table.loc[0, "transcript"] = 'Well,\n\nhe said "no"; I know'
    table.to_csv(tmp_path / "mine.csv", index=False)
    assert read_manifest(tmp_path / "mine.csv", SCALE).utterances[1].transcript == 'Well,\n\nhe said "no"; I know'


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace('"', ""), "row 1 has 9 fields, and there are 8"),
        (lambda text: text.replace("id,", "id,id,", 1), "column id is there twice"),
        (lambda _: "", "there is nothing in it"),
        (lambda text: text + '"open', "cannot be read"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(table, tmp_path, change, message):
    (tmp_path / "mine.csv").write_text(change(text_of(table)))
    with pytest.raises(ManifestError, match=message):
        read_manifest(tmp_path / "mine.csv", SCALE)


@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_recording_is_found_however_its_accents_are_composed(table, write, tmp_path, forms):
    in_table, on_disk = (unicodedata.normalize(form, "wav/\u00fcber.wav") for form in forms)
    (tmp_path / on_disk).touch()
    table.loc[0, "path"] = in_table
    assert read_manifest(write(table), SCALE).utterances[1].path == tmp_path / on_disk


@pytest.mark.parametrize("column", ["id", "speaker"])
def test_a_name_with_control_characters_is_refused_and_shown_written_out(table, write, column):
    table.loc[0, column] = "a\x1b[31m"
    with pytest.raises(ManifestError, match=rf"1 x {column} that cannot be a name.*a\\x1b\[31m") as refused:
        read_manifest(write(table), SCALE)
    assert "\x1b" not in str(refused.value)


def test_a_corpus_has_a_name_that_can_be_shown(table, write):
    with pytest.raises(ManifestError, match=r"'our\\u202es' cannot be a name"):
        read_manifest(write(table), SCALE, "our\u202es")
