"""The recognisers side by side, on spoken words."""

from dataclasses import asdict
from functools import cache

import numpy as np
import pytest

from models.asr.catalog import TRANSCRIBERS
from models.asr.wer import word_error_counts
from models.types import NO_WEIGHTS, SAMPLE_RATE, Pretrained

from .. import tiny
from ..spoken import SENTENCES, in_noise, spoken

pytestmark = pytest.mark.embedded

PACKAGED = {
    "faster-whisper": Pretrained("whisper-tiny.en"),
    "openai-whisper": Pretrained("whisper-tiny.en"),
    "pocketsphinx": NO_WEIGHTS,
    "whisper": Pretrained("whisper-tiny.en"),
}


@cache
def transcriber(kind):
    return TRANSCRIBERS[kind]("cpu", PACKAGED[kind])


@cache
def heard(kind):
    """Return the transcripts of the sentences, clean and then in noise."""
    return transcriber(kind)([*spoken(), *in_noise()])


def clean(kind):
    return heard(kind)[: len(SENTENCES)]


@pytest.mark.parametrize(("kind", "most"), [(kind, 0.5 if kind == "pocketsphinx" else 0.05) for kind in PACKAGED])
def test_clean_speech_is_understood(kind, most):
    errors = [word_error_counts(*pair) for pair in zip(SENTENCES, (one.text for one in clean(kind)), strict=True)]
    assert sum(one.errors for one in errors) <= most * sum(one.reference_words for one in errors)


@pytest.mark.parametrize("kind", PACKAGED)
def test_noise_makes_a_recogniser_less_sure(kind):
    sure = [one.mean_log_probability for one in heard(kind)]
    assert np.mean(sure[len(SENTENCES) :]) < np.mean(sure[: len(SENTENCES)]) < 0


def nothings():
    """Return a second of what nobody speaks in: where all words are as likely, the last ones are likeliest."""
    noise = np.random.default_rng(0).standard_normal(SAMPLE_RATE).astype(np.float32)
    return np.zeros(SAMPLE_RATE, np.float32), 0.1 * noise, np.full(SAMPLE_RATE, 0.1, np.float32)


@pytest.fixture(params=[*PACKAGED, "ctc"])
def remade(request, tmp_path):
    """Return a function that makes a recogniser that has heard nothing yet."""
    made = Pretrained(str(tiny.ctc(tmp_path))) if request.param == "ctc" else PACKAGED[request.param]
    return lambda: TRANSCRIBERS[request.param]("cpu", made)


def test_text_and_confidence_are_the_same_first_thing_and_after_speech_noise_and_silence(remade):
    silence, *noises = nothings()
    clips = [silence, spoken()[0], *noises, silence]
    forward, backward = remade()(clips), remade()(clips[::-1])[::-1]
    for one, other in zip([*forward, forward[0]], [*backward, forward[-1]], strict=True):
        np.testing.assert_equal(asdict(one), asdict(other))


@pytest.mark.parametrize("kind", ["openai-whisper", "whisper"])
def test_one_network_hears_the_same_words_whatever_runs_it(kind):
    for one, other in zip(clean("faster-whisper"), clean(kind), strict=True):
        assert word_error_counts(one.text, other.text).errors == 0
        assert one.mean_log_probability == pytest.approx(other.mean_log_probability, abs=0.1)  # int8 and float32


def test_in_the_same_window_transformers_and_openais_library_agree_to_the_digits_of_float32():
    waveform = np.pad(in_noise()[0], (0, 11 * SAMPLE_RATE))  # too long for the short window
    assert len(waveform) > 12 * SAMPLE_RATE
    [one], [other] = transcriber("whisper")([waveform]), transcriber("openai-whisper")([waveform])
    assert one.text == other.text
    assert one.mean_log_probability == pytest.approx(other.mean_log_probability, abs=1e-3)
    assert one.no_speech_probability == pytest.approx(other.no_speech_probability, abs=1e-3)
