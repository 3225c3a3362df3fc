import json
from functools import cache

import numpy as np
import pytest

from models.asr import whisper as asr_whisper
from models.asr.whisper import whisper_transcriber
from models.types import SAMPLE_RATE, Pretrained
from models.weights import whisper_input
from models.weights.embedded import WeightsError, find

from ..spoken import SENTENCES, in_noise, spoken

pytestmark = pytest.mark.embedded


@cache
def transcriber():
    return whisper_transcriber()


@pytest.fixture(scope="module")
def hub_folder(tmp_path_factory):
    """The packaged weights as a repository of the hub has them: what transformers saves."""
    from transformers import WhisperTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    folder = tmp_path_factory.mktemp("whisper")
    transcriber().network.save_pretrained(folder)
    WhisperTokenizer.from_pretrained(find("whisper-tiny.en")).save_pretrained(folder)
    return folder


@pytest.fixture
def clip():
    """Words in noise and silence after them, too long for the short window, which ``generate`` does not take."""
    waveform = np.pad(in_noise()[0], (0, 11 * SAMPLE_RATE))
    assert len(waveform) > 12 * SAMPLE_RATE
    return waveform


def test_the_loop_says_what_generate_says(clip):
    import torch
    from transformers import GenerationConfig

    settings = json.loads((find("whisper-tiny.en") / "config.json").read_text())
    sot, eot, no_timestamps = 50257, 50256, 50362
    generated = transcriber().network.generate(
        torch.from_numpy(whisper_input.log_mel(clip))[None],
        generation_config=GenerationConfig(
            decoder_start_token_id=sot,
            eos_token_id=eot,
            pad_token_id=eot,
            no_timestamps_token_id=no_timestamps,
            suppress_tokens=settings["suppress_ids"],
            begin_suppress_tokens=settings["suppress_ids_begin"],
            is_multilingual=False,
            return_timestamps=False,
            max_new_tokens=asr_whisper.MAX_NEW_TOKENS,
        ),
        return_dict_in_generate=True,
        output_scores=True,
    )
    tokens = generated.sequences[0].tolist()
    said = tokens[-len(generated.scores) :]
    scores = [score[0].log_softmax(-1)[token].item() for score, token in zip(generated.scores, said, strict=True)]
    [transcript] = transcriber()([clip])
    assert transcript.text == transcriber().tokenizer.decode(said).strip()
    assert transcript.mean_log_probability == pytest.approx(np.mean(scores), abs=1e-4)


def test_a_hub_folder_of_the_same_weights_gives_the_same_transcripts(hub_folder):
    from_hub = whisper_transcriber("cpu", Pretrained(str(hub_folder)))
    assert from_hub([spoken()[0], in_noise()[0]]) == transcriber()([spoken()[0], in_noise()[0]])
    assert from_hub.fingerprint != transcriber().fingerprint


def test_a_tokenizer_of_older_checkpoints_is_the_same_one(tmp_path, hub_folder):
    words = json.loads((hub_folder / "tokenizer.json").read_text())
    for path in hub_folder.iterdir():
        if not path.name.startswith("tokenizer"):
            (tmp_path / path.name).symlink_to(path)
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in words["model"]["merges"]]
    (tmp_path / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]))
    (tmp_path / "vocab.json").write_text(json.dumps(words["model"]["vocab"]))
    (tmp_path / "added_tokens.json").write_text(
        json.dumps({one["content"]: one["id"] for one in words["added_tokens"]})
    )
    assert whisper_transcriber("cpu", Pretrained(str(tmp_path)))([spoken()[0]]) == transcriber()([spoken()[0]])


def test_a_text_without_end_ends_at_the_limit(monkeypatch):
    [whole] = transcriber()([spoken()[0]])
    monkeypatch.setattr(asr_whisper, "MAX_NEW_TOKENS", 3)
    [cut] = transcriber()([spoken()[0]])
    assert whole.text.startswith(cut.text)
    assert len(cut.text.split()) == 3


def test_a_multilingual_whisper_is_told_to_transcribe_english():
    base = whisper_transcriber("cpu", Pretrained("whisper-base"))
    prompt = [*base.tokenizer.sot_sequence, base.tokenizer.no_timestamps]
    assert base.tokenizer.tokenizer.decode(prompt, skip_special_tokens=False) == (
        "<|startoftranscript|><|en|><|transcribe|><|notimestamps|>"
    )
    assert base([spoken()[0]])[0].text == SENTENCES[0]


@pytest.mark.parametrize("n_samples", [1, 399, SAMPLE_RATE])
def test_of_silence_there_is_a_transcript_that_doubts_that_anybody_spoke(n_samples):
    [transcript] = transcriber()([np.zeros(n_samples, np.float32)])
    assert transcript.no_speech_probability > 0.9
    assert -np.inf < transcript.mean_log_probability <= 0


def test_what_is_no_whisper_is_refused():
    with pytest.raises(WeightsError, match="not the weights of a WhisperForConditionalGeneration"):
        whisper_transcriber("cpu", Pretrained("minilm"))
