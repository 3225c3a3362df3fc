"""What a 4 s clip costs on one thread, beside the bare library: encoder, recogniser, noise."""

import numpy as np
import pytest

from corruptions import Condition, Material, Step, corrupt

pytestmark = pytest.mark.embedded


@pytest.fixture(scope="module")
def clip() -> np.ndarray:
    """Speech-shaped syllables of 4 s: what they say does not matter here."""
    rng = np.random.default_rng(0)
    time_s = np.arange(4 * 16_000) / 16_000
    voiced = sum(np.sin(2 * np.pi * 120 * k * time_s) / k for k in range(1, 20))
    syllables = np.clip(np.sin(2 * np.pi * 3 * time_s), 0, None)
    return (0.05 * voiced * syllables + 1e-3 * rng.standard_normal(len(time_s))).astype(np.float32)


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.benchmark(group="Whisper's encoder, 4 s clip")
def test_encoder_in_a_window_that_suits_the_clip(benchmark, clip):
    from models.speech.whisper_encoder import whisper_encoder

    benchmark(whisper_encoder("cpu"), [clip], [4])  # all layers, as the peer computes


@pytest.mark.benchmark(group="Whisper's encoder, 4 s clip")
def test_encoder_of_transformers_in_its_30_s_window(benchmark, clip):
    import torch
    import whisper

    from models.weights.embedded import find
    from models.weights.whisper import load_whisper_encoder

    encoder = load_whisper_encoder(find("whisper-tiny.en"), torch.float32)

    @torch.inference_mode()
    def encode():
        return encoder(whisper.log_mel_spectrogram(clip, padding=480_000 - len(clip))[None])

    benchmark(encode)


@pytest.mark.benchmark(group="recogniser, 4 s clip")
def test_recogniser_in_a_window_that_suits_the_clip(benchmark, clip):
    from models.asr.catalog import TRANSCRIBERS
    from models.types import Pretrained

    benchmark(TRANSCRIBERS["faster-whisper"]("cpu", Pretrained("whisper-tiny.en")), [clip])


@pytest.mark.benchmark(group="recogniser, 4 s clip")
def test_recogniser_of_faster_whisper_as_it_comes(benchmark, clip):
    from faster_whisper import WhisperModel

    from models.weights.embedded import find

    model = WhisperModel(str(find("whisper-tiny.en")), device="cpu", compute_type="int8", cpu_threads=1)
    benchmark(lambda: list(model.transcribe(clip, beam_size=1, without_timestamps=True, temperature=0)[0]))


@pytest.mark.benchmark(group="white noise at 5 dB, 4 s clip")
def test_noise_at_an_active_level(benchmark, clip):
    condition = Condition((Step("white", 5.0),))
    benchmark(lambda: corrupt(clip, condition, np.random.default_rng(0), Material()))


@pytest.mark.benchmark(group="white noise at 5 dB, 4 s clip")
def test_bare_numpy_noise_at_an_rms_level(benchmark, clip):
    def mix():
        noise = np.random.default_rng(0).standard_normal(len(clip), dtype=np.float32)
        return clip + noise * np.sqrt(np.mean(clip**2) / np.mean(noise**2) / 10**0.5)

    benchmark(mix)
