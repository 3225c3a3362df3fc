"""Small regressors of activation, valence and dominance in both published formats, and their arithmetic by hand."""

import json
import warnings
from functools import cache

import numpy as np

from models.speech.avd import avd
from models.types import Pretrained
from models.weights.torchaudio_cpu import import_torchaudio

HIDDEN = 32
SMALL = {
    "conv_dim": [16] * 7,
    "conv_kernel": [10, 3, 3, 3, 3, 2, 2],
    "conv_stride": [5, 2, 2, 2, 2, 2, 2],
    "hidden_size": HIDDEN,
    "intermediate_size": 48,
    "num_attention_heads": 2,
    "num_hidden_layers": 2,
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 2,
}
LARGE = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True}
BASE = {"feat_extract_norm": "group", "do_stable_layer_norm": False, "conv_bias": False}
ORDER = ("arousal", "dominance", "valence")  # of both published ones
STATISTICS = {"mean": -8e-5, "std": 0.085}

# What of the published config.json of wav2vec2-large-robust-12-ft-emotion-msp-dim is more than its sizes.
PUBLISHED = {
    "_name_or_path": "torch",
    "architectures": ["Wav2Vec2ForSpeechClassification"],
    "apply_spec_augment": True,
    "bos_token_id": 1,
    "classifier_proj_size": 256,
    "eos_token_id": 2,
    "final_dropout": 0.1,
    "finetuning_task": "wav2vec2_reg",
    "gradient_checkpointing": False,
    "hidden_dropout_prob": 0.1,
    "layerdrop": 0.1,
    "mask_time_prob": 0.05,
    "model_type": "wav2vec2",
    "pad_token_id": 0,
    "pooling_mode": "mean",
    "problem_type": "regression",
    "torch_dtype": "float32",
    "transformers_version": "4.17.0.dev0",
    "use_weighted_layer_sum": False,
    "vocab_size": None,
}


def labelled(order):
    return {
        "id2label": {str(place): name for place, name in enumerate(order)},
        "label2id": {name: place for place, name in enumerate(order)},
    }


@cache
def backbone(model_type, norm):
    """A small random wav2vec 2.0 or WavLM of transformers, large or base in its norms."""
    import_torchaudio()
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2Model, WavLMConfig, WavLMModel

    config, network = {"wav2vec2": (Wav2Vec2Config, Wav2Vec2Model), "ser": (WavLMConfig, WavLMModel)}[model_type]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        made = network(config(**SMALL, **{"large": LARGE, "base": BASE}[norm]))
        for weights in made.parameters():
            weights.data += 0.1 * torch.randn_like(weights)
    return made.eval()


@cache
def head(model_type):
    """The weights on top, by their published names."""
    import torch

    shapes = {
        "wav2vec2": {
            "classifier.dense.weight": (HIDDEN, HIDDEN),
            "classifier.dense.bias": (HIDDEN,),
            "classifier.out_proj.weight": (3, HIDDEN),
            "classifier.out_proj.bias": (3,),
        },
        "ser": {
            "pool_model.sap_linear.weight": (HIDDEN, HIDDEN),
            "pool_model.sap_linear.bias": (HIDDEN,),
            "pool_model.attention": (HIDDEN, 1),
            "ser_model.fc.0.0.weight": (HIDDEN, 2 * HIDDEN),
            "ser_model.fc.0.0.bias": (HIDDEN,),
            "ser_model.fc.0.1.weight": (HIDDEN,),
            "ser_model.fc.0.1.bias": (HIDDEN,),
            "ser_model.out.0.weight": (3, HIDDEN),
            "ser_model.out.0.bias": (3,),
        },
    }
    rng = np.random.default_rng(2)
    return {
        name: torch.from_numpy(0.3 * rng.standard_normal(shape)).float() for name, shape in shapes[model_type].items()
    }


def state_of(model_type, norm):
    """All weights, by their published names: those of PyTorch's weight norm before it was a parametrization."""
    prefix = {"wav2vec2": "wav2vec2.", "ser": "ssl_model."}[model_type]
    old = {".parametrizations.weight.original0": ".weight_g", ".parametrizations.weight.original1": ".weight_v"}
    state = dict(head(model_type))
    for name, values in backbone(model_type, norm).state_dict().items():
        ending = next((new for new in old if name.endswith(new)), None)
        state[prefix + (name.removesuffix(ending) + old[ending] if ending else name)] = values
    return state


