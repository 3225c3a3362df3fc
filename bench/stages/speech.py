"""The speech that encoders are given: an utterance under a condition, and noisy copies of it for training."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from bench.store.keys import rng_for
from corruptions import Condition, Corrupted, Material, Waveform, corrupt
from corruptions.sound.promises import AudioError
from corruptions.sound.segments import Clip, read_clip


class UtteranceError(ValueError):
    """An utterance cannot be corrupted as asked; the message names its file and the condition."""


Made = TypeVar("Made")


class Source(Protocol):
    """A recording to corrupt: its id, which all randomness depends on, who speaks, and what to read."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def speaker(self) -> str: ...  # noqa: D102
    @property
    def clip(self) -> Clip: ...  # noqa: D102


Heard = TypeVar("Heard", bound=Source)


def each_or_fault(
    utterances: Sequence[Heard], hear: Callable[[Heard], Made]
) -> tuple[list[Made], dict[str, UtteranceError]]:
    """Return what ``hear`` makes of every utterance, or an ``UtteranceError`` instead, by the id of the utterance."""
    made, faults = [], {}
    for one in utterances:
        try:
            made.append(hear(one))
        except UtteranceError as fault:
            faults[one.id] = fault
    return made, faults


def clean_speech(utterance: Source) -> Waveform:
    """Return the recording as it is.

    Raises:
        UtteranceError: if it cannot be read, naming the file.
    """
    try:
        return read_clip(utterance.clip)
    except AudioError as error:
        raise UtteranceError(str(error)) from error


def corrupt_utterance(
    utterance: Source, condition: Condition, draw: int, material: Material, *, corpus: str, seed: int
) -> Corrupted:
    """Return the utterance under the condition, the same whoever asks and whenever.

    Raises:
        UtteranceError: where ``corrupt`` refuses, naming the file.
    """
    rng = rng_for(seed, corpus, utterance.id, condition.corruption, draw)
    try:
        return corrupt(read_clip(utterance.clip), condition, rng, material, speaker=utterance.speaker)
    except ValueError as error:
        raise UtteranceError(f"{utterance.clip} under {condition}: {error}") from error


def noisy_copy(
    utterance: Source, copy: int, conditions: Sequence[Condition], material: Material, *, corpus: str, seed: int
) -> Waveform:
    """Return a copy of the utterance under one of the conditions, each as likely as the others.

    What it sounds like depends on the seed, the utterance and the number of the copy alone.

    Args:
        utterance: of the training or development split.
        copy: its number, from 1.
        conditions: those of the suite's ``training``.
        material: what they are made of.
        corpus: the corpus's name.
        seed: the suite's.

    Raises:
        UtteranceError: where the utterance cannot be corrupted as drawn, naming the file.
    """
    drawn = int(rng_for(seed, corpus, utterance.id, "condition of training", copy).integers(len(conditions)))
    return corrupt_utterance(utterance, conditions[drawn], copy, material, corpus=corpus, seed=seed).audio
