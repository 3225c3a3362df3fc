"""The one door: an utterance and a condition in, the corrupted audio and a record of what was done out.

The result depends on the arguments and on nothing else: not on order, on what ran before, or on other utterances. A
generator made from (seed, corpus, utterance, corruption, draw), without the level, gives an utterance the same noise at
every SNR.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from corruptions.catalog import CORRUPTIONS, NO_ROOM, ONE_FLOOR, SNR, check_snr, own_noise, own_rooms
from corruptions.condition import Condition, Step
from corruptions.corruption import Corruption, Setting
from corruptions.ground.problems import those_there_are
from corruptions.material import Material
from corruptions.noise.activity import active_share
from corruptions.room.responses import Response
from corruptions.sound.audio import Waveform
from corruptions.sound.levels import check_waveform, has_level, rms_dbfs, speech_levels_dbfs
from corruptions.sound.measures import intelligibility_snr_db, segmental_snr_db
from corruptions.sound.promises import AudioError
from corruptions.sound.record import Corrupted, Record

NOTHING = Material()

# Raise it whenever the same inputs could give other samples or another record than before.
VERSION = 7


def corrupt(
    speech: Waveform,
    condition: Condition,
    rng: np.random.Generator,
    material: Material = NOTHING,
    *,
    speaker: str | None = None,
) -> Corrupted:
    """Return ``speech`` under ``condition``, and a record of exactly what was done.

    Args:
        speech: shape ``(n_samples,)``, 16 kHz. It is left as it is.
        condition: steps from first to last; ``CLEAN`` gives the speech bit for bit.
        rng: a new one for every call. The first step draws from it, each further one from a child of its own, so that
            what a step draws depends neither on levels nor on other steps.
        material: what the condition's noises are made of, and how SNR is understood.
        speaker: who speaks, and is therefore never heard in the babble.

    Returns:
        Audio as long as the speech, which may exceed +-1.0, and its record. The requested SNR and the one measured from
        the samples agree within 0.01 dB, unless it refers to ``material.reference_dbfs`` or to dry speech.

    Raises:
        ValueError: if the speech is silent or not a waveform, a corruption is unknown, or its material is missing.
        AudioError: if a recording that is needed cannot be used; the message names it.

    Examples:
        >>> from corruptions import parse_condition
        >>> speech = np.sin(np.arange(16_000, dtype=np.float32) / 5)
        >>> noisy = corrupt(speech, parse_condition("pink@5dB"), np.random.default_rng(0))
        >>> print(noisy.audio.shape, f"{noisy.record.snr_active_db:.2f} dB")
        (16000,) 5.00 dB
    """
    check_waveform("speech", speech)
    corrupted = _after_all_steps(speech.copy(), condition, rng, material, speaker)
    return replace(corrupted, record=measured(corrupted))


def corrupt_audio(
    speech: Waveform,
    condition: Condition,
    rng: np.random.Generator,
    material: Material = NOTHING,
    *,
    speaker: str | None = None,
) -> Waveform:
    """Return the audio of ``corrupt(...)`` bit for bit, without measuring what came of it: for training.

    Examples:
        >>> from corruptions import parse_condition
        >>> speech = np.sin(np.arange(16_000, dtype=np.float32) / 5)
        >>> corrupt_audio(speech, parse_condition("pink@5dB"), np.random.default_rng(0)).shape
        (16000,)
    """
    check_waveform("speech", speech)
    untouchable = speech.view()
    untouchable.flags.writeable = False
    audio = _after_all_steps(untouchable, condition, rng, material, speaker).audio
    return audio.copy() if np.may_share_memory(audio, speech) else audio


def _after_all_steps(
    speech: Waveform, condition: Condition, rng: np.random.Generator, material: Material, speaker: str | None
) -> Corrupted:
    """Return the utterance after the last step; its record lacks what is measured at the end."""
    try:
        active, rms = speech_levels_dbfs(speech)
    except ValueError as error:
        raise ValueError(f"speech: {error}") from error
    corrupted = Corrupted(speech, Record(active, rms))
    generators = [rng, *rng.spawn(len(condition.steps) - 1)] if condition.steps else []
    for step, child in zip(condition.steps, generators, strict=True):
        corruption = find_corruption(step.corruption, material)
        try:
            setting = Setting(_level(step, corruption), child, material, speaker, step.dry)
            corrupted = corruption.apply(corrupted, setting)
        except AudioError:  # names its file
            raise
        except ValueError as error:
            raise ValueError(f"{step}: {error}") from error
    return corrupted


def measured(corrupted: Corrupted) -> Record:
    """Return the record of an utterance after its last step, with what is measured from the samples."""
    record = replace(corrupted.record, peak=float(np.abs(corrupted.audio).max()))
    mixture = corrupted.mixture
    if mixture is None:
        return record
    speech, noise = mixture.speech, mixture.noise
    noise_dbfs = rms_dbfs(noise) if has_level(noise) else None  # a file may be too coarse to hold any of it
    both = noise_dbfs is not None and has_level(speech)
    return replace(
        record,
        snr_requested_db=mixture.snr_requested_db,
        snr_active_db=None if noise_dbfs is None else record.speech_active_dbfs - noise_dbfs,
        snr_rms_db=None if noise_dbfs is None else record.speech_rms_dbfs - noise_dbfs,
        snr_segmental_db=segmental_snr_db(speech, noise) if both else None,
        snr_intelligibility_db=intelligibility_snr_db(speech, noise) if both else None,
        noise_dbfs=noise_dbfs,
        noise_activity=None if noise_dbfs is None else active_share(noise),
        noise_gain_db=mixture.noise_gain_db,
        noise_source=mixture.noise_source,
        noise_sha256=mixture.noise_sha256,
        noise_offset=mixture.noise_offset,
    )


def find_corruption(name: str, material: Material = NOTHING) -> Corruption:
    """Return the corruption of that name: a built-in one, or a folder of noise or of rooms in ``material``.

    Raises:
        ValueError: if there is neither, or more than one.
    """
    if (name in CORRUPTIONS) + (name in material.recordings) + (name in material.responses) > 1:
        raise ValueError(f"{name!r} names more than one: a built-in corruption, own noise or own rooms; rename yours")
    if name in CORRUPTIONS:
        return CORRUPTIONS[name]
    if name in material.recordings:
        return own_noise(material.recordings[name])
    if name in material.responses:
        return own_rooms(material.responses[name])
    there = [*CORRUPTIONS, *material.recordings, *material.responses]
    raise ValueError(f"no corruption is called {name!r}; {those_there_are(name, there)}")


def check_material(material: Material, conditions: Iterable[Condition], speakers: Iterable[str]) -> None:
    """Check that every condition can be made for every speaker, before the first utterance is corrupted.

    Args:
        material: what the conditions' noises are made of.
        conditions: what will be asked for.
        speakers: of the utterances that will be corrupted.

    Raises:
        ValueError: if a corruption is unknown, or what it needs is missing; the message names the condition.
    """
    everyone: list[str | None] = [*sorted(set(speakers))] or [None]
    nothing_drawn = np.random.default_rng(0)
    for condition in conditions:
        try:
            _check_steps(condition, material)
            for step in condition.steps:
                corruption = find_corruption(step.corruption, material)
                corruption.check_level(_level(step, corruption))
                for speaker in everyone:
                    corruption.check(Setting(_level(step, corruption), nothing_drawn, material, speaker, step.dry))
        except ValueError as error:
            raise ValueError(f"{condition}: {error}") from error


def check_levels(conditions: Iterable[Condition]) -> None:
    """Refuse levels that no material will make possible: what can be said before any recording is read.

    Raises:
        ValueError: naming the condition.

    Examples:
        >>> from corruptions import parse_condition
        >>> check_levels([parse_condition("white@5dB"), parse_condition("mp3@17kbit/s")])
        Traceback (most recent call last):
        ValueError: mp3@17kbit/s: ...
    """
    for condition in conditions:
        for step in condition.steps:
            corruption = CORRUPTIONS.get(step.corruption)
            try:
                if corruption is not None:
                    corruption.check_level(_level(step, corruption))
                elif step.level is not None:  # a folder of somebody's own
                    check_snr(step.level)
            except ValueError as error:
                raise ValueError(f"{condition}: {error}") from error


def _check_steps(condition: Condition, material: Material) -> None:
    kinds = [find_corruption(step.corruption, material) for step in condition.steps]
    if sum(kind.level_unit == SNR for kind in kinds) > 1:
        raise ValueError("a condition holds one noise, so that it has one SNR")
    rooms = [bool(kind.needs & {"rooms", "responses"}) for kind in kinds]
    if sum(rooms) > 1:
        raise ValueError("a condition holds one room, so that it has one reverberation time")
    for step, room_before in zip(condition.steps, [False, *rooms], strict=False):
        if step.dry and not room_before:
            raise ValueError(NO_ROOM)
        if step.dry and material.reference_dbfs is not None:
            raise ValueError(ONE_FLOOR)


def _level(step: Step, corruption: Corruption) -> float:
    """Return the level that a step is applied at; 0 where there are no levels."""
    if (step.level is None) != (corruption.level_unit is None):
        if step.level is not None:
            raise ValueError(f"{step.corruption} has no levels: write its name alone")
        raise ValueError(f"{step.corruption} needs a level in {corruption.suffix}, behind an @")
    return step.level or 0.0


def check_for_training(condition: Condition, material: Material) -> None:
    """Refuse a condition that nothing may be trained on: one with recordings that are not of a training split.

    Raises:
        ValueError: naming the condition and the folder.
    """
    for step in condition.steps:
        folder = material.recordings.get(step.corruption)
        if folder is not None and folder.split != "train":
            marked = "is not marked as any split" if folder.split is None else f"is the {folder.split} split"
            raise ValueError(
                f"{condition}: {folder.folder} {marked}, and only a training split may be trained on; read a corpus "
                "with split='train', or mark one that is all for training: {root: FOLDER, split: train} in a suite, "
                "dataclasses.replace(folder, split='train') in Python"
            )


def fingerprint(material: Material, condition: Condition) -> dict[str, str | int | float | None]:
    """Return JSON values that change whenever ``material`` may make ``condition`` sound different.

    What the condition does not use is left out, so that another noise folder does not touch results on white noise.

    Args:
        material: what noises and rooms are made of.
        condition: the condition.
    """
    parts: dict[str, str | int | float | None] = {"corruptions": VERSION}
    if condition.steps:
        parts |= {"snr": material.snr, "reference_dbfs": material.reference_dbfs}
    needs = {need for step in condition.steps for need in find_corruption(step.corruption, material).needs}
    if "talkers" in needs:
        parts["talkers"] = _sha256(
            [[name, [clip.content() for clip in clips]] for name, clips in sorted(material.talkers.items())]
        )
    if "spectrum" in needs:
        parts["spectrum"] = _sha256(material.spectrum and material.spectrum.power)
    for step in condition.steps:
        if step.corruption in material.recordings:
            listing = [[one.name, one.sha256] for one in material.recordings[step.corruption].recordings]
            parts[f"recordings {step.corruption}"] = _sha256(listing)
        if responses := _responses(step, material):
            parts[f"responses {step}"] = _sha256([[one.name, one.sha256, one.channel] for one in responses])
    return parts


def _responses(step: Step, material: Material) -> Sequence[Response]:
    needs = find_corruption(step.corruption, material).needs
    if "rooms" in needs and step.level is not None:
        return material.rooms.get(step.level, ())
    return material.responses[step.corruption] if "responses" in needs else ()


def _sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
