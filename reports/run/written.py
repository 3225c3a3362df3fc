"""What the JSON files of a run hold, as far as a report speaks of it: further keys are shown as they are."""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from reports.run.columns import LARGEST

Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
Count = Annotated[int, Field(ge=0, le=10**15)]
Family = Literal["acoustic", "lexical", "multimodal", "student", "control"]

_form = with_config(ConfigDict(extra="allow", strict=True))


@_form
class CorpusForm(TypedDict):
    """The corpus; without ``synthetic`` a report could show a synthetic corpus and not say so."""

    name: str
    synthetic: bool
    note: NotRequired[str]
    scale: NotRequired[list[Number]]
    utterances: NotRequired[dict[str, Count]]
    limit: NotRequired[Count | None]
    best_possible_ccc: NotRequired[dict[str, Number] | None]


@_form
class ConditionForm(TypedDict):
    """A condition of the grid: its curve, and where on it it lies."""

    condition: str
    corruption: str
    level: Number | None
    level_unit: str | None
    harsher: NotRequired[Literal["up", "down"] | None]
    snr_of: NotRequired[str | None]


@_form
class MachineForm(TypedDict, total=False):
    """The machine that computed it."""

    cpu: str


@_form
class ReferencesForm(TypedDict):
    """A group of comparisons that the suite did not ask for: with whom, and how those were chosen."""

    chosen: list[str]
    by: str
    scores: NotRequired[dict[str, Number]]


@_form
class ProvenanceForm(TypedDict):
    """``provenance.json``."""

    corpus: CorpusForm
    suite: NotRequired[str]
    wall_s: NotRequired[Annotated[Number, Field(ge=0)]]
    machine: NotRequired[MachineForm]
    conditions: NotRequired[list[ConditionForm]]
    corruptions: NotRequired[dict[str, str]]
    snr: NotRequired[str | None]
    policy: NotRequired[str | None]
    seeds: NotRequired[list[int]]
    draws: NotRequired[Count]
    reference: NotRequired[str | None]
    intervals: NotRequired[str]
    training_noises: NotRequired[list[str] | None]
    languages: NotRequired[dict[str, str] | None]
    notices: NotRequired[list[str]]
    references: NotRequired[dict[str, ReferencesForm]]


@_form
class FactorForm(TypedDict):
    """Something that differs between runs, with its value in each."""

    factor: str
    values: list[str]


@_form
class ComparisonForm(ProvenanceForm):
    """``provenance.json`` of runs beside each other: what each is by its name, and in what they differ."""

    runs: dict[str, dict[str, Any]]
    factors: list[FactorForm]


@_form
class SystemForm(TypedDict):
    """A system of ``systems.json``."""

    family: Family
    description: NotRequired[str]
    paper: NotRequired[str | None]
    reading: NotRequired[str | None]
    heard: NotRequired[Literal["clean", "noisy"] | None]
    teacher: NotRequired[str | None]
    ladder: NotRequired[Literal["reference", "clean-asr", "asr"] | None]
    languages: NotRequired[list[str]]


@_form
class ExampleForm(TypedDict):
    """A recording of ``examples/examples.json``."""

    condition: str
    file: str
    utterance: str
    text: NotRequired[str | None]
    heard: NotRequired[dict[str, str]]