def save(folder, model_type, norm="large", order=ORDER, change=lambda state: state, form="pytorch_model.bin", **config):
    """Lay out a checkpoint as the hub does; WavLM's config lies in a folder of its own, as if in a repository."""
    import torch
    from safetensors.torch import save_file

    state = change(state_of(model_type, norm))
    if form == "pytorch_model.bin":
        torch.save(state, folder / form)
    else:
        save_file(state, folder / form, metadata={"format": "pt"})
    if model_type == "wav2vec2":
        about = PUBLISHED | SMALL | {"large": LARGE, "base": BASE}[norm]
    else:
        (folder / "wavlm").mkdir()
        backbone(model_type, norm).config.save_pretrained(folder / "wavlm")
        about = {
            "model_type": "ser",
            "architectures": ["SERModel"],
            "auto_map": {"AutoModelForAudioClassification": "pipeline_utils.SERModel"},
            "ssl_type": str(folder / "wavlm"),
            "hidden_size": HIDDEN,
            "classifier_hidden_layers": 1,
            "num_classes": 3,
            **STATISTICS,
        }
    (folder / "config.json").write_text(json.dumps(about | labelled(order) | config))
    return folder


def rewrite(path, change):
    path.write_text(json.dumps(change(json.loads(path.read_text()))))


def encoder_of(folder):
    return avd("cpu", Pretrained(str(folder)))


def speech(n_samples, level=0.1):
    return (level * np.random.default_rng(n_samples).standard_normal(n_samples) + 0.01).astype(np.float32)


def frames_by_hand(model_type, norm, samples):
    import torch

    with torch.inference_mode(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Support for mismatched key_padding_mask")  # within transformers' WavLM
        samples = torch.from_numpy(samples.astype(np.float32))[None]
        mask = torch.ones_like(samples) if model_type == "ser" else None  # as the model card calls it
        return backbone(model_type, norm)(samples, attention_mask=mask).last_hidden_state[0].double().numpy()


def wav2vec2_by_hand(norm, waveform):
    """The head of the model card, in NumPy and float64."""
    weights = {name.removeprefix("classifier."): w.double().numpy() for name, w in head("wav2vec2").items()}
    samples = waveform.astype(np.float64)
    frames = frames_by_hand("wav2vec2", norm, (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7))
    dense = np.tanh(weights["dense.weight"] @ frames.mean(axis=0) + weights["dense.bias"])
    return weights["out_proj.weight"] @ dense + weights["out_proj.bias"]


def ser_by_hand(norm, waveform):
    """Attentive statistics frame by frame, then the head, in NumPy and float64."""
    weights = {name: w.double().numpy() for name, w in head("ser").items()}
    frames = frames_by_hand(
        "ser", norm, (waveform.astype(np.float64) - STATISTICS["mean"]) / (STATISTICS["std"] + 1e-6)
    )
    scores = []
    for frame in frames:
        projected = np.tanh(weights["pool_model.sap_linear.weight"] @ frame + weights["pool_model.sap_linear.bias"])
        scores.append(float(projected @ weights["pool_model.attention"][:, 0]))
    attention = np.exp(scores) / np.exp(scores).sum()
    mean = sum(a * frame for a, frame in zip(attention, frames, strict=True))
    square = sum(a * frame**2 for a, frame in zip(attention, frames, strict=True))
    pooled = np.concatenate([mean, np.sqrt(np.maximum(square - mean**2, 1e-5))])
    hidden = weights["ser_model.fc.0.0.weight"] @ pooled + weights["ser_model.fc.0.0.bias"]
    hidden = (hidden - hidden.mean()) / np.sqrt(hidden.var() + 1e-5)
    hidden = np.maximum(0, hidden * weights["ser_model.fc.0.1.weight"] + weights["ser_model.fc.0.1.bias"])
    return weights["ser_model.out.0.weight"] @ hidden + weights["ser_model.out.0.bias"]


BY_HAND = {"wav2vec2": wav2vec2_by_hand, "ser": ser_by_hand}
