"""The coefficients of the probe's generative model. Its equations are in :mod:`bench.corpora.probe.corpus`."""

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml
from pydantic import model_validator

from bench.corpora.corpus import DIMENSIONS
from bench.store.strict import Strict

SCALE = (1.0, 7.0)


class Shares(Strict):
    """What the variance of a label is made of; the three sum to 1."""

    words: float
    voice: float
    raters: float

    @model_validator(mode="after")
    def _complete(self) -> "Shares":
        if not math.isclose(self.words + self.voice + self.raters, 1):
            raise ValueError(f"shares of a label must sum to 1, not to {self.words + self.voice + self.raters}")
        return self


class Standard(Strict):
    """What brings a lexical score to mean 0 and variance 1."""

    mean: float
    deviation: float


class Loading(Strict):
    """One parameter of the voice: uniform between speakers, linear in the vocal latents."""

    speaker: tuple[float, float]
    activation: float = 0.0
    valence: float = 0.0
    dominance: float = 0.0


class Model(Strict):
    """What ``model.yaml`` beside this file says."""

    centre: float
    spread: float
    neutral_radius: float
    shares: Mapping[str, Shares]
    voice_correlation: float
    lexical: Mapping[str, Standard]
    voice: Mapping[str, Loading]


@cache
def read_model() -> Model:
    """Return the coefficients of the model."""
    with Path(__file__).with_name("model.yaml").open(encoding="utf-8") as file:
        return Model(**yaml.safe_load(file))


def best_expected_ccc() -> dict[str, float]:
    """Return for each dimension the highest CCC that any prediction can be expected to reach, given the raters' noise.

    No prediction can correlate with ``y = x + e`` more than ``x`` itself does, and CCC never exceeds the correlation;
    stretched by ``std(y) / std(x)`` about its mean, ``x`` attains it. The ceiling is ``sqrt(1 - share of the raters)``.

    Examples:
        >>> print(round(best_expected_ccc()["valence"], 3))
        0.949
    """
    return {dimension: (1 - read_model().shares[dimension].raters) ** 0.5 for dimension in DIMENSIONS}
