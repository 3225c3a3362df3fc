"""A run as its folder describes it: the one place where a report reads its numbers.

Reports compute no metric. What they show are the *overall* rows of ``results.parquet``, those over all seeds and draws.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from reports.run.files import ReportError, read_extra, read_json, read_table, read_text
from reports.run.schemas import EXTRAS, RESULTS
from reports.run.sweeps import STATION, Sweep, sweeps_of
from reports.run.systems import System, read_systems
from reports.run.words import Score, counted, slugs, written_out
from reports.run.written import ExampleForm, ProvenanceForm

# The customary order; dimensions of other names follow in the order of the alphabet.
USUAL_DIMENSIONS = ("activation", "valence", "dominance")
# Stands for a dimension where a number is the mean of those of all dimensions.
MEAN = "mean"
# The metric that is the mean of the areas under all curves.
ALL_NOISE = "ccc_mean_noisy"
# How often a transcriber is wrong, in words: of words, or of characters where the language has no spaces between words.
ERROR_RATES = {"wer": "word error rate", "cer": "character error rate"}
# From so many test speakers on, intervals hold (docs/intervals.md); with fewer they are rough, and the report says so.
ENOUGH_SPEAKERS = 8


class Subject(Protocol):
    """What stands below every figure and table: on what it was measured."""

    @property
    def corpus(self) -> Mapping[str, Any]:
        """What ``provenance.json`` says of the corpus."""

    @property
    def size(self) -> str:
        """The test set in words."""


@dataclass(frozen=True)
class Example:
    """One utterance under one condition, to listen to.

    Attributes:
        condition: what was done to it.
        path: the recording.
        utterance: its id.
        text: what was said, or None where nobody wrote it down.
        heard: what each transcriber wrote.
    """

    condition: str
    path: Path
    utterance: str
    text: str | None
    heard: Mapping[str, str]


@dataclass(frozen=True)
class Run:
    """Everything a report shows.

    Attributes:
        folder: the run's folder.
        table: the overall rows of ``results.parquet`` that have something behind them; other rows are holes.
        notes: the overall rows that have a ``note``, holes too: why a number or its interval is missing.
        systems: by name, grouped by family in the order of ``FAMILIES``.
        sweeps: every corruption of the run, in the order of the suite or, where that is unknown, of the table.
        assumed: names of sweeps whose harsh end is a guess, for neither the run nor the unit says which it is.
        provenance: ``provenance.json``.
        suite: ``suite.yaml`` as it was written, or "".
        examples: audible examples.
        extras: the tables of ``EXTRAS`` by name; without rows where the run has no such file.
    """

    folder: Path
    table: pd.DataFrame
    notes: pd.DataFrame
    systems: Mapping[str, System]
    sweeps: tuple[Sweep, ...]
    assumed: tuple[str, ...]
    provenance: Mapping[str, Any]
    suite: str
    examples: tuple[Example, ...]
    extras: Mapping[str, pd.DataFrame]

    @cached_property
    def dimensions(self) -> tuple[str, ...]:
        """The label dimensions that were scored."""
        found = set(self.table.loc[self.table["metric"] == "ccc", "dimension"].dropna())
        return (*(name for name in USUAL_DIMENSIONS if name in found), *sorted(found - {*USUAL_DIMENSIONS, MEAN}))

    @cached_property
    def metrics(self) -> frozenset[str]:
        """The metrics that the table has numbers of."""
        return frozenset(self.table["metric"])

    @cached_property
    def transcribers(self) -> Mapping[str, str]:
        """The transcribers whose errors are known, and which of ``ERROR_RATES`` each has."""
        rows = self.table[self.table["metric"].isin(ERROR_RATES)].drop_duplicates(["system", "metric"])
        return dict(zip(rows["system"], rows["metric"], strict=True))

    @property
    def languages(self) -> Mapping[str, str]:
        """The language that each transcriber hears; empty where that is not recorded."""
        return self.provenance.get("languages") or {}

    @property
    def references(self) -> Mapping[str, Mapping[str, Any]]:
        """The groups of comparisons that the suite did not ask for, and what ``provenance.json`` says of each."""
        return self.provenance.get("references", {})  # type: ignore[no-any-return]

    @cached_property
    def speakers(self) -> int:
        """How many test speakers the intervals rest on."""
        return _most(self.table, "n_speakers")

    @cached_property
    def utterances(self) -> int:
        """How many test utterances were scored."""
        return _most(self.table, "n_utterances")

    @cached_property
    def size(self) -> str:
        """The test set in words."""
        return size_of(self.table)

    @cached_property
    def slugs(self) -> Mapping[str, str]:
        """What a dimension, a sweep or an example's condition is called in file names."""
        names = [*self.dimensions, *(sweep.name for sweep in self.sweeps), *(one.condition for one in self.examples)]
        return slugs(dict.fromkeys(names))

    @property
    def name(self) -> str:
        """What the run is called: its suite, or its folder."""
        return self.provenance.get("suite") or written_out(self.folder.absolute().name)

    @property
    def corpus(self) -> Mapping[str, Any]:
        """What ``provenance.json`` says of the corpus."""
        return self.provenance["corpus"]  # type: ignore[no-any-return]

    @property
    def best_possible(self) -> Mapping[str, float]:
        """The highest CCC that any system can expect, by dimension; empty where nobody knows it."""
        return self.corpus.get("best_possible_ccc") or {}

    @cached_property
    def scores(self) -> Mapping[tuple[str, str, str | None, str | None], Score]:
        """Every number by metric, system, dimension and place (see ``score``)."""
        place = self.table["condition"].fillna(self.table["corruption"])
        keys = zip(self.table["metric"], self.table["system"], self.table["dimension"], place, strict=True)
        numbers = self.table[["value", "ci_low", "ci_high"]].astype(float).to_numpy()
        notes = self.table["note"].fillna("") if "note" in self.table else [""] * len(numbers)
        return {
            (metric, system, *(None if pd.isna(one) else one for one in (dimension, where))): Score(
                *map(float, row), note=note
            )
            for (metric, system, dimension, where), row, note in zip(keys, numbers, notes, strict=True)
        }

    def score(self, metric: str, system: str, dimension: str | None, where: str | None) -> Score | None:
        """Return a number of the table, or None if the table has no such row.

        Args:
            metric: as the table calls it.
            system: name of a system or transcriber.
            dimension: ``MEAN`` for the mean of all; None for a metric that has none.
            where: a condition, a corruption for a summary of its whole sweep, or None for one of all sweeps.
        """
        return self.scores.get((metric, system, dimension, where))

    def summary(self, metric: str, system: str, dimension: str, sweep: Sweep) -> Score | None:
        """Return a number about a whole sweep, or None if the table has none."""
        return self.score(metric, system, dimension, sweep.name)


