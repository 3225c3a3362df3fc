"""Which system scores higher, and whether that is sure: two differ where their 95 % intervals do not overlap."""

from collections.abc import Mapping, Sequence

from reports.run.run import Run
from reports.run.sweeps import CLEAN
from reports.run.systems import System
from reports.run.words import Score, listing
from reports.words.cautions import hears_nothing

OUTCOMES = ("above that of", "below that of", "not told apart from that of")
# Family -> families whose systems could be used instead.
ALTERNATIVES = {"multimodal": ("acoustic", "lexical"), "student": ("acoustic", "multimodal")}


def told_apart(one: Score, other: Score) -> bool:
    """Return whether two scores have intervals, and these share no point.

    Examples:
        >>> told_apart(Score(0.6, 0.5, 0.7), Score(0.3, 0.2, 0.4)), told_apart(Score(0.6, 0.5, 0.7), Score(0.3))
        (True, False)
    """
    both = one.has_interval and other.has_interval
    return both and not (one.low <= other.high and other.low <= one.high)


def listeners(run: Run, dimension: str, *families: str) -> list[System]:
    """Return the systems of some families, or of all but the controls, that hear what the noise does."""
    return [
        system
        for system in run.systems.values()
        if (system.family in families if families else system.family != "control")
        and not hears_nothing(run, system.name, dimension)
    ]


def defined(scores: Mapping[str, Score | None]) -> dict[str, Score]:
    """Return the scores that are numbers, highest first."""
    known = {name: score for name, score in scores.items() if score is not None and score.defined}
    return dict(sorted(known.items(), key=lambda pair: -pair[1].value))


def speaks_for(run: Run, family: str, dimension: str) -> System | None:
    """Return a family's system with the highest average CCC in noise; on clean speech, where the former is unknown."""
    names = [system.name for system in listeners(run, dimension, family)]
    in_noise = defined({name: _average(_areas(run, name, dimension)) for name in names})
    known = in_noise or defined({name: run.score("ccc", name, dimension, CLEAN) for name in names})
    return run.systems[next(iter(known))] if known else None


def beside_others(run: Run, dimension: str) -> tuple[str, ...]:
    """Return how what is fused or taught compares, on average in noise, with what could be used instead."""
    found: list[str] = []
    for family, others in ALTERNATIVES.items():
        for system in listeners(run, dimension, family):
            found += on_average(run, dimension, system, listeners(run, dimension, *others))
    return tuple(found)


def on_average(run: Run, dimension: str, system: System, others: Sequence[System]) -> list[str]:
    """Return a sentence on a system's average CCC in noise beside that of others, or none where nothing is known."""
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for other in others:
        for place in _places(run, system, other, dimension):
            groups.setdefault(place, []).append(other.name)
    parts = [
        f"{words} {listing(names)} ({'everywhere' if len(where) == len(run.sweeps) > 1 else listing(where)})"
        for (words, where), names in sorted(groups.items(), key=lambda group: OUTCOMES.index(group[0][0]))
    ]
    return [f"The average CCC of {system.name} in noise is {', '.join(parts)}."] if parts else []


def _places(run: Run, system: System, other: System, dimension: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return where a system's area under the curve is above another's, where below, and where that is unsure."""
    above: list[str] = []
    below: list[str] = []
    unsure: list[str] = []
    one, two = _areas(run, system.name, dimension), _areas(run, other.name, dimension)
    for name, area in one.items():
        rival = two[name]
        if area is None or rival is None or not (area.has_interval and rival.has_interval):
            continue
        apart = told_apart(area, rival)
        (unsure if not apart else above if area.value > rival.value else below).append(name)
    return [(words, tuple(names)) for words, names in zip(OUTCOMES, (above, below, unsure), strict=True) if names]


def _areas(run: Run, system: str, dimension: str) -> dict[str, Score | None]:
    return {sweep.name: run.summary("ccc_auc", system, dimension, sweep) for sweep in run.sweeps}


def _average(scores: Mapping[str, Score | None]) -> Score | None:
    known = [score.value for score in scores.values() if score is not None]
    return Score(sum(known) / len(known)) if len(known) == len(scores) else None
