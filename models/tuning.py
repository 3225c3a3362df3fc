"""Fine-tuning: a head that begins with a copy of the top layers of a speech encoder and trains them further.

Its input are the frames of a lower layer, encoded once and for all; what is below is never trained. That the top layers
of the encoder may be tuned is said by Srinivasan et al. (2022); how is our reading. First the TC-GRU learns on what the
layers give out as they are, then all is trained on at a small learning rate: layers that are tuned under a head that
knows nothing yet are torn away from what they know (Kumar et al. 2022, arXiv 2202.10054).

The layers hear the frames of the speech alone. Whisper's have also heard the silence that a clip is padded with: on the
probe corpus what the last layer of tiny.en gives out without it correlates at 0.996 with what it gives out with it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.examples import Examples, Features
from models.fitting import Lesson, calibrate
from models.heads import Branch, Input, Output, Padded, Readout, Scale, pad
from models.students import Student, StudentConfig
from models.top_layers import Top, TopShape


@dataclass(frozen=True)
class TunedConfig(StudentConfig):
    """A TC-GRU on layers that are tuned with it, and how it learns from a teacher where it has one.

    With the last layer of Whisper tiny.en, 5 to 8 epochs at a learning rate 10 to 40 times smaller end within 0.015 of
    each other in mean CCC on the development data of the probe corpus (one seed), and within 0.01 of the untuned layer:
    360 sentences of one synthetic voice leave little to be tuned. An epoch takes 12 s on one thread.

    Attributes:
        top: the shape of these layers; that of the encoder's.
        top_dropout: after attention and after the dense part of each layer, while they are tuned.
        epochs: of tuning, after the TC-GRU has learnt as long as any.
        slower: how many times smaller the learning rate is than the one that the TC-GRU learns with.
    """

    top: TopShape | None = None
    top_dropout: float = 0.1
    epochs: int = 6
    slower: float = 40.0


class Attention(nn.Module):
    """Each frame hears all frames of its utterance."""

    def __init__(self, shape: TopShape) -> None:
        super().__init__()
        self.n_heads = shape.heads
        self.query = nn.Linear(shape.width, shape.width)
        self.key = nn.Linear(shape.width, shape.width, bias=False)
        self.value = nn.Linear(shape.width, shape.width)
        self.out = nn.Linear(shape.width, shape.width)

    def forward(self, frames: Tensor, real: Tensor | None) -> Tensor:
        """Return what frames ``(n, n_frames, width)`` hear of those that are ``real``, ``(n, n_frames)``; None: all."""
        query, key, value = (
            project(frames).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
            for project in (self.query, self.key, self.value)
        )
        mask = None if real is None else real[:, None, None]
        heard = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        mixed: Tensor = self.out(heard.transpose(1, 2).flatten(2))
        return mixed


class Layer(nn.Module):
    """Attention and a dense part, each added to what goes in and normalised before or after."""

    def __init__(self, shape: TopShape, dropout: float) -> None:
        super().__init__()
        self.norm_first = shape.norm_first
        self.attention = Attention(shape)
        self.attention_norm = nn.LayerNorm(shape.width, shape.epsilon)
        self.widen = nn.Linear(shape.width, shape.inner)
        self.narrow = nn.Linear(shape.inner, shape.width)
        self.dense_norm = nn.LayerNorm(shape.width, shape.epsilon)
        self.dropout = nn.Dropout(dropout)

    def forward(self, frames: Tensor, real: Tensor | None) -> Tensor:
        """Return the layer's frames, ``(n, n_frames, width)``."""
        if self.norm_first:
            frames = frames + self.dropout(self.attention(self.attention_norm(frames), real))
            added: Tensor = frames + self.dropout(self._dense(self.dense_norm(frames)))
            return added
        frames = self.attention_norm(frames + self.dropout(self.attention(frames, real)))
        normed: Tensor = self.dense_norm(frames + self.dropout(self._dense(frames)))
        return normed

    def _dense(self, frames: Tensor) -> Tensor:
        dense: Tensor = self.narrow(functional.gelu(self.widen(frames)))
        return dense


class TopLayers(nn.Module):
    """Transformer layers one after the other."""

    def __init__(self, shape: TopShape, dropout: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(shape, dropout) for _ in range(shape.n_layers))
        self.norm = nn.LayerNorm(shape.width, shape.epsilon) if shape.norm_first else nn.Identity()

    def forward(self, batch: Padded) -> Tensor:
        """Return the frames of the last layer, ``(n, longest, width)``; those past the end of an utterance are void."""
        real = torch.arange(batch.steps.shape[1]) < batch.lengths[:, None]
        mask = None if bool(real.all()) else real
        frames = batch.steps
        for layer in self.layers:
            frames = layer(frames, mask)
        normed: Tensor = self.norm(frames)
        return normed


