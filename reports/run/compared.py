"""Runs beside each other, as the folder of their comparison describes them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from reports.run.files import ReportError, read_extra, read_json
from reports.run.run import size_of
from reports.run.schemas import EXTRAS
from reports.run.sweeps import Sweep, sweeps_of
from reports.run.words import written_out
from reports.run.written import ComparisonForm


@dataclass(frozen=True)
class Comparison:
    """Everything that a report of several runs shows.

    Attributes:
        folder: of the comparison.
        sweeps: every corruption that was compared.
        provenance: its ``provenance.json``.
        extras: the table of differences, as ``comparisons``.
    """

    folder: Path
    sweeps: tuple[Sweep, ...]
    provenance: Mapping[str, Any]
    extras: Mapping[str, pd.DataFrame]

    @property
    def name(self) -> str:
        """What the comparison is called: as its folder."""
        return written_out(self.folder.absolute().name)

    @property
    def corpus(self) -> Mapping[str, Any]:
        """The corpus of the run that the others are compared with."""
        return self.provenance["corpus"]  # type: ignore[no-any-return]

    @property
    def references(self) -> Mapping[str, Mapping[str, Any]]:
        """By group, the run that was compared with."""
        return self.provenance.get("references", {})  # type: ignore[no-any-return]

    @property
    def size(self) -> str:
        """The test set in words."""
        return size_of(self.extras["comparisons"])


def read_comparison(folder: Path) -> Comparison:
    """Return the comparison in ``folder``.

    Raises:
        ReportError: if a file is not there or does not hold what it must.
    """
    provenance = read_json(folder / "provenance.json", ComparisonForm)
    for one in provenance["factors"]:
        if len(one["values"]) != len(provenance["runs"]):
            raise ReportError(f"{folder / 'provenance.json'}: factor {one['factor']!r} needs a value for each run")
    table = read_extra(folder / "comparisons.parquet", *EXTRAS["comparisons"])
    if table.empty:
        raise ReportError(f"{folder / 'comparisons.parquet'}: has no differences; `emonoise compare` writes them")
    sweeps, _ = sweeps_of(provenance.get("conditions", ()))
    return Comparison(folder, sweeps, provenance, {"comparisons": table})
