"""The systems under test: which representations each hears or reads, and which head it puts on them.

To add a system, add an entry to ``SYSTEMS``, or write it into a suite. What it hears is named in
``bench.suite.representations``.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from bench.store.keys import rng_for
from bench.store.strict import Strict
from bench.suite.representations import Model, Representation

Family = Literal["acoustic", "lexical", "multimodal", "student", "control"]


class System(Strict):
    """A way to get from an utterance to activation, valence and dominance.

    Attributes:
        description: one sentence for the report.
        family: what kind of robustness it stands for.
        inputs: names of representations, in the order of the head's inputs; none for a control.
        head: a name in ``models.heads.catalog.HEADS``, in ``CONTROLS`` where there are no inputs, or ``AS_IS``.
        teacher: the system whose embedding and predictions the head learns from, beside the labels; it hears clean
            speech. An ``UNTAUGHT`` head is only as wide as it.
        trained_on: ``clean`` speech, or ``noisy``: each utterance clean or in one of the noises of the suite's
            ``training``, another in every epoch.
        trained_as: the system whose trained heads are used as they are; ``inputs`` then stand for that system's.
        paper: which system of which paper this is.
        reading: what the paper does not say and is our reading.
    """

    description: str
    family: Family
    inputs: tuple[str, ...] = ()
    head: str = "tc-gru"
    teacher: str | None = None
    trained_on: Literal["clean", "noisy"] = "clean"
    trained_as: str | None = None
    paper: str = ""
    reading: str = ""


# The head of a model that was trained elsewhere: its only input is its prediction, one frame of three numbers.
AS_IS = "as-is"
# The head of a student that learns nothing of its teacher but how wide to be.
UNTAUGHT = "student-untaught"


SYSTEMS: dict[str, System] = {
    "mfb": System(description="Log-mel filterbank energies into a TC-GRU.", family="acoustic", inputs=("mfb",)),
    "mfb-80": System(
        description="Twice as many filterbank energies into a TC-GRU.", family="acoustic", inputs=("mfb-80",)
    ),
    "whisper": System(
        description="Hidden states of Whisper's encoder, third layer of four, into a TC-GRU.",
        family="acoustic",
        inputs=("whisper",),
    ),
    "whisper-1": System(
        description="The first layer of Whisper's encoder into a TC-GRU.", family="acoustic", inputs=("whisper-1",)
    ),
    "whisper-2": System(
        description="The second layer of Whisper's encoder into a TC-GRU.", family="acoustic", inputs=("whisper-2",)
    ),
    "whisper-4": System(
        description="The last layer of Whisper's encoder into a TC-GRU.", family="acoustic", inputs=("whisper-4",)
    ),
    "text": System(
        description="Whisper's transcript, MiniLM token embeddings, then a TC-GRU.", family="lexical", inputs=("text",)
    ),
    "text-oracle": System(
        description="The heads of `text` given the reference transcript: what is left when ASR makes no errors.",
        family="lexical",
        inputs=("text-oracle",),
        trained_as="text",
    ),
    "text-clean-asr": System(
        description="The heads of `text` given Whisper's transcript of the clean speech: noise takes nothing.",
        family="lexical",
        inputs=("text-clean-asr",),
        trained_as="text",
    ),
    "fusion": System(
        description="Filterbank, Whisper's encoder and transcript: a TC-GRU for each, weighed on development data.",
        family="multimodal",
        inputs=("mfb", "whisper", "text"),
        head="fusion",
    ),
    "student": System(
        description="Filterbank TC-GRU taught by `fusion`: embedding and predictions on clean speech, beside labels.",
        family="student",
        inputs=("mfb",),
        head="student",
        teacher="fusion",
    ),
    "mfb-ridge": System(
        description="Mean and deviation of filterbank energies into ridge regression.",
        family="acoustic",
        inputs=("mfb",),
        head="ridge",
    ),
    "whisper-ridge": System(
        description="Mean and deviation of Whisper's hidden states into ridge regression.",
        family="acoustic",
        inputs=("whisper",),
        head="ridge",
    ),
    "text-ridge": System(
        description="Mean and deviation of token embeddings into ridge regression.",
        family="lexical",
        inputs=("text",),
        head="ridge",
    ),
    "fusion-ridge": System(
        description="Pooled Whisper states and token embeddings together into ridge regression.",
        family="multimodal",
        inputs=("whisper", "text"),
        head="ridge",
    ),
    "noise-level": System(
        description="Hears nothing: ridge regression on the level of the noise that was added, learnt in the suite's "
        "training noises, or white noise at 20 to -5 dB where it has none: what the SNR of an utterance gives away.",
        family="control",
        inputs=("noise-level",),
        head="ridge",
        trained_on="noisy",
    ),
    "random": System(
        description="Draws a training label for every utterance without listening.", family="control", head="random"
    ),
    "constant": System(description="Always says the mean of the training labels.", family="control", head="constant"),
}

# What is heard of the level of noise in a suite without training noises. Which noise it is makes no difference.
LEVEL_NOISES = tuple(f"white@{snr_db}dB" for snr_db in (20, 10, 5, 0, -5))


def _random_rater(labels: npt.NDArray[np.float64], utterances: Sequence[str], seed: int) -> npt.NDArray[np.float64]:
    # One draw an utterance, the same under every condition: this rater does not hear the noise either.
    rows = [int(rng_for("random rater", seed, utterance).integers(len(labels))) for utterance in utterances]
    return labels[rows]


def _constant_rater(labels: npt.NDArray[np.float64], utterances: Sequence[str], seed: int) -> npt.NDArray[np.float64]:  # noqa: ARG001 - every control has the same signature
    return np.tile(labels.mean(axis=0), (len(utterances), 1))


# Sanity rows: training labels (n, 3), utterance ids, seed -> predictions (n_utterances, 3). None of them listens.
CONTROLS: dict[str, Callable[[npt.NDArray[np.float64], Sequence[str], int], npt.NDArray[np.float64]]] = {
    "random": _random_rater,
    "constant": _constant_rater,
}


USUAL_REFERENCE = "mfb"


def reference_among(tested: Sequence[str], acoustic: Collection[str]) -> str | None:
    """Return the system that errors in noise are relative to unless a suite says: ``mfb``, else the first acoustic one.

    Args:
        tested: the names of all systems; one alone is compared with nobody.
        acoustic: those that hear only, and were trained.

    Examples:
        >>> reference_among(["text", "voice", "mfb"], ["voice", "mfb"]), reference_among(["text", "voice"], ["voice"])
        ('mfb', 'voice')
        >>> reference_among(["mfb"], ["mfb"]) is None
        True
    """
    if len(tested) == 1:
        return None
    return USUAL_REFERENCE if USUAL_REFERENCE in tested else next((name for name in tested if name in acoustic), None)


@dataclass(frozen=True)
class Catalog:
    """What a suite can name: what is built in, and what it adds."""

    models: Mapping[str, Model]
    representations: Mapping[str, Representation]
    systems: Mapping[str, System]


def needed(names: Sequence[str], systems: Mapping[str, System] = SYSTEMS) -> list[str]:
    """Return ``names`` and the systems they learn from or borrow heads of, every system after those it needs.

    Examples:
        >>> needed(["student", "text-oracle"])
        ['fusion', 'student', 'text', 'text-oracle']
    """
    ordered: dict[str, None] = {}
    waiting = [*reversed(names)]
    while waiting:
        name = waiting.pop()
        origins = (systems[name].teacher, systems[name].trained_as)
        before = [one for one in origins if one is not None and one not in ordered]
        if before:
            waiting += [name, *reversed(before)]
        else:
            ordered[name] = None
    return [*ordered]
