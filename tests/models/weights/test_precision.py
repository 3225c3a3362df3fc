"""What computes in less than float32 is compared with float32 when it is loaded; a processor's fault is played here."""

import numpy as np
import pytest

from models.asr.catalog import TRANSCRIBERS
from models.speech import openai_whisper, self_supervised, whisper_encoder
from models.speech.catalog import SPEECH_ENCODERS
from models.types import Pretrained
from models.weights import whisper
from models.weights.embedded import WeightsError
from models.weights.precision import check_rounding, lowered, spoken_second
from models.weights.torchaudio_cpu import import_torchaudio

from .. import tiny

import_torchaudio()


@pytest.fixture
def bfloat16(monkeypatch):
    """Everything that has a lower precision on a GPU is loaded in bfloat16."""
    for types in (self_supervised.DTYPE, whisper.DTYPE):
        monkeypatch.setitem(types, "cpu", "bfloat16")
    assert whisper_encoder.DTYPE is openai_whisper.DTYPE is whisper.DTYPE


@pytest.fixture
def faulty(monkeypatch):
    """A processor whose convolutions in bfloat16 return noise of the right size."""
    import torch

    right = torch.nn.Conv1d.forward

    def convolve(self, given):
        result = right(self, given)
        if given.dtype != torch.bfloat16:
            return result
        generator = torch.Generator().manual_seed(0)
        return (torch.randn(result.shape, generator=generator) * result.float().std()).to(result.dtype)

    monkeypatch.setattr(torch.nn.Conv1d, "forward", convolve)


def load_hubert(tmp_path):
    return SPEECH_ENCODERS["self-supervised"]("cpu", Pretrained(str(tiny.self_supervised(tmp_path / "hubert"))))


LOADED = {
    "self-supervised": load_hubert,
    "whisper": lambda _: SPEECH_ENCODERS["whisper"]("cpu", Pretrained("whisper-tiny.en")),
    "openai-whisper": lambda _: SPEECH_ENCODERS["openai-whisper"]("cpu", Pretrained("whisper-tiny.en")),
    "openai-whisper transcriber": lambda _: TRANSCRIBERS["openai-whisper"]("cpu", Pretrained("whisper-tiny.en")),
    "whisper transcriber": lambda _: TRANSCRIBERS["whisper"]("cpu", Pretrained("whisper-tiny.en")),
}


@pytest.mark.embedded
@pytest.mark.parametrize("load", LOADED.values(), ids=LOADED)
def test_what_only_rounds_is_loaded(tmp_path, bfloat16, load):
    assert "bfloat16" in load(tmp_path).fingerprint


@pytest.mark.embedded
@pytest.mark.parametrize("load", LOADED.values(), ids=LOADED)
def test_what_the_processor_gets_wrong_is_refused_with_the_reason(tmp_path, bfloat16, faulty, load):
    with pytest.raises(WeightsError, match=r"in bfloat16 .* frames of layer .* correlate by .* computes in float32"):
        load(tmp_path)


@pytest.mark.embedded
def test_float32_is_compared_with_nothing(tmp_path, faulty):
    assert "float32" in load_hubert(tmp_path).fingerprint
    assert lowered("a network", "float32", lambda *_: pytest.fail("heard"), "weights") == "a network"


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_became_too_large_are_refused(value):
    exact = [np.arange(6, dtype=np.float32).reshape(2, 3)] * 2
    with pytest.raises(WeightsError, match="weights: in float16 .* frames of layer 1 correlate"):
        check_rounding(exact, [exact[0], np.where(exact[1] == 3, value, exact[1])], "float16", "weights")


def test_the_second_is_a_second_and_the_same_each_time():
    second = spoken_second()
    assert second.shape == (16_000,)
    assert second.dtype == np.float32
    assert np.abs(second).max() < 1
    np.testing.assert_array_equal(second, spoken_second())
