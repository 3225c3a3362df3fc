"""How a suite becomes a plan: every piece of the run gets a name made of everything that can change it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bench.corpora.corpus import DIMENSIONS, Corpus, Utterance
from bench.corpora.inventory import Recording
from bench.plan.material import at_level_of
from bench.plan.plan import (
    DRIFT_VERSION,
    NO_SPEECH_VERSION,
    PREDICTION_VERSION,
    Block,
    FeatureBlock,
    Fit,
    Plan,
    Predictor,
    Unit,
    Version,
)
from bench.plan.sample import spread
from bench.store.engine import in_blocks
from bench.store.keys import STORED_VERSION, Key, Versions, make_key
from bench.store.machine import COMPUTING, versions
from bench.store.store import NONE
from bench.suite.representations import hears_clean, reads_reference
from bench.suite.suite import Suite
from bench.suite.systems import AS_IS, CONTROLS, System
from corruptions import CLEAN, Condition, Material, engine, find_corruption, fingerprint
from corruptions.sound.public import Split

# Raise these when the code of a stage changes what it computes; corruptions and encoders have versions of their own.
FEATURES_VERSION = 2
TRAINING_VERSION = 5

# Utterances in a unit of work: enough to be worth a file, few enough to lose little when killed. A large corpus gets
# larger units, so that a condition never has more than MOST_BLOCKS files.
SMALLEST_BLOCK = 24
MOST_BLOCKS = 200

LEARNED_FROM: tuple[Split, ...] = ("train", "dev")

Sound = Mapping[str, str | int | float | None]


def make_plan(
    suite: Suite,
    corpus: Corpus,
    recordings: Mapping[str, Recording],
    fingerprints: Mapping[str, Key],
    recipes: Mapping[str, Key],
    material: Material,
    revisions: Mapping[str, str] = NONE,
) -> Plan:
    """Return the plan of a run.

    Args:
        suite: what was asked for.
        corpus: its utterances, as ``bench.corpora.inventory.inspect`` returns them.
        recordings: what each of them holds, from ``bench.corpora.inventory.inspect``.
        fingerprints: of every representation that ``representations_needed`` names, and its transcriber.
        recipes: a name for how each kind of head is built and trained, from ``bench.stages.train.recipes``.
        material: what noises are made of.
        revisions: of the models in use; kept for the record.
    """
    given = _Given(suite, corpus, recordings, fingerprints, recipes, material)
    test = corpus.split("test")
    test = spread(test, min(suite.limit or len(test), len(test)))
    features = _features(given, test)
    fits = _fits(given, features)
    units = tuple(
        Unit(_unit_key(given, block, condition, draw), condition, draw, block)
        for condition in suite.expanded()
        for draw in draws_of(condition, material, suite.draws)
        for block in _blocks(test, corpus)
    )
    dev_units = tuple(
        Unit(_dev_unit_key(given, block), CLEAN, 0, block) for block in _blocks(corpus.split("dev"), corpus)
    )
    predictors = tuple(_predictor(given, name, fits) for name in suite.tested)
    trained = tuple(fits.values())
    return Plan(suite, corpus, recordings, fingerprints, revisions, features, trained, predictors, units, dev_units)


def versions_now() -> dict[str, str | int]:
    """Return the versions of the code here and of the libraries that keys of today are made with.

    Encoders, recognisers and heads have versions of their own: they come with their fingerprints and recipes.
    """
    return {
        **versions(COMPUTING),
        "stored": STORED_VERSION,
        "corruptions": engine.VERSION,
        "features": FEATURES_VERSION,
        "training": TRAINING_VERSION,
        "prediction": PREDICTION_VERSION,
        "drift": DRIFT_VERSION,
        "no speech": NO_SPEECH_VERSION,
    }


def draws_of(condition: Condition, material: Material, draws: int) -> tuple[int, ...]:
    """Return the draws under which utterances meet a condition: only the first where nothing is left to chance."""
    chance = any(find_corruption(step.corruption, material).random for step in condition.steps)
    return tuple(range(draws)) if chance else (0,)


def unit_labels(utterances: Sequence[Utterance], scale: tuple[float, float]) -> npt.NDArray[np.float64]:
    """Return labels mapped from the corpus's scale to [0, 1], shape ``(n_utterances, 3)``."""
    low, high = scale
    labels = np.array([[getattr(utterance, name) for name in DIMENSIONS] for utterance in utterances], np.float64)
    return (labels - low) / (high - low)


@dataclass(frozen=True)
class _Given:
    """What a plan is made of."""

    suite: Suite
    corpus: Corpus
    recordings: Mapping[str, Recording]
    fingerprints: Mapping[str, Key]
    recipes: Mapping[str, Key]
    material: Material

    @cached_property
    def libraries(self) -> dict[str, str]:
        return versions(COMPUTING)

    @property
    def represented_by(self) -> Versions:
        return {**self.libraries, "features": FEATURES_VERSION}

    @cached_property
    def sounds(self) -> dict[Condition, Sound]:
        """What decides how each condition of the test sounds."""
        return {one: fingerprint(self.material, one) for one in self.suite.expanded()}

    @cached_property
    def training_sounds(self) -> list[tuple[str, Sound]]:
        """The conditions of training, and what decides how each sounds."""
        heard = at_level_of(self.corpus.split("train"), self.material, self.recordings, self.suite.policy)
        conditions = self.suite.trained_in()
        return [(str(one), fingerprint(heard, one)) for one in conditions]

    @cached_property
    def trained(self) -> dict[str, System]:
        """The systems whose heads are trained here, teachers first."""
        systems = {name: self.suite.catalog.systems[name] for name in self.suite.needed}
        return {
            name: one for name, one in systems.items() if one.trained_as is None and one.head not in {*CONTROLS, AS_IS}
        }


