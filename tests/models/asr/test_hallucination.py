import inspect
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.asr.hallucination import (
    FLAGS,
    MAX_COMPRESSION_RATIO,
    MAX_NO_SPEECH_PROBABILITY_OF_SURE_WORDS,
    compression_ratio,
    hears_no_speech,
    is_unsure,
    repeats,
)
from models.types import Transcript

probabilities = st.floats(0, 1)
log_probabilities = st.floats(-10, 0)


def transcript(text="you", mean_log_probability=-0.2, no_speech_probability=0.0):
    return Transcript(text, mean_log_probability, no_speech_probability)


@given(text=st.text(min_size=1, max_size=200))
def test_the_compression_ratio_is_that_of_openai_whisper(text):
    from whisper.utils import compression_ratio as theirs

    assert compression_ratio(text) == theirs(text)


@given(mean_log_probability=log_probabilities, no_speech_probability=probabilities, repetitions=st.integers(0, 40))
def test_the_rules_are_those_of_openai_whispers_defaults_and_one_for_what_is_surely_no_speech(
    mean_log_probability, no_speech_probability, repetitions
):
    import whisper

    defaults = {name: one.default for name, one in inspect.signature(whisper.transcribe).parameters.items()}
    # As its loop over windows has them.
    again = mean_log_probability < defaults["logprob_threshold"]
    skipped = no_speech_probability > defaults["no_speech_threshold"]
    if mean_log_probability > defaults["logprob_threshold"]:
        skipped = False
    skipped |= no_speech_probability > MAX_NO_SPEECH_PROBABILITY_OF_SURE_WORDS  # ours
    one = transcript("thank you " * repetitions, mean_log_probability, no_speech_probability)
    assert is_unsure(one) == again
    assert hears_no_speech(one) == skipped
    assert repeats(one) == (compression_ratio(one.text) > defaults["compression_ratio_threshold"])


def test_a_loop_is_a_repetition_and_a_sentence_is_none():
    assert repeats(transcript("I'm sorry. " * 30))
    assert not repeats(transcript("She had your dark suit in greasy wash water all year, and nobody asked why."))


@pytest.mark.parametrize("name", FLAGS)
def test_nothing_is_wrong_with_an_empty_transcript_of_which_a_recogniser_is_sure(name):
    assert not FLAGS[name](transcript(""))


def test_without_a_belief_that_nobody_spoke_there_is_no_such_sign():
    assert not hears_no_speech(transcript(mean_log_probability=-5.0, no_speech_probability=math.nan))


def test_signs_are_zeros_and_ones_that_can_be_added():
    heard = [transcript(), transcript("no " * 50, -2.0, 0.9), transcript("no", -2.0, 0.1)]
    counts = np.array([[flag(one) for flag in FLAGS.values()] for one in heard], float).sum(axis=0)
    assert dict(zip(FLAGS, counts, strict=True)) == {"repetition": 1, "low-confidence": 2, "no-speech": 1}


THAI = (
    "ฉันไม่คิดว่าจะได้เจอคุณที่นี่วันนี้ และฉันดีใจมากที่คุณมา เรารอรถเมล์กลางสายฝน แล้วเดินไปตามแม่น้ำจนร้านค้าปิด "
    "ซื้อขนมปัง เนยแข็ง กับแอปเปิลสองลูกกลับบ้าน พี่สาวบอกว่าห้องใหม่เล็กกว่าห้องเก่า แต่ครัวมีหน้าต่างบานใหญ่ ตอนเช้าแดดดีมาก"
)
CHINESE = (
    "我没想到今天会在这里见到你，你能来我很高兴。我们在雨里等公共汽车，后来沿着河走到商店关门，买了面包、奶酪和两个苹果带回家。"
    "我姐姐说新房子比旧房子小，可是厨房有一扇大窗户，早上阳光很好。她打算下个月请朋友们来吃饭。"
)


def test_a_script_of_three_bytes_a_letter_compresses_more_without_repeating_itself():
    assert compression_ratio(THAI) == pytest.approx(2.4, abs=0.1)
    assert compression_ratio(CHINESE) < 1.5
    assert all(compression_ratio(text * 5) > MAX_COMPRESSION_RATIO for text in (THAI, CHINESE))
