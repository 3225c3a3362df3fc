"""What a reader of a report must be careful about."""

from math import isnan

from reports.run.run import ENOUGH_SPEAKERS, ERROR_RATES, Run
from reports.run.sweeps import CLEAN
from reports.run.words import counted, listing

# Fewer noise draws or training seeds than this are too few for a claim.
ENOUGH_REPEATS = 3
# How many holes of the grid are named.
NAMED_HOLES = 5


def cautions(run: Run) -> list[str]:
    """Return a sentence for everything that weakens what the run shows."""
    found = [*_few(run), *_undefined(run), *_heard_before(run), *_holes(run), *_guesses(run), *_deaf(run), *_units(run)]
    return [*found, *run.provenance.get("notices", [])]


def missing(run: Run) -> list[str]:
    """Return the cells of the grid that the table has no row for, in words."""
    cells: list[tuple[str, str, str | None]] = [
        ("ccc", system, dimension) for system in run.systems for dimension in run.dimensions
    ]
    cells += [(metric, name, None) for name, metric in run.transcribers.items()]
    return [
        f"{system} {dimension or metric.upper()} {where}"
        for metric, system, dimension in cells
        for where in _conditions(run)
        if run.score(metric, system, dimension, where) is None
    ]


def hears_nothing(run: Run, system: str, dimension: str) -> bool:
    """Return whether a system's CCC is the same under every condition: it does not compete with those that listen.

    This is how a system that reads the reference transcript is known, whatever it is called.
    """
    scores = [run.score("ccc", system, dimension, where) for where in _conditions(run)]
    known = [score.value for score in scores if score is not None]
    return len(known) > 1 and len(set(known)) == 1


def _conditions(run: Run) -> list[str]:
    return [CLEAN, *(point.condition for sweep in run.sweeps for point in sweep.points)]


def _few(run: Run) -> list[str]:
    found = []
    if not run.sweeps:
        found.append("Only clean speech was scored, so this run says nothing about noise.")
    if run.speakers < ENOUGH_SPEAKERS:
        found.append(
            f"The test set has {counted(run.speakers, 'speaker')}. With fewer than {ENOUGH_SPEAKERS} the intervals are "
            "rough."
        )
    limit, there = run.corpus.get("limit"), run.corpus.get("utterances", {}).get("test")
    if limit is not None and there is not None and limit < there:
        found.append(f"Only {limit} of the {counted(there, 'test utterance')} were used.")
    seeds, draws = len(run.provenance.get("seeds", [])), run.provenance.get("draws")
    if 0 < seeds < ENOUGH_REPEATS:
        found.append(
            f"Systems were trained with {counted(seeds, 'seed')}; a claim about systems needs {ENOUGH_REPEATS} or more."
        )
    if draws is not None and draws < ENOUGH_REPEATS and run.sweeps:
        found.append(
            f"Every utterance met {counted(draws, 'excerpt')} of a noise; a claim about a noise needs {ENOUGH_REPEATS} "
            "or more."
        )
    return found


def _undefined(run: Run) -> list[str]:
    """Say of which dimensions no CCC exists, whatever is predicted."""
    clean = {one: [run.score("ccc", system, one, CLEAN) for system in run.systems] for one in run.dimensions}
    return [
        f"The CCC of {dimension} is undefined: the test labels are all the same."
        for dimension, scores in clean.items()
        if scores and all(score is not None and isnan(score.value) for score in scores)
    ]


def _heard_before(run: Run) -> list[str]:
    """Say which noises of the test are no surprise, for training had them too."""
    tested = [*dict.fromkeys([*run.provenance.get("corruptions", {}), *(sweep.name for sweep in run.sweeps)])]
    known = {*(run.provenance.get("training_noises") or ())}
    both = [name for name in tested if name in known]
    if not both:
        return []
    pupils = [system.name for system in run.systems.values() if system.heard == "noisy"]
    who = f" by {listing(pupils)}" if pupils else ""
    return [
        f"{listing(both)}: also heard in training{who}. What {'they show' if len(both) > 1 else 'it shows'} there says "
        "nothing about noise that is new to a system."
    ]


def _holes(run: Run) -> list[str]:
    found, holes = [], missing(run)
    if holes:
        more = [f"{len(holes) - NAMED_HOLES} more"] if len(holes) > NAMED_HOLES else []
        found.append(f"Missing from the grid: {listing([*holes[:NAMED_HOLES], *more])}.")
    counts = run.table.loc[run.table["condition"].notna(), "n_utterances"]
    if counts.nunique() > 1:
        found.append(f"Not every number rests on the same utterances: there are {counts.min()} to {counts.max()}.")
    return found


def _guesses(run: Run) -> list[str]:
    return [f"Which end of {name} is the harsh one is a guess: neither run nor unit says." for name in run.assumed]


def _deaf(run: Run) -> list[str]:
    deaf = [
        system.name
        for system in run.systems.values()
        if system.family != "control" and all(hears_nothing(run, system.name, one) for one in run.dimensions)
    ]
    if not (deaf and run.dimensions):
        return []
    same = f"{listing(deaf)} {'score' if len(deaf) > 1 else 'scores'} the same under every condition"
    return [f"{same}: untouched by the noise, and left out of the comparisons."]


def _units(run: Run) -> list[str]:
    """Say that errors of words and of characters are not to be compared, where a run has both."""
    by_metric: dict[str, list[str]] = {}
    for name, metric in run.transcribers.items():
        by_metric.setdefault(metric, []).append(name)
    if len(by_metric) < len(ERROR_RATES):
        return []
    rates = [f"the {ERROR_RATES[metric]} of {listing(names)}" for metric, names in by_metric.items()]
    return [f"Not to be compared: {' with '.join(rates)}. A word has several characters."]
