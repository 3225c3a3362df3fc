"""What every encoder and every transcriber promises, checked on every kind of every catalogue.

A kind is checked with the weights that a line in ``MODELS`` names: packaged ones, a tiny random checkpoint, or none.
"""

import inspect
import sys
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from models.asr.catalog import TRANSCRIBERS
from models.speech.catalog import SPEECH_ENCODERS
from models.text.catalog import TEXT_ENCODERS
from models.types import Pretrained, Transcript

from . import tiny
from .given import items, speechlike, waveforms
from .speech import regressors
from .text import checkpoints

pytestmark = pytest.mark.embedded

CATALOGUES = {"speech": SPEECH_ENCODERS, "asr": TRANSCRIBERS, "text": TEXT_ENCODERS}


class Model(NamedTuple):
    """A kind of a catalogue, and its weights: a packaged name, or a function that saves a checkpoint in a folder."""

    catalogue: str
    kind: str
    weights: str | Callable[[Path], object] | None = None
    variant: str = ""

    def __str__(self):
        return " ".join(part for part in (self.catalogue, self.kind, self.variant) if part)


MODELS = [
    Model("speech", "filterbank"),
    Model("speech", "filterbank-80"),
    Model("speech", "egemaps"),
    Model("speech", "egemaps-lld"),
    *(
        Model(
            "speech", "self-supervised", partial(tiny.self_supervised, model_type=family, size=size), f"{family} {size}"
        )
        for family, (_, sizes) in tiny.SELF_SUPERVISED.items()
        for size in sizes
    ),
    Model("speech", "whisper", "whisper-tiny.en"),
    Model("speech", "whisper", tiny.whisper, "checkpoint"),
    Model("speech", "openai-whisper", tiny.whisper),
    Model("speech", "avd", lambda folder: regressors.save(folder, "wav2vec2"), "wav2vec2"),
    Model("speech", "avd", lambda folder: regressors.save(folder, "ser"), "ser"),
    Model("asr", "faster-whisper", "whisper-tiny.en"),
    Model("asr", "openai-whisper", "whisper-tiny.en"),
    Model("asr", "whisper", "whisper-tiny.en"),
    Model("asr", "ctc", tiny.ctc),
    Model("asr", "pocketsphinx"),
    Model("text", "transformers", "minilm"),
    Model("text", "transformers", lambda folder: checkpoints.save(folder, "RobertaModel"), "RoBERTa"),
]
SPEECH_MODELS = [model for model in MODELS if model.catalogue == "speech"]
TEXT_MODELS = [model for model in MODELS if model.catalogue == "text"]
TRANSCRIBING_MODELS = [model for model in MODELS if model.catalogue == "asr"]
LISTENING_MODELS = [*SPEECH_MODELS, *TRANSCRIBING_MODELS]

every = {
    name: pytest.mark.parametrize("model", models, ids=str)
    for name, models in {
        "model": MODELS,
        "speech encoder": SPEECH_MODELS,
        "text encoder": TEXT_MODELS,
        "transcriber": TRANSCRIBING_MODELS,
        "listener": LISTENING_MODELS,
    }.items()
}


@pytest.fixture(scope="session")
def pretrained(tmp_path_factory):
    """Return the weights of a model, saved once."""

    @cache
    def named(model):
        if not callable(model.weights):
            return Pretrained(model.weights)
        folder = tmp_path_factory.mktemp(model.kind)
        model.weights(folder)
        return Pretrained(str(folder))

    return named


@pytest.fixture(scope="session")
def make(pretrained):
    """Return a new model."""

    def new(model):
        last_layer = (None,) if model.catalogue == "text" else ()
        return CATALOGUES[model.catalogue][model.kind]("cpu", pretrained(model), *last_layer)

    return new


@pytest.fixture(scope="session")
def made(make):
    """Return the model, made once."""
    return cache(make)


@pytest.fixture(scope="session")
def alone(made):
    """Return what a model makes of each item by itself; a speech encoder gives all its layers."""

    @cache
    def one_by_one(model):
        return [call(made(model), model, [item])[0] for item in items(model)]

    return one_by_one


def call(ready, model, given, layers=None):
    if model.catalogue == "speech":
        return ready(given, range(ready.n_layers + 1) if layers is None else layers)
    return ready(given)


def assert_same(one, other):
    """Frames have the same bits; transcripts say the same (and what is no number equals itself)."""
    if isinstance(one, Transcript):
        assert repr(one) == repr(other)
    elif isinstance(one, list):
        for layer, same in zip(one, other, strict=True):
            assert_same(layer, same)
    else:
        np.testing.assert_array_equal(one, other, strict=True)


def assert_frames(frames, dim):
    assert frames.dtype == np.float32
    assert frames.ndim == 2
    assert frames.shape[0] >= 1
    assert frames.shape[1] == dim
    assert np.isfinite(frames).all()


def test_every_kind_of_every_catalogue_is_checked():
    kinds = {(catalogue, kind) for catalogue, entries in CATALOGUES.items() for kind in entries}
    assert {(model.catalogue, model.kind) for model in MODELS} == kinds


