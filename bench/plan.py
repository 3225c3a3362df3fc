"""What a run consists of, piece by piece, each named by everything that can change it.

A piece whose name is in the store is done. The names depend on the inputs alone, so the whole plan is known before
anything is computed: ``emonoise status`` and a resumed run read it the same way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bench.corpora.corpus import DIMENSIONS, Corpus, Split, Utterance
from bench.inventory import Recording
from bench.keys import digest
from bench.machine import COMPUTING, versions
from bench.suite import Suite
from bench.systems import CONTROLS, REPRESENTATIONS, SYSTEMS, needed
from corruptions import Condition, Material, find_corruption, fingerprint

# Raise these when the code of a stage changes what it computes; corruptions and encoders have versions of their own.
FEATURES_VERSION = 1
TRAINING_VERSION = 1
PREDICTION_VERSION = 1
SCORING_VERSION = 1

# Utterances in a unit of work: enough to be worth a file, few enough to lose little when killed. A large corpus gets
# larger units, so that a condition never has more than MOST_BLOCKS files.
SMALLEST_BLOCK = 24
MOST_BLOCKS = 200

LEARNED_FROM: tuple[Split, ...] = ("train", "dev")

Block = tuple[Utterance, ...]


@dataclass(frozen=True)
class FeatureBlock:
    """Clean training or development utterances, and the key of each representation of them."""

    utterances: Block
    keys: Mapping[str, str]


@dataclass(frozen=True)
class Fit:
    """One head to be trained: its kind, seed and inputs, where their features lie, and the labels mapped to [0, 1]."""

    key: str
    system: str
    head: str
    seed: int
    inputs: tuple[str, ...]
    feature_keys: Mapping[Split, Mapping[str, tuple[str, ...]]]
    labels: Mapping[Split, npt.NDArray[np.float64]]
    teacher: "Fit | None" = None


@dataclass(frozen=True)
class Predictor:
    """A system ready to be tested: its trained heads by seed, or the labels that a control knows."""

    key: str
    system: str
    inputs: tuple[str, ...]
    seeds: tuple[int, ...]
    fits: tuple[Fit, ...]
    control_labels: npt.NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Unit:
    """A block of test utterances under one condition and draw: what is computed or lost together."""

    key: str
    condition: Condition
    draw: int
    utterances: Block

    def shard(self, predictor_or_transcriber_key: str) -> str:
        """Return the key of what one system predicts, or one transcriber writes, for this unit."""
        return digest("shard", PREDICTION_VERSION, self.key, predictor_or_transcriber_key)


@dataclass(frozen=True)
class Plan:
    """Every piece of a run.

    Attributes:
        suite: what was asked for.
        corpus: its utterances.
        recordings: what each of them holds.
        fingerprints: of every representation and transcriber in use.
        features: the blocks that training reads.
        fits: every head to be trained, teachers before students.
        predictors: one for each system of the suite, in its order.
        units: the grid, condition by condition.
    """

    suite: Suite
    corpus: Corpus
    recordings: Mapping[str, Recording]
    fingerprints: Mapping[str, str]
    features: tuple[FeatureBlock, ...]
    fits: tuple[Fit, ...]
    predictors: tuple[Predictor, ...]
    units: tuple[Unit, ...]

    @cached_property
    def key(self) -> str:
        """A name for the whole run: two runs with the same key have the same tables."""
        tested = [[one.id, one.activation, one.valence, one.dominance] for one in self.corpus.split("test")]
        suite = self.suite.model_dump(mode="json")
        shards = [unit.shard(one.key) for unit in self.units for one in self.predictors]
        return digest(SCORING_VERSION, versions(), suite, self.corpus.note, tested, self.transcribers, shards)

    @cached_property
    def transcribers(self) -> dict[str, str]:
        """Fingerprint of every transcriber whose transcripts the suite's systems read."""
        names = {REPRESENTATIONS[name].transcriber for predictor in self.predictors for name in predictor.inputs}
        return {name: self.fingerprints[name] for name in sorted(name for name in names if name is not None)}


def representations_needed(systems: Sequence[str]) -> list[str]:
    """Return the representations that training and testing ``systems`` need, in the order of ``REPRESENTATIONS``."""
    used = {name for system in needed(systems) for name in SYSTEMS[system].inputs}
    return [name for name in REPRESENTATIONS if name in used]


