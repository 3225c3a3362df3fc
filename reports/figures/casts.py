"""Who is drawn with whom: a panel of curves can be read with a few systems on it, and a run may have many.

A run of few systems has them all on one figure. Of more, those that the suite compares stand together, a figure for
each group of comparisons, and the rest by family.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from reports.figures import style
from reports.figures.style import Look
from reports.run.run import Run
from reports.run.systems import FAMILIES, LADDER
from reports.run.words import listing

# More lines than these on one panel cannot be told apart.
CROWD = 8


@dataclass(frozen=True)
class Cast:
    """Systems on one figure; ``title`` is "" where these are all systems of the run."""

    title: str
    names: tuple[str, ...]


def casts(run: Run) -> tuple[Cast, ...]:
    """Return which systems share a figure of curves; every system that listens is on one, or on that of the ladder.

    Controls are shown with a run of few systems, and left out where there are many.
    """
    listening = [system.name for system in run.systems.values() if system.family != "control"]
    if len(listening) <= CROWD:
        return (Cast("", tuple(run.systems)),)
    found: list[Cast] = []
    compared = run.extras["comparisons"]
    for group, rows in compared[~compared["group"].isin([*run.references])].groupby("group", sort=False):
        pairs = rows[["system", "against"]].drop_duplicates().itertuples(index=False, name=None)
        found += [Cast(str(group), _in_order(run, names)) for names in _filled(pairs)]
    beginning = "others: " if found else ""
    rungs = ladder(run)
    elsewhere = {name for cast in (*found, *([rungs] if rungs else [])) for name in cast.names}
    families = [
        [name for name in listening if name not in elsewhere and run.systems[name].family == family]
        for family in FAMILIES
    ]
    for names in _filled(part for family in families for part in _evenly(family)):
        there = dict.fromkeys(run.systems[name].family for name in names)
        found.append(Cast(beginning + listing([*there]), tuple(names)))
    return tuple(_numbered(found))


def ladder(run: Run) -> Cast | None:
    """Return the lexical systems that differ in where their words come from, best words first; None without two."""
    rungs = list(LADDER)
    there = [system for system in run.systems.values() if system.ladder is not None]
    names = tuple(one.name for one in sorted(there, key=lambda system: rungs.index(system.ladder or "")))
    return Cast("", names) if len({system.ladder for system in there}) > 1 else None


def run_looks(run: Run) -> dict[str, Look]:
    """Return how every system of the run is drawn, the same everywhere."""
    rungs = ladder(run)
    together = [cast.names for cast in (*casts(run), *([rungs] if rungs else []))]
    return style.looks(list(run.systems.values()), together)


def _filled(parts: Iterable[Sequence[str]]) -> list[list[str]]:
    """Return lists of names, as few as the order of the parts allows; no part is torn and none crowds its list."""
    found: list[list[str]] = []
    for part in parts:
        if not found or len({*found[-1], *part}) > CROWD:
            found.append([])
        found[-1] += [name for name in part if name not in found[-1]]
    return [names for names in found if names]


def _evenly(names: Sequence[str]) -> list[Sequence[str]]:
    """Return names in as few parts as do not crowd, of about the same size."""
    count = -(-len(names) // CROWD)
    return [names[part * len(names) // count : (part + 1) * len(names) // count] for part in range(count)]


def _numbered(found: Sequence[Cast]) -> Iterator[Cast]:
    """Return the casts, those of one title with a number behind it."""
    titles = [cast.title for cast in found]
    for index, cast in enumerate(found):
        alone = titles.count(cast.title) == 1
        yield cast if alone else Cast(f"{cast.title}, {titles[: index + 1].count(cast.title)}", cast.names)


def _in_order(run: Run, names: Iterable[str]) -> tuple[str, ...]:
    wanted = {*names}
    return tuple(name for name in run.systems if name in wanted)
