from dataclasses import asdict
from functools import cache

import numpy as np
import pytest

from models.speech.openai_whisper import identify_openai_whisper, load_openai_whisper, openai_whisper_encoder
from models.speech.whisper_encoder import whisper_encoder
from models.types import SAMPLE_RATE, Pretrained
from models.weights.embedded import EMBEDDED, WeightsError, find
from models.weights.whisper import load_whisper

from .. import tiny

pytestmark = pytest.mark.embedded

LAYERS = (0, 1, 2, 3, 4)
PACKAGED = Pretrained("whisper-tiny.en")


@cache
def encoder():
    return openai_whisper_encoder()


def noise(duration_s, seed=0):
    rng = np.random.default_rng(seed)
    return (0.1 * rng.standard_normal(round(duration_s * SAMPLE_RATE))).astype(np.float32)


@cache
def small():
    """A small random Whisper."""
    import torch
    from whisper.model import ModelDimensions, Whisper

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = Whisper(ModelDimensions(80, 1500, 32, 2, 2, 50, 20, 32, 2, 1))
        for weight in network.parameters():
            torch.nn.init.normal_(weight, std=0.1)
        return network.eval()


def checkpoint(path):
    """Save it as openai-whisper does."""
    import torch

    torch.save({"dims": asdict(small().dims), "model_state_dict": small().state_dict()}, path)
    return Pretrained(str(path))


def test_the_same_network_in_transformers_gives_the_same_frames_in_the_same_window():
    waveform = noise(13)
    expected = whisper_encoder()([waveform], LAYERS)[0]
    for layer, mine in zip(expected, encoder()([waveform], LAYERS)[0], strict=True):
        np.testing.assert_allclose(mine, layer, atol=1e-4)


def test_the_whole_network_says_what_transformers_says():
    import torch

    theirs = load_whisper(find("whisper-tiny.en"), torch.float32)
    mel, tokens = torch.zeros(1, 80, 3000), torch.tensor([[50257, 50362, 440, 318]])
    with torch.inference_mode():
        mine = load_openai_whisper("cpu", PACKAGED)(mel, tokens)
        expected = theirs(mel, decoder_input_ids=tokens).logits
    np.testing.assert_allclose(mine, expected, atol=1e-3)


def test_the_last_layer_is_what_embed_audio_returns(tmp_path):
    import torch
    import whisper

    waveform = noise(5)
    mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(waveform))[None]
    mine = openai_whisper_encoder("cpu", checkpoint(tmp_path / "small.pt"))
    with torch.inference_mode():
        expected = small().embed_audio(mel)[0, :250].numpy()
    np.testing.assert_array_equal(mine([waveform], [2])[0][0], expected)


def test_any_whisper_of_transformers_is_read(tmp_path):
    tiny.whisper(tmp_path)
    clips = [noise(14), noise(31)]
    expected = whisper_encoder("cpu", Pretrained(str(tmp_path)))(clips, [0, 1, 2])
    mine = openai_whisper_encoder("cpu", Pretrained(str(tmp_path)))(clips, [0, 1, 2])
    for theirs, ours in zip(expected, mine, strict=True):
        for layer, same in zip(theirs, ours, strict=True):
            np.testing.assert_allclose(same, layer, atol=1e-4)


def test_a_network_that_openai_whisper_cannot_be_is_refused(tmp_path):
    tiny.whisper(tmp_path, decoder_ffn_dim=96)
    with pytest.raises(WeightsError, match="layers are 4 times as wide inside"):
        load_openai_whisper("cpu", Pretrained(str(tmp_path)))


def test_a_result_depends_neither_on_what_else_is_in_the_call_nor_on_order(tmp_path):
    mine = openai_whisper_encoder("cpu", checkpoint(tmp_path / "small.pt"))
    clips = [noise(2, seed=1), np.zeros(800, np.float32), noise(31, seed=2), np.ones(1, np.float32)]
    for clip, among_others in zip(clips, mine(clips[::-1], [0, 2])[::-1], strict=True):
        for layer, same in zip(mine([clip], [0, 2])[0], among_others, strict=True):
            assert np.isfinite(layer).all()
            assert len(layer) == -(-len(clip) // 320)
            np.testing.assert_array_equal(layer, same, strict=True)


def test_layers_in_one_pass_are_those_asked_for_alone_in_the_order_asked(tmp_path):
    mine = openai_whisper_encoder("cpu", checkpoint(tmp_path / "small.pt"))
    [together] = mine([noise(0.5)], [1, 0, 2, 1])
    for layer, of_layer in zip([1, 0, 2, 1], together, strict=True):
        np.testing.assert_array_equal(of_layer, mine([noise(0.5)], [layer])[0][0], strict=True)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in mine.model.modules())


def test_fingerprints_follow_the_file(tmp_path):
    import torch

    first = openai_whisper_encoder("cpu", checkpoint(tmp_path / "small.pt"))
    with torch.no_grad():
        small().encoder.ln_post.bias.add_(1)
    second = openai_whisper_encoder("cpu", checkpoint(tmp_path / "small.pt"))
    assert first.fingerprint != second.fingerprint


def test_a_name_of_openais_is_known_by_the_hash_that_the_library_verifies():
    assert identify_openai_whisper(Pretrained("tiny.en"))[0].startswith("d3dd57d32accea0b")


def test_a_name_of_openais_is_looked_for_in_the_librarys_cache_and_a_failed_download_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("whisper._MODELS", {"tiny": (tmp_path / "not here" / "0" / "tiny.pt").as_uri()})
    with pytest.raises(WeightsError, match="tiny: openai-whisper cannot load it"):
        load_openai_whisper("cpu", Pretrained("tiny"))


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path):
    (tmp_path / "bad.pt").write_bytes(b"nothing")
    with pytest.raises(WeightsError, match=r"bad\.pt: openai-whisper cannot load it"):
        load_openai_whisper("cpu", Pretrained(str(tmp_path / "bad.pt")))


def test_what_is_no_whisper_is_refused():
    with pytest.raises(WeightsError, match="not the weights of a WhisperForConditionalGeneration"):
        load_openai_whisper("cpu", Pretrained("minilm"))


def test_no_weights_are_an_error():
    with pytest.raises(ValueError, match="needs `weights`"):
        load_openai_whisper("cpu", Pretrained())


def test_what_no_hub_has_has_no_revision():
    with pytest.raises(ValueError, match="tiny has no revisions: leave 'main' out"):
        identify_openai_whisper(Pretrained("tiny", "main"))
    assert identify_openai_whisper(Pretrained("tiny"))[1] is None
    assert identify_openai_whisper(Pretrained("whisper-tiny.en"))[1] == EMBEDDED["whisper-tiny.en"].revision
