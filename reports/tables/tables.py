"""The tables of a report: for the page, as LaTeX (booktabs) and as CSV.

LaTeX and the page show two decimals and the interval; the CSV of a table has the same numbers unrounded, one a row.
"""

import csv
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from reports.run.run import ERROR_RATES, Run, Subject
from reports.run.sweeps import CLEAN, Sweep
from reports.run.systems import System
from reports.run.words import GAP, PER_CENT, Score, decimal, percent, slug, with_interval
from reports.tables.csv_text import csv_text
from reports.tables.latex import booktabs


@dataclass(frozen=True)
class Cell:
    """A number of a table and where it comes from; ``score`` is None for a hole."""

    metric: str
    dimension: str | None
    corruption: str
    condition: str | None
    level: float | None
    level_unit: str
    score: Score | None


@dataclass(frozen=True)
class Table:
    """Systems (or transcribers) by columns.

    Attributes:
        name: file name without suffix.
        caption: what the numbers are.
        columns: heads of the columns after the first.
        rows: first column -> a cell for each further column.
        write: how a number is rounded.
        unit: follows the number.
        families: first column -> family, where it is a system.
    """

    name: str
    caption: str
    columns: tuple[str, ...]
    rows: Mapping[str, tuple[Cell, ...]]
    write: Callable[[float], str]
    unit: str
    families: Mapping[str, str]


def tables(run: Run) -> dict[str, list[Table]]:
    """Return the tables by kind: ``clean``, ``ccc`` (by dimension and corruption), ``summaries``, ``transcribers``."""
    return {
        "clean": [_clean(run)] if run.dimensions else [],
        "ccc": [_by_level(run, sweep, dimension) for dimension in run.dimensions for sweep in run.sweeps],
        "summaries": [
            _whole_sweep(run, metric, dimension)
            for metric in SUMMARIES
            for dimension in run.dimensions
            if run.sweeps and (run.table["metric"] == metric).any()
        ],
        "transcribers": [
            _of_transcribers(run, sweep, metric)
            for metric in ERRORS
            if metric in run.metrics
            for sweep in run.sweeps or (NOWHERE,)
        ],
    }


# Metric -> its words in a caption, and how it is written.
SUMMARIES: dict[str, tuple[str, Callable[[float], str], str]] = {
    "ccc_retention": ("share of clean {} CCC kept at the harshest level", percent, PER_CENT),
    "ccc_auc": ("mean of the {} CCC curve over the range of its levels (normalised area; dB count as dB)", decimal, ""),
}
# What is counted of transcribers: metric -> its words in a caption.
ERRORS = {
    **{metric: words.capitalize() for metric, words in ERROR_RATES.items()},
    "insertion_rate": "Insertion rate",
    "character_insertion_rate": "Character insertion rate",
    "repetition_rate": "Repetition rate",
    "low_confidence_rate": "Low-confidence rate",
    "no_speech_rate": "No-speech rate",
}
# Stands for the sweeps of a run on clean speech alone.
NOWHERE = Sweep("clean speech", "", ())


def _clean(run: Run) -> Table:
    table = _of_systems(
        run,
        name="ccc-clean",
        caption="CCC on clean speech",
        columns=run.dimensions,
        cells=lambda system: [_cell(run, "ccc", system.name, dimension, CLEAN) for dimension in run.dimensions],
    )
    if not run.best_possible:
        return table
    best = [Score(run.best_possible.get(dimension, math.nan)) for dimension in run.dimensions]
    cells = tuple(
        Cell("ccc", dimension, CLEAN, CLEAN, None, "", score)
        for dimension, score in zip(run.dimensions, best, strict=True)
    )
    return replace(table, rows={**table.rows, "best possible": cells})


def _by_level(run: Run, sweep: Sweep, dimension: str) -> Table:
    return _of_systems(
        run,
        name=f"ccc-{run.slugs[dimension]}-{run.slugs[sweep.name]}",
        caption=f"CCC of {dimension} in {sweep.name}" + (f" by {sweep.level_unit}" if sweep.level_unit else ""),
        columns=(CLEAN, *(point.tick for point in sweep.points)),
        cells=lambda system: _along(run, sweep, "ccc", system.name, dimension),
    )


