"""``docs/intervals.md``: what the study found, cell by cell."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from bench.store.machine import versions
from tests.faults.table import commit
from tests.faults.tools.command import ROOT
from tests.study.cells import ENOUGH_SPEAKERS, GOALS, ITEMS, PARTS, SEEDS

PAGE = ROOT / "docs" / "intervals.md"
TEXT = (Path(__file__).parent / "reading.md").read_text(encoding="utf-8")
VARIED = {SEEDS: "deviation of seeds", ITEMS: "of texts"}
"""What makes rows besides speakers, where it is not the share of the labels' variance between them."""
COLUMNS = ["part", "n_speakers", "sizes", "varied", "what", "measure", "contender", "rate", "n_tables"]
"""Of the table of rates: those of a ``Cell``, less what makes it, and those of a ``Rate``."""


def write_page(found: pd.DataFrame, seed: int, share: float, path: Path = PAGE) -> None:
    """Write the page.

    Args:
        found: with the ``COLUMNS``.
        seed: of everything.
        share: of the test sets that were made.
        path: where to.
    """
    goals = [f"{name} {100 * low:g} to {100 * high:g} %" for name, (low, high) in GOALS.items()]
    known = versions(("numpy", "scipy"))
    lines = [
        TEXT.rstrip(),
        "",
        f"Goals, from {ENOUGH_SPEAKERS} speakers on: {', '.join(goals)}. What misses one is **bold**.",
        "",
        f"{datetime.now(UTC).date().isoformat()}, commit {commit()}, seed {seed}, numpy {known['numpy']}, scipy "
        f"{known['scipy']}; {_sizes(found)}{'' if share == 1 else f' ({share:g} of the study: a first look)'}.",
        "",
        *_summary(found),
        *_missed(found),
    ]
    for name, part in PARTS.items():
        of = found[found["part"] == name]
        lines += ["", f"## {name}", "", part.about, "", *_table(of, name)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _sizes(found: pd.DataFrame) -> str:
    counts = sorted(found["n_tables"].unique(), reverse=True)
    errors = [f"{n:,} test sets a cell (standard error {100 * (0.05 * 0.95 / n) ** 0.5:.1f} % at 95 %)" for n in counts]
    return "; where sets of speakers are drawn, ".join(errors)


def _is_met(rows: pd.DataFrame) -> "pd.Series[bool]":
    low, high = (rows["measure"].map({name: ends[k] for name, ends in GOALS.items()}) for k in (0, 1))
    return rows["rate"].between(low, high)


def _summary(found: pd.DataFrame) -> Iterator[str]:
    """Yield for each part and contender the range of its rates, and how many cells meet the goal."""
    meant = found[found["n_speakers"] >= ENOUGH_SPEAKERS]
    yield "| | | lowest | mean | highest | cells that meet the goal |"
    yield "|---|---|---|---|---|---|"
    for (part, measure, contender), of in meant.groupby(["part", "measure", "contender"], sort=False):
        rate = 100 * of["rate"]
        numbers = f"{rate.min():.1f} | {rate.mean():.1f} | {rate.max():.1f}"
        yield f"| {part}, {measure} | {contender} | {numbers} | {_is_met(of).sum()} of {len(of)} |"


def _missed(found: pd.DataFrame) -> Iterator[str]:
    """Yield the cells in which our intervals miss the goal they are meant for, and by how many standard errors."""
    meant = found["part"].map({name: part.ours for name, part in PARTS.items()})
    ours = found[(found["n_speakers"] >= ENOUGH_SPEAKERS) & (found["contender"] == meant)]
    missed = ours[~_is_met(ours)]
    yield ""
    yield f"Ours misses a goal in {len(missed)} of {len(ours)} cells" + (":" if len(missed) else ".")
    for row in missed.itertuples():
        low, high = GOALS[row.measure]
        distance = max(low - row.rate, row.rate - high) / (row.rate * (1 - row.rate) / row.n_tables) ** 0.5
        yield (
            f"- {row.part}, {row.what}, {row.n_speakers} speakers, {row.sizes}, {row.varied}: {row.measure} "
            f"{100 * row.rate:.1f} %, {distance:.1f} standard errors out"
        )


def _table(rows: pd.DataFrame, part: str) -> Iterator[str]:
    asked, measures = PARTS[part].asked, PARTS[part].measures
    yield f"| speakers | utterances | {VARIED.get(part, 'labels between')} | {' | '.join(asked)} |"
    yield "|---" * (3 + len(asked)) + "|"
    meant = (rows["n_speakers"] >= ENOUGH_SPEAKERS) & ~_is_met(rows)
    written = [
        f"**{100 * rate:.1f}**" if bad else f"{100 * rate:.1f}" for rate, bad in zip(rows["rate"], meant, strict=True)
    ]
    for place, of in rows.assign(written=written).groupby(["n_speakers", "sizes", "varied"], sort=False):
        shown = of.groupby(["contender", "measure"])["written"].agg(" ".join)
        cells = [" / ".join(shown[name, measure] for measure in measures) for name in asked]
        yield f"| {' | '.join(map(str, place))} | {' | '.join(cells)} |"
