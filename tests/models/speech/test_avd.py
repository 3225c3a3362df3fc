import json

import numpy as np
import pytest

from models.speech import avd as module
from models.speech.avd import FORMATS, avd
from models.types import SAMPLE_RATE, Pretrained
from models.weights.embedded import WeightsError
from models.weights.hub import Located

from .regressors import (
    BY_HAND,
    ORDER,
    STATISTICS,
    backbone,
    encoder_of,
    head,
    labelled,
    rewrite,
    save,
    speech,
    state_of,
)


@pytest.fixture(params=["wav2vec2", "ser"])
def model_type(request):
    return request.param


@pytest.fixture(params=["large", "base"])
def norm(request):
    return request.param


def test_every_format_is_tested():
    assert FORMATS.keys() == BY_HAND.keys()


@pytest.mark.parametrize("form", ["pytorch_model.bin", "model.safetensors"])
def test_a_checkpoint_says_what_the_same_arithmetic_by_hand_says(tmp_path, model_type, norm, form):
    encoder = encoder_of(save(tmp_path, model_type, norm, form=form))
    waveforms = [speech(SAMPLE_RATE), speech(7000, 0.5), speech(400), speech(721)]
    for waveform, [frames] in zip(waveforms, encoder(waveforms), strict=True):
        arousal, dominance, valence = BY_HAND[model_type](norm, waveform)
        np.testing.assert_allclose(frames, [[arousal, valence, dominance]], rtol=0, atol=2e-5)
        assert frames.dtype == np.float32
    assert (encoder.dim, encoder.n_layers) == (3, 0)


@pytest.mark.parametrize("order", [("valence", "arousal", "dominance"), ("dominance", "valence", "arousal")])
def test_dimensions_follow_their_names_not_their_places(tmp_path, model_type, order):
    said = dict(zip(order, BY_HAND[model_type]("large", speech(5000)), strict=True))
    [[[frame]]] = encoder_of(save(tmp_path, model_type, order=order))([speech(5000)])
    np.testing.assert_allclose(frame, [said["arousal"], said["valence"], said["dominance"]], rtol=0, atol=2e-5)


@pytest.mark.parametrize(
    "id2label",
    [
        {"0": "LABEL_0", "1": "LABEL_1", "2": "LABEL_2"},
        {"0": "arousal", "1": "dominance"},
        {"0": "arousal", "1": "dominance", "2": "valence", "3": "liking"},
        {"0": "arousal", "1": "arousal", "2": "valence"},
        {"1": "arousal", "2": "dominance", "3": "valence"},
        ["arousal", "dominance", "valence"],
        None,
    ],
)
def test_dimensions_without_their_names_are_an_error(tmp_path, model_type, id2label):
    with pytest.raises(WeightsError, match="id2label is .*arousal, valence, dominance"):
        encoder_of(save(tmp_path, model_type, id2label=id2label))


