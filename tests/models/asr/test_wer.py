import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.asr.languages import UNSPACED
from models.asr.wer import NO_ERRORS, WordErrors, word_error_counts

words = st.lists(st.sampled_from(["apple", "river", "stone", "lovely"]), max_size=8)


def edit_distance(reference, hypothesis):
    """Levenshtein's distance, from its recursive definition."""
    row = list(range(len(hypothesis) + 1))
    for i, expected in enumerate(reference, 1):
        above, row = row, [i]
        for j, heard in enumerate(hypothesis, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (expected != heard)))
    return row[-1]


@given(reference=words, hypothesis=words)
def test_the_errors_are_the_fewest_that_turn_one_text_into_the_other(reference, hypothesis):
    counts = word_error_counts(" ".join(reference), " ".join(hypothesis))
    assert counts.errors == edit_distance(reference, hypothesis)
    assert counts.reference_words == len(reference)
    assert len(reference) - counts.deletions + counts.insertions == len(hypothesis)


@given(text=words)
def test_a_text_has_no_errors_against_itself(text):
    assert word_error_counts(" ".join(text), " ".join(text)) == WordErrors(0, 0, 0, len(text))


@pytest.mark.parametrize(
    ("reference", "hypothesis"),
    [
        ("It's nine o'clock.", "it is 9 o'clock"),
        ("The colour, please!", "the color please"),
        ("We won't go", "we will not go"),
        ("Twenty-one people", "21 people"),
        ("So what...", "so what"),
        ("So what \N{HORIZONTAL ELLIPSIS}", "so what"),
        ("[laughs] So (sobs) what", "so what"),
        ("I don\N{LEFT SINGLE QUOTATION MARK}t", "I don't"),
        ("cafe\u0301", "caf\u00e9"),
    ],
)
def test_spelling_is_not_hearing(reference, hypothesis):
    assert word_error_counts(reference, hypothesis).errors == 0


def test_more_errors_than_words_are_possible():
    assert word_error_counts("stop", "please do not stop at all") == WordErrors(0, 0, 5, 1)


@pytest.mark.parametrize("hypothesis", ["", "you"])
def test_without_a_reference_every_word_is_an_insertion(hypothesis):
    assert word_error_counts("", hypothesis) == WordErrors(0, 0, len(hypothesis.split()), 0)


def test_no_errors_are_those_of_an_empty_text():
    assert word_error_counts("", "") == NO_ERRORS


def test_nothing_heard_is_all_deletions():
    assert word_error_counts("good morning", "") == WordErrors(0, 2, 0, 2)


@pytest.mark.parametrize(
    ("language", "reference", "hypothesis"),
    [
        ("fr", "L\N{RIGHT SINGLE QUOTATION MARK}été\N{NO-BREAK SPACE}! (rires) C'est... ÇA", "l'été c'est ça"),
        (
            "de",
            "Ein Stra\N{LATIN SMALL LETTER SHARP S}enfest, «gro\N{LATIN SMALL LETTER SHARP S}»",
            "ein straßenfest groß",
        ),
        ("de", "u\N{COMBINING DIAERESIS}ber", "über"),
        ("tr", "Işık İSTANBUL'da ISINDI", "ışık istanbul'da ısındı"),
        ("hi", "मैं ठीक हूँ।", "मैं ठीक हूँ"),
        ("si", "ශ\u0dca\N{ZERO WIDTH JOINER}රී", "ශ\u0dcaරී"),
        ("fa", "می\N{ZERO WIDTH NON-JOINER}خواهم", "میخواهم"),
        ("ar", "ماذا؟ نعم، شكرًا.", "ماذا نعم شكرًا"),
        ("zh", "今天，很好。ＯＫ１２３", "今天 很好 ok123"),
        ("ja", "（笑）ｶﾞﾝﾊﾞﾚ、「東京」！", "ガンバレ東京"),
        ("th", "ฉันไม่รู้ ๆ", "ฉัน ไม่ รู้ๆ"),
        ("my", "မင်္ဂလာပါ။", "မင်္ဂလာပါ"),
    ],
)
def test_spelling_is_not_hearing_in_any_language(language, reference, hypothesis):
    assert word_error_counts(reference, hypothesis, language).errors == 0
    assert word_error_counts(reference, hypothesis, language).reference_words > 0


@pytest.mark.parametrize(
    ("language", "text", "n_words"),
    [
        ("hi", "मैं नहीं जानता", 3),
        ("ta", "எனக்குத் தெரியாது", 2),
        ("ar", "شُكْرًا لَكَ", 2),
        ("fr", "aujourd'hui", 1),
        ("vi", "tôi không biết", 3),
    ],
)
def test_marks_tear_no_word_apart(language, text, n_words):
    assert word_error_counts(text, text, language) == WordErrors(0, 0, 0, n_words)


def test_a_mark_is_heard_or_not():
    assert word_error_counts("நான்", "நான", "ta") == WordErrors(1, 0, 0, 1)
    assert word_error_counts("pêche", "péché", "fr") == WordErrors(1, 0, 0, 1)


def test_english_contractions_are_english_only():
    assert word_error_counts("we won't", "we will not").errors == 0
    assert word_error_counts("we won't", "we will not", "fr").errors > 0


@pytest.mark.parametrize("language", UNSPACED)
def test_where_there_are_no_spaces_between_words_characters_are_counted(language):
    assert word_error_counts("一二三四", "一 二五四", language) == WordErrors(1, 0, 0, 4)
    assert word_error_counts("一二三四", "", language) == WordErrors(0, 4, 0, 4)
    assert word_error_counts("", "一二", language) == WordErrors(0, 0, 2, 0)


THAI = "ฉันไม่รู้ว่าเขาอยู่ที่ไหน"


@given(cut=st.sets(st.integers(0, len(THAI)), max_size=5))
def test_characters_are_code_points_wherever_spaces_are(cut):
    spaced = "".join((" " if place in cut else "") + one for place, one in enumerate(THAI))
    assert word_error_counts(THAI, spaced, "th") == WordErrors(0, 0, 0, len(unicodedata.normalize("NFC", THAI)))


@given(
    reference=st.text("今天很好不", max_size=8),
    hypothesis=st.text("今天很好不", max_size=8),
)
def test_character_errors_are_the_fewest(reference, hypothesis):
    assert word_error_counts(reference, hypothesis, "zh").errors == edit_distance(reference, hypothesis)
