"""The speech that encoders are given: an utterance under a condition, and noisy copies of it for training."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar

from bench.store.keys import rng_for
from corruptions import Condition, Corrupted, Material, Waveform, corrupt
from corruptions.sound.promises import AudioError
from corruptions.sound.segments import Clip, read_clip


class UtteranceError(ValueError):
    """The recording of an utterance is not what was listed, cannot be read, or cannot be corrupted as asked.

    The message names it. What is wrong with recordings of others, of noise or of rooms is none.
    """


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


def noted(faults: Mapping[str, UtteranceError], *, allow_missing: bool) -> dict[str, str]:
    """Return why utterances are left out, by id.

    Raises:
        UtteranceError: the first of them, unless they may be missing.
    """
    if faults and not allow_missing:
        raise next(iter(faults.values()))
    return {name: str(fault) for name, fault in faults.items()}


def clean_speech(utterance: Source) -> Waveform:
    """Return the recording as it is.

    Raises:
        UtteranceError: if it cannot be read, or has changed; the message names it.
    """
    try:
        return read_clip(utterance.clip)
    except AudioError as error:
        raise UtteranceError(utterance.clip.blamed(error)) from error


def corrupt_utterance(
    utterance: Source, condition: Condition, draw: int, material: Material, *, corpus: str, seed: int
) -> Corrupted:
    """Return the utterance under the condition, the same whoever asks and whenever.

    Raises:
        UtteranceError: where its own recording cannot be read, has changed, or cannot be corrupted as asked.
        AudioError: where a recording that its noise or room is made of cannot be read, or has changed.
    """
    rng = rng_for(seed, corpus, utterance.id, condition.corruption, draw)
    speech = clean_speech(utterance)
    try:
        return corrupt(speech, condition, rng, material, speaker=utterance.speaker)
    except AudioError:  # of another file, which it names
        raise
    except ValueError as error:
        raise UtteranceError(f"{utterance.clip} under {condition}: {error}") from error


def noisy_copy(
    utterance: Source, copy: int, conditions: Sequence[Condition], material: Material, *, corpus: str, seed: int
) -> Corrupted:
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
        UtteranceError, AudioError: as ``corrupt_utterance`` does.
    """
    drawn = int(rng_for(seed, corpus, utterance.id, "condition of training", copy).integers(len(conditions)))
    return corrupt_utterance(utterance, conditions[drawn], copy, material, corpus=corpus, seed=seed)
