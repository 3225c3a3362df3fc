"""Fine-tuning: a head that begins with a copy of the top layers of a speech encoder and trains them further.

Its input are the frames of a lower layer, encoded once and for all; what is below is never trained. That the students
of Srinivasan et al. (2022) tune the top layers of their encoder, and how, is our reading. First the TC-GRU learns on
what the layers give out as they are, then all is trained on at a small learning rate: layers that are tuned under a
head that knows nothing yet are torn away from what they know (Kumar et al. 2022, arXiv 2202.10054). What is kept is the
best epoch of the second part, even where the first ended better.

The layers hear the frames of the speech alone. Whisper's have also heard the silence that a clip is padded with: on the
probe corpus what the last layer of tiny.en gives out without it correlates at 0.996 with what it gives out with it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import torch
from torch import Tensor, nn

from models.heads.examples import Examples, Features
from models.heads.fitting import Lesson, calibrate
from models.heads.networks import Branch, Input, Output, Padded, Readout, Scale, pad
from models.heads.students import Student, StudentConfig
from models.speech.top_layers import Top, TopShape


@dataclass(frozen=True)
class TunedConfig(StudentConfig):
    """A TC-GRU on layers that are tuned with it, and how it learns from a teacher where it has one.

    With the last layer of Whisper tiny.en, 6 and 8 epochs end at a mean CCC of 0.693 and 0.690 on the development data
    of the probe corpus (one seed); the untuned layer has 0.690. 360 sentences of one synthetic voice leave little to
    be tuned.

    Attributes:
        top: the shape of these layers; that of the encoder's.
        top_dropout: in attention, in the dense part and after each of them, in every layer while it is tuned.
        epochs: of tuning, after the TC-GRU has learnt as long as any.
        slower: how many times smaller the learning rate is than the one that the TC-GRU learns with.
    """

    top: TopShape | None = None
    top_dropout: float = 0.1
    epochs: int = 6
    slower: float = 40.0


class TopLayers(nn.Module):
    """Transformer layers one after the other, and the norm at their end where each part is normalised before it."""

    def __init__(self, shape: TopShape, dropout: float) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(
            shape.width,
            shape.heads,
            shape.inner,
            dropout,
            activation="gelu",
            layer_norm_eps=shape.epsilon,
            batch_first=True,
            norm_first=shape.norm_first,
        )
        last = nn.LayerNorm(shape.width, shape.epsilon) if shape.norm_first else None
        self.stack = nn.TransformerEncoder(layer, shape.n_layers, last, enable_nested_tensor=False)

    def forward(self, batch: Padded) -> Tensor:
        """Return the frames of the last layer, ``(n, longest, width)``; those past the end of an utterance are void."""
        void = torch.arange(batch.steps.shape[1]) >= batch.lengths[:, None]
        frames: Tensor = self.stack(batch.steps, src_key_padding_mask=void if bool(void.any()) else None)
        return frames


class TunedBranch(nn.Module):
    """Top layers of an encoder, then a branch of a TC-GRU: its steps are made of the layers' frames."""

    late = True  # what it prepares is all frames, too many to be held in memory

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
        settled = Student(network.config, [replace(source, stride=1) for source in network.inputs])
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
    """Return the same utterances, of which is heard what the layers of ``branch`` give out as they are, in steps."""

    def heard(features: Features) -> Features:
        return {
            name: [branch.reduce(torch.tensor(frames, dtype=torch.float32)).numpy() for frames in utterances]
            for name, utterances in features.items()
        }

    branch.eval()
    return replace(examples, features=heard(examples.features), copies=tuple(heard(copy) for copy in examples.copies))
