"""What the noises and rooms of a corpus are made of: its own training split, and folders of recordings."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np

from bench.corpora.corpus import Corpus, Utterance
from bench.corpora.inventory import Recording
from bench.store.engine import run_jobs
from bench.store.progress import Stages
from bench.store.store import cache_root
from bench.suite.conditions import Policy
from corruptions import CORRUPTIONS, Condition, Material, NoiseFolder, long_term_spectrum
from corruptions.room.bank import build_rooms
from corruptions.room.responses import Response
from corruptions.sound.levels import LevelName
from corruptions.sound.public import Split
from corruptions.sound.segments import Clip


def make_material(
    conditions: Sequence[Condition],
    corpus: Corpus,
    recordings: Mapping[str, Recording],
    *,
    snr: LevelName = "active",
    policy: Policy = "per-utterance",
    noises: Mapping[str, NoiseFolder],
    responses: Mapping[str, tuple[Response, ...]],
    split: Split = "test",
    stages: Stages,
    pool: ProcessPoolExecutor,
) -> Material:
    """Return what ``conditions`` are made of.

    Args:
        conditions: what will be asked for; what none of them needs is not made.
        corpus: its training split talks in the babble and shapes the noise.
        recordings: what each of its files holds, from ``bench.corpora.inventory.inspect``.
        snr: how the level of speech is measured.
        policy: ``per-utterance`` holds the SNR of each utterance, ``floor`` one noise level for the whole split.
        noises: folders of noise by name.
        responses: measured impulse responses by name.
        split: the utterances that will be corrupted; their median level is the reference of a floor.
        stages: where the progress of simulated rooms is shown, which are kept in the cache.
        pool: simulates them.
    """
    training = corpus.split("train")
    talkers: dict[str, list[Clip]] = {}
    for utterance in training:
        talkers.setdefault(utterance.speaker, []).append(utterance.clip)
    steps = {step for condition in conditions for step in condition.steps if step.corruption in CORRUPTIONS}
    needs = {need for step in steps for need in CORRUPTIONS[step.corruption].needs}
    rt60s_s = {step.level for step in steps if step.level is not None and "rooms" in CORRUPTIONS[step.corruption].needs}
    run = partial(run_jobs, pool)
    material = Material(
        snr=snr,
        talkers={speaker: tuple(clips) for speaker, clips in talkers.items()},
        spectrum=long_term_spectrum([one.clip for one in training]) if "spectrum" in needs else None,
        recordings=dict(sorted(noises.items())),
        rooms=build_rooms(sorted(rt60s_s), cache_root(), run=run, stage=stages.stage, warn=stages.warn)
        if rt60s_s
        else {},
        responses=dict(sorted(responses.items())),
    )
    return at_level_of(corpus.split(split), material, recordings, policy)


def at_level_of(
    utterances: Sequence[Utterance], material: Material, recordings: Mapping[str, Recording], policy: Policy
) -> Material:
    """Return the material as these utterances meet it: where one noise level holds for all, it is that of their median.

    Speech to learn from has a level of its own, so that nothing of the test is in it.
    """
    if policy == "per-utterance":
        return material
    heard = [recordings[utterance.id] for utterance in utterances]
    levels = [one.active_dbfs if material.snr == "active" else one.rms_dbfs for one in heard]
    return replace(material, reference_dbfs=float(np.median(levels)))
