import math

import numpy as np
import pytest

from models.asr.pieces import Heard, transcribe
from models.types import SAMPLE_RATE, Transcript


def told(*heard):
    """Return a recogniser that hears these, one after the other."""
    answers = iter(heard)
    return lambda _piece: next(answers)


def clip(duration_s):
    return np.zeros(duration_s * SAMPLE_RATE, np.float32)


def test_what_is_heard_in_one_piece_is_the_transcript():
    assert transcribe([clip(30)], told(Heard("yes", 2, -1.0, 0.25))) == [Transcript("yes", -0.5, 0.25)]


def test_texts_of_pieces_are_joined_and_every_token_and_every_sample_counts_once():
    hear = told(Heard("a b", 3, -0.3, 0.0), Heard("", 1, -0.5, 0.9), Heard("c", 2, -1.0, 0.3))
    [transcript] = transcribe([clip(90)], hear)
    assert transcript.text == "a b c"
    assert transcript.mean_log_probability == pytest.approx(-1.8 / 6)
    assert transcript.no_speech_probability == pytest.approx(0.4)


def test_pieces_are_heard_in_order_and_are_all_of_the_clip():
    pieces = []
    waveform = np.random.default_rng(0).standard_normal(70 * SAMPLE_RATE).astype(np.float32)
    transcribe([waveform], lambda piece: pieces.append(piece) or Heard("", 1, 0.0, 0.0))
    assert len(pieces) == 3
    np.testing.assert_array_equal(np.concatenate(pieces), waveform)


def test_a_recogniser_without_a_belief_that_nobody_spoke_has_none_of_the_whole():
    hear = told(Heard("a", 1, -0.1, math.nan), Heard("b", 1, -0.1, math.nan))
    assert math.isnan(transcribe([clip(31)], hear)[0].no_speech_probability)


def test_what_is_no_waveform_is_not_heard():
    with pytest.raises(ValueError, match="waveform 0 is float32 of shape"):
        transcribe([np.zeros((2, 400), np.float32)], told())
