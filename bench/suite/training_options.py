"""What a suite says of training: which noises are heard, and how long it takes."""

from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field

from bench.store.strict import NUMBER, Strict
from bench.suite.conditions import ConditionBlock, expand
from corruptions import Condition

if TYPE_CHECKING:
    from models.heads.fitting import FitConfig

Share = Annotated[float, NUMBER, Field(ge=0, le=1e6)]


def _not_all_0(weights: tuple[float, float, float]) -> tuple[float, float, float]:
    if max(weights) < _LEAST_WEIGHT:
        raise ValueError(f"one of them must be {_LEAST_WEIGHT:g} or more, and they are {[*weights]}")
    return weights


_LEAST_WEIGHT = 1e-6


class FitOptions(Strict):
    """What replaces the defaults of ``models.heads.fitting.FitConfig``, under the same names.

    Attributes:
        batch: 2 to a million.
        learning_rate: above 0, at most 1: a step of AdamW is as long as that, whatever the gradient.
        epochs: 1 to 100,000.
        patience: 1 to 100,000.
        weight_decay: 0 to 100; in every step the learning rate times that of each weight is lost.
        clip: above 0, at most a million.
        chunk: 1 to a million.
        weights: 0 to a million each, and one of them 1e-6 or more.
    """

    batch: Annotated[int, NUMBER, Field(ge=2, le=1_000_000)] | None = None
    learning_rate: Annotated[float, NUMBER, Field(gt=0, le=1)] | None = None
    epochs: Annotated[int, NUMBER, Field(ge=1, le=100_000)] | None = None
    patience: Annotated[int, NUMBER, Field(ge=1, le=100_000)] | None = None
    weight_decay: Annotated[float, NUMBER, Field(ge=0, le=100)] | None = None
    clip: Annotated[float, NUMBER, Field(gt=0, le=1e6)] | None = None
    chunk: Annotated[int, NUMBER, Field(ge=1, le=1_000_000)] | None = None
    weights: Annotated[tuple[Share, Share, Share], AfterValidator(_not_all_0)] | None = None

    def config(self) -> "FitConfig":
        """Return how heads are trained."""
        from models.heads.fitting import FitConfig

        return FitConfig(**{name: value for name, value in self if value is not None})


class Training(Strict):
    """How heads are trained: ``{conditions: [{noise: [pink, brown], snr_db: [20, 10, 0]}], copies: 3}``.

    Attributes:
        conditions: what a system that is ``trained_on: noisy`` hears beside clean speech, written as the suite's own
            ``conditions``; recordings must be of a training split.
        copies: how many noisy copies, 1 to 1000, are made of every training and development utterance, each under a
            condition drawn for it. In an epoch one of them, or the clean one, is heard: as many steps as without noise.
        fit: sizes of batches, steps and so on, where they are not the defaults.
    """

    conditions: tuple[ConditionBlock, ...] = ()
    copies: Annotated[int, NUMBER, Field(ge=1, le=1000)] = 3
    fit: FitOptions = FitOptions()

    def expanded(self) -> list[Condition]:
        """Return every condition of training, in the order of the file."""
        return expand(self.conditions)