@every["speech encoder"]
def test_every_layer_is_finite_float32_of_the_promised_width_and_as_long_as_the_others(made, alone, model):
    for layers in alone(model):
        assert len(layers) == made(model).n_layers + 1
        assert len({len(frames) for frames in layers}) == 1
        for frames in layers:
            assert_frames(frames, made(model).dim)


@every["text encoder"]
def test_frames_of_texts_are_finite_float32_of_the_promised_width_and_at_least_one(made, alone, model):
    for frames in alone(model):
        assert_frames(frames, made(model).dim)


@every["transcriber"]
def test_a_transcript_has_text_and_two_probabilities_of_which_a_recogniser_may_lack_the_second(alone, model):
    for transcript in alone(model):
        assert isinstance(transcript, Transcript)
        assert transcript.text == transcript.text.strip()
        assert np.isfinite(transcript.mean_log_probability)
        assert transcript.mean_log_probability <= 0
        assert np.isnan(transcript.no_speech_probability) or 0 <= transcript.no_speech_probability <= 1


@every["model"]
def test_a_result_does_not_depend_on_what_else_is_in_the_call_nor_on_order_nor_on_what_ran_before(made, alone, model):
    backwards = call(made(model), model, items(model)[::-1])[::-1]
    for one, other in zip(alone(model), backwards, strict=True):
        assert_same(one, other)
    *others, last = items(model)
    [again] = [number for number, item in enumerate(others) if item is last]
    assert_same(backwards[again], backwards[-1])


@every["speech encoder"]
def test_layers_come_in_the_order_asked_for_and_each_is_what_it_is_by_itself(made, alone, model):
    clip, expected = waveforms()[3], alone(model)[3]
    last = made(model).n_layers
    for layers in ([last], [0], [last, 0, last], range(last + 1)):
        [found] = made(model)([clip], layers)
        assert_same(found, [expected[layer] for layer in layers])


@every["speech encoder"]
def test_a_layer_that_is_not_there_is_refused(made, model):
    last = made(model).n_layers
    for layers in ([last + 1], [0, -1], []):
        with pytest.raises(ValueError, match=f"layers are 0 to {last}"):
            made(model)([np.zeros(400, np.float32)], layers)


@every["model"]
def test_nothing_in_gives_nothing_out(made, model):
    assert call(made(model), model, []) == []


@every["model"]
def test_the_fingerprint_ends_with_the_version_of_the_code(made, model):
    module = sys.modules[CATALOGUES[model.catalogue][model.kind].__module__]
    assert made(model).fingerprint.endswith(f"/v{module.VERSION}")


@every["model"]
def test_the_same_weights_have_the_same_fingerprint(made, make, model):
    assert make(model).fingerprint == made(model).fingerprint


def test_fingerprints_differ_between_all_models(made):
    fingerprints = [(model.catalogue, made(model).fingerprint) for model in MODELS]
    assert len(set(fingerprints)) == len(fingerprints)


@pytest.mark.parametrize(
    "waveform",
    [np.zeros(0, np.float32), np.zeros((2, 400), np.float32), np.zeros(400), np.array([0, np.nan], np.float32)],
    ids=["empty", "two channels", "float64", "NaN"],
)
@every["listener"]
def test_what_is_not_a_waveform_is_refused_with_its_place_in_the_call(made, model, waveform):
    with pytest.raises(ValueError, match="waveform 1 "):
        call(made(model), model, [np.zeros(400, np.float32), waveform])


@every["listener"]
def test_waveforms_are_left_as_they_are(made, model):
    waveform = speechlike(np.random.default_rng(1), 0.5)
    before = waveform.copy()
    call(made(model), model, [waveform])
    np.testing.assert_array_equal(waveform, before)


@every["model"]
def test_making_a_model_leaves_the_global_random_generator_and_thread_count_alone(make, pretrained, model):
    import torch

    pretrained(model)
    torch.manual_seed(7)
    threads, expected = torch.get_num_threads(), torch.get_rng_state()
    make(model)
    assert torch.equal(torch.get_rng_state(), expected)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("model", [model for model in MODELS if model.weights is None], ids=str)
def test_weights_for_what_has_none_are_refused(model):
    with pytest.raises(ValueError, match="'whisper-tiny.en' has no place"):
        CATALOGUES[model.catalogue][model.kind]("cpu", Pretrained("whisper-tiny.en"))


@pytest.mark.parametrize("model", [model for model in MODELS if model.weights], ids=str)
def test_what_needs_weights_says_so(model):
    with pytest.raises(ValueError, match="needs `weights`"):
        CATALOGUES[model.catalogue][model.kind]("cpu", Pretrained())


@pytest.mark.parametrize("entries", CATALOGUES.values(), ids=CATALOGUES)
def test_every_kind_takes_the_device_and_then_the_weights(entries):
    for make_one in entries.values():
        assert list(inspect.signature(make_one).parameters)[:2] == ["device", "pretrained"]
