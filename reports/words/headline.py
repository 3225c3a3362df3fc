"""What the run shows, in sentences computed from the table.

Every claim is about 95 % intervals: two systems differ where their intervals do not overlap, which is stricter than a
paired test. Where a number is undefined or missing, or intervals overlap, the sentence says so. A family speaks through
its system with the highest average CCC in noise: what it has to offer there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from reports.run.run import ERROR_RATES, Run
from reports.run.sweeps import CLEAN, Sweep
from reports.run.systems import System
from reports.run.words import PER_CENT, Score, level_words, listing, percent, with_interval
from reports.words.cautions import cautions
from reports.words.comparisons import beside_others, defined, listeners, on_average, speaks_for, told_apart
from reports.words.hallucinations import hallucinations

HALF = 0.5
HARSHEST = "at the harshest level"


@dataclass(frozen=True)
class Finding:
    """What the run shows of one dimension.

    Attributes:
        title: the dimension.
        verdict: what to remember.
        robust: which systems hold and which do not, and how fusion and students compare, as far as intervals tell.
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
        words=(*(_errors(run, name) for name in run.transcribers), *hallucinations(run)),
        cautions=tuple(cautions(run)),
    )


def _finding(run: Run, dimension: str) -> Finding:
    if not run.sweeps:
        return Finding(dimension, _starts(run, dimension), (), ())
    highest = [_highest(run, sweep, dimension) for sweep in run.sweeps]
    lexical, acoustic = (speaks_for(run, family, dimension) for family in ("lexical", "acoustic"))
    if lexical is None or acoustic is None:
        verdict, sentences = _starts(run, dimension), highest
    else:
        comparisons = [_compare(run, sweep, dimension, lexical, acoustic) for sweep in run.sweeps]
        verdict = _verdict(run, dimension, lexical, acoustic, [outcome for outcome, _ in comparisons])
        sentences = [f"{said} {one}" for (_, said), one in zip(comparisons, highest, strict=True)]
    places = [sweep.where for sweep in run.sweeps]
    # Paired differences say it better, and have a section of their own.
    beside = beside_others(run, dimension) if run.extras["comparisons"].empty else ()
    robust = (*_holds(run, dimension), *beside)
    return Finding(dimension, verdict, robust, tuple(zip(places, sentences, strict=True)))


def _kept(run: Run, system: System, dimension: str) -> dict[str, Score | None]:
    return {sweep.name: run.summary("ccc_retention", system.name, dimension, sweep) for sweep in run.sweeps}


def _compare(run: Run, sweep: Sweep, dimension: str, lexical: System, acoustic: System) -> tuple[str, str]:
    """Return who keeps more (``lexical``, ``acoustic``, ``overlap``, ``undefined``) and the sentence that says so."""
    one, other = (_kept(run, system, dimension)[sweep.name] for system in (lexical, acoustic))
    both = [_keeps(run, lexical, dimension, sweep, one), _keeps(run, acoustic, dimension, sweep, other)]
    said = f"Of clean CCC, {', '.join(both)}"
    if one is None or other is None or not (one.has_interval and other.has_interval):
        return "undefined", f"{said}."
    if not told_apart(one, other):
        return "overlap", f"{said}; the intervals overlap."
    return ("lexical" if one.value > other.value else "acoustic"), f"{said}."


def _keeps(run: Run, system: System, dimension: str, sweep: Sweep, kept: Score | None) -> str:
    clean = run.score("ccc", system.name, dimension, CLEAN)
    if kept is None:
        return f"what {system.name} keeps is missing"
    if not kept.defined:
        return f"{system.name} has too little to keep ({with_interval(clean)})"
    harsh = run.score("ccc", system.name, dimension, sweep.harshest.condition)
    ends = " to ".join(with_interval(score and Score(score.value)) for score in (clean, harsh))
    return f"{system.name} keeps {with_interval(kept, percent, PER_CENT)} ({ends})"


def _verdict(run: Run, dimension: str, lexical: System, acoustic: System, outcomes: Sequence[str]) -> str:
    text, voice = f"{lexical.name} (lexical)", f"{acoustic.name} (acoustic)"
    clean = {one.name: with_interval(run.score("ccc", one.name, dimension, CLEAN)) for one in (lexical, acoustic)}
    reading = [_reads(run, one, dimension) for one in (lexical, acoustic)]
    if reading == [False, False]:
        return (
            f"Neither {text} nor {voice} reads {dimension}: on clean speech their CCC is {listing([*clean.values()])}."
        )
    if False in reading and True in reading:
        reader, other = (lexical, acoustic) if reading[0] else (acoustic, lexical)
        level = _level(run)
        return (
            f"The {reader.family} system {reader.name} reads {dimension}, the {other.family} {other.name} does not: on "
            f"clean speech their CCC is {clean[reader.name]} and {clean[other.name]}. "
            f"{level[0].upper()}{level[1:]} {_range(run, reader, dimension)}."
        )
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
    parts.append(f"At that level {_range(run, lexical, dimension)}, {_range(run, acoustic, dimension)}.")
    return " ".join([*parts, *on_average(run, dimension, lexical, [acoustic])])