def _whole_sweep(run: Run, metric: str, dimension: str) -> Table:
    words, write, unit = SUMMARIES[metric]
    return _of_systems(
        run,
        name=f"{slug(metric)}-{run.slugs[dimension]}",
        caption=words.format(dimension)[0].upper() + words.format(dimension)[1:],
        columns=tuple(sweep.name for sweep in run.sweeps),
        cells=lambda system: [_cell(run, metric, system.name, dimension, None, sweep=sweep) for sweep in run.sweeps],
        write=write,
        unit=unit,
    )


def _of_transcribers(run: Run, sweep: Sweep, metric: str) -> Table:
    names = run.table.loc[run.table["metric"] == metric, "system"].unique()
    return Table(
        name=f"{slug(metric)}-{run.slugs.get(sweep.name, 'clean')}",
        caption=f"{ERRORS[metric]} in {sweep.name} (%)" + (f" by {sweep.level_unit}" if sweep.level_unit else ""),
        columns=(CLEAN, *(point.tick for point in sweep.points)),
        rows={name: tuple(_along(run, sweep, metric, name, None)) for name in names},
        write=percent,
        unit="",
        families={},
    )


def _of_systems(
    run: Run,
    *,
    name: str,
    caption: str,
    columns: Sequence[str],
    cells: Callable[[System], Sequence[Cell]],
    write: Callable[[float], str] = decimal,
    unit: str = "",
) -> Table:
    rows = {system.name: tuple(cells(system)) for system in run.systems.values()}
    families = {system.name: system.family for system in run.systems.values()}
    return Table(name, caption, tuple(columns), rows, write, unit, families)


def _along(run: Run, sweep: Sweep, metric: str, system: str, dimension: str | None) -> list[Cell]:
    noisy = [
        _cell(run, metric, system, dimension, point.condition, sweep=sweep, level=point.level) for point in sweep.points
    ]
    return [_cell(run, metric, system, dimension, CLEAN), *noisy]


def _cell(
    run: Run,
    metric: str,
    system: str,
    dimension: str | None,
    condition: str | None,
    *,
    sweep: Sweep | None = None,
    level: float | None = None,
) -> Cell:
    corruption = sweep.name if sweep else CLEAN
    if condition is None and sweep is not None and dimension is not None:
        score = run.summary(metric, system, dimension, sweep)
    else:
        score = run.score(metric, system, dimension, condition or corruption)
    return Cell(metric, dimension, corruption, condition, level, sweep.level_unit if sweep else "", score)


def write_table(table: Table, run: Run, folder: Path) -> None:
    """Write a table as ``.tex`` and ``.csv``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{table.name}.tex").write_text(latex(table, about(run)), encoding="utf-8", newline="\n")
    with (folder / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["system", "family", *CSV_COLUMNS])
        for name, cells in table.rows.items():
            for cell in cells:
                writer.writerow([csv_text(name), table.families.get(name, ""), *_record(cell)])


CSV_COLUMNS = ("metric", "dimension", "corruption", "condition", "level", "level_unit", "value", "ci_low", "ci_high")


def _record(cell: Cell) -> list[object]:
    ends = (cell.score.value, cell.score.low, cell.score.high) if cell.score else (math.nan,) * 3
    numbers = [repr(end) if not math.isnan(end) else "" for end in ends]
    level = "" if cell.level is None else repr(cell.level)
    place = map(csv_text, (cell.metric, cell.dimension or "", cell.corruption, cell.condition or ""))
    return [*place, level, csv_text(cell.level_unit), *numbers]


def about(run: Subject) -> str:
    """Return which corpus a table is about, for its caption."""
    kind = "synthetic corpus" if run.corpus["synthetic"] else "corpus"
    return f"{kind} {run.corpus['name']}, {run.size}"


def latex(table: Table, about: str) -> str:
    """Return a table as a LaTeX float; it needs the package booktabs.

    Args:
        table: what to write.
        about: the end of the caption, on which corpus this is.
    """
    return booktabs(
        table.name,
        f"{table.caption}, with 95{GAP}% intervals; {about}",
        ["", *table.columns],
        [
            [name, *(with_interval(cell.score, table.write, table.unit) for cell in cells)]
            for name, cells in table.rows.items()
        ],
        breaks=family_breaks([table.families.get(name) for name in table.rows]),
    )


def family_breaks(families: Sequence[str | None]) -> tuple[int, ...]:
    """Return the rows, by number, at which another family begins.

    Examples:
        >>> family_breaks(["acoustic", "acoustic", "lexical"])
        (2,)
    """
    return tuple(row for row, (before, one) in enumerate(pairwise(families), start=1) if one != before)
