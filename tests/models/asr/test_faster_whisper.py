import csv
from functools import cache

import numpy as np
import pytest
import soundfile

from models.asr.faster_whisper import FILES, MAX_NEW_TOKENS, faster_whisper
from models.asr.hallucination import hears_no_speech, is_unsure
from models.asr.wer import word_error_counts
from models.types import SAMPLE_RATE, Pretrained
from models.weights import whisper_input
from models.weights.embedded import WeightsError, find

from ..spoken import SENTENCES, spoken

pytestmark = pytest.mark.embedded


@cache
def transcriber():
    return faster_whisper()


def noise(duration_s):
    return (0.1 * np.random.default_rng(0).standard_normal(round(duration_s * SAMPLE_RATE))).astype(np.float32)


@pytest.fixture(scope="session")
def read_sentences(real_data):
    with (real_data / "asr" / "transcripts.csv").open(newline="") as file:
        # Whoever reads spk2_snt5 says "jump the fence and hurry up the bank", not what is written.
        rows = [row for row in csv.DictReader(file) if row["file"] != "spk2_snt5.wav"]
    return [(soundfile.read(real_data / "asr" / row["file"], dtype="float32")[0], row["text"]) for row in rows]


def test_the_mean_log_probability_is_that_of_the_tokens_and_of_the_end():
    from scipy.special import log_softmax

    waveform = noise(3)
    model, tokenizer = transcriber().model, transcriber().tokenizer
    result = model.model.generate(
        model.encode(whisper_input.log_mel(waveform)),
        [[tokenizer.sot, tokenizer.no_timestamps]],
        beam_size=1,
        return_logits_vocab=True,
    )[0]
    tokens = [*result.sequences_ids[0], tokenizer.eot]
    logits = [np.array(step, np.float64).ravel() for step in result.logits[0]]
    expected = np.mean([log_softmax(step)[token] for step, token in zip(logits, tokens, strict=True)])
    transcript = transcriber()([waveform])[0]
    assert transcript.mean_log_probability == pytest.approx(expected, abs=1e-3)
    assert transcript.text == tokenizer.decode(tokens).strip()


def test_of_silence_it_is_sure_to_hear_you_and_still_it_shows_that_nobody_spoke():
    [transcript] = transcriber()([np.zeros(2 * SAMPLE_RATE, np.float32)])
    assert transcript.text == "you"
    assert not is_unsure(transcript)
    assert hears_no_speech(transcript)
    assert not any(hears_no_speech(one) for one in transcriber()(spoken()))


def test_a_long_clip_is_the_joined_texts_of_its_pieces():
    waveform = noise(32)
    whole, first, second = transcriber()([waveform, *np.split(waveform, 2)])
    assert whole.text == " ".join(filter(None, (first.text, second.text)))
    assert whole.no_speech_probability == pytest.approx(
        (first.no_speech_probability + second.no_speech_probability) / 2
    )


def test_a_hallucination_has_an_end():
    assert MAX_NEW_TOKENS <= 448 - 2


def test_the_prompt_is_that_of_the_english_model():
    tokenizer = transcriber().tokenizer
    assert tokenizer.tokenizer.decode([tokenizer.sot, tokenizer.no_timestamps], skip_special_tokens=False) == (
        "<|startoftranscript|><|notimestamps|>"
    )


def test_a_multilingual_whisper_is_told_to_transcribe_english():
    base = faster_whisper("cpu", Pretrained("whisper-base"))
    prompt = [*base.tokenizer.sot_sequence, base.tokenizer.no_timestamps]
    assert base.tokenizer.tokenizer.decode(prompt, skip_special_tokens=False) == (
        "<|startoftranscript|><|en|><|transcribe|><|notimestamps|>"
    )
    assert base([spoken()[0]])[0].text == SENTENCES[0]


@pytest.fixture
def folder(tmp_path):
    """The packaged weights as a folder of the user."""
    for path in find("whisper-tiny.en").iterdir():
        (tmp_path / path.name).symlink_to(path)
    return tmp_path


def test_a_folder_of_the_same_files_gives_the_same_transcripts(folder):
    waveform = noise(3)
    assert faster_whisper("cpu", Pretrained(str(folder)))([waveform]) == transcriber()([waveform])


@pytest.mark.parametrize("file", ["model.bin", "config.json", "tokenizer.json", "vocabulary.txt"])
def test_a_folder_without_one_of_the_files_is_refused(folder, file):
    (folder / file).unlink()
    with pytest.raises(WeightsError, match="is absent; a Whisper for faster-whisper has all of"):
        faster_whisper("cpu", Pretrained(str(folder)))


def test_a_file_that_ctranslate2_cannot_read_is_refused(folder):
    (folder / "model.bin").unlink()
    (folder / "model.bin").write_bytes(b"no model")
    with pytest.raises(WeightsError, match="not a Whisper that CTranslate2 can read"):
        faster_whisper("cpu", Pretrained(str(folder)))


def test_every_file_of_the_packaged_weights_is_one_that_a_fingerprint_covers():
    assert all(any(path.match(pattern) for pattern in FILES) for path in find("whisper-tiny.en").iterdir())


@pytest.mark.real_data
def test_read_sentences_are_understood(read_sentences):
    transcripts = transcriber()([waveform for waveform, _ in read_sentences])
    errors = [word_error_counts(text, heard.text) for (_, text), heard in zip(read_sentences, transcripts, strict=True)]
    assert sum(one.errors for one in errors) / sum(one.reference_words for one in errors) < 0.15
    assert all(heard.no_speech_probability < 0.1 for heard in transcripts)


@pytest.mark.real_data
def test_transcripts_of_noisy_speech_do_not_depend_on_what_else_is_in_the_call(read_sentences):
    rng = np.random.default_rng(0)
    noisy = [
        (speech + rng.standard_normal(len(speech)) * np.sqrt(np.mean(speech**2))).astype(np.float32)
        for speech, _ in read_sentences
    ]
    assert transcriber()(noisy) == [transcriber()([waveform])[0] for waveform in noisy]