def _reads(run: Run, system: System, dimension: str) -> bool | None:
    """Return whether a system's clean CCC is enough for ratios, or None where one of them is unknown."""
    kept = _kept(run, system, dimension).values()
    if all(score is not None and score.has_interval for score in kept):
        return True
    return None if any(score is None or score.defined for score in kept) else False


def _scope(run: Run, names: Sequence[str]) -> str:
    """Return the harshest level of some sweeps in words."""
    level = _level(run)
    all_of_them = "every corruption" if len(names) == len(run.sweeps) > 1 else listing(names)
    return f"{level} {'of' if level == HARSHEST else 'in'} {all_of_them}"


def _level(run: Run) -> str:
    words = {level_words(sweep.harshest.level, sweep.level_unit) for sweep in run.sweeps}
    return f"at {words.pop()}" if len(words) == 1 and "" not in words else HARSHEST


def _range(run: Run, system: System, dimension: str) -> str:
    """Return between what and what a system keeps, or why there is no saying."""
    kept = _kept(run, system, dimension)
    known = list(defined(kept).items())
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
        "Breaks (interval below one half at the harshest level)": [],
        "Undecided (interval across one half, or a ratio unknown)": [],
        "Without any ratio": [],
    }
    holding, breaking, unsure, undefined = groups.values()
    for system in listeners(run, dimension):
        known = {name: one for name, one in defined(_kept(run, system, dimension)).items() if one.has_interval}
        lost = [sweep for sweep in run.sweeps if sweep.name in known and known[sweep.name].high < HALF]
        if not known:
            undefined.append(system.name)
        elif lost:
            breaking.append(f"{system.name} ({listing([_from(run, sweep, system, dimension) for sweep in lost])})")
        elif len(known) == len(run.sweeps) and all(score.low >= HALF for score in known.values()):
            holding.append(system.name)
        else:
            unsure.append(system.name)
    # What has commas inside is set apart by semicolons.
    written = {
        words: "; ".join(names) if names is breaking else listing(names) for words, names in groups.items() if names
    }
    return tuple(f"{words}: {names}." for words, names in written.items())


def _from(run: Run, sweep: Sweep, system: System, dimension: str) -> str:
    """Return a corruption, and the mildest level from which on the CCC is surely below half of the clean one."""
    clean = run.score("ccc", system.name, dimension, CLEAN)
    mildest = None
    for point in reversed(sweep.points):
        score = run.score("ccc", system.name, dimension, point.condition)
        if clean is None or score is None or not score.high < HALF * clean.low:
            break
        mildest = point
    words = level_words(mildest.level, sweep.level_unit) if mildest else ""
    return f"{sweep.name} from {words}" if words else sweep.name


def _highest(run: Run, sweep: Sweep, dimension: str) -> str:
    """Return which system has the highest CCC at the harshest level and whether that is sure."""
    names = [system.name for system in listeners(run, dimension)]
    left = defined({name: run.score("ccc", name, dimension, sweep.harshest.condition) for name in names})
    if not left:
        return "No CCC is known there."
    best, *others = left
    rivals = [name for name in others if not told_apart(left[best], left[name])]
    unsure = f"; not told apart from {listing(rivals)}" if rivals else ""
    return f"The highest CCC there is that of {best}, {with_interval(left[best])}{unsure}."


def _starts(run: Run, dimension: str) -> str:
    names = [system.name for system in listeners(run, dimension)]
    known = defined({name: run.score("ccc", name, dimension, CLEAN) for name in names})
    if not known:
        return "No system has a CCC on clean speech."
    best = next(iter(known))
    return f"On clean speech the highest CCC is that of {best}, {with_interval(known[best])}."


def _errors(run: Run, name: str) -> str:
    metric = run.transcribers[name]
    places = [(CLEAN, "on clean speech"), *((sweep.harshest.condition, f"in {sweep.where}") for sweep in run.sweeps)]
    rates = [f"{with_interval(run.score(metric, name, None, at), percent, PER_CENT)} {words}" for at, words in places]
    language = f" (language: {run.languages[name]})" if name in run.languages else ""
    return f"{ERROR_RATES[metric].capitalize()} of {name}{language}: {listing(rates)}."
