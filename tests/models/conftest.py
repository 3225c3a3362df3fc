"""Examples whose effects we planted: activation and dominance in the mean of a sound, valence in one of the words.

What a recogniser says of its confidence is drawn at random, and means nothing.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from models.heads.catalog import HEADS
from models.heads.examples import Examples, Teaching
from models.heads.fitting import FitConfig
from models.heads.training import Head, TrainedHead, teach, train_head
from models.heads.tuning import TopLayers
from models.speech.top_layers import Top, TopShape

INPUTS = {
    "tc-gru": ("sound",),
    "multi-task": ("sound",),
    "ridge": ("sound", "words"),
    "fusion": ("sound", "words"),
    "fusion-confidence": ("sound", "words", "confidence"),
    "fusion-early": ("sound", "words"),
    "fusion-gated": ("sound", "words"),
    "fusion-gated-dropout": ("sound", "words"),
    "student": ("sound",),
    "student-soft": ("sound",),
    "student-hard": ("sound",),
    "student-untaught": ("sound",),
    "tuned": ("sound",),
    "tuned-student": ("sound",),
}
KINDS = tuple(INPUTS)

JOINT = ("fusion-early", "fusion-gated", "fusion-gated-dropout")
MORE_STEPS = FitConfig(batch=30)
"""For fusions that are trained jointly: more layers learn more slowly, and 90 utterances are one batch otherwise."""


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Compute on one thread, as the processes of a run do."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def _top() -> Top:
    """One layer of an encoder of sounds that nobody has trained: it adds little to what goes in."""
    shape = TopShape(width=6, heads=2, inner=12, n_layers=1, norm_first=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        weights = {name: 0.3 * weight for name, weight in TopLayers(shape, 0.0).state_dict().items()}
    return Top(shape, {name: weight.numpy() for name, weight in weights.items()})


def _plant(n_utterances: int, seed: int) -> Examples:
    rng = np.random.default_rng(seed)
    latent = rng.normal(size=(n_utterances, 3))
    sounds, words = [], []
    for activation, valence, dominance in latent:
        sound = rng.normal(size=(rng.integers(10, 20), 6))
        sound[:, 0] += activation
        sound[:, 1] += 0.6 * activation + 0.8 * dominance
        text = rng.normal(size=(rng.integers(1, 9), 5))
        text[rng.integers(len(text)), 0] += 3 * valence
        sounds.append(sound.astype(np.float32))
        words.append(text.astype(np.float32))
    labels = np.clip(0.5 + 0.15 * (latent + 0.2 * rng.normal(size=latent.shape)), 0, 1)
    emotions = tuple(
        None if number % 5 == 0 else "excited" if activation > 0 else "calm"
        for number, activation in enumerate(latent[:, 0])
    )
    confidence = [rng.uniform(size=(1, 1)).astype(np.float32) for _ in sounds]
    return Examples({"sound": sounds, "words": words, "confidence": confidence}, labels, emotions=emotions)


@pytest.fixture(scope="session")
def planted() -> Callable[..., Examples]:
    """Return ``planted(n_utterances, seed, inputs)``."""

    def examples(n_utterances: int, seed: int, inputs: tuple[str, ...] = ("sound", "words", "confidence")) -> Examples:
        return _plant(n_utterances, seed).only(inputs)

    return examples


@pytest.fixture(scope="session")
def train(planted) -> Callable[[str], TrainedHead]:
    """Return ``train(kind, seed=0, **options)``: a head of the planted examples; a student is taught by a fusion."""

    def train_kind(kind: str, seed: int = 0, **options: Any) -> TrainedHead:
        inputs = INPUTS[kind]
        teaching: Teaching | None = None
        if HEADS[kind].taught:
            teaching = teach(fusion.head, planted(90, 1).features)
        if HEADS[kind].tuned:
            options["top"] = _top()
        if kind in JOINT:
            options = {"fit": MORE_STEPS, **options}
        examples, dev = planted(90, 1, inputs), planted(40, 2, inputs)
        return train_head(kind, examples, dev, seed=seed, teaching=teaching, **options)

    fusion = train_kind("fusion")
    return train_kind


@pytest.fixture(scope="session")
def trained(train) -> dict[str, TrainedHead]:
    """One trained head of every kind."""
    return {kind: train(kind) for kind in KINDS}


@pytest.fixture(params=KINDS)
def kind(request) -> str:
    return request.param


@pytest.fixture
def head(trained, kind) -> Head:
    return trained[kind].head
