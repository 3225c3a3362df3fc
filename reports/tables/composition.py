"""What CCC is made of, on clean speech and in the harshest noise: for the page, as LaTeX and as CSV."""

import math

from reports.run.run import MEAN, Run
from reports.run.sweeps import CLEAN, Sweep
from reports.run.words import decimal, percent, with_interval
from reports.tables.tables import CSV_COLUMNS
from reports.tables.text_tables import TextTable

# Metric -> its column, and how it is written.
PARTS = {
    "ccc": ("CCC", decimal),
    "pearson": ("correlation", decimal),
    "scale_ratio": ("scale ratio", decimal),
    "mean_shift": ("mean shift", decimal),
    "ccc_calibrated": ("calibrated CCC", decimal),
    "ccc_within": ("CCC within speakers", decimal),
    "ccc_speaker_sd": ("its spread between them", decimal),
    "stability": ("stability (%)", percent),
}
# Those that every run with such tables has.
FACTORS = ("scale_ratio", "mean_shift")


def composition_tables(run: Run) -> list[TextTable]:
    """Return a table for each dimension; none for a run of before there were such numbers."""
    if not run.metrics.issuperset(FACTORS):
        return []
    return [_composition(run, dimension) for dimension in run.dimensions]


def harshest(run: Run) -> Sweep | None:
    """Return the sweep at whose harsh end the best system, by the mean CCC of the dimensions, scores least."""

    def best(sweep: Sweep) -> float:
        found = [run.score("ccc", name, MEAN, sweep.harshest.condition) for name in run.systems]
        return max((score.value for score in found if score is not None and score.defined), default=math.inf)

    return min(run.sweeps, key=best, default=None)


def _composition(run: Run, dimension: str) -> TextTable:
    noise = harshest(run)
    places = {CLEAN: CLEAN} if noise is None else {CLEAN: CLEAN, noise.harshest.condition: noise.where}
    rows = [
        (
            system,
            words,
            *(
                with_interval(run.score(metric, system, dimension, condition), write)
                for metric, (_, write) in PARTS.items()
            ),
        )
        for system in run.systems
        for condition, words in places.items()
    ]
    table = run.table
    shown = table[
        (table["dimension"] == dimension) & table["condition"].isin(places) & table["metric"].isin([*PARTS])
    ].assign(family=lambda found: [run.systems[name].family for name in found["system"]])
    where = CLEAN if noise is None else f"{CLEAN} and in {noise.where}"
    return TextTable(
        name=f"parts-{run.slugs[dimension]}",
        caption=f"What the CCC of {dimension} is made of, {where}: 2r / (v + 1/v + u²), with correlation r, scale "
        "ratio v and mean shift u, each with its 95 % interval",
        heads=("", "", *(head for head, _ in PARTS.values())),
        rows=tuple(rows),
        left=2,
        breaks=tuple(range(len(places), len(rows), len(places))),
        numbers=shown[[name for name in ("system", "family", *CSV_COLUMNS, "note") if name in shown]],
    )
