"""What the run shows, in sentences computed from the table.

Every claim is about 95 % intervals: two systems differ where their intervals do not overlap, which is stricter than a
paired test. Where a number is undefined or missing, or intervals overlap, the sentence says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.cautions import cautions, hears_nothing
from reports.curves import CLEAN, Curve
from reports.run import Run, System
from reports.words import Score, decimal, listing, percent, with_interval

HALF = 0.5


@dataclass(frozen=True)
class Finding:
    """What the run shows of one dimension.

    Attributes:
        title: the dimension.
        verdict: what to remember.
        robust: which systems surely hold and which surely do not.
        details: a sentence or two for each corruption.
    """

    title: str
    verdict: str
    robust: tuple[str, ...]
    details: tuple[str, ...]


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


def overlap(one: Score, other: Score) -> bool:
    """Return whether two intervals share a point; scores without intervals can never be told apart.

    Examples:
        >>> overlap(Score(0.6, 0.5, 0.7), Score(0.3, 0.2, 0.4)), overlap(Score(0.6, 0.5, 0.7), Score(0.3))
        (False, True)
    """
    if not (one.has_interval and other.has_interval):
        return True
    return one.low <= other.high and other.low <= one.high


def _finding(run: Run, dimension: str) -> Finding:
    if not run.curves:
        silent = "Only clean speech was scored, so this run says nothing about noise."
        return Finding(dimension, f"{silent} {_starts(run, dimension)}", (), ())
    lexical, acoustic = (_best_on_clean(run, family, dimension) for family in ("lexical", "acoustic"))
    if lexical is None or acoustic is None:
        return Finding(dimension, _starts(run, dimension), _holds(run, dimension), _left(run, dimension))
    comparisons = [_compare(run, curve, dimension, lexical, acoustic) for curve in run.curves]
    return Finding(
        dimension,
        _verdict(run, dimension, lexical, acoustic, [outcome for outcome, _ in comparisons]),
        _holds(run, dimension),
        tuple(f"{one} {two}" for (_, one), two in zip(comparisons, _left(run, dimension), strict=True)),
    )


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
    return {curve.name: run.score("ccc_retention", system.name, dimension, curve.corruption) for curve in run.curves}


def _compare(run: Run, curve: Curve, dimension: str, lexical: System, acoustic: System) -> tuple[str, str]:
    """Return who keeps more (``lexical``, ``acoustic``, ``overlap``, ``undefined``) and the sentence that says so."""
    one, other = (_kept(run, system, dimension)[curve.name] for system in (lexical, acoustic))
    both = [_keeps(run, lexical, dimension, curve, one), _keeps(run, acoustic, dimension, curve, other)]
    said = f"In {curve.where}, {', '.join(both)}"
    if one is None or other is None or not (one.defined and other.defined):
        return "undefined", f"{said}: they cannot be compared."
    if overlap(one, other):
        return "overlap", f"{said}; the intervals overlap."
    return ("lexical" if one.value > other.value else "acoustic"), f"{said}."


def _keeps(run: Run, system: System, dimension: str, curve: Curve, kept: Score | None) -> str:
    clean = run.score("ccc", system.name, dimension, CLEAN)
    if kept is None:
        return f"what {system.name} keeps is missing"
    if not kept.defined:
        return f"what {system.name} keeps is undefined (CCC {with_interval(clean)} on clean speech)"
    harsh = run.score("ccc", system.name, dimension, curve.harshest.condition)
    ends = f"CCC {decimal(clean.value)} to {decimal(harsh.value)}" if clean and harsh else "CCC missing"
    return f"{system.name} keeps {with_interval(kept, percent, ' %')} of its clean CCC ({ends})"


def _verdict(run: Run, dimension: str, lexical: System, acoustic: System, outcomes: Sequence[str]) -> str:
    text, voice = f"{lexical.name} (lexical)", f"{acoustic.name} (acoustic)"
    beginnings = {
        "lexical": f"{text} keeps more of its clean CCC than {voice}",
        "acoustic": f"{voice} keeps more of its clean CCC than {text}",
        "overlap": f"the intervals of {text} and {voice} overlap",
        "undefined": f"{text} and {voice} cannot be compared",
    }
    parts = []
    for outcome, beginning in beginnings.items():
        names = [curve.name for curve, found in zip(run.curves, outcomes, strict=True) if found == outcome]
        if names:
            everywhere = len(names) == len(run.curves) > 1
            parts.append(f"{beginning} at the harshest level of {'every corruption' if everywhere else listing(names)}")
    # A system's name is not capitalised, so no sentence starts with one.
    opening = f"What noise leaves: {'; '.join(parts)}."
    return f"{opening} {_range(run, lexical, dimension)} {_range(run, acoustic, dimension)}"


def _range(run: Run, system: System, dimension: str) -> str:
    """Return between what and what a system keeps, or why there is no saying."""
    kept = _kept(run, system, dimension)
    known = list(_defined(kept).items())
    if known:
        ends = dict.fromkeys(
            f"{with_interval(score, percent, ' %')} in {name}" for name, score in (known[-1], known[0])
        )
        return f"Of {system.name}, {' to '.join(ends)} is left."
    if all(score is None for score in kept.values()):
        return f"What {system.name} keeps is missing."
    clean = with_interval(run.score("ccc", system.name, dimension, CLEAN))
    return f"On clean speech {system.name} has a CCC of {clean}: too little for a ratio."


def _holds(run: Run, dimension: str) -> tuple[str, ...]:
    """Return which systems surely keep half of their clean CCC everywhere, and which surely lose it somewhere."""
    groups: dict[str, list[str]] = {
        "Surely keeps half or more everywhere": [],
        "Surely loses more than half": [],
        "Not decided by the intervals": [],
        "Without a ratio": [],
    }
    holding, breaking, unsure, undefined = groups.values()
    for system in _listeners(run, dimension):
        known = {name: one for name, one in _defined(_kept(run, system, dimension)).items() if one.has_interval}
        lost = [curve.name for curve in run.curves if curve.name in known and known[curve.name].high < HALF]
        if not known:
            undefined.append(system.name)
        elif lost:
            everywhere = len(lost) == len(run.curves) > 1
            breaking.append(f"{system.name} ({'everywhere' if everywhere else listing(lost)})")
        elif len(known) == len(run.curves) and all(score.low >= HALF for score in known.values()):
            holding.append(system.name)
        else:
            unsure.append(system.name)
    return tuple(f"{words}: {listing(names)}." for words, names in groups.items() if names)


def _left(run: Run, dimension: str) -> tuple[str, ...]:
    """Return, for each curve, which system has the highest CCC at its harshest level and whether that is sure."""
    names = [system.name for system in _listeners(run, dimension)]
    sentences = []
    for curve in run.curves:
        left = _defined({name: run.score("ccc", name, dimension, curve.harshest.condition) for name in names})
        if not left:
            sentences.append(f"No CCC is known in {curve.where}.")
            continue
        best, *others = left
        rivals = [name for name in others if overlap(left[best], left[name])]
        unsure = f"; its interval overlaps with {listing(rivals)}" if rivals else ""
        sentences.append(f"Highest CCC in {curve.where}: {best}, {with_interval(left[best])}{unsure}.")
    return tuple(sentences)


def _starts(run: Run, dimension: str) -> str:
    names = [system.name for system in _listeners(run, dimension)]
    known = _defined({name: run.score("ccc", name, dimension, CLEAN) for name in names})
    if not known:
        return "No system has a CCC on clean speech."
    best = next(iter(known))
    return f"On clean speech the highest CCC is that of {best}, {with_interval(known[best])}."


def _word_errors(run: Run, name: str) -> str:
    clean = with_interval(run.score("wer", name, None, CLEAN), percent, " %")
    ends = [
        f"{with_interval(run.score('wer', name, None, curve.harshest.condition), percent, ' %')} in {curve.where}"
        for curve in run.curves
    ]
    return f"Word error rate of {name}: {listing([f'{clean} on clean speech', *ends])}."