def make_plan(
    suite: Suite,
    corpus: Corpus,
    recordings: Mapping[str, Recording],
    fingerprints: Mapping[str, str],
    recipes: Mapping[str, str],
    material: Material,
) -> Plan:
    """Return the plan of a run.

    Args:
        suite: what was asked for.
        corpus: its utterances.
        recordings: what each of them holds, from ``inventory.inspect``.
        fingerprints: of every representation that ``representations_needed`` names, and its transcriber.
        recipes: a name for how each kind of head is built and trained, from ``train.recipes``.
        material: what noises are made of.
    """
    features = tuple(
        FeatureBlock(block, {name: _feature_key(name, block, recordings, fingerprints) for name in _trained_on(suite)})
        for split in LEARNED_FROM
        for block in _blocks(corpus.split(split))
    )
    fits = _fits(suite, corpus, features, recipes)
    predictors = tuple(_predictor(suite, corpus, system, fits, fingerprints) for system in suite.systems)
    test = corpus.split("test")
    limit = min(suite.limit or len(test), len(test))
    test = tuple(test[index * len(test) // limit] for index in range(limit))
    libraries = versions(COMPUTING)
    digests = {one.path: recordings[one.id].sha256 for one in corpus.utterances}
    sounds = {condition: fingerprint(material, condition, digests.__getitem__) for condition in suite.expanded()}
    units = tuple(
        Unit(_unit_key(suite, corpus, block, condition, draw, recordings, sound | libraries), condition, draw, block)
        for condition, sound in sounds.items()
        for draw in draws_of(condition, material, suite.draws)
        for block in _blocks(test)
    )
    return Plan(suite, corpus, recordings, fingerprints, features, tuple(fits.values()), predictors, units)


def draws_of(condition: Condition, material: Material, draws: int) -> tuple[int, ...]:
    """Return the draws under which utterances meet a condition: only the first where nothing is left to chance."""
    chance = any(find_corruption(step.corruption, material).random for step in condition.steps)
    return tuple(range(draws)) if chance else (0,)


def unit_labels(utterances: Sequence[Utterance], scale: tuple[float, float]) -> npt.NDArray[np.float64]:
    """Return labels mapped from the corpus's scale to [0, 1], shape ``(n_utterances, 3)``."""
    low, high = scale
    labels = np.array([[getattr(utterance, name) for name in DIMENSIONS] for utterance in utterances], np.float64)
    return (labels - low) / (high - low)


def _blocks(utterances: Sequence[Utterance]) -> list[Block]:
    size = max(SMALLEST_BLOCK, -(-len(utterances) // MOST_BLOCKS))
    return [tuple(utterances[start : start + size]) for start in range(0, len(utterances), size)]


def _trained_on(suite: Suite) -> list[str]:
    systems = [name for name in needed(suite.systems) if SYSTEMS[name].trained_as is None]
    return [name for name in representations_needed(systems) if any(name in SYSTEMS[one].inputs for one in systems)]


def _feature_key(name: str, block: Block, recordings: Mapping[str, Recording], fingerprints: Mapping[str, str]) -> str:
    if REPRESENTATIONS[name].source == "reference":
        contents = [utterance.transcript for utterance in block]
    else:
        contents = [recordings[utterance.id].sha256 for utterance in block]
    return digest("features", FEATURES_VERSION, versions(COMPUTING), fingerprints[name], contents)


def _fits(
    suite: Suite, corpus: Corpus, features: Sequence[FeatureBlock], recipes: Mapping[str, str]
) -> dict[tuple[str, int], Fit]:
    labels = {split: unit_labels(corpus.split(split), corpus.scale) for split in LEARNED_FROM}
    fits: dict[tuple[str, int], Fit] = {}
    for name in needed(suite.systems):
        system = SYSTEMS[name]
        if system.head in CONTROLS or system.trained_as is not None:
            continue
        keys: dict[Split, dict[str, tuple[str, ...]]] = {
            split: {
                source: tuple(block.keys[source] for block in features if block.utterances[0].split == split)
                for source in system.inputs
            }
            for split in LEARNED_FROM
        }
        for seed in suite.seeds:
            teacher = None if system.teacher is None else fits[system.teacher, seed]
            key = digest(
                "fit",
                TRAINING_VERSION,
                versions(COMPUTING),
                recipes[system.head],
                seed,
                system.inputs,
                keys,
                {split: values.tolist() for split, values in labels.items()},
                teacher and teacher.key,
            )
            fits[name, seed] = Fit(key, name, system.head, seed, system.inputs, keys, labels, teacher)
    return fits


def _predictor(
    suite: Suite,
    corpus: Corpus,
    name: str,
    fits: Mapping[tuple[str, int], Fit],
    fingerprints: Mapping[str, str],
) -> Predictor:
    system = SYSTEMS[name]
    if system.head in CONTROLS:
        labels = unit_labels(corpus.split("train"), corpus.scale)
        return Predictor(
            digest("control", system.head, suite.seeds, labels.tolist()), name, (), suite.seeds, (), labels
        )
    own = tuple(fits[system.trained_as or name, seed] for seed in suite.seeds)
    key = digest("heads", [fit.key for fit in own], [fingerprints[source] for source in system.inputs])
    return Predictor(key, name, system.inputs, suite.seeds, own)


def _unit_key(
    suite: Suite,
    corpus: Corpus,
    block: Block,
    condition: Condition,
    draw: int,
    recordings: Mapping[str, Recording],
    sound: Mapping[str, str | int | float | None],
) -> str:
    return digest(
        "unit",
        suite.seed,
        corpus.name,
        str(condition),
        draw,
        [[one.id, one.speaker, recordings[one.id].sha256, one.transcript] for one in block],
        sound,
    )
