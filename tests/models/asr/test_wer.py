import pytest
from hypothesis import given
from hypothesis import strategies as st

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