class TunedBranch(nn.Module):
    """Top layers of an encoder, then a branch of a TC-GRU: its steps are made of the layers' frames."""

    def __init__(self, config: TunedConfig, source: Input) -> None:
        super().__init__()
        if config.top is None:
            raise ValueError(f"{source.name}: a head that tunes needs the top layers of an encoder")
        if (source.layers, source.dim) != (1, config.top.width):
            raise ValueError(
                f"{source.name}: frames have {source.layers} layer(s) of {source.dim} numbers, "
                f"the layers above need one of {config.top.width}"
            )
        self.top = TopLayers(config.top, config.top_dropout)
        self.branch = Branch(config, source)

    @property
    def scale(self) -> Scale:
        """The scale of the steps that the branch hears."""
        return self.branch.scale

    def reduce(self, frames: Tensor) -> Tensor:
        """Return the steps of one utterance before they are standardised, ``(n_steps, dim)``."""
        with torch.no_grad():
            return self.branch.reduce(self.top(pad([frames]))[0])

    def prepare(self, frames: Tensor) -> Tensor:
        """Return the frames as they are: what the layers make of them changes while they are tuned."""
        return frames

    def forward(self, batch: Padded) -> Tensor:
        """Return the embedding of each utterance, ``(n, embedding)`` in [-1, 1]."""
        frames = self.top(batch)
        cut = [one[:length] for one, length in zip(frames, batch.lengths.tolist(), strict=True)]
        embedding: Tensor = self.branch(pad([self.branch.prepare(one) for one in cut]))
        return embedding


class Tuned(nn.Module):
    """A TC-GRU on tuned layers."""

    def __init__(self, config: TunedConfig, inputs: Sequence[Input]) -> None:
        super().__init__()
        self.config = config
        self.distillation = config.distillation
        self.inputs = tuple(inputs)
        self.branches = nn.ModuleList(TunedBranch(config, source) for source in inputs)
        self.readout = Readout(config.embedding)

    def forward(self, batch: Sequence[Padded]) -> Output:
        """Return predictions and embeddings for the only input."""
        embedding = self.branches[0](batch[0])
        return Output(self.readout(embedding), embedding)


def put_top(network: nn.Module, top: Top) -> None:
    """Give a network the weights that an encoder's top layers have."""
    weights = {name: torch.tensor(weight) for name, weight in top.weights.items()}
    network.get_submodule("branches.0.top").load_state_dict(weights)


def tune(learn: Callable[..., pd.DataFrame]) -> Callable[[Tuned, Lesson], pd.DataFrame]:
    """Return how a ``Tuned`` network learns what a TC-GRU learns with ``learn``, ``(network, lesson, stage)``.

    Returns:
        ``(network, lesson)`` -> the histories of both stages, one after the other.
    """

    def learn_tuned(network: Tuned, lesson: Lesson) -> pd.DataFrame:
        branch = network.get_submodule("branches.0")
        above = replace(lesson, train=_above(branch, lesson.train), dev=_above(branch, lesson.dev))
        settled = Student(network.config, network.inputs)
        calibrate(settled, above.train)
        first = learn(settled, above, stage="settling")
        branch.get_submodule("branch").load_state_dict(settled.branches[0].state_dict())
        network.readout.load_state_dict(settled.readout.state_dict())
        fit = replace(
            lesson.fit, epochs=network.config.epochs, learning_rate=lesson.fit.learning_rate / network.config.slower
        )
        second = learn(network, replace(lesson, fit=fit), stage="tuning")
        history = pd.concat([first.assign(kept=False), second], ignore_index=True)
        return history.assign(epoch=range(1, len(history) + 1))

    return learn_tuned


def _above(branch: Any, examples: Examples) -> Examples:
    """Return the same utterances, of which is heard what the layers of ``branch`` give out as they are."""

    def heard(features: Features) -> Features:
        with torch.no_grad():
            return {
                name: [branch.top(pad([torch.tensor(frames, dtype=torch.float32)]))[0].numpy() for frames in utterances]
                for name, utterances in features.items()
            }

    branch.eval()
    return replace(examples, features=heard(examples.features), copies=tuple(heard(copy) for copy in examples.copies))
