"""What a run consists of, piece by piece, each named by everything that can change it.

A piece whose name is in the store is done. The names depend on the inputs alone, so the whole plan is known before
anything is computed: ``emonoise status`` and a resumed run read it the same way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bench.corpora.corpus import Corpus, Utterance
from bench.corpora.inventory import Recording
from bench.store.keys import Generation, Key, digest, make_key
from bench.store.machine import COMPUTING, versions
from bench.suite.representations import embeds_what_is_heard, hears_clean, transcriber_of
from bench.suite.suite import Suite
from bench.suite.training_options import FitOptions
from corruptions import Condition
from corruptions.sound.public import Split

# Raise these when the code of a stage changes what it computes.
PREDICTION_VERSION = 1
SCORING_VERSION = 4
DRIFT_VERSION = 1
NO_SPEECH_VERSION = 1
"""To be raised with any change of what ``bench.stages.no_speech`` plays."""

Block = tuple[Utterance, ...]
Version = Mapping[str, tuple[Key, ...]]
"""One hearing of a split: by representation, the keys of its features, block by block."""


@dataclass(frozen=True)
class FeatureBlock:
    """Utterances to be represented once, and the key of each representation of them.

    Attributes:
        utterances: of one split. Those of the test split are here for what hears clean speech whatever is tested.
        copy: 0 for clean speech, 1 and up for copies in the noises of training.
        keys: by representation.
    """

    utterances: Block
    copy: int
    keys: Mapping[str, Key]


@dataclass(frozen=True)
class Fit:
    """One head to be trained.

    Attributes:
        key: its name.
        system: whose head it is.
        head: its kind.
        seed: of its training.
        inputs: the representations it is given.
        versions: by split, what it hears: clean speech first, then noisy copies, if it is trained on noise.
        labels: by split, mapped to [0, 1].
        emotions: by split, the category of each utterance.
        fit: how long it is trained and so on, where that is not the default.
        teacher: whose embedding and predictions it learns from.
    """

    key: Key
    system: str
    head: str
    seed: int
    inputs: tuple[str, ...]
    versions: Mapping[Split, tuple[Version, ...]]
    labels: Mapping[Split, npt.NDArray[np.float64]]
    emotions: Mapping[Split, tuple[str | None, ...]]
    fit: FitOptions
    teacher: "Fit | None" = None


@dataclass(frozen=True)
class Predictor:
    """A system ready to be tested: its trained heads by seed, or the labels that a control knows, or neither.

    What has neither was trained elsewhere: its only input is its prediction, and its only seed is None.
    """

    key: Key
    system: str
    inputs: tuple[str, ...]
    seeds: tuple[int | None, ...]
    fits: tuple[Fit, ...]
    control_labels: npt.NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Unit:
    """A block of test utterances under one condition and draw: what is computed or lost together."""

    key: Key
    condition: Condition
    draw: int
    utterances: Block

    @property
    def is_clean(self) -> bool:
        """Whether nothing is done to the speech."""
        return not self.condition.steps

    def shard(self, predictor_or_transcriber_key: Key) -> Key:
        """Return the key of what one system predicts, or one transcriber writes, for this unit."""
        return make_key("shard", self.key, predictor_or_transcriber_key, made_by={"prediction": PREDICTION_VERSION})

    def drift(self, representation_key: Key) -> Key:
        """Return the key of how far each utterance's embedding is from that of its clean speech."""
        return make_key("drift", self.key, representation_key, made_by={"drift": DRIFT_VERSION})

    def pooled(self, representation_key: Key) -> Key:
        """Return the key of one frame an utterance, the mean of all: of clean speech, to compare others with."""
        return make_key("pooled", self.key, representation_key, made_by={"drift": DRIFT_VERSION})


def no_speech_key(transcriber_key: Key) -> Key:
    """Return the key of what a transcriber writes where nobody speaks."""
    return make_key("no speech", transcriber_key, made_by={**versions(COMPUTING), "no speech": NO_SPEECH_VERSION})


