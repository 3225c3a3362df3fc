"""A suite: the YAML file that says what is measured, checked strictly before anything is computed."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BeforeValidator, Discriminator, Field, Tag, ValidationError, model_validator

from bench.conditions import ConditionBlock, expand
from bench.corpora.probe import ProbeSpec
from bench.material import Policy
from bench.recordings import CorpusRooms, OwnNoise, OwnRooms
from bench.representations import MODELS, REPRESENTATIONS, Model, WrittenRepresentation
from bench.strict import SEVERAL, Strict, unique
from bench.systems import SYSTEMS, Catalog, System, needed
from bench.systems_check import check_catalog, check_comparisons
from bench.training_options import Training
from corruptions import CORRUPTIONS, Condition
from corruptions.levels import LevelName
from models.embedded import EMBEDDED

SUITES = Path(str(files("bench"))) / "suites"
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"


class SuiteError(ValueError):
    """A suite that cannot be run as written; the message names the key, the value and what is allowed."""


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
Seed = Annotated[int, Field(ge=0)]


class ProbeCorpus(Strict):
    """The synthetic corpus that is built here: ``probe``, or ``{probe: {train: 360, dev: 80, test: 120}}``."""

    probe: ProbeSpec = ProbeSpec()


class ManifestCorpus(Strict):
    """Any corpus that a table describes: ``{manifest: my/corpus.csv, scale: [1, 7]}``.

    ``note`` is a sentence that every report of the corpus shows.
    """

    manifest: Path
    scale: tuple[float, float]
    name: str | None = None
    note: str = ""

    @model_validator(mode="after")
    def _low_before_high(self) -> "ManifestCorpus":
        if not self.scale[0] < self.scale[1]:
            raise ValueError(f"scale {list(self.scale)}: the lowest label must be below the highest")
        return self


def _probe_by_name(value: object) -> object:
    return {"probe": {}} if value == "probe" else value


class Suite(Strict):
    """What is measured: a corpus, systems, conditions, and how often chance is rolled.

    Attributes:
        name: names the run's folder.
        corpus: ``probe`` or a manifest.
        noises: recordings that become noises of that name: a folder, or a split of a public corpus.
        rooms: impulse responses that become rooms of that name: a folder, or a public corpus.
        models: models by name, beside ``bench.representations.MODELS``.
        representations: what is made with them, beside ``bench.representations.REPRESENTATIONS``.
        systems: names in ``bench.systems.SYSTEMS``, and systems of the suite's own, which go before those.
        training: what training hears beside clean speech, and how long it takes.
        compare: pairs of systems, ``[one, other]``, whose paired difference is reported, by the name of their group.
        conditions: ``clean``, other conditions as they are written (``reverb@0.6s+babble@5dB``), and blocks of them.
        snr: how the level of speech is measured: ``active`` (ITU-T P.56) or ``rms``.
        policy: ``per-utterance`` holds the SNR of each utterance, ``floor`` one noise level for the whole corpus.
        draws: how many noise excerpts each utterance meets; what leaves nothing to chance, it meets once.
        seeds: training seeds.
        bootstrap: how many resamples of the speakers make an interval.
        limit: how many test utterances to use, spread evenly over their sorted ids; all unless said.
        seed: the seed of everything random that is not training.
    """

    name: Annotated[str, Field(pattern=_NAME)]
    corpus: Annotated[ProbeCorpus | ManifestCorpus, BeforeValidator(_probe_by_name)]
    noises: Mapping[str, OwnNoise] = {}
    rooms: Mapping[str, OwnRooms] = {}
    models: Mapping[str, Model] = {}
    representations: Mapping[str, WrittenRepresentation] = {}
    systems: Annotated[tuple[WrittenSystem, ...], *SEVERAL]
    training: Training = Training()
    compare: Mapping[str, tuple[tuple[str, str], ...]] = {}
    conditions: Annotated[tuple[ConditionBlock, ...], *SEVERAL]
    snr: LevelName = "active"
    policy: Policy = "per-utterance"
    draws: Annotated[int, Field(ge=1)] = 1
    seeds: Annotated[tuple[Seed, ...], *SEVERAL] = (0, 1, 2)
    bootstrap: Annotated[int, Field(ge=100)] = 2000
    limit: Annotated[int, Field(ge=1)] | None = None
    seed: Seed = 0

    @model_validator(mode="after")
    def _conditions_exist(self) -> "Suite":
        for kind, own, taken in (
            ("noises", self.noises, {*CORRUPTIONS, "clean"}),
            ("rooms", self.rooms, {*CORRUPTIONS, "clean", *self.noises}),
        ):
            shadowed = sorted(set(own) & taken)
            if shadowed:
                raise ValueError(f"{kind}: {', '.join(shadowed)} is a name that is taken; call yours something else")
        known = [*CORRUPTIONS, *self.noises, *self.rooms]
        for key, conditions in (("conditions", self.expanded()), ("training.conditions", self.training.expanded())):
            for step in (step for condition in conditions for step in condition.steps):
                if step.corruption not in known:
                    raise ValueError(
                        f"{key}: no corruption is called {step.corruption!r}; there are {', '.join(known)}"
                    )
        unique(tuple(str(condition) for condition in self.expanded()))
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
        check_comparisons(self.compare, self.tested)
        return self

    @cached_property
    def tested(self) -> tuple[str, ...]:
        """The names of the systems that are tested, in the order of the file."""
        named = [(one, True) if isinstance(one, str) else (one.name, one.tested) for one in self.systems]
        return tuple(name for name, wanted in named if wanted)

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

    def to_yaml(self) -> str:
        """Return the suite with every default written out; reading it back gives the same suite."""
        return yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False, allow_unicode=True)


def suite_path(name: str, beside: Path = Path()) -> Path:
    """Return the file of a suite given by name (in ``bench/suites``) or by path, relative to the folder ``beside``.

    Raises:
        SuiteError: if there is neither.
    """
    packaged = SUITES / f"{name}.yaml"
    for path in (packaged, beside / name):
        if path.is_file():
            return path
    there = ", ".join(sorted(path.stem for path in SUITES.glob("*.yaml")))
    raise SuiteError(f"no suite is called {name!r} and no file lies there; suites: {there}")


def _read(path: Path, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Return the raw mapping of a file, its paths absolute, on top of that of the suite it names as its ``base``.

    What a suite says replaces what its base says; ``models``, ``noises`` and ``rooms`` are replaced entry by entry.
    """
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(raw, dict):
        raise SuiteError(f"{path}: a suite is a mapping of keys to values, not {type(raw).__name__}")
    _anchor_paths(raw, path.parent.resolve())
    if "base" not in raw:
        return raw
    base_path = suite_path(str(raw.pop("base")), path.parent).resolve()
    if base_path in {path.resolve(), *above}:
        raise SuiteError(f"{path}: its base {base_path} is itself based on it")
    base = _read(base_path, (*above, path.resolve()))
    merged = {
        key: base[key] | raw[key]
        for key in ("models", "noises", "rooms")
        if isinstance(base.get(key), dict) and isinstance(raw.get(key), dict)
    }
    return base | raw | merged


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
        SuiteError: for a file that is not YAML, an unknown key or a value that is not allowed; all of them are listed.
    """
    try:
        raw = _read(path)
        for key, value in (changes or {}).items():
            _replace(raw, key.split("."), yaml.safe_load(value))
        _anchor_paths(raw, Path.cwd())
    except yaml.YAMLError as error:
        raise SuiteError(f"{path}: not valid YAML: {error}") from error
    for name, folder in (noises or {}).items():
        _add_noise(raw, name, folder.resolve(), path)
    try:
        return Suite.model_validate(raw)
    except ValidationError as error:
        problems = [f"  {_place(one['loc'])}: {one['msg']}" for one in error.errors()]
        raise SuiteError("\n".join([f"{path}: not a valid suite:", *problems])) from error


def _place(location: Sequence[int | str]) -> str:
    """Return where in the file something is wrong; how pydantic tells one kind of value from another is left out."""
    return ".".join(str(part) for part in location if "[" not in str(part))


def _add_noise(raw: dict[str, Any], name: str, folder: Path, path: Path) -> None:
    conditions = raw.get("conditions")
    blocks = (
        [one for one in conditions if isinstance(one, dict) and "noise" in one] if isinstance(conditions, list) else []
    )
    if not blocks:
        raise SuiteError(f"{path}: there is no noise block in conditions that {name} could join")
    for block in blocks:
        noises = block["noise"] if isinstance(block["noise"], list) else [block["noise"]]
        block["noise"] = noises if name in noises else [*noises, name]
    known = raw.get("noises")
    raw["noises"] = (known if isinstance(known, dict) else {}) | {name: str(folder)}


def _anchor_paths(raw: dict[str, Any], folder: Path) -> None:
    corpus = raw.get("corpus")
    if isinstance(corpus, dict) and isinstance(corpus.get("manifest"), str):
        corpus["manifest"] = str(folder / corpus["manifest"])
    for kind in ("noises", "rooms"):
        if isinstance(raw.get(kind), dict):
            raw[kind] = {name: _anchored(one, folder) for name, one in raw[kind].items()}
    models = raw.get("models")
    for model in models.values() if isinstance(models, dict) else ():
        weights = model.get("weights") if isinstance(model, dict) else None
        # What is neither packaged nor a folder is a repository.
        if isinstance(weights, str) and weights not in EMBEDDED and (folder / weights).is_dir():
            model["weights"] = str(folder / weights)


def _anchored(recordings: object, folder: Path) -> object:
    if isinstance(recordings, dict) and "root" in recordings:
        return recordings | {"root": str(folder / str(recordings["root"]))}
    return recordings if isinstance(recordings, dict) else str(folder / str(recordings))


def _replace(raw: dict[str, Any], keys: Sequence[str], value: object) -> None:
    *parents, last = keys
    for parent in parents:
        # `corpus: probe` is short for `corpus: {probe: {}}`, so that --set corpus.probe.test=24 finds its place.
        if not isinstance(raw.get(parent), dict):
            raw[parent] = {}
        raw = raw[parent]
    raw[last] = value
