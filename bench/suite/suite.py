"""A suite: the YAML file that says what is measured, checked strictly before anything is computed."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from bench.corpora.manifest import FURTHEST_LABEL, check_scale
from bench.corpora.probe.corpus import ProbeSpec
from bench.store.bounds import FEWEST_RESAMPLES, MOST_DRAWS, MOST_RESAMPLES, check_resamples
from bench.store.strict import ANY, NUMBER, SEVERAL, Count, Seed, Strict, unique
from bench.suite.conditions import ConditionBlock, Policy, expand
from bench.suite.file import SuiteError, read_suite_file
from bench.suite.recordings import CorpusRooms, OwnNoise, OwnRooms, check_own_names, unknown_corruption
from bench.suite.representations import MODELS, REPRESENTATIONS, Model, WrittenRepresentation
from bench.suite.systems import AS_IS, CONTROLS, LEVEL_NOISES, SYSTEMS, Catalog, System, needed, reference_among
from bench.suite.systems_check import check_catalog, check_comparisons, check_levels_are_learnt, check_reference
from bench.suite.training_options import Training
from corruptions import CORRUPTIONS, Condition, check_levels, parse_condition
from corruptions.ground.names import a_name, written_out
from corruptions.ground.problems import listed, those_there_are
from corruptions.sound.levels import LevelName

# How pydantic's messages begin that do not show the value.
_OF_A_VALUE = ("Input should be", "String should", "Unable to parse")

_MANY_SEEDS = 20
_MOST_SHOWN = 60
_TAGS = ("named", "own", "folder", "marked", "the probe", "a manifest")
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
# What is only shown may have other letters, too.
_ShownName = Annotated[str, AfterValidator(a_name)]


class OwnSystem(System):
    """A system that a suite defines where it lists it: ``{name: acoustic, family: acoustic, inputs: [hubert], ...}``.

    One that is only the teacher of others is left out of the results with ``tested: false``.
    """

    name: Annotated[str, Field(pattern=_NAME)]
    tested: bool = True


WrittenSystem = Annotated[
    Annotated[str, Tag("named")] | Annotated[OwnSystem, Tag("own")],
    Discriminator(lambda value: "named" if isinstance(value, str) else "own"),
]
Label = Annotated[float, NUMBER, Field(ge=-FURTHEST_LABEL, le=FURTHEST_LABEL)]


def _not_a_count(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        many = list(range(value)) if 0 < value < _MANY_SEEDS else "[0, 1, 2]"
        message = f"{value} may mean the one seed {value}, which is written [{value}], or so many: {many}"
        raise PydanticCustomError("not_a_count", "{message}", {"message": message})
    return value


def _kind_of_corpus(value: object) -> str:
    keys = value if isinstance(value, dict) else getattr(value, "__dict__", {})
    return "a manifest" if "manifest" in keys else "the probe"


class ProbeCorpus(Strict):
    """The synthetic corpus that is built here: ``probe``, or ``{probe: {train: 360, dev: 80, test: 120}}``."""

    probe: ProbeSpec = ProbeSpec()


class ManifestCorpus(Strict):
    """Any corpus that a table describes: ``{manifest: my/corpus.csv, scale: [1, 7]}``.

    ``scale`` is within a million of 0. ``note`` is a sentence that every report of the corpus shows.
    """

    manifest: Path
    scale: Annotated[tuple[Label, Label], AfterValidator(check_scale)]
    name: _ShownName | None = None
    note: str = ""


def _probe_by_name(value: object) -> object:
    if value == "probe":
        return {"probe": {}}
    if isinstance(value, dict | ProbeCorpus | ManifestCorpus):
        return value
    named = f"{value!r}; {those_there_are(value, ['probe'])}" if isinstance(value, str) else f"a {type(value).__name__}"
    message = f"no corpus is called {named}; any other is a table: "
    message += "{manifest: FILE.csv, scale: [1, 7]}"
    raise PydanticCustomError("corpus", "{message}", {"message": message})


class Suite(Strict):
    """What is measured: a corpus, systems, conditions, and how often chance is rolled.

    Attributes:
        name: names the run's folder.
        corpus: ``probe`` or a manifest.
        noises: recordings that become noises of that name: a folder, or a split of a public corpus.
        rooms: impulse responses that become rooms of that name: a folder, or a public corpus.
        models: models by name, beside ``bench.suite.representations.MODELS``.
        representations: what is made with them, beside ``bench.suite.representations.REPRESENTATIONS``.
        systems: names in ``bench.suite.systems.SYSTEMS``, and systems of the suite's own, which go before those.
        without: systems of the list that are not tested after all, nor compared; they may still teach others.
        training: what training hears beside clean speech, and how long it takes.
        compare: pairs of systems, ``[one, other]``, whose paired difference is reported, by the name of their group.
        reference: the system that corruption errors are relative to; unless said ``mfb``, else the first acoustic one
            that is trained.
        conditions: ``clean``, other conditions as they are written (``reverb@0.6s+babble@5dB``), and blocks of them.
        snr: how the level of speech is measured: ``active`` (ITU-T P.56) or ``rms``.
        policy: ``per-utterance`` holds the SNR of each utterance, ``floor`` one noise level for the whole corpus.
        draws: how many noise excerpts each utterance meets, 1 to 1000; what leaves nothing to chance, it meets once.
        seeds: training seeds, of 0 to 2^63 - 1.
        intervals: the method of every interval, of ``bench.uncertainty.intervals.METHODS``; ``auto`` is the one
            that holds where there are few speakers.
        bootstrap: how many resamples of the speakers a method draws that draws any, 100 to 100,000.
        limit: how many test utterances to use, spread over speakers and labels, 1 to 10 million; all unless said.
        seed: the seed of everything random that is not training, of 0 to 2^63 - 1.

    There are at most 100,000 conditions, and 200 million of them times draws times seeds times ``bootstrap``.
    """

    name: Annotated[str, Field(pattern=_NAME)]
    corpus: Annotated[
        Annotated[ProbeCorpus, Tag("the probe")] | Annotated[ManifestCorpus, Tag("a manifest")],
        Discriminator(_kind_of_corpus),
        BeforeValidator(_probe_by_name),
    ]
    noises: Mapping[_ShownName, OwnNoise] = {}
    rooms: Mapping[_ShownName, OwnRooms] = {}
    models: Mapping[_ShownName, Model] = {}
    representations: Mapping[_ShownName, WrittenRepresentation] = {}
    systems: Annotated[tuple[WrittenSystem, ...], *SEVERAL]
    without: Annotated[tuple[str, ...], *ANY] = ()
    training: Training = Training()
    compare: Mapping[_ShownName, tuple[tuple[str, str], ...]] = {}
    reference: str | None = None
    conditions: Annotated[tuple[ConditionBlock, ...], *SEVERAL]
    snr: LevelName = "active"
    policy: Policy = "per-utterance"
    draws: Annotated[int, NUMBER, Field(ge=1, le=MOST_DRAWS)] = 1
    seeds: Annotated[tuple[Seed, ...], *SEVERAL, BeforeValidator(_not_a_count)] = (0, 1, 2)
    intervals: Literal["auto", "satterthwaite", "jackknife", "two-way", "percentile"] = "auto"
    bootstrap: Annotated[int, NUMBER, Field(ge=FEWEST_RESAMPLES, le=MOST_RESAMPLES)] = 2000
    limit: Count | None = None
    seed: Seed = 0

    @model_validator(mode="after")
    def _conditions_exist(self) -> "Suite":
        check_own_names(self.noises, self.rooms)
        known = {**CORRUPTIONS, **self.noises, **self.rooms}
        tested, trained = self.expanded(), self.training.expanded()
        for key, conditions in (("conditions", tested), ("training.conditions", trained)):
            for step in (step for condition in conditions for step in condition.steps):
                if step.corruption not in known:
                    raise ValueError(f"{key}: {unknown_corruption(step, known)}")
        check_levels([*tested, *trained])
        unique(tuple(str(condition) for condition in tested))
        check_resamples(self.bootstrap, len(tested) * self.draws * len(self.seeds))
        return self

    @model_validator(mode="after")
    def _nothing_of_the_test_is_trained_on(self) -> "Suite":
        for step in (step for condition in self.training.expanded() for step in condition.steps):
            rooms = self.rooms.get(step.corruption)
            if isinstance(rooms, CorpusRooms) and rooms.split != "train":
                raise ValueError(
                    f"training.conditions: {step.corruption} is the {rooms.split} split of {rooms.corpus}; only the "
                    "train split may be trained on"
                )
        learnt, tested = (
            {step.corruption for condition in conditions for step in condition.steps}
            for conditions in (self.training.expanded(), self.expanded())
        )
        both = sorted(learnt & tested & {*self.noises, *self.rooms})
        if both:
            raise ValueError(f"training.conditions: the recordings of {', '.join(both)} are those of the test, too")
        return self

    @model_validator(mode="after")
    def _systems_exist(self) -> "Suite":
        names = tuple(one if isinstance(one, str) else one.name for one in self.systems)
        check_catalog(self.catalog, unique(names), can_be_noisy=bool(self.training.conditions))
        unknown = sorted({*self.without}.difference(names))
        if unknown:
            raise ValueError(f"without: no such system: {', '.join(unknown)}; there are {', '.join(names)}")
        if not self.tested:
            raise ValueError("without: no system is left to be tested")
        check_levels_are_learnt(self.needed, self.catalog, self.training.expanded(), self.noises)
        check_comparisons(self.compared, self.tested)
        check_reference(self.reference, self.tested)
        return self

    @cached_property
    def tested(self) -> tuple[str, ...]:
        """The names of the systems that are tested, in the order of the file."""
        named = [(one, True) if isinstance(one, str) else (one.name, one.tested) for one in self.systems]
        left_out = {*self.without}
        return tuple(name for name, wanted in named if wanted and name not in left_out)

    @cached_property
    def compared(self) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """The pairs that are compared, by the name of their group."""
        left_out = {*self.without}
        left = {
            group: tuple(pair for pair in pairs if left_out.isdisjoint(pair)) for group, pairs in self.compare.items()
        }
        return {group: pairs for group, pairs in left.items() if pairs or not self.compare[group]}

    @cached_property
    def reference_system(self) -> str | None:
        """The reference of corruption errors; None where no system can be."""
        systems = {name: self.catalog.systems[name] for name in self.tested}
        trained = [name for name, one in systems.items() if one.head not in {*CONTROLS, AS_IS}]
        acoustic = [name for name in trained if systems[name].family == "acoustic"]
        return self.reference or reference_among(self.tested, acoustic)

    @cached_property
    def catalog(self) -> Catalog:
        """Every model, representation and system that the suite can name: its own, and what is built in."""
        own = {one.name: one for one in self.systems if isinstance(one, OwnSystem)}
        return Catalog({**MODELS, **self.models}, {**REPRESENTATIONS, **self.representations}, {**SYSTEMS, **own})

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """The names of the systems that are tested and of those they learn from, teachers first."""
        return tuple(needed(self.tested, self.catalog.systems))

    @cached_property
    def representations_needed(self) -> tuple[str, ...]:
        """The names of the representations that training and testing needs, in the order of the catalogue."""
        used = {source for name in self.needed for source in self.catalog.systems[name].inputs}
        return tuple(name for name in self.catalog.representations if name in used)

    def expanded(self) -> list[Condition]:
        """Return every condition of the grid, in the order of the file."""
        return expand(self.conditions)

    def trained_in(self) -> list[Condition]:
        """Return every condition of the noisy copies: those of ``training``, or ``LEVEL_NOISES`` if need be."""
        noisy = any(self.catalog.systems[name].trained_on == "noisy" for name in self.needed)
        return self.training.expanded() or [parse_condition(one) for one in LEVEL_NOISES if noisy]

    def to_yaml(self) -> str:
        """Return the suite with every default written out; reading it back gives the same suite."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def load_suite(
    path: Path, *, changes: Mapping[str, str] | None = None, noises: Mapping[str, Path] | None = None
) -> Suite:
    """Return the suite in a YAML file.

    Args:
        path: the file; paths inside it are relative to its folder. With ``base: NAME`` it changes another suite.
        changes: dotted keys and YAML values that replace what the file says, as in ``{"corpus.probe.test": "24"}``;
            paths in them are relative to the working directory.
        noises: further noise folders, each of which is added to every noise block of the conditions.

    Raises:
        SuiteError: for a file that is not YAML, an unknown key or a value that is not allowed; the first of them are
            listed, and the rest counted.
    """
    try:
        return Suite.model_validate(read_suite_file(path, changes or {}, noises or {}))
    except ValidationError as error:
        problems = [_told(one) for one in error.errors()]
        raise SuiteError(f"{path}: not a valid suite:{listed(problems)}") from error


def _told(error: ErrorDetails) -> str:
    """Return where in the file something is wrong and what; how pydantic tells kinds of values apart is left out."""
    place = [written_out(str(part)) for part in error["loc"] if "[" not in str(part) and part not in _TAGS]
    message = error["msg"].removeprefix("Value error, ")
    if message.startswith(_OF_A_VALUE) and isinstance(error["input"], str | int | float | None):
        message += f", not {_shown(error['input'])}"
    if error["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        message = "there is no such key"
        if len(error["loc"]) == 1:
            message += f"; {those_there_are(place[-1], Suite.model_fields)}"
    return ": ".join(part for part in (".".join(place), message) if part)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."
