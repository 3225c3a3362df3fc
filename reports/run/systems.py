"""The systems of a run, as ``systems.json`` describes them."""

from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from reports.run.files import read_json
from reports.run.written import Family, SystemForm

FAMILIES: tuple[Family, ...] = get_args(Family)
# What a system heard in training, and in words.
HEARD = {"clean": "clean speech", "noisy": "clean and noisy speech"}
# Where a lexical system has its words from, best first, and in words.
LADDER = {"reference": "reference transcript", "clean-asr": "ASR of clean speech", "asr": "ASR of what is heard"}


@dataclass(frozen=True)
class System:
    """A system as ``systems.json`` describes it.

    Attributes:
        name: what tables call it.
        family: one of ``FAMILIES``.
        description: what it is.
        paper: which system of which paper it re-runs, or "".
        reading: what the paper does not say and we chose, or "".
        heard: what it heard in training, a key of ``HEARD``; None where that is not recorded.
        teacher: the system that taught it, or None.
        ladder: where its words come from, a key of ``LADDER``; None for a system that is on no ladder.
        languages: what the recognisers hear whose words it reads; none where it reads none, or that is not recorded.
    """

    name: str
    family: Family
    description: str
    paper: str = ""
    reading: str = ""
    heard: str | None = None
    teacher: str | None = None
    ladder: str | None = None
    languages: tuple[str, ...] = ()


def read_systems(path: Path) -> dict[str, System]:
    """Return the systems by name, grouped by family in the order of ``FAMILIES``.

    Raises:
        ReportError: if the file is not there, or says of a system what is not allowed.
    """
    described = read_json(path, dict[str, SystemForm])
    systems = [_system(name, one) for name, one in described.items()]
    return {one.name: one for family in FAMILIES for one in systems if one.family == family}


def _system(name: str, said: SystemForm) -> System:
    return System(
        name=name,
        family=said["family"],
        description=said.get("description", ""),
        paper=said.get("paper") or "",
        reading=said.get("reading") or "",
        heard=said.get("heard"),
        teacher=said.get("teacher"),
        ladder=said.get("ladder"),
        languages=tuple(said.get("languages", ())),
    )
