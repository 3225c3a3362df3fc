import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text.words import said, words_of

WORDS = {
    "": "",
    "?!": "",
    "Kids are talking -- by the door!": "kids are talking by the door",
    "I DON'T KNOW": "i don't know",
    "don\N{RIGHT SINGLE QUOTATION MARK}t": "don't",
    "don\N{LEFT SINGLE QUOTATION MARK}t": "don't",
    "\N{LEFT SINGLE QUOTATION MARK}So\N{RIGHT SINGLE QUOTATION MARK}, she said": "so she said",
    "a well-known caf\u00e9, 3.5": "a well known caf\u00e9 3 5",
    "cafe\u0301": "caf\u00e9",
    # hindi, thai, arabic with its short vowels, vietnamese taken apart
    "\u0928\u092e\u0938\u094d\u0924\u0947!": "\u0928\u092e\u0938\u094d\u0924\u0947",
    "\u0e17\u0e35\u0e48\u0e19\u0e35\u0e48": "\u0e17\u0e35\u0e48\u0e19\u0e35\u0e48",
    "\u0643\u064e\u062a\u064e\u0628\u064e.": "\u0643\u064e\u062a\u064e\u0628\u064e",
    unicodedata.normalize("NFD", "ti\u1ebfng Vi\u1ec7t"): "ti\u1ebfng vi\u1ec7t",
    "[sobs] I can't (laughs) <noise> go on": "i can't go on",
    "[BLANK_AUDIO]": "",
}


@pytest.mark.parametrize(("text", "words"), WORDS.items(), ids=range(len(WORDS)))
def test_words_are_left_of_a_transcript(text, words):
    assert words_of(text) == words
    assert words_of(words) == words


@given(text=st.text(max_size=60))
def test_words_are_the_same_however_the_text_is_composed_and_however_often_they_are_taken(text):
    words = words_of(text)
    assert words_of(unicodedata.normalize("NFD", text)) == words
    assert words_of(words) == words
    assert words == " ".join(words.split())


def test_an_open_bracket_hides_nothing():
    assert said("he said (and left").split() == ["he", "said", "(and", "left"]
