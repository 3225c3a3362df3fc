from functools import cache

import numpy as np
import pytest

from models.asr.catalog import ENGLISH_ONLY, TRANSCRIBERS
from models.asr.languages import ENGLISH, UNSPACED, code_of, languages
from models.types import NO_WEIGHTS, SAMPLE_RATE, Pretrained
from models.weights.embedded import WeightsError
from models.weights.hub import locate

from ..spoken import spoken
from ..tiny import ctc

WHISPERS = ("faster-whisper", "openai-whisper", "whisper")


def test_languages_are_those_of_every_library():
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    assert set(languages()) == set(_LANGUAGE_CODES)
    assert {*UNSPACED, ENGLISH} <= set(languages())


@pytest.mark.parametrize(
    ("name", "code"), [("French", "fr"), ("pt_BR", "pt"), ("zh-TW", "zh"), ("mandarin", "zh"), ("xx", None)]
)
def test_what_may_have_been_meant(name, code):
    assert code_of(name) == code


@cache
def base(kind, language):
    return TRANSCRIBERS[kind]("cpu", Pretrained("whisper-base"), language)


def prompt_of(transcriber):
    """Return what the decoder is given before the first word."""
    if hasattr(transcriber, "tokenizer"):
        tokenizer = transcriber.tokenizer
        ids = [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        return tokenizer.tokenizer.decode(ids, skip_special_tokens=False)
    from whisper.decoding import DecodingTask

    task = DecodingTask(transcriber.model, transcriber.options())
    return task.tokenizer.decode_with_timestamps(list(task.initial_tokens))


@pytest.mark.embedded
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("kind", WHISPERS)
def test_a_multilingual_whisper_is_told_the_language(kind, language):
    told = f"<|startoftranscript|><|{language}|><|transcribe|><|notimestamps|>"
    assert prompt_of(base(kind, language)) == told


@pytest.mark.embedded
def test_all_whispers_hear_the_same_in_a_language():
    waveform = np.pad(spoken()[0], (0, 11 * SAMPLE_RATE))  # too long for the short window, which the library lacks
    heard = {kind: base(kind, "fr")([waveform])[0] for kind in WHISPERS}
    assert heard["whisper"].text == heard["openai-whisper"].text
    assert heard["whisper"].mean_log_probability == pytest.approx(
        heard["openai-whisper"].mean_log_probability, abs=1e-3
    )
    assert {one.text for one in heard.values()}.isdisjoint({base("whisper", "en")([waveform])[0].text, ""})


@pytest.mark.embedded
@pytest.mark.parametrize("kind", WHISPERS)
def test_english_has_the_fingerprint_that_it_had_before_there_were_languages(kind):
    english, french = (base(kind, language).fingerprint for language in ("en", "fr"))
    precision = "int8" if kind == "faster-whisper" else "cpu/float32"
    sha256 = base(kind, "en").sha256 if kind == "openai-whisper" else locate(Pretrained("whisper-base")).sha256
    assert english == f"{kind}/{sha256}/{precision}/v1"
    assert french == f"{english}/fr"


@pytest.mark.embedded
@pytest.mark.parametrize("kind", WHISPERS)
def test_an_english_whisper_hears_no_other_language(kind):
    with pytest.raises(WeightsError, match=r"whisper-tiny.en: hears English only, and language is 'fr'"):
        TRANSCRIBERS[kind]("cpu", Pretrained("whisper-tiny.en"), "fr")


@pytest.mark.embedded
@pytest.mark.parametrize("kind", WHISPERS)
def test_a_language_that_came_later_than_the_weights_is_refused(kind):
    with pytest.raises(WeightsError, match="whisper-base: does not know the language 'yue'; it knows en, zh, de"):
        TRANSCRIBERS[kind]("cpu", Pretrained("whisper-base"), "yue")


@pytest.mark.parametrize("kind", ENGLISH_ONLY)
def test_what_hears_english_only_says_so(kind):
    with pytest.raises(ValueError, match=f"{kind} hears English only, so language is 'en', not 'fr'"):
        TRANSCRIBERS[kind]("cpu", NO_WEIGHTS, "fr")


def test_a_ctc_hears_what_it_hears_whatever_it_is_called(tmp_path):
    weights = Pretrained(str(ctc(tmp_path)))
    english, french = (TRANSCRIBERS["ctc"]("cpu", weights, language) for language in ("en", "fr"))
    assert english.fingerprint == french.fingerprint