def _blocks(utterances: Sequence[Utterance], corpus: Corpus) -> list[Block]:
    """Return utterances of one split in blocks: those in which they would be if none had been left out.

    So what is stored of a block stays what it is when a recording of another is lost.
    """
    by_id = {one.id: one for one in utterances}
    split = utterances[0].split
    listed = sorted([*by_id, *(one.id for one in corpus.left_out if one.split == split)])
    size = max(SMALLEST_BLOCK, -(-len(listed) // MOST_BLOCKS))
    blocks = (tuple(by_id[name] for name in names if name in by_id) for names in in_blocks(listed, size))
    return [block for block in blocks if block]


def _features(given: _Given, test: Sequence[Utterance]) -> tuple[FeatureBlock, ...]:
    """Return what is represented before testing: clean speech, noisy copies of it, and test speech heard clean.

    Of development speech every system that is tested hears a clean version, whether it is trained or not.
    """
    catalog, suite = given.suite.catalog, given.suite
    clean = {source for system in given.trained.values() for source in system.inputs}
    noisy = {source for system in given.trained.values() if system.trained_on == "noisy" for source in system.inputs}
    tested = {source for name in suite.tested for source in catalog.systems[name].inputs}
    heard_clean = [name for name in suite.representations_needed if hears_clean(catalog.representations[name])]
    hearings = [(given.corpus.split("train"), 0, clean), (given.corpus.split("dev"), 0, clean | tested)]
    hearings += [
        (given.corpus.split(split), copy, noisy)
        for copy in range(1, suite.training.copies + 1)
        for split in LEARNED_FROM
    ]
    hearings.append((tuple(test), 0, set(heard_clean)))
    return tuple(
        FeatureBlock(block, copy, {name: _feature_key(given, name, block, copy) for name in sorted(names)})
        for utterances, copy, names in hearings
        for block in (_blocks(utterances, given.corpus) if names else [])
    )


def _feature_key(given: _Given, name: str, block: Block, copy: int) -> Key:
    own, made_by = given.fingerprints[name], given.represented_by
    if reads_reference(given.suite.catalog.representations[name]):
        return make_key("features", own, [utterance.transcript for utterance in block], made_by=made_by)
    contents = [utterance.clip.content() for utterance in block]
    if copy == 0:
        return make_key("features", own, contents, made_by=made_by)
    drawn = [given.suite.seed, given.corpus.name, copy, [[one.id, one.speaker] for one in block]]
    made_by = {**made_by, "corruptions": engine.VERSION}
    return make_key("noisy features", own, contents, drawn, given.training_sounds, made_by=made_by)


def _fits(given: _Given, features: Sequence[FeatureBlock]) -> dict[tuple[str, int], Fit]:
    corpus, suite = given.corpus, given.suite
    labels = {split: unit_labels(corpus.split(split), corpus.scale) for split in LEARNED_FROM}
    emotions = {split: tuple(one.emotion for one in corpus.split(split)) for split in LEARNED_FROM}
    heard_in: dict[tuple[Split, int], list[FeatureBlock]] = {}
    for block in features:
        heard_in.setdefault((block.utterances[0].split, block.copy), []).append(block)
    fits: dict[tuple[str, int], Fit] = {}
    for name, system in given.trained.items():
        copies = suite.training.copies if system.trained_on == "noisy" else 0
        heard = {
            split: tuple(_version(system, heard_in.get((split, copy), [])) for copy in range(copies + 1))
            for split in LEARNED_FROM
        }
        for seed in suite.seeds:
            teacher = None if system.teacher is None else fits[system.teacher, seed]
            key = make_key(
                "fit",
                given.recipes[system.head],
                seed,
                system.inputs,
                heard,
                {split: values.tolist() for split, values in labels.items()},
                emotions,
                suite.training.fit.model_dump(exclude_none=True),
                teacher and teacher.key,
                made_by={**given.libraries, "training": TRAINING_VERSION},
            )
            fits[name, seed] = Fit(
                key, name, system.head, seed, system.inputs, heard, labels, emotions, suite.training.fit, teacher
            )
    return fits


def _version(system: System, blocks: Sequence[FeatureBlock]) -> Version:
    return {source: tuple(block.keys[source] for block in blocks) for source in system.inputs}


def _predictor(given: _Given, name: str, fits: Mapping[tuple[str, int], Fit]) -> Predictor:
    suite, system = given.suite, given.suite.catalog.systems[name]
    known = [given.fingerprints[source] for source in system.inputs]
    if system.head == AS_IS:
        return Predictor(make_key(AS_IS, known, made_by={}), name, system.inputs, (None,), ())
    if system.head in CONTROLS:
        labels = unit_labels(given.corpus.split("train"), given.corpus.scale)
        key = make_key("control", system.head, suite.seeds, labels.tolist(), made_by={})
        return Predictor(key, name, (), suite.seeds, (), labels)
    own = tuple(fits[system.trained_as or name, seed] for seed in suite.seeds)
    key = make_key("heads", [fit.key for fit in own], known, made_by={})
    return Predictor(key, name, system.inputs, suite.seeds, own)


def _dev_unit_key(given: _Given, block: Block) -> Key:
    spoken = [[one.id, one.clip.content(), one.transcript] for one in block]
    return make_key("clean development speech", spoken, made_by=given.represented_by)


def _unit_key(given: _Given, block: Block, condition: Condition, draw: int) -> Key:
    spoken = [[one.id, one.speaker, one.clip.content(), one.transcript] for one in block]
    sound = given.sounds[condition]
    made_by: Versions = {**given.libraries, "corruptions": engine.VERSION}
    return make_key("unit", given.suite.seed, given.corpus.name, str(condition), draw, spoken, sound, made_by=made_by)
