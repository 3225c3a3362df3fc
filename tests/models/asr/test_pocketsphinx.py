import math
from functools import cache

import numpy as np
import pytest

from models.asr.pocketsphinx import LEAST_PROBABILITY, pocketsphinx
from models.types import NO_WEIGHTS, SAMPLE_RATE, Pretrained
from models.weights.embedded import WeightsError

from ..spoken import in_noise, spoken


@cache
def transcriber():
    return pocketsphinx()


def noise(n_samples):
    return (0.1 * np.random.default_rng(0).standard_normal(n_samples)).astype(np.float32)


@pytest.mark.embedded
def test_the_confidence_is_the_mean_of_the_words_posteriors():
    [transcript] = transcriber()([spoken()[0]])
    words = [
        one for one in transcriber().decoder.seg() if one.word not in {"<s>", "</s>", "<sil>", "[NOISE]", "[SPEECH]"}
    ]
    assert [one.word.split("(")[0] for one in words] == transcript.text.split()
    assert transcript.mean_log_probability == pytest.approx(np.mean([math.log(one.prob) for one in words]))


@pytest.mark.embedded
def test_what_exceeds_full_scale_is_not_clipped():
    loud = spoken()[0] * np.float32(1 / np.abs(spoken()[0]).max())
    expected, transcript = transcriber()([loud, 4 * loud])
    assert transcript.text == expected.text
    assert transcript.mean_log_probability == expected.mean_log_probability


@pytest.mark.embedded
def test_noise_heard_before_does_not_change_what_is_heard():
    [alone] = pocketsphinx()([spoken()[1]])
    *_, after_noise = transcriber()([noise(2 * SAMPLE_RATE), in_noise(0)[0], spoken()[1]])
    assert after_noise.text == alone.text
    assert after_noise.mean_log_probability == alone.mean_log_probability


@pytest.mark.parametrize("n_samples", [1, 160, 1000, 1600])
@pytest.mark.parametrize("make", [np.zeros, noise], ids=["silence", "noise"])
def test_of_the_shortest_clip_there_is_a_transcript(make, n_samples):
    [transcript] = transcriber()([make(n_samples).astype(np.float32)])
    assert transcript.text == ""
    assert math.log(LEAST_PROBABILITY) < transcript.mean_log_probability <= 0
    assert math.isnan(transcript.no_speech_probability)


def test_a_search_that_finds_nothing_is_an_empty_transcript_of_least_probability():
    class Nothing:
        def __getattr__(self, _name):
            return lambda *_given, **_named: None

    found_nothing = type(transcriber())("", Nothing())
    [transcript] = found_nothing([noise(SAMPLE_RATE)])
    assert (transcript.text, transcript.mean_log_probability) == ("", math.log(LEAST_PROBABILITY))


def test_the_device_makes_no_difference():
    assert pocketsphinx("cuda").fingerprint == transcriber().fingerprint


def test_other_weights_are_refused():
    with pytest.raises(ValueError, match="'whisper-base' has no place"):
        pocketsphinx("cpu", Pretrained("whisper-base"))


def test_without_the_package_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(WeightsError, match=r"pip install 'emonoise\[classic\]'"):
        pocketsphinx("cpu", NO_WEIGHTS)
