"""What every encoder and every transcriber promises, checked on every entry of every catalogue."""

import inspect
from functools import cache

import numpy as np
import pytest

from models.asr import TRANSCRIBERS
from models.speech import SPEECH_ENCODERS
from models.text import TEXT_ENCODERS
from models.types import SAMPLE_RATE, Transcript

pytestmark = pytest.mark.embedded

CATALOGUES = {"speech": SPEECH_ENCODERS, "asr": TRANSCRIBERS, "text": TEXT_ENCODERS}


@cache
def model(catalogue, name):
    return CATALOGUES[catalogue][name]("cpu")


@cache
def waveforms():
    """Voiced syllables in noise, of several lengths, a click, silence, and a clip that needs the long window."""
    rng = np.random.default_rng(0)
    return (
        *(speechlike(rng, duration_s) for duration_s in (1.0, 2.5, 0.02)),
        np.ones(1, np.float32),
        np.zeros(SAMPLE_RATE, np.float32),
        speechlike(rng, 12.5),
    )


def speechlike(rng, duration_s):
    time_s = np.arange(round(duration_s * SAMPLE_RATE)) / SAMPLE_RATE
    pitch_hz = 120 + 20 * np.sin(2 * np.pi * 0.7 * time_s)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE
    voice = sum(np.sin(k * phase) / k for k in range(1, 25))
    syllables = np.clip(np.sin(2 * np.pi * 4 * time_s), 0, 1)
    return (0.1 * voice * syllables + 0.01 * rng.standard_normal(len(time_s))).astype(np.float32)


TEXTS = (
    "",
    "I had a dreadful day.",
    "So what?",
    "the weather is lovely " * 100,
    "Ünïcode <b>&amp;</b> \0\n 你好",
    "I had a dreadful day.",
)


@cache
def items(catalogue):
    return TEXTS if catalogue == "text" else waveforms()


@cache
def one_by_one(catalogue, name):
    return [model(catalogue, name)([item])[0] for item in items(catalogue)]


ENTRIES = [(catalogue, name) for catalogue, entries in CATALOGUES.items() for name in entries]
ENCODERS = [entry for entry in ENTRIES if entry[0] != "asr"]
LISTENERS = [entry for entry in ENTRIES if entry[0] != "text"]


@pytest.mark.parametrize(("catalogue", "name"), ENCODERS)
def test_frames_are_finite_float32_of_the_promised_width_and_at_least_one(catalogue, name):
    for frames in one_by_one(catalogue, name):
        assert frames.dtype == np.float32
        assert frames.ndim == 2
        assert frames.shape[0] >= 1
        assert frames.shape[1] == model(catalogue, name).dim
        assert np.isfinite(frames).all()


@pytest.mark.parametrize("name", TRANSCRIBERS)
def test_a_transcript_has_text_and_two_probabilities(name):
    for transcript in one_by_one("asr", name):
        assert isinstance(transcript, Transcript)
        assert transcript.text == transcript.text.strip()
        assert np.isfinite(transcript.mean_log_probability)
        assert transcript.mean_log_probability <= 0
        assert 0 <= transcript.no_speech_probability <= 1


@pytest.mark.parametrize(("catalogue", "name"), ENTRIES)
def test_a_result_does_not_depend_on_what_else_is_in_the_call_nor_on_order_nor_on_what_ran_before(catalogue, name):
    backwards = model(catalogue, name)(items(catalogue)[::-1])[::-1]
    for alone, among_others in zip(one_by_one(catalogue, name), backwards, strict=True):
        if isinstance(alone, Transcript):
            assert alone == among_others
        else:
            np.testing.assert_array_equal(alone, among_others, strict=True)


@pytest.mark.parametrize(("catalogue", "name"), ENTRIES)
def test_nothing_in_gives_nothing_out(catalogue, name):
    assert model(catalogue, name)([]) == []


def test_fingerprints_differ_between_all_entries():
    fingerprints = [model(*entry).fingerprint for entry in ENTRIES]
    assert len(set(fingerprints)) == len(fingerprints)


@pytest.mark.parametrize(
    "waveform",
    [np.zeros(0, np.float32), np.zeros((2, 400), np.float32), np.zeros(400), np.array([0, np.nan], np.float32)],
    ids=["empty", "two channels", "float64", "NaN"],
)
@pytest.mark.parametrize(("catalogue", "name"), LISTENERS)
def test_what_is_not_a_waveform_is_refused_with_its_place_in_the_call(catalogue, name, waveform):
    with pytest.raises(ValueError, match="waveform 1 "):
        model(catalogue, name)([np.zeros(400, np.float32), waveform])


@pytest.mark.parametrize(("catalogue", "name"), ENTRIES)
def test_making_a_model_leaves_the_global_random_generator_and_thread_count_alone(catalogue, name):
    import torch

    torch.manual_seed(7)
    threads, expected = torch.get_num_threads(), torch.get_rng_state()
    CATALOGUES[catalogue][name]("cpu")
    assert torch.equal(torch.get_rng_state(), expected)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("entries", CATALOGUES.values(), ids=CATALOGUES)
def test_every_entry_takes_the_device_first(entries):
    for make in entries.values():
        assert next(iter(inspect.signature(make).parameters)) == "device"
