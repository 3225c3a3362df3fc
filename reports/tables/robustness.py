"""Robustness in numbers: for every dimension one row a system, with what sums up its curves and its errors.

The CSV has more: what is kept at every level, the error under every corruption, the link under every condition.
"""

import math

import pandas as pd

from reports.run.run import MEAN, Run
from reports.run.sweeps import Sweep
from reports.run.systems import System
from reports.run.words import MISSING, PER_CENT, UNDEFINED, Score, decimal, percent, with_interval
from reports.tables.tables import family_breaks
from reports.tables.text_tables import TextTable

HALF, WORST, ERROR, RELATIVE = "snr50", "ccc_worst", "mean_corruption_error", "mean_relative_corruption_error"
METRICS = (HALF, "ccc_retention", WORST, "corruption_error", ERROR, "relative_corruption_error", RELATIVE)
LINKS = {"over_conditions": "WER and CCC", "over_utterances": "WER and error"}
# Stands for the end of an interval that goes on beyond the levels that were tested.
OPEN = "\N{HORIZONTAL ELLIPSIS}"


def robustness_tables(run: Run) -> list[TextTable]:
    """Return a table for the mean of the dimensions, and for each of them, or none where a run has no such numbers."""
    if not {HALF, WORST, ERROR} & run.metrics:
        return []
    there = set(run.table.loc[run.table["metric"].isin(METRICS), "dimension"])
    return [_table(run, dimension) for dimension in (MEAN, *run.dimensions) if dimension in there]


def _table(run: Run, dimension: str) -> TextTable:
    sweeps = [sweep for sweep in run.sweeps if sweep.harshest.level is not None]
    heads = (
        *(f"half, {sweep.name}{_unit(sweep)}" for sweep in sweeps),
        "worst noise",
        "mCE",
        "relative mCE",
        *LINKS.values(),
    )
    rows = {
        system.name: (
            *(_level(run.summary(HALF, system.name, dimension, sweep)) for sweep in sweeps),
            _worst(run.score(WORST, system.name, dimension, None)),
            *(_told(run.score(metric, system.name, dimension, None), as_share=True) for metric in (ERROR, RELATIVE)),
            *(_links(run, system, dimension, metric) for metric in LINKS),
        )
        for system in run.systems.values()
    }
    shown = [k for k in range(len(heads)) if any(row[k] != MISSING for row in rows.values())]
    return TextTable(
        name=f"robustness-{MEAN if dimension == MEAN else run.slugs[dimension]}",
        caption=f"Robustness in numbers: {'mean of the dimensions' if dimension == MEAN else dimension}",
        heads=("", *(heads[k] for k in shown)),
        rows=tuple((name, *(row[k] for k in shown)) for name, row in rows.items()),
        left=1,
        breaks=family_breaks([system.family for system in run.systems.values()]),
        numbers=_numbers(run, dimension),
    )


def _unit(sweep: Sweep) -> str:
    return f", {sweep.level_unit}" if sweep.level_unit else ""


def _told(score: Score | None, *, as_share: bool = False) -> str:
    """Return a number and its interval, or why there is none."""
    if score is not None and not score.defined:
        return score.note or UNDEFINED
    return with_interval(score, percent, PER_CENT) if as_share else with_interval(score)


def _level(score: Score | None) -> str:
    """Return a level and its interval, which may be open; of a censored one, beyond which level it lies."""
    if score is None or not score.defined:
        return _told(score).partition(";")[0]
    ends = [OPEN if math.isnan(end) else decimal(end, 1) for end in (score.low, score.high)]
    interval = f" [{', '.join(ends)}]" if ends != [OPEN, OPEN] else ""
    return f"{decimal(score.value, 1)}{interval}"


def _worst(score: Score | None) -> str:
    if score is None or not score.defined:
        return _told(score)
    return with_interval(score, suffix=f" {score.note.partition(';')[0]}")


def _links(run: Run, system: System, dimension: str, metric: str) -> str:
    """Return the link with a recogniser; of several recognisers, without intervals."""
    links = run.extras["links"]
    rows = links[(links["system"] == system.name) & (links["dimension"] == dimension) & (links["metric"] == metric)]
    found = [
        Score(*(float(row[key]) for key in ("value", "ci_low", "ci_high")))
        for row in rows[rows["condition"].isna()].to_dict("records")
    ]
    if len(found) == 1:
        return _told(found[0])
    return ", ".join(_told(Score(one.value)) for one in found) or MISSING


def _numbers(run: Run, dimension: str) -> pd.DataFrame:
    links = run.extras["links"]
    tables = [
        table[table["dimension"] == dimension]
        for table in (run.table[run.table["metric"].isin(METRICS)], links)
        if len(table)
    ]
    order = {name: number for number, name in enumerate(run.systems)}
    whole = pd.concat(tables, ignore_index=True).drop(columns=["seed", "draw"])
    return whole.sort_values("system", key=lambda names: names.map(order), kind="stable", ignore_index=True)
