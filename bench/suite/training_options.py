"""What a suite says of training: which noises are heard, and how long it takes."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from bench.store.strict import Strict
from bench.suite.conditions import ConditionBlock, expand
from corruptions import Condition

if TYPE_CHECKING:
    from models.heads.fitting import FitConfig

Share = Annotated[float, Field(ge=0)]


class FitOptions(Strict):
    """What replaces the defaults of ``models.heads.fitting.FitConfig``, under the same names."""

    batch: Annotated[int, Field(ge=2)] | None = None
    learning_rate: Annotated[float, Field(gt=0)] | None = None
    epochs: Annotated[int, Field(ge=1)] | None = None
    patience: Annotated[int, Field(ge=1)] | None = None
    weight_decay: Share | None = None
    clip: Annotated[float, Field(gt=0)] | None = None
    chunk: Annotated[int, Field(ge=1)] | None = None
    weights: tuple[Share, Share, Share] | None = None

    def config(self) -> "FitConfig":
        """Return how heads are trained."""
        from models.heads.fitting import FitConfig

        return FitConfig(**{name: value for name, value in self if value is not None})


class Training(Strict):
    """How heads are trained: ``{conditions: [{noise: [pink, brown], snr_db: [20, 10, 0]}], copies: 3}``.

    Attributes:
        conditions: what a system that is ``trained_on: noisy`` hears beside clean speech, written as the suite's own
            ``conditions``; recordings must be of a training split.
        copies: how many noisy copies are made of every training and development utterance, each under a condition
            drawn for it. In an epoch one of them, or the clean one, is heard: as many steps as without noise.
        fit: sizes of batches, steps and so on, where they are not the defaults.
    """

    conditions: tuple[ConditionBlock, ...] = ()
    copies: Annotated[int, Field(ge=1)] = 3
    fit: FitOptions = FitOptions()

    def expanded(self) -> list[Condition]:
        """Return every condition of training, in the order of the file."""
        return expand(self.conditions)