@dataclass(frozen=True)
class Plan:
    """Every piece of a run.

    Attributes:
        suite: what was asked for.
        corpus: its utterances.
        recordings: what each of them holds.
        fingerprints: of every representation and transcriber in use.
        revisions: the commit of every model in use that is one of a repository.
        features: the blocks that are represented before testing.
        fits: every head to be trained, teachers before students.
        predictors: one for each system of the suite, in its order.
        units: the grid, condition by condition.
        dev_units: clean development speech; what is predicted of it is predicted from its stored features.
    """

    suite: Suite
    corpus: Corpus
    recordings: Mapping[str, Recording]
    fingerprints: Mapping[str, Key]
    revisions: Mapping[str, str]
    features: tuple[FeatureBlock, ...]
    fits: tuple[Fit, ...]
    predictors: tuple[Predictor, ...]
    units: tuple[Unit, ...]
    dev_units: tuple[Unit, ...]

    @cached_property
    def key(self) -> str:
        """A name for the whole run: two runs with the same key have the same tables."""
        tested = [[one.id, one.activation, one.valence, one.dominance] for one in self.corpus.split("test")]
        suite = self.suite.model_dump(mode="json")
        developed = [[one.id, one.activation, one.valence, one.dominance] for one in self.corpus.split("dev")]
        shards = [unit.shard(one.key) for unit in (*self.units, *self.dev_units) for one in self.predictors]
        played = [no_speech_key(key) for key in self.transcribers.values()]
        moved = [unit.drift(key) for unit in self.units for key in self.embeddings.values()]
        about = (self.corpus.note, tested, developed)
        return digest(SCORING_VERSION, versions(), suite, *about, self.transcribers, played, shards, moved)

    @cached_property
    def generations(self) -> tuple[Generation, ...]:
        """Those of everything that is stored of the run."""
        makers = [*(one.key for one in self.predictors), *self.transcribers.values()]
        units = {unit.key.generation: unit for unit in self.units}.values()
        stored = [key for block in self.features for key in block.keys.values()]
        stored += [fit.key for fit in self.fits]
        stored += [key for unit in units for key in (unit.key, *map(unit.shard, makers))]
        stored += [unit.shard(one.key) for unit in self.dev_units[:1] for one in self.predictors]
        stored += [
            key for of in self.embeddings.values() for unit in units for key in (unit.drift(of), unit.pooled(of))
        ]
        stored += map(no_speech_key, self.transcribers.values())
        return tuple({key.generation: None for key in stored})

    @cached_property
    def tested(self) -> tuple[Utterance, ...]:
        """The test utterances that are tested: all, or as many as the suite's ``limit`` allows."""
        return tuple(dict.fromkeys(one for unit in self.units for one in unit.utterances))

    @cached_property
    def transcribers(self) -> dict[str, Key]:
        """Fingerprint of every transcriber whose transcripts the suite's systems read."""
        used = [self.suite.catalog.representations[name] for one in self.predictors for name in one.inputs]
        names = {transcriber_of(one) for one in used if not hears_clean(one)}
        return {name: self.fingerprints[name] for name in sorted(name for name in names if name is not None)}

    @cached_property
    def embeddings(self) -> dict[str, Key]:
        """Fingerprint of every representation in use that is an embedding of what is heard, so that noise moves it."""
        catalog = self.suite.catalog
        used = sorted({name for one in self.predictors for name in one.inputs})
        return {
            name: self.fingerprints[name]
            for name in used
            if embeds_what_is_heard(catalog.representations[name], catalog.models)
        }

    @cached_property
    def clean_units(self) -> dict[str, Unit]:
        """The unit of clean speech of each block, by its first utterance; none where clean speech is not tested."""
        return {unit.utterances[0].id: unit for unit in self.units if unit.is_clean}

    def clean_unit(self, unit: Unit) -> Unit | None:
        """Return the unit of the same utterances on clean speech, which may be itself."""
        return self.clean_units.get(unit.utterances[0].id)

    @cached_property
    def clean_features(self) -> dict[tuple[str, str], tuple[Key, int]]:
        """Where the features of test utterances lie that are of clean speech whatever is tested.

        By representation and utterance: the key of the block, and the place in it.
        """
        return self._clean_features_of("test")

    @cached_property
    def dev_features(self) -> dict[tuple[str, str], tuple[Key, int]]:
        """The same of development utterances, for every representation that a tested system hears."""
        return self._clean_features_of("dev")

    def _clean_features_of(self, split: Split) -> dict[tuple[str, str], tuple[Key, int]]:
        return {
            (name, one.id): (key, place)
            for block in self.features
            for name, key in block.keys.items()
            for place, one in enumerate(block.utterances)
            if one.split == split and block.copy == 0
        }
