"""What the run shows, in sentences computed from the table.

Every claim is about 95 % intervals: two systems differ where their intervals do not overlap, which is stricter than a
paired test. Where a number is undefined or missing, or intervals overlap, the sentence says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.cautions import cautions, hears_nothing
from reports.run import Run, System
from reports.sweeps import CLEAN, Sweep
from reports.words import PER_CENT, Score, level_words, listing, percent, with_interval

HALF = 0.5


@dataclass(frozen=True)
class Finding:
    """What the run shows of one dimension.

    Attributes:
        title: the dimension.
        verdict: what to remember.
        robust: which systems hold and which do not, as far as their intervals tell.
        details: the harshest condition of each corruption and a sentence or two on it.
    """

    title: str
    verdict: str
    robust: tuple[str, ...]
    details: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Headline:
    """The words at the top of a report: what was found, how the transcribers fare, what to be careful about."""

    findings: tuple[Finding, ...]
    words: tuple[str, ...]
    cautions: tuple[str, ...]


def headline(run: Run) -> Headline:
    """Return the headline of a run."""
    return Headline(
        findings=tuple(_finding(run, dimension) for dimension in run.dimensions),
        words=tuple(_word_errors(run, name) for name in run.transcribers),
        cautions=tuple(cautions(run)),
    )


def told_apart(one: Score, other: Score) -> bool:
    """Return whether two scores have intervals, and these share no point.

    Examples:
        >>> told_apart(Score(0.6, 0.5, 0.7), Score(0.3, 0.2, 0.4)), told_apart(Score(0.6, 0.5, 0.7), Score(0.3))
        (True, False)
    """
    both = one.has_interval and other.has_interval
    return both and not (one.low <= other.high and other.low <= one.high)


def _finding(run: Run, dimension: str) -> Finding:
    if not run.sweeps:
        return Finding(dimension, _starts(run, dimension), (), ())
    highest = [_highest(run, sweep, dimension) for sweep in run.sweeps]
    lexical, acoustic = (_best_on_clean(run, family, dimension) for family in ("lexical", "acoustic"))
    if lexical is None or acoustic is None:
        verdict, sentences = _starts(run, dimension), highest
    else:
        comparisons = [_compare(run, sweep, dimension, lexical, acoustic) for sweep in run.sweeps]
        verdict = _verdict(run, dimension, lexical, acoustic, [outcome for outcome, _ in comparisons])
        sentences = [f"{said} {one}" for (_, said), one in zip(comparisons, highest, strict=True)]
    places = [sweep.where for sweep in run.sweeps]
    return Finding(dimension, verdict, _holds(run, dimension), tuple(zip(places, sentences, strict=True)))


def _listeners(run: Run, dimension: str, *families: str) -> list[System]:
    return [
        system
        for system in run.systems.values()
        if (system.family in families if families else system.family != "control")
        and not hears_nothing(run, system.name, dimension)
    ]


def _defined(scores: Mapping[str, Score | None]) -> dict[str, Score]:
    """Return the scores that are numbers, highest first."""
    known = {name: score for name, score in scores.items() if score is not None and score.defined}
    return dict(sorted(known.items(), key=lambda pair: -pair[1].value))


def _best_on_clean(run: Run, family: str, dimension: str) -> System | None:
    names = [system.name for system in _listeners(run, dimension, family)]
    known = _defined({name: run.score("ccc", name, dimension, CLEAN) for name in names})
    return run.systems[next(iter(known))] if known else None


def _kept(run: Run, system: System, dimension: str) -> dict[str, Score | None]:
    return {sweep.name: run.summary("ccc_retention", system.name, dimension, sweep) for sweep in run.sweeps}


def _compare(run: Run, sweep: Sweep, dimension: str, lexical: System, acoustic: System) -> tuple[str, str]:
    """Return who keeps more (``lexical``, ``acoustic``, ``overlap``, ``undefined``) and the sentence that says so."""
    one, other = (_kept(run, system, dimension)[sweep.name] for system in (lexical, acoustic))
    both = [_keeps(run, lexical, dimension, sweep, one), _keeps(run, acoustic, dimension, sweep, other)]
    said = f"Of clean CCC, {', '.join(both)}"
    if one is None or other is None or not (one.has_interval and other.has_interval):
        return "undefined", f"{said}: they cannot be compared."
    if not told_apart(one, other):
        return "overlap", f"{said}; the intervals overlap."
    return ("lexical" if one.value > other.value else "acoustic"), f"{said}."


def _keeps(run: Run, system: System, dimension: str, sweep: Sweep, kept: Score | None) -> str:
    clean = run.score("ccc", system.name, dimension, CLEAN)
    if kept is None:
        return f"what {system.name} keeps is missing"
    if not kept.defined:
        return f"{system.name} has too little for a ratio ({with_interval(clean)})"
    harsh = run.score("ccc", system.name, dimension, sweep.harshest.condition)
    ends = " to ".join(with_interval(score and Score(score.value)) for score in (clean, harsh))
    return f"{system.name} keeps {with_interval(kept, percent, PER_CENT)} ({ends})"


def _verdict(run: Run, dimension: str, lexical: System, acoustic: System, outcomes: Sequence[str]) -> str:
    text, voice = f"{lexical.name} (lexical)", f"{acoustic.name} (acoustic)"
    beginnings = {
        "lexical": f"The lexical system {lexical.name} keeps more of its clean CCC than the acoustic {acoustic.name}",
        "acoustic": f"The acoustic system {acoustic.name} keeps more of its clean CCC than the lexical {lexical.name}",
        "overlap": f"The intervals of {text} and {voice} overlap",
        "undefined": f"There is no comparing {text} with {voice}",
    }
    parts = []
    for outcome, beginning in beginnings.items():
        names = [sweep.name for sweep, found in zip(run.sweeps, outcomes, strict=True) if found == outcome]
        if names:
            parts.append(f"{beginning} {_scope(run, names)}.")
    return f"{' '.join(parts)} At that level {_range(run, lexical, dimension)}, {_range(run, acoustic, dimension)}."


def _scope(run: Run, names: Sequence[str]) -> str:
    """Return the harshest level of some sweeps in words."""
    words = {level_words(sweep.harshest.level, sweep.level_unit) for sweep in run.sweeps}
    all_of_them = "every corruption" if len(names) == len(run.sweeps) > 1 else listing(names)
    return f"at {words.pop()} in {all_of_them}" if len(words) == 1 else f"at the harshest level of {all_of_them}"


def _range(run: Run, system: System, dimension: str) -> str:
    """Return between what and what a system keeps, or why there is no saying."""
    kept = _kept(run, system, dimension)
    known = list(_defined(kept).items())
    if known:
        ends = dict.fromkeys(
            f"{with_interval(score, percent, PER_CENT)} ({name})" for name, score in (known[-1], known[0])
        )
        return f"{system.name} keeps {' to '.join(ends)}"
    if all(score is None for score in kept.values()):
        return f"what {system.name} keeps is missing"
    clean = with_interval(run.score("ccc", system.name, dimension, CLEAN))
    return f"{system.name} has no ratio, for its clean CCC is {clean}"


def _holds(run: Run, dimension: str) -> tuple[str, ...]:
    """Return which systems keep half of their clean CCC everywhere and which lose it somewhere, by their intervals."""
    groups: dict[str, list[str]] = {
        "Holds (interval above one half everywhere)": [],
        "Breaks (interval below one half)": [],
        "Undecided (interval across one half, or a ratio unknown)": [],
        "Without any ratio": [],
    }
    holding, breaking, unsure, undefined = groups.values()
    for system in _listeners(run, dimension):
        known = {name: one for name, one in _defined(_kept(run, system, dimension)).items() if one.has_interval}
        lost = [sweep.name for sweep in run.sweeps if sweep.name in known and known[sweep.name].high < HALF]
        if not known:
            undefined.append(system.name)
        elif lost:
            everywhere = len(lost) == len(run.sweeps) > 1
            breaking.append(f"{system.name} ({'everywhere' if everywhere else listing(lost)})")
        elif len(known) == len(run.sweeps) and all(score.low >= HALF for score in known.values()):
            holding.append(system.name)
        else:
            unsure.append(system.name)
    return tuple(f"{words}: {listing(names)}." for words, names in groups.items() if names)


def _highest(run: Run, sweep: Sweep, dimension: str) -> str:
    """Return which system has the highest CCC at the harshest level and whether that is sure."""
    names = [system.name for system in _listeners(run, dimension)]
    left = _defined({name: run.score("ccc", name, dimension, sweep.harshest.condition) for name in names})
    if not left:
        return "No CCC is known there."
    best, *others = left
    rivals = [name for name in others if not told_apart(left[best], left[name])]
    unsure = f"; not told apart from {listing(rivals)}" if rivals else ""
    return f"The highest CCC there is that of {best}, {with_interval(left[best])}{unsure}."


def _starts(run: Run, dimension: str) -> str:
    names = [system.name for system in _listeners(run, dimension)]
    known = _defined({name: run.score("ccc", name, dimension, CLEAN) for name in names})
    if not known:
        return "No system has a CCC on clean speech."
    best = next(iter(known))
    return f"On clean speech the highest CCC is that of {best}, {with_interval(known[best])}."


def _word_errors(run: Run, name: str) -> str:
    clean = with_interval(run.score("wer", name, None, CLEAN), percent, PER_CENT)
    ends = [
        f"{with_interval(run.score('wer', name, None, sweep.harshest.condition), percent, PER_CENT)} in {sweep.where}"
        for sweep in run.sweeps
    ]
    return f"Word error rate of {name}: {listing([f'{clean} on clean speech', *ends])}."
