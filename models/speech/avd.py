"""Published regressors of activation, valence and dominance, used as they are: nothing of them is trained here.

Two formats are known, told apart by ``model_type`` in ``config.json``. Their heads are written anew here, for
transformers has neither, and would fill one of its own with random numbers. Every weight of a checkpoint must be used,
and none may be missing.

``wav2vec2``, as ``audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim`` (Wagner et al. 2022, arXiv 2203.07378;
CC BY-NC-SA 4.0: no commercial use): wav2vec 2.0 pruned to 12 layers, the mean over time of the last, a layer with tanh,
three numbers. The waveform is scaled to zero mean and unit variance. Verified from the published config.json,
preprocessor_config.json and model card: names (``wav2vec2.*``, ``classifier.dense.*``, ``classifier.out_proj.*``),
order, head and scaling.

``ser``, as ``3loi/SER-Odyssey-Baseline-WavLM-Multi-Attributes`` (baseline of the Odyssey 2024 challenge; MIT): WavLM
large, built by the config of the repository that ``ssl_type`` names; statistics over time with attention (Okabe et al.
2018, arXiv 1803.10963), that is the mean and the standard deviation of the frames x, weighted by the softmax of
``tanh(sap_linear(x)) . attention``, variances at least 1e-5; layers of linear, layer norm and ReLU; three numbers. The
waveform is scaled by the mean and standard deviation of all that it was trained on, which its config holds. Verified
from the authors' training code (msplabresearch/MSP-Podcast_Challenge) and two independent readers of the checkpoint:
names (``ssl_model.*``, ``pool_model.sap_linear.*``, ``pool_model.attention``, ``ser_model.fc.<n>.<0 or 1>.*``,
``ser_model.out.0.*``), head and scaling. Not seen by ourselves: the published config.json; ``model_type`` and the keys
are as those readers have them. Its own code is never run (``trust_remote_code``).

Both were trained on MSP-Podcast, with labels mapped from its scale of 1 to 7 by ``(y - 1) / 6`` (in the code of the
second; the card of the first says that it answers in a range of about 0 to 1), and nothing is clipped. Which number is
which dimension follows from the names in ``id2label`` and nothing else.

Conventions: float32, one waveform at a time, whole. What is shorter than a window of the network (400 samples) is
padded with silence to one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from models.speech.self_supervised_input import normalises, prepared, unit_variance
from models.types import Frames, Pretrained, Waveform, check_layers, check_waveforms
from models.weights.embedded import WeightsError
from models.weights.hub import load_network, locate, model_type, read_json, reading
from models.weights.torchaudio_cpu import import_torchaudio

DIMENSIONS = ("arousal", "valence", "dominance")
"""What a config calls activation, valence and dominance: the order of the frames."""

_MOST_HIDDEN = 100

VERSION = 1
"""To be raised with any change of the code that changes the frames."""


@dataclass(frozen=True)
class Format:
    """How checkpoints of a ``model_type`` are read.

    ``load`` returns the network, which turns a tensor ``(1, n_samples)`` into ``(1, 3)``, and a hash of the files
    outside the folder that it was made of, if there are any; ``scale`` makes of a waveform what the network expects;
    ``of`` is the published checkpoint whose licence forbids commercial use, if there is one.
    """

    load: Callable[[Path, Mapping[str, Any]], tuple[Any, str]]
    scale: Callable[[Waveform, Mapping[str, Any]], Waveform]
    of: str | None


@dataclass(frozen=True)
class Avd:
    """Activation, valence and dominance as one frame ``(1, 3)``, on a scale whose labels were 0 to 1."""

    weights: str  # a hash of them
    revision: str | None
    device: str
    licence_notice: str | None
    config: Mapping[str, Any] = field(repr=False)
    scale: Callable[[Waveform, Mapping[str, Any]], Waveform] = field(repr=False)
    columns: tuple[int, int, int] = field(repr=False)  # where the dimensions are in the network's answer
    network: Any = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """Text that changes whenever the frames may."""
        return f"avd/{self.weights}/{self.device}/float32/v{VERSION}"

    @property
    def dim(self) -> int:
        """Three dimensions."""
        return len(DIMENSIONS)

    @property
    def n_layers(self) -> int:
        """There is layer 0 only."""
        return 0

    def __call__(self, waveforms: Sequence[Waveform], layers: Sequence[int] = (0,)) -> list[list[Frames]]:
        """Return what the regressor says of each waveform, computed by itself."""
        check_waveforms(waveforms)
        check_layers(layers, self.n_layers)
        return [[self._judge(waveform)] * len(layers) for waveform in waveforms]

    def _judge(self, waveform: Waveform) -> Frames:
        import torch

        padded = prepared(self.scale(waveform, self.config), self.network.config, normalise=False)
        with torch.inference_mode():
            said = self.network(torch.from_numpy(padded)[None].to(self.device))
        frames: Frames = said[:, list(self.columns)].cpu().numpy()
        return frames


def avd(device: str, pretrained: Pretrained) -> Avd:
    """Return the encoder ``avd``: a published regressor of activation, valence and dominance.

    Args:
        device: "cpu" or "cuda".
        pretrained: a repository on the hub or a folder, of one of :data:`FORMATS`.

    Raises:
        ValueError: if no weights are named.
        WeightsError: if they are absent, of another format, not exactly complete, for other waveforms than the format
            is, or if ``id2label`` does not name the three dimensions.
    """
    located = locate(pretrained)
    path = located.folder / "config.json"
    config = read_json(path)
    form = FORMATS[model_type(located.folder, FORMATS)]
    columns = _columns(path, config.get("id2label"))
    network, besides = form.load(located.folder, config)
    weights = located.sha256 + besides
    notice = None if form.of is None else _notice(form.of, pretrained)
    return Avd(weights, located.revision, device, notice, config, form.scale, columns, network.to(device))


def _notice(published: str, pretrained: Pretrained) -> str | None:
    """Return what is to be said of the licence of these weights; other repositories have licences of their own."""
    if pretrained.weights == published:
        return f"The regressor {published} is licensed CC BY-NC-SA 4.0: non-commercial use only"
    if not Path(str(pretrained.weights)).is_dir():
        return None
    return f"{pretrained.weights}: if this is {published}, its licence is CC BY-NC-SA 4.0: non-commercial use only"


def _columns(path: Path, id2label: object) -> tuple[int, int, int]:
    """Return where activation, valence and dominance are, by their names."""
    names = id2label if isinstance(id2label, dict) else {}
    places = {str(name): place for place, name in names.items()}
    if set(places) != set(DIMENSIONS) or sorted(names) != ["0", "1", "2"]:
        raise WeightsError(f"{path}: id2label is {id2label}, and must name 0, 1 and 2 {', '.join(DIMENSIONS)}")
    activation, valence, dominance = (int(places[name]) for name in DIMENSIONS)
    return activation, valence, dominance


def _wav2vec2(folder: Path, _config: Mapping[str, Any]) -> tuple[Any, str]:
    """Return wav2vec 2.0 with a head on its mean over time."""
    import_torchaudio()
    import torch
    from transformers.models.wav2vec2.modeling_wav2vec2 import Wav2Vec2Model, Wav2Vec2PreTrainedModel

    class Wav2Vec2Regressor(Wav2Vec2PreTrainedModel):  # type: ignore[misc, unused-ignore]
        def __init__(self, config: Any) -> None:
            super().__init__(config)
            self.wav2vec2 = Wav2Vec2Model(config)
            self.classifier = torch.nn.ModuleDict(
                {
                    "dense": torch.nn.Linear(config.hidden_size, config.hidden_size),
                    "out_proj": torch.nn.Linear(config.hidden_size, len(DIMENSIONS)),
                }
            )
            self.post_init()

        def forward(self, samples: Any) -> Any:
            pooled = self.wav2vec2(samples).last_hidden_state.mean(dim=1)
            return self.classifier["out_proj"](self.classifier["dense"](pooled).tanh())

    if not normalises(folder):
        raise WeightsError(f"{folder}: do_normalize is false, but what this format reads is scaled to unit variance")
    return load_network(Wav2Vec2Regressor, folder, dtype=torch.float32), ""


def _ser(folder: Path, about: Mapping[str, Any]) -> tuple[Any, str]:
    """Return WavLM with attentive statistics and a head on them."""
    if missing := {"ssl_type", "mean", "std", "classifier_hidden_layers"} - about.keys():
        raise WeightsError(f"{folder / 'config.json'}: lacks {', '.join(sorted(missing))}")
    if not all(type(about[name]) in (float, int) and isfinite(about[name]) for name in ("mean", "std")) or not (
        about["std"] > 0
    ):
        found = f"mean is {about['mean']!r} and std {about['std']!r}"
        raise WeightsError(f"{folder / 'config.json'}: {found}, must be numbers, std above 0")
    n_hidden = about["classifier_hidden_layers"]
    if type(n_hidden) is not int or not 0 <= n_hidden <= _MOST_HIDDEN:
        raise WeightsError(
            f"{folder / 'config.json'}: classifier_hidden_layers is {n_hidden!r}, must be 0 to {_MOST_HIDDEN}"
        )
    if not isinstance(about["ssl_type"], str):
        raise WeightsError(f"{folder / 'config.json'}: ssl_type is {about['ssl_type']!r}, must be a repository's name")
    import_torchaudio()
    import torch
    from transformers import WavLMConfig
    from transformers.models.wavlm.modeling_wavlm import WavLMModel, WavLMPreTrainedModel

    class OdysseyRegressor(WavLMPreTrainedModel):  # type: ignore[misc, unused-ignore]
        def __init__(self, config: Any) -> None:
            super().__init__(config)
            size = config.hidden_size
            pool, head = torch.nn.Module(), torch.nn.Module()
            pool.sap_linear = torch.nn.Linear(size, size)
            pool.attention = torch.nn.Parameter(torch.empty(size, 1))
            head.fc = torch.nn.Sequential(*(hidden(size if n else 2 * size, size) for n in range(n_hidden)))
            head.out = torch.nn.Sequential(torch.nn.Linear(size, len(DIMENSIONS)))
            self.ssl_model = WavLMModel(config)
            self.pool_model: Any = pool
            self.ser_model: Any = head
            self.post_init()

        def forward(self, samples: Any) -> Any:
            frames = self.ssl_model(samples).last_hidden_state
            weights = (self.pool_model.sap_linear(frames).tanh() @ self.pool_model.attention).softmax(dim=1)
            mean = (weights * frames).sum(dim=1)
            variance = (weights * frames**2).sum(dim=1) - mean**2
            pooled = torch.cat((mean, variance.clamp(min=1e-5).sqrt()), dim=1)
            return self.ser_model.out(self.ser_model.fc(pooled))

    def hidden(size_in: int, size_out: int) -> Any:
        return torch.nn.Sequential(torch.nn.Linear(size_in, size_out), torch.nn.LayerNorm(size_out), torch.nn.ReLU())

    backbone = locate(Pretrained(about["ssl_type"]), files=("config.json",))
    with reading(backbone.folder / "config.json"):
        config = WavLMConfig.from_json_file(backbone.folder / "config.json")
    return load_network(OdysseyRegressor, folder, dtype=torch.float32, config=config), f"+{backbone.sha256}"


def _as_in_training(waveform: Waveform, config: Mapping[str, Any]) -> Waveform:
    """Return the waveform scaled by the mean and standard deviation of all that the regressor was trained on."""
    scaled: Waveform = ((waveform - config["mean"]) / (config["std"] + 1e-6)).astype(np.float32)
    return scaled


FORMATS: dict[str, Format] = {
    "wav2vec2": Format(
        _wav2vec2,
        lambda waveform, _config: unit_variance(waveform),
        "audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim",
    ),
    "ser": Format(_ser, _as_in_training, None),
}
"""``model_type`` of a config.json -> how such a checkpoint is read."""
