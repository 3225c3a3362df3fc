from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.corpora.corpus import Utterance
from bench.plan.sample import spread


def of_speakers(counts, seed=0):
    """Utterances whose ids are ordered by speaker, as most corpora's are."""
    rng = np.random.default_rng(seed)
    return [
        Utterance(f"{speaker:03}-{k:03}", "mine", "test", f"s{speaker:03}", Path(), *rng.uniform(1, 7, 3))
        for speaker, count in enumerate(counts)
        for k in range(count)
    ]


def test_a_part_of_a_corpus_ordered_by_speaker_has_as_many_speakers_as_it_can():
    fifteen = of_speakers([8] * 15)
    for limit in (1, 2, 8, 15, 30, 119, 120):
        assert len({one.speaker for one in spread(fifteen, limit)}) == min(limit, 15)


@pytest.mark.parametrize("limit", [15, 30, 45])
def test_labels_of_a_part_spread_as_those_of_the_whole(limit):
    fifteen = of_speakers([8] * 15)
    sums = [one.activation + one.valence + one.dominance for one in fifteen]
    taken = [one.activation + one.valence + one.dominance for one in spread(fifteen, limit)]
    assert np.mean(taken) == pytest.approx(np.mean(sums), abs=0.5 * np.std(sums))
    assert np.std(taken) == pytest.approx(np.std(sums), rel=0.35)


@given(counts=st.lists(st.integers(1, 9), min_size=1, max_size=9), data=st.data())
def test_as_many_as_are_asked_for_are_taken_once_and_in_order(counts, data):
    utterances = of_speakers(counts)
    limit = data.draw(st.integers(1, len(utterances)))
    taken = spread(utterances, limit)
    assert len(taken) == len({one.id for one in taken}) == limit
    assert list(taken) == sorted(taken, key=lambda one: one.id)
    assert spread(utterances, len(utterances)) == tuple(utterances)