def size_of(table: pd.DataFrame) -> str:
    """Return the test set that the numbers of a table rest on, as in "120 test utterances of 24 speakers"."""
    utterances, speakers = (_most(table, name) for name in ("n_utterances", "n_speakers"))
    return f"{counted(utterances, 'test utterance')} of {counted(speakers, 'speaker')}"


def _most(table: pd.DataFrame, column: str) -> int:
    return int(table[column].max()) if len(table) else 0


def read_run(folder: Path) -> Run:
    """Return the run in ``folder``.

    Raises:
        ReportError: if a file is not there or does not hold what it must.
    """
    if (folder / "suite.yaml").is_file() and not (folder / "provenance.json").is_file():
        raise ReportError(
            f"{folder / 'provenance.json'} is not there, for this run is not finished: there is nothing to report yet. "
            f"`emonoise run` goes on with it, and `emonoise status {folder}` says what is missing"
        )
    provenance = read_json(folder / "provenance.json", ProvenanceForm)
    overall = _read_results(folder / "results.parquet")
    # A number with nothing behind it is a hole, and a hole is a row that is not there.
    table = overall[overall["value"].notna() | (overall["n_utterances"] > 0)].reset_index(drop=True)
    systems = read_systems(folder / "systems.json")
    extras = {name: read_extra(folder / f"{name}.parquet", *columns) for name, columns in EXTRAS.items()}
    scored = {"results": table[table["metric"].str.startswith("ccc")], **extras}
    # Not so of training: a teacher may be trained and not tested.
    for name in ("results", "costs", "comparisons", "links"):
        unknown = sorted({*scored[name]["system"], *scored[name].get("against", ())} - set(systems))
        if unknown:
            listed = ", ".join(unknown)
            raise ReportError(f"{folder / 'systems.json'}: does not describe {listed}, of which {name}.parquet speaks")
    stations = overall.loc[overall["condition"].notna(), list(STATION)].drop_duplicates()
    measured = [{str(key): value for key, value in one.items()} for one in stations.to_dict("records")]
    # The grid the run was asked for comes first: a condition of which nothing was scored is still a hole in its curve.
    sweeps, assumed = sweeps_of([*provenance.get("conditions", ()), *measured])
    suite = folder / "suite.yaml"
    return Run(
        folder=folder,
        table=table,
        notes=overall[overall["note"].notna()] if "note" in overall else overall.iloc[:0],
        systems=systems,
        sweeps=sweeps,
        assumed=assumed,
        provenance=provenance,
        suite=read_text(suite) if suite.is_file() else "",
        examples=_read_examples(folder / "examples"),
        extras=extras,
    )


def _read_results(path: Path) -> pd.DataFrame:
    table = read_table(path, RESULTS)
    astray = table[table["condition"].notna() & table["corruption"].isna()]
    if len(astray):
        raise ReportError(f"{path}: condition {astray.iloc[0]['condition']!r} has no corruption; each must have one")
    overall = table[table["seed"].isna() & table["draw"].isna()].reset_index(drop=True)
    key = ["metric", "system", "dimension", "place"]
    # What a number is looked up by, so that of two none hides the other.
    repeated = overall.assign(place=overall["condition"].fillna(overall["corruption"]))
    repeated = repeated[repeated.duplicated(key)]
    if len(repeated):
        raise ReportError(f"{path}: two values for {repeated.iloc[0][key].to_dict()}; one is allowed")
    return overall


def _read_examples(folder: Path) -> tuple[Example, ...]:
    if not folder.is_dir():
        return ()
    listing = folder / "examples.json"
    entries = read_json(listing, list[ExampleForm])
    # Only a plain name: a report copies what lies beside the list, nothing else.
    there = {path.name for path in folder.iterdir() if path.is_file()}
    for one in entries:
        if one["file"] not in there:
            raise ReportError(f"{listing}: {one['file']!r} is not a file in {folder}")
    return tuple(
        Example(one["condition"], folder / one["file"], one["utterance"], one.get("text"), one.get("heard", {}))
        for one in entries
    )
