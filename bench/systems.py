"""The systems under test: which representations each hears or reads, and which head it puts on them.

To add a system, add an entry to ``SYSTEMS``. A representation it needs that is not there yet is an entry in
``REPRESENTATIONS``, made of an encoder from ``models``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from bench.keys import rng_for

Family = Literal["acoustic", "lexical", "multimodal", "student", "control"]
Source = Literal["audio", "asr", "reference"]


@dataclass(frozen=True)
class Representation:
    """A sequence of vectors for an utterance.

    Attributes:
        source: what the encoder is given: the waveform, its ASR transcript, or the corpus's reference transcript.
        encoder: a name in ``models.speech.SPEECH_ENCODERS`` for audio, in ``models.text.TEXT_ENCODERS`` for text.
        transcriber: a name in ``models.asr.TRANSCRIBERS``, for ``asr``.
    """

    source: Source
    encoder: str
    transcriber: str | None = None


REPRESENTATIONS: dict[str, Representation] = {
    "mfb": Representation("audio", "filterbank"),
    "mfb-80": Representation("audio", "filterbank-80"),
    "whisper": Representation("audio", "whisper-encoder"),
    "whisper-1": Representation("audio", "whisper-encoder-1"),
    "whisper-2": Representation("audio", "whisper-encoder-2"),
    "whisper-4": Representation("audio", "whisper-encoder-4"),
    "text": Representation("asr", "minilm", transcriber="whisper-tiny.en"),
    "text-oracle": Representation("reference", "minilm"),
}


@dataclass(frozen=True)
class System:
    """A way to get from an utterance to activation, valence and dominance.

    Attributes:
        description: one sentence for the report.
        family: what kind of robustness it stands for.
        inputs: names in ``REPRESENTATIONS``, in the order of the head's inputs; none for a control.
        head: a name in ``models.training.HEADS``, or in ``CONTROLS`` where there are no inputs.
        teacher: the system whose embedding and predictions the head learns from, beside the labels.
        trained_as: the system whose trained heads are used as they are; ``inputs`` then stand for that system's.
    """

    description: str
    family: Family
    inputs: tuple[str, ...] = ()
    head: str = "tc-gru"
    teacher: str | None = None
    trained_as: str | None = None


SYSTEMS: dict[str, System] = {
    "mfb": System("Log-mel filterbank energies into a TC-GRU.", "acoustic", ("mfb",)),
    "mfb-80": System("Twice as many filterbank energies into a TC-GRU.", "acoustic", ("mfb-80",)),
    "whisper": System(
        "Hidden states of Whisper's encoder, third layer of four, into a TC-GRU.", "acoustic", ("whisper",)
    ),
    "whisper-1": System("The first layer of Whisper's encoder into a TC-GRU.", "acoustic", ("whisper-1",)),
    "whisper-2": System("The second layer of Whisper's encoder into a TC-GRU.", "acoustic", ("whisper-2",)),
    "whisper-4": System("The last layer of Whisper's encoder into a TC-GRU.", "acoustic", ("whisper-4",)),
    "text": System("Whisper's transcript, MiniLM token embeddings, then a TC-GRU.", "lexical", ("text",)),
    "text-oracle": System(
        "The heads of `text` given the reference transcript: what is left when ASR makes no errors.",
        "lexical",
        ("text-oracle",),
        trained_as="text",
    ),
    "fusion": System(
        "Filterbank, Whisper's encoder and transcript together: a TC-GRU for each, weighed on development data.",
        "multimodal",
        ("mfb", "whisper", "text"),
        head="fusion",
    ),
    "student": System(
        "Filterbank TC-GRU taught by `fusion`: its embedding and predictions on clean speech, beside the labels.",
        "student",
        ("mfb",),
        head="student",
        teacher="fusion",
    ),
    "mfb-ridge": System(
        "Mean and deviation of filterbank energies into ridge regression.", "acoustic", ("mfb",), "ridge"
    ),
    "whisper-ridge": System(
        "Mean and deviation of Whisper's hidden states into ridge regression.", "acoustic", ("whisper",), "ridge"
    ),
    "text-ridge": System(
        "Mean and deviation of token embeddings into ridge regression.", "lexical", ("text",), "ridge"
    ),
    "fusion-ridge": System(
        "Pooled Whisper states and token embeddings together into ridge regression.",
        "multimodal",
        ("whisper", "text"),
        "ridge",
    ),
    "random": System("Draws a training label for every utterance without listening.", "control", head="random"),
    "constant": System("Always says the mean of the training labels.", "control", head="constant"),
}


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


def needed(names: Sequence[str], systems: Mapping[str, System] = SYSTEMS) -> list[str]:
    """Return ``names`` and the systems they learn from or borrow heads of, every system after those it needs.

    Examples:
        >>> needed(["student", "text-oracle"])
        ['fusion', 'student', 'text', 'text-oracle']
    """
    ordered: list[str] = []
    for name in names:
        before = [other for other in (systems[name].teacher, systems[name].trained_as) if other is not None]
        ordered += [other for other in [*needed(before, systems), name] if other not in ordered]
    return ordered
