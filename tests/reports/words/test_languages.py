"""Words and characters: what is counted is said everywhere, and never put on one axis."""

import pandas as pd
import pytest

from reports.figures.catalog import FIGURES
from reports.page.page import page
from reports.run.run import read_run
from reports.run.words import GAP
from reports.tables.tables import tables
from reports.words.cautions import missing
from reports.words.headline import headline

LEVELS = {"white": (10.0, 0.0)}
LANGUAGES = {"whisper-tiny.en": "en", "whisper-zh": "zh"}


def in_characters(results):
    """Return the rows of the transcriber as those of one that hears Chinese."""
    rows = results[results["metric"] == "wer"]
    return rows.assign(system="whisper-zh", metric="cer", value=rows["value"] / 2)


@pytest.fixture
def read(run_folder):
    return lambda results: read_run(run_folder(results, languages=LANGUAGES))


@pytest.fixture
def both(read, table):
    results = table(LEVELS)
    return read(pd.concat([results, in_characters(results)], ignore_index=True))


@pytest.fixture
def characters(read, table):
    results = table(LEVELS)
    return read(pd.concat([results[results["metric"] != "wer"], in_characters(results)], ignore_index=True))


def test_each_transcriber_is_said_with_its_unit_and_language(both):
    words, chinese = headline(both).words
    assert words.startswith(f"Word error rate of whisper-tiny.en (language: en): 5{GAP}% ")
    assert chinese.startswith(f"Character error rate of whisper-zh (language: zh): 2{GAP}% ")


def test_units_have_tables_of_their_own(both):
    found = {table.name: table for table in tables(both)["transcribers"]}
    assert {name: [*one.rows] for name, one in found.items()} == {
        "wer-white": ["whisper-tiny.en"],
        "cer-white": ["whisper-zh"],
    }
    assert found["cer-white"].caption == "Character error rate in white (%) by SNR (dB)"


@pytest.mark.parametrize(
    ("kind", "axis", "name"),
    [
        ("wer-curves", "word error rate (%)", "whisper-tiny.en"),
        ("cer-curves", "character error rate (%)", "whisper-zh"),
    ],
)
def test_units_have_figures_of_their_own(both, kind, axis, name):
    [sheet] = FIGURES[kind].sheets(both)
    figure = sheet.draw()
    assert figure.axes[0].get_ylabel() == axis
    assert [text.get_text() for legend in figure.legends for text in legend.get_texts()] == [name]


def test_that_units_are_not_to_be_compared_is_a_caution_where_a_run_has_both(both):
    assert (
        "Not to be compared: the word error rate of whisper-tiny.en with the character error rate of whisper-zh. "
        "A word has several characters."
    ) in headline(both).cautions


def test_one_unit_needs_no_caution(characters):
    assert not [one for one in headline(characters).cautions if one.startswith("Not to be compared")]


def test_a_run_of_characters_alone_speaks_of_no_words(characters):
    assert [*characters.transcribers] == ["whisper-zh"]
    assert not FIGURES["wer-curves"].sheets(characters)
    said = page(characters, {}, [])
    assert "Character error rate" in said
    assert "Word error rate" not in said


def test_a_hole_is_named_by_its_unit(read, table):
    rows = in_characters(table(LEVELS))
    rest = rows[rows["condition"] != "white@0dB"]
    assert "whisper-zh CER white@0dB" in missing(read(pd.concat([table(LEVELS), rest], ignore_index=True)))
