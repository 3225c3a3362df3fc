import json
from pathlib import Path

import pytest

from models.weights.embedded import WeightsError
from models.weights.hub import load_network
from models.weights.torchaudio_cpu import import_torchaudio

import_torchaudio()


def load(folder, **options):
    import torch
    from transformers import HubertModel

    return load_network(HubertModel, folder, dtype=torch.float32, **options)


def edit_weights(folder, change):
    """Save the weights as ``change`` leaves them."""
    from safetensors.torch import load_file, save_file

    state = load_file(folder / "model.safetensors")
    change(state)
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})


def test_a_network_holds_every_weight_of_its_folder_and_is_for_evaluation(folder):
    import torch
    from safetensors.torch import load_file

    network = load(folder)
    assert not network.training
    state = network.state_dict()
    for name, values in load_file(folder / "model.safetensors").items():
        assert torch.equal(state[name], values)


def test_safetensors_come_before_pickled_weights(folder):
    (folder / "pytorch_model.bin").write_bytes(b"not weights at all")
    load(folder)


def test_pickled_weights_are_read_without_running_what_is_in_them(folder, tmp_path):
    import pickle

    class Attack:
        def __reduce__(self):
            return Path.touch, (tmp_path / "attacked",)

    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps({"masked_spec_embed": Attack()}))
    with pytest.raises(WeightsError, match="cannot be read"):
        load(folder)
    assert not (tmp_path / "attacked").exists()


def test_a_folder_without_weights_is_an_error(folder):
    (folder / "model.safetensors").unlink()
    with pytest.raises(WeightsError, match="cannot be read .*no file named model.safetensors"):
        load(folder)


def test_weights_that_are_cut_short_are_an_error(folder):
    (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:2000])
    with pytest.raises(WeightsError, match="cannot be read"):
        load(folder)


BIAS = "encoder.layers.1.feed_forward.output_dense.bias"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.pop(BIAS), f"missing: {BIAS}"),
        (lambda state: state.update({BIAS: state[BIAS][:7].clone()}), f"of another shape: {BIAS}"),
        (lambda state: state.update({"lm_head.bias": state[BIAS].clone()}), "unexpected: lm_head.bias"),
    ],
    ids=["missing", "of another shape", "unexpected"],
)
def test_a_weight_that_is_not_as_it_should_be_is_named(folder, change, message):
    edit_weights(folder, change)
    with pytest.raises(WeightsError, match=f"not the weights of a HubertModel: {message}$"):
        load(folder)


def test_a_weight_is_unused_or_spare_only_where_that_is_said(folder):
    edit_weights(folder, lambda state: state.update({"lm_head.bias": state.pop("masked_spec_embed")}))
    with pytest.raises(WeightsError, match="missing: masked_spec_embed; unexpected: lm_head.bias"):
        load(folder)
    network = load(folder, unused=["lm_head."], spare=["masked_spec_embed"])
    assert not network.masked_spec_embed.any()


def test_loading_says_nothing_and_leaves_generator_and_messages_as_they_were(folder, capfd):
    import torch
    from transformers.utils import logging

    edit_weights(folder, lambda state: state.update({"lm_head.bias": state[BIAS].clone()}))
    logging.set_verbosity_warning()
    logging.enable_progress_bar()
    torch.manual_seed(7)
    before = torch.get_rng_state()
    load(folder, unused=["lm_head."])
    assert torch.equal(torch.get_rng_state(), before)
    assert logging.get_verbosity() == logging.WARNING
    assert logging.is_progress_bar_enabled()
    assert capfd.readouterr() == ("", "")


def test_weights_are_kept_in_the_type_that_is_asked_for_whatever_they_were_saved_in(folder):
    import torch
    from transformers import HubertModel

    config = json.loads((folder / "config.json").read_text())
    assert config["dtype"] == "float32"
    assert load_network(HubertModel, folder, dtype=torch.bfloat16).dtype == torch.bfloat16
    edit_weights(folder, lambda state: state.update({name: values.half() for name, values in state.items()}))
    assert load(folder).dtype == torch.float32


def test_weights_that_are_no_numbers_are_an_error(folder):
    def spoil(state):
        state[BIAS][3] = float("nan")

    edit_weights(folder, spoil)
    with pytest.raises(WeightsError, match=rf"{BIAS} holds what is no finite number$"):
        load(folder)
