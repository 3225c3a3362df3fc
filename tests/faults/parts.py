"""The parts of the harness, by the names that ``make test-faults FAULTS=...`` knows, each a section of the table."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.faults.disturbed.cost import Cost, cost_of, cost_of_filterbanks
from tests.faults.disturbed.damage import damages
from tests.faults.disturbed.disk import full_disks
from tests.faults.disturbed.flips import flips
from tests.faults.disturbed.kill import early_ends, kills
from tests.faults.disturbed.pairs import pairs
from tests.faults.disturbed.probe import damaged_probe
from tests.faults.disturbed.swap import swaps
from tests.faults.scene import Scene
from tests.faults.tools.counts import Outcome, counted

Fault = Callable[[Scene, Path, np.random.Generator, float], Iterator[Outcome]]


@dataclass(frozen=True)
class Section:
    """A part of the table: a heading, and its lines in Markdown; whether all of it is as it should be."""

    title: str
    lines: tuple[str, ...]
    is_clean: bool = True


FAULTS: dict[str, tuple[str, Fault]] = {
    "kill": ("Signals at random moments", kills),
    "early": ("Ctrl-C in the first two seconds", early_ends),
    "flips": ("One flipped bit against each reader", flips),
    "damage": ("Damaged files, from end to end", damages),
    "probe": ("Damaged files of the probe corpus, from end to end", damaged_probe),
    "swap": ("Inputs swapped during a run", swaps),
    "pairs": ("Two at once", pairs),
    "disk": ("Full disks", full_disks),
}
COST, BENCH = "cost", "bench"
PARTS = (*FAULTS, COST)
"""What runs unless a part is named; ``bench`` runs the whole default suite with a clock, and must be asked for."""

_COST_HEAD = ("| run | from beginning to end | inside | share | limit |", "|---|---|---|---|---|")
_LIMITS = {COST: 0.05, BENCH: 0.02}


def section(part: str, scene: Scene, folder: Path, seed: int, share: float) -> Section:
    """Return what came of a part; its trials depend on the seed alone."""
    if part in (COST, BENCH):
        cost = _cost(part, scene, folder)
        return Section(_TITLES[part], (*_COST_HEAD, _cost_line(cost, _LIMITS[part])), cost.share <= _LIMITS[part])
    title, fault = FAULTS[part]
    rows = counted(fault(scene, folder, np.random.default_rng([seed, *part.encode()]), share))
    lines = [
        f"| {one.fault} | {one.tried} | {one.lost} | {one.wrong} | {one.raw} | {_cell(one.said)} |" for one in rows
    ]
    head = ("| fault | tried | lost | wrong | raw | message seen |", "|---|---|---|---|---|---|")
    return Section(title, (*head, *lines), all(one.is_clean for one in rows))


_TITLES = {COST: "What safety costs a run on filterbanks", BENCH: "What safety costs `make bench`"}


def title_of(part: str) -> str:
    """Return the heading of a part."""
    return _TITLES.get(part) or FAULTS[part][0]


def _cost(part: str, scene: Scene, folder: Path) -> Cost:
    if part == COST:
        return cost_of_filterbanks(scene, folder / part)
    return cost_of(
        "`make bench`", ["run", "quick", "--out", folder / part / "out"], folder / part, folder / part / "cache"
    )


def _cost_line(cost: Cost, limit: float) -> str:
    inside = ", ".join(f"{kind} {seconds:.2f} s" for kind, seconds in cost.inside_s.items())
    return f"| {cost.suite} | {cost.wall_s:.0f} s | {inside} | {100 * cost.share:.1f} % | {100 * limit:.0f} % |"


def _cell(text: str, most: int = 200) -> str:
    plain = " ".join(text.replace("|", "/").split())
    return plain if len(plain) <= most else f"{plain[: most - 3]}..."
