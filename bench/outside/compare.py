"""Runs beside each other: how much every system gains or loses where a factor differs, in one report.

The first run is the reference, and the others are minus it. As utterances, labels and sets of speakers are the same, a
difference between runs is paired as one between two systems of a run is, and computed by the same code
(``bench.scores.comparisons``).
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from bench.corpora.corpus import DIMENSIONS
from bench.outside.factors import factors
from bench.outside.measured import Measured, labels_of, read_measured
from bench.outside.score import SCORING
from bench.outside.tables import OutsideError, refuse
from bench.scores.comparisons import COMPARISONS, compare
from bench.scores.grid import grid_of
from bench.scores.robustness import Harsher
from bench.stages.outputs import write_record
from bench.store.clock import Began
from bench.store.folders import RECORD, Claim, check_claim, check_inputs, mark
from bench.store.machine import machine, versions
from bench.store.progress import Stages
from bench.store.store import write_table
from bench.uncertainty.intervals import AUTO, Method, method_named
from corruptions.ground.problems import counted, listed
from corruptions.sound.inputs import file_sha256

TABLE = "comparisons.parquet"
BY = "the first that was named"
# Labels that went through a table of text may differ in the last digit.
_SAME = 1e-9
_CELL = ["condition", "draw"]


def compare_runs(
    folders: Sequence[Path], out: Path, *, intervals: str = AUTO, overwrite: bool = False, stages: Stages
) -> None:
    """Write the paired differences between runs; a report can be made of them.

    Whoever calls this holds ``out``, until the report is made, too.

    Args:
        folders: of finished runs, or of scores, two or more; the first is the one that the others are compared with.
        out: the folder to write.
        intervals: the method of every interval, of ``bench.uncertainty.intervals.METHODS``, or ``auto``.
        overwrite: replace the comparison of other runs that lies in ``out``, or files that are not known to be one.
        stages: where progress is shown.

    Raises:
        OutsideError: if utterances, speakers or labels differ, or no system or condition is in two runs; for two-way
            intervals, since nobody knows any more who read what.
        SealError: for a run whose files are not as they were written.
        FolderError: if something would be replaced that is not to be.
    """
    if len(folders) < 2:  # noqa: PLR2004 - a pair
        raise OutsideError(f"{', '.join(map(str, folders))}: name two folders or more, the one to compare with first")
    if intervals == "two-way":
        raise OutsideError("intervals two-way: what was read does not lie in the folder of a run; take another method")
    began, labels, claim = Began(), labels_of(folders), _claim(folders)
    check_claim(out, claim, overwrite=overwrite)
    check_inputs(out, claim, folders)
    runs: list[Measured] = []
    with stages.stage("Reading", len(folders), "runs") as advance:
        for folder, label in zip(folders, labels, strict=True):
            runs.append(read_measured(folder, label))
            advance(1)
    reference, *others = runs
    for other in others:
        check_same_test(reference, other)
    method = method_named(intervals)
    tables = []
    with stages.stage("Comparing", len(others), "pairs") as advance:
        for other in others:
            tables.append(differences(reference, other, method))
            advance(1)
    left_out = [line for other in others for line in only_one_has(reference, other)]
    for line in left_out:
        stages.warn(line)
    mark(out, claim)
    (out / RECORD).unlink(missing_ok=True)
    write_table(pd.concat(tables, ignore_index=True), out / TABLE)
    about = _about(runs, tables) | {
        "intervals": method.of_differences().described,
        "notices": [*cautions(runs), *left_out],
    }
    write_record(out, {**began.until_now(), **about}, [TABLE])


def cautions(runs: Sequence[Measured]) -> list[str]:
    """Return what is to be kept in mind of runs; what is not of all of them says of which."""
    told = {run.label: run.record.get("notices", []) for run in runs}
    of_all = [line for line in told[runs[0].label] if all(line in lines for lines in told.values())]
    return [*of_all, *(f"{label}: {line}" for label, lines in told.items() for line in lines if line not in of_all)]


def check_same_test(reference: Measured, other: Measured) -> None:
    """Refuse runs of which one tested what the other did not, or by other labels.

    Raises:
        OutsideError: counting and naming the utterances.
    """
    one, two = (_tested(run) for run in (reference, other))
    both = one.index.intersection(two.index)
    problems = {
        f"utterance that only {run.label} has": pd.Series(own.index.difference(both), dtype="str")
        for run, own in ((reference, one), (other, two))
    }
    for column in one:
        left, right = one[column].loc[both], two[column].loc[both]
        differs = (left != right) if column == "speaker" else ~((left - right).abs() <= _SAME)
        told = [f"{name}: {left[name]} and {right[name]}" for name in both[differs]]
        problems[f"{column} that differs"] = pd.Series(told, dtype="str")
    refuse(f"{reference.folder} and {other.folder}: not the same test", problems)


def differences(reference: Measured, other: Measured, method: Method) -> pd.DataFrame:
    """Return how far each system of a run is above the same of the reference, where both were tested.

    Args:
        reference: what is subtracted.
        other: the other run, of the same test.
        method: of intervals and p-values.

    Returns:
        The table of ``bench.scores.comparisons.COMPARISONS``, whose group names both runs, with the columns ``run`` and
        ``reference``.

    Raises:
        OutsideError: if they have no system or no condition in common.
    """
    cells = _shared(reference, other, _CELL)
    systems = _shared(reference, other, ["system"])["system"].tolist()
    if not systems or cells.empty:
        what = "condition" if systems else "system"
        raise OutsideError(f"{reference.folder} and {other.folder}: no {what} is in both, so nothing can be compared")
    truth = reference.predictions.drop_duplicates(["utterance", "dimension"])[["utterance", "dimension", "truth"]]
    tested, parts = {name: reference.predictions[name].iloc[0] for name in ("suite", "corpus", "split")}, []
    pairs = {name: (f"{other.label}: {name}", f"{reference.label}: {name}") for name in systems}
    for place, run in enumerate((other, reference)):
        rows = run.predictions[run.predictions["system"].isin(systems)].drop(columns="truth").merge(cells, on=_CELL)
        rows = rows.merge(truth, on=["utterance", "dimension"])
        parts.append(rows.assign(**tested, system=rows["system"].map({name: of[place] for name, of in pairs.items()})))
    both = pd.concat(parts, ignore_index=True)
    table = compare(
        both,
        {f"{other.label} minus {reference.label}": [*pairs.values()]},
        method=method,
        harsher=_harsher(reference, other),
        grid=grid_of(both),
        allow_missing=True,
    )
    names = {called: name for name, of in pairs.items() for called in of}
    table = table.assign(system=table["system"].map(names), against=table["against"].map(names))
    return table[[*COMPARISONS]].assign(run=other.label, reference=reference.label)


def only_one_has(reference: Measured, other: Measured) -> list[str]:
    """Return what was left out, in sentences: systems, conditions and draws that one of two runs has."""
    sides = ((reference, other), (other, reference))
    found = [(what, rest, own) for run, rest in sides for what, own in _only(run, rest)]
    return [
        f"{counted(len(own), what)} left out, which {rest.label} has not:{listed(own)}" for what, rest, own in found
    ]


def _only(run: Measured, rest: Measured) -> Iterator[tuple[str, list[str]]]:
    for key in ("system", "condition"):
        if own := sorted({*run.predictions[key]} - {*rest.predictions[key]}):
            yield key, own
    cells, there = (one.predictions[_CELL].drop_duplicates() for one in (run, rest))
    sides = cells[cells["condition"].isin(there["condition"])].merge(there, how="left", indicator="side")
    drawn = sides.loc[sides["side"] == "left_only", _CELL]
    if len(drawn):
        yield "draw", [f"{draw} of {condition}" for condition, draw in drawn.itertuples(index=False)]


def _shared(one: Measured, other: Measured, columns: list[str]) -> pd.DataFrame:
    left, right = (run.predictions[columns].drop_duplicates() for run in (one, other))
    return left.merge(right, on=columns)


def _tested(run: Measured) -> pd.DataFrame:
    """Return who said each utterance, and its labels."""
    rows = run.predictions.drop_duplicates(["utterance", "dimension"])
    labels = rows.pivot_table(index="utterance", columns="dimension", values="truth")
    speakers = rows.drop_duplicates("utterance").set_index("utterance")["speaker"]
    return pd.DataFrame({"speaker": speakers} | {name: labels[name] for name in DIMENSIONS})


def _harsher(*runs: Measured) -> dict[str, Harsher]:
    described = (one for run in runs for one in run.record.get("conditions", ()))
    return {one["corruption"]: one["harsher"] for one in described if one.get("harsher") is not None}


def _claim(folders: Sequence[Path]) -> Claim:
    reference, *others = (str(folder.resolve()) for folder in folders)
    return Claim("compare", {"reference": reference, "others": ", ".join(others)}, (RECORD, TABLE), ("report",))


def _about(runs: Sequence[Measured], tables: Sequence[pd.DataFrame]) -> dict[str, Any]:
    reference, *others = runs
    names = [str(table["group"].iloc[0]) for table in tables]
    shared = {name for other in others for name in _shared(reference, other, ["condition"])["condition"]}
    return {
        "runs": {run.label: _source(run) for run in runs},
        "factors": factors(runs),
        "corpus": reference.record["corpus"],
        "conditions": [one for one in reference.record.get("conditions", ()) if one["condition"] in shared],
        "references": {name: {"chosen": [reference.label], "by": BY} for name in names},
        "versions": versions(SCORING),
        "machine": machine(),
    }


def _source(run: Measured) -> Mapping[str, Any]:
    told = {key: run.record[key] for key in ("suite", "key", "finished") if key in run.record}
    return {"folder": str(run.folder.resolve()), "sha256": file_sha256(run.folder / RECORD), **told}
