"""Tables whose cells are words: paired differences and costs, for the page, as LaTeX and as CSV."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from reports.figures.costs import HEADS, cost_table, costs
from reports.run.compared import Comparison
from reports.run.paired import ON_SEEDS, Compared, Difference, Group, groups
from reports.run.run import Run, Subject
from reports.run.words import MISSING, listing, slugs, with_interval
from reports.tables.csv_text import csv_text
from reports.tables.latex import booktabs
from reports.tables.tables import about, family_breaks

DAGGER = "\N{DAGGER}"


@dataclass(frozen=True)
class TextTable:
    """A table of words.

    Attributes:
        name: file name without suffix.
        caption: what it shows.
        heads: of the columns.
        rows: the cells; a number and its interval are one cell.
        left: how many columns hold names.
        breaks: rows, by number, that begin something new.
        numbers: what the CSV has: the same unrounded, and more.
    """

    name: str
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int
    breaks: tuple[int, ...]
    numbers: pd.DataFrame


def comparison_tables(run: Compared) -> dict[str, TextTable]:
    """Return a table of differences for each group of comparisons, by the group's name."""
    found = groups(run)
    names = slugs(f"comparisons {group.name}" for group in found)
    return {group.name: _differences(group, names[f"comparisons {group.name}"]) for group in found}


def _differences(group: Group, name: str) -> TextTable:
    heads = ("", "", *group.dimensions)
    rows = [
        (pair.name, place.words, *(_cell(pair.differences.get(place, {}).get(one)) for one in group.dimensions))
        for pair in group.pairs
        for place in group.places
    ]
    what = "" if all(pair.system == pair.against for pair in group.pairs) else ": first system minus second"
    return TextTable(
        name=name,
        caption=f"Paired differences in CCC ({group.name}){what}. A star marks differences that "
        "hold after correction (Holm) for the pairs and dimensions of the group, a dagger those that hold for other "
        "training seeds, too; the others rest on speakers",
        heads=heads,
        rows=tuple(rows),
        left=2,
        breaks=tuple(range(len(group.places), len(rows), len(group.places))),
        numbers=group.table,
    )


def _cell(difference: Difference | None) -> str:
    if difference is None:
        return MISSING
    marks = "*" * difference.holds + DAGGER * (difference.rests_on == ON_SEEDS)
    return with_interval(difference.score, suffix=marks)


def factor_table(comparison: Comparison) -> list[TextTable]:
    """Return the table of what differs between runs, or nothing where nothing does."""
    labels, factors = tuple(comparison.provenance["runs"]), comparison.provenance["factors"]
    rows = tuple((one["factor"], *one["values"]) for one in factors)
    if not rows:
        return []
    heads = ("", *labels)
    numbers = pd.DataFrame(rows, columns=["factor", *labels])
    return [TextTable("factors", "What differs between the runs", heads, rows, 1, (), numbers)]


def cost_tables(run: Run) -> list[TextTable]:
    """Return the table of costs, or nothing where the run knows none."""
    known = costs(run)
    if not known:
        return []
    processor = run.provenance.get("machine", {}).get("cpu", "a processor that is not recorded")
    spelled = {"cpu": f"one thread of {processor}", "cuda": "a GPU"}
    machine = listing([spelled.get(one, str(one)) for one in run.extras["costs"]["device"].unique()])
    return [
        TextTable(
            name="costs",
            caption="What using a system alone costs, beside its CCC, which is the mean of the dimensions. The "
            f"real-time factor is seconds of computing per second of speech, on {machine}",
            heads=("", *HEADS),
            rows=tuple((one.system, *one.cells) for one in known),
            left=1,
            breaks=family_breaks([run.systems[one.system].family for one in known]),
            numbers=cost_table(run),
        )
    ]


def write_text_table(table: TextTable, run: Subject, folder: Path) -> None:
    """Write a table as ``.tex`` and ``.csv``."""
    folder.mkdir(parents=True, exist_ok=True)
    caption = f"{table.caption}; {about(run)}"
    text = booktabs(table.name, caption, table.heads, table.rows, breaks=table.breaks, left=table.left)
    (folder / f"{table.name}.tex").write_text(text, encoding="utf-8", newline="\n")
    shown = table.numbers.map(lambda cell: csv_text(cell) if isinstance(cell, str) else cell)
    shown.to_csv(folder / f"{table.name}.csv", index=False, lineterminator="\n", encoding="utf-8")
