import re
import sys
from collections import Counter
from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.corpora.probe.text import (
    KINDS,
    KINDS_IN,
    SENTENCE_LENGTH,
    draw_sentence,
    own_words,
    read_ratings,
    read_words,
    vocabulary,
)
from corruptions.sound.public import SPLITS

WORDS = read_words()
AFFECT = [word for kind in KINDS for word in WORDS.affect(kind)]


def test_there_are_150_or_more_affect_words_and_people_have_rated_each():
    assert len(set(AFFECT)) == len(AFFECT) >= 150
    assert set(AFFECT) <= set(read_ratings())


def test_no_other_word_of_the_grammar_is_rated():
    stances, moments = chain(*WORDS.stances.values()), chain(*WORDS.moments.values())
    clauses = [re.sub(r"{\w+}", "", clause) for clause in WORDS.clauses]
    text = " ".join([*stances, *moments, *clauses, *WORDS.things, *WORDS.persons]).lower()
    assert set(re.findall(r"[a-z]+", text)) & set(read_ratings()) == set()


def test_a_third_of_the_affect_words_occurs_only_in_test():
    own = {split: {word for kind in KINDS for word in own_words(split)[kind]} for split in SPLITS}
    allowed = {split: {word for kind in KINDS for word in vocabulary(split)[kind]} for split in SPLITS}
    assert len(own["test"]) == pytest.approx(len(AFFECT) / 3, abs=2)
    assert own["test"] <= allowed["test"]
    assert not own["test"] & (allowed["train"] | allowed["dev"])
    assert not own["dev"] & allowed["train"]
    assert set().union(*own.values()) == set(AFFECT)


def test_no_affect_word_has_a_relative_that_another_split_could_say():
    beginnings = Counter(word[:5] for word in AFFECT)
    assert [beginning for beginning, count in beginnings.items() if count > 1] == []


@pytest.mark.parametrize("split", SPLITS)
def test_the_words_of_each_split_cover_the_scale_alike(split):
    ratings = [rating for kind in KINDS for rating in own_words(split)[kind].values()]
    everything = [read_ratings()[word] for word in AFFECT]
    assert np.mean(ratings) == pytest.approx(np.mean(everything), abs=0.25)
    assert np.std(ratings) == pytest.approx(np.std(everything), abs=0.25)


@pytest.mark.parametrize("clause", WORDS.clauses)
def test_a_clause_has_two_affect_slots_and_no_unknown_slot(clause):
    assert len(KINDS_IN.findall(clause)) == 2
    assert set(re.findall(r"{(\w+)}", clause)) <= {*KINDS, "thing", "other", "person"}


@given(seed=st.integers(0, 2**32), split=st.sampled_from(SPLITS))
def test_a_sentence_says_its_two_affect_words_and_fits_the_length(seed, split):
    allowed = vocabulary(split)
    sentence = draw_sentence(allowed, np.random.default_rng(seed))
    first, second = sentence.affect_words
    assert first != second
    assert {first, second} <= set(re.findall(r"\w+", sentence.text)) & {w for kind in KINDS for w in allowed[kind]}
    assert sentence.rating == pytest.approx((read_ratings()[first] + read_ratings()[second]) / 2)
    assert SENTENCE_LENGTH[0] <= len(sentence.text) <= SENTENCE_LENGTH[1]
    assert not re.search(r"\ba [aeiou]", sentence.text)
    assert "{" not in sentence.text


def test_what_a_sentence_says_of_activation_and_dominance_is_independent_of_its_valence():
    rng = np.random.default_rng(0)
    sentences = [draw_sentence(vocabulary("train"), rng) for _ in range(1500)]
    scores = np.array([(s.stance, s.moment, s.rating) for s in sentences])
    assert np.abs(np.corrcoef(scores.T) - np.eye(3)).max() < 0.08


def test_a_missing_lexicon_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "vaderSentiment", None)
    with pytest.raises(ModuleNotFoundError, match=r"vaderSentiment: run `make setup` or pip install '\.\[probe\]'"):
        read_ratings.__wrapped__()