def test_each_weight_that_is_missing_is_an_error_that_names_it(tmp_path, model_type):
    names = [name for name in state_of(model_type, "large") if "weight_" not in name]
    for number, name in enumerate([*head(model_type), *names[:: max(1, len(names) // 8)]]):
        (folder := tmp_path / str(number)).mkdir()
        save(folder, model_type, change=lambda state, name=name: {k: v for k, v in state.items() if k != name})
        with pytest.raises(WeightsError, match=f"missing: {name}"):
            encoder_of(folder)


@pytest.mark.parametrize("name", ["classifier.bias", "lm_head.weight", "{backbone}.encoder.layers.2.rogue"])
def test_a_weight_too_many_is_an_error_that_names_it(tmp_path, model_type, name):
    import torch

    name = name.format(backbone={"wav2vec2": "wav2vec2", "ser": "ssl_model"}[model_type])
    save(tmp_path, model_type, change=lambda state: state | {name: torch.zeros(3)})
    with pytest.raises(WeightsError, match=f"unexpected: {name}"):
        encoder_of(tmp_path)


def test_weights_of_another_shape_are_an_error(tmp_path, model_type):
    last = list(head(model_type))[-2]
    save(tmp_path, model_type, change=lambda state: state | {last: state[last][:2].clone()})
    with pytest.raises(WeightsError, match=f"of another shape: {last}"):
        encoder_of(tmp_path)


def test_the_weights_of_one_format_are_not_taken_for_the_other(tmp_path):
    save(tmp_path, "wav2vec2")
    (tmp_path / "wavlm").mkdir()
    backbone("ser", "large").config.save_pretrained(tmp_path / "wavlm")
    about = {"model_type": "ser", "ssl_type": str(tmp_path / "wavlm"), "classifier_hidden_layers": 1, **STATISTICS}
    (tmp_path / "config.json").write_text(json.dumps(about | labelled(ORDER)))
    with pytest.raises(WeightsError, match="missing: "):
        encoder_of(tmp_path)


@pytest.mark.parametrize("change", [{"model_type": "hubert"}, {"model_type": None}])
def test_another_kind_of_model_is_refused_by_name(tmp_path, change):
    folder = save(tmp_path, "wav2vec2")
    rewrite(folder / "config.json", lambda config: config | change)
    with pytest.raises(WeightsError, match=f"model_type is {change['model_type']!r}, not one of wav2vec2, ser"):
        encoder_of(folder)


def test_a_config_without_what_the_head_needs_is_an_error(tmp_path):
    folder = save(tmp_path, "ser")
    rewrite(folder / "config.json", lambda config: {k: v for k, v in config.items() if k not in STATISTICS})
    with pytest.raises(WeightsError, match="lacks mean, std"):
        encoder_of(folder)


@pytest.mark.parametrize("statistics", [{"mean": None}, {"mean": "0"}, {"std": 0.0}, {"std": float("nan")}])
def test_statistics_that_scale_nothing_are_an_error_when_the_regressor_is_made(tmp_path, statistics):
    with pytest.raises(WeightsError, match=r"config\.json: mean is .* and std .*, must be numbers, std above 0"):
        encoder_of(save(tmp_path, "ser", **statistics))


@pytest.mark.parametrize(
    ("preprocessor", "complaint"),
    [({"do_normalize": False}, "do_normalize is false"), ({"sampling_rate": 8000}, "a sampling_rate of 8000")],
)
def test_a_regressor_that_was_given_other_waveforms_is_refused(tmp_path, preprocessor, complaint):
    folder = save(tmp_path, "wav2vec2")
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor))
    with pytest.raises(WeightsError, match=complaint):
        encoder_of(folder)


def test_what_is_said_depends_neither_on_order_nor_on_what_else_is_in_the_call(tmp_path, model_type, norm):
    encoder = encoder_of(save(tmp_path, model_type, norm))
    waveforms = [speech(9000), speech(1), np.zeros(3000, np.float32), speech(600, 2.0), speech(9000)]
    forwards, backwards = encoder(waveforms), encoder(waveforms[::-1])[::-1]
    for waveform, [one], [other] in zip(waveforms, forwards, backwards, strict=True):
        assert np.isfinite(one).all()
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(one, encoder([waveform])[0][0])


def test_the_level_of_a_waveform_is_heard_by_the_format_that_does_not_normalise_it(tmp_path, model_type):
    encoder = encoder_of(save(tmp_path, model_type))
    [soft], [loud] = encoder([speech(8000, 0.05), speech(8000, 0.05) * 4])
    assert np.allclose(soft, loud, atol=1e-4) == (model_type == "wav2vec2")


def test_a_fingerprint_knows_the_weights_and_the_config_from_elsewhere(tmp_path):
    folder = save(tmp_path, "ser")
    before = encoder_of(folder).fingerprint
    assert encoder_of(folder).fingerprint == before
    rewrite(folder / "wavlm" / "config.json", lambda config: config | {"layer_norm_eps": 1e-3})
    other = encoder_of(folder).fingerprint
    assert other != before
    rewrite(folder / "config.json", lambda config: config | {"std": 0.09})
    assert encoder_of(folder).fingerprint not in (before, other)


def test_what_may_not_be_used_commercially_says_so_and_nobody_elses_regressor_does(tmp_path, model_type, monkeypatch):
    folder = save(tmp_path, model_type)
    notice = encoder_of(folder).licence_notice
    assert notice is None if model_type == "ser" else "if this is audeering/" in notice
    monkeypatch.setattr(module, "locate", lambda *_, **__: Located(folder, "0" * 40, "sum"))
    published = "audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim"
    if model_type == "wav2vec2":
        assert avd("cpu", Pretrained(published)).licence_notice.startswith(f"The regressor {published} is licensed")
        assert avd("cpu", Pretrained("somebody/else")).licence_notice is None


def test_there_are_weights_to_be_named():
    with pytest.raises(ValueError, match="weights"):
        avd("cpu", Pretrained())


def test_loading_draws_nothing_from_the_global_generator(tmp_path, model_type):
    import torch

    folder = save(tmp_path, model_type)
    before = torch.get_rng_state()
    encoder_of(folder)
    assert torch.equal(torch.get_rng_state(), before)
