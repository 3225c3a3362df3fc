r"""How much a system errs in noise beside a named reference: the corruption errors of ImageNet-C, of 1 - CCC.

Hendrycks and Dietterich (2019), Benchmarking neural network robustness to common corruptions and perturbations, ICLR.
Over the levels s of a corruption c, the errors E of a system f are divided by those of a reference, so that corruptions
that are hard for everybody count no more than others. The relative error is of what noise adds to the error on clean
speech.

.. math::
    \mathit{CE}_c = \frac{\sum_s E^f_{s,c}}{\sum_s E^\mathit{ref}_{s,c}}, \quad
    \mathit{relative\ CE}_c = \frac{\sum_s (E^f_{s,c} - E^f_\mathit{clean})}
    {\sum_s (E^\mathit{ref}_{s,c} - E^\mathit{ref}_\mathit{clean})}

Both are 1 for the reference and less for what is better. System and reference are those of the same sets of speakers.
Means are over the corruptions under which the reference errs enough to be divided by: the same ones for every system.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.scores.grid import Grid
from bench.scores.results import RANGES
from bench.scores.robustness import why_unknown
from bench.uncertainty.intervals import Method
from bench.uncertainty.numbers import ANYWHERE, Numbers, Row, all_notes, first_note

Floats = npt.NDArray[np.float64]
Ccc = Mapping[tuple[str, str | None], Numbers]
"""Mean CCC under every condition, by system and dimension."""

SMALLEST_ERROR = 0.05
"""Below this mean error over the levels of a corruption, the reference is not divided by."""

# Of what is predicted without an error, less than this is left by rounding.
_NOTHING = 1e-9


@dataclass(frozen=True)
class Kind:
    """A way to count errors.

    Attributes:
        mean: the metric that is the mean over corruptions.
        above_clean: whether the error on clean speech is subtracted.
        verb: what a reference must do to be divided by.
    """

    mean: str
    above_clean: bool
    verb: str


KINDS: dict[str, Kind] = {
    "corruption_error": Kind("mean_corruption_error", above_clean=False, verb="errs"),
    "relative_corruption_error": Kind("mean_relative_corruption_error", above_clean=True, verb="loses"),
}
"""By metric."""


def error_rows(ccc: Ccc, reference: str, grid: Grid, method: Method) -> Iterator[Row]:
    """Yield the corruption errors of every system and dimension, and their means over corruptions.

    Args:
        ccc: of every system.
        reference: the system by whose errors those of all are divided.
        grid: says which conditions make a curve.
        method: of intervals.
    """
    for (system, dimension), own in ccc.items() if grid.curves else ():
        for metric, kind in KINDS.items():
            for row in _rows(own, ccc[reference, dimension], metric, kind, reference, grid, method):
                yield {"system": system, "dimension": dimension} | row


def _rows(
    own: Numbers, others: Numbers, metric: str, kind: Kind, reference: str, grid: Grid, method: Method
) -> Iterator[Row]:
    curves, divisors = [*grid.curves.values()], _errors(others, kind, grid)
    doubts = [_why_no_divisor(others, kind, reference, grid, points) for points in curves]
    holes = [_why_unpaired(own, kind, grid, points) for points in curves]
    whys = [doubt or hole for doubt, hole in zip(doubts, holes, strict=True)]
    fine = np.array([why is None for why in whys])
    ratios = _errors(own, kind, grid).paired(divisors, _ratio)
    ratios = ratios.each(lambda values: np.where(fine, values, np.nan), ratios.sizes, ratios.notes)
    undivided = f"interval unknown: {reference} {kind.verb} nothing without some speaker"
    unsure = [undivided if (of <= _NOTHING).any() else None for of in divisors.replicates.T]
    cells = ratios.rows(method, RANGES.get(metric, ANYWHERE))
    for corruption, points, why, unknown, row in zip(grid.curves, curves, whys, unsure, cells, strict=True):
        place: Row = {"corruption": corruption, "level_unit": grid.conditions[points[0]].level_unit}
        yield row | place | {"metric": metric, "note": why or _note(row, unknown)}
    kept = [k for k, doubt in enumerate(doubts) if doubt is None]
    left_out = [name for name, doubt in zip(grid.curves, doubts, strict=True) if doubt is not None]
    mean = ratios.through(lambda values: values[..., kept or [0]].mean(axis=-1), kept or [0])
    [row] = mean.rows(method, RANGES.get(kind.mean, ANYWHERE))
    why = next((whys[k] for k in kept or [0] if whys[k]), None)
    note = why or _note(row, next((unsure[k] for k in kept if unsure[k]), None))
    without = f"without {', '.join(left_out)}" if kept and left_out else None
    yield row | {"metric": kind.mean, "note": all_notes(note, without)}


def _note(row: Row, unsure: str | None) -> object:
    # A bootstrap has an interval although the reference errs nothing in a few sets.
    end = row["ci_low"]
    return unsure if unsure and isinstance(end, float) and np.isnan(end) else row["note"]


def _errors(ccc: Numbers, kind: Kind, grid: Grid) -> Numbers:
    """Return the mean error over the levels of every curve."""
    curves = [list(points) for points in grid.curves.values()]

    def errors(values: Floats) -> Floats:
        best: Floats | float = 1.0
        if kind.above_clean:
            best = np.full(values.shape[:-1], np.nan) if grid.clean is None else values[..., grid.clean]
        return np.stack([best - values[..., points].mean(axis=-1) for points in curves], axis=-1)

    used = [[*points, grid.clean] if kind.above_clean and grid.clean is not None else points for points in curves]
    least = np.stack([ccc.sizes[:, points].min(axis=1) for points in used], axis=-1)
    return ccc.each(errors, least, [first_note(ccc, points) for points in used])


def _ratio(own: Floats, others: Floats) -> Floats:
    return own / np.where(others > _NOTHING, others, np.nan)


def _why_no_divisor(ccc: Numbers, kind: Kind, reference: str, grid: Grid, points: Sequence[int]) -> str | None:
    why = _why_unpaired(ccc, kind, grid, points)
    if why is not None:
        return why if grid.clean is None and kind.above_clean else f"{reference}: {why}"
    best = ccc.value[grid.clean] if kind.above_clean else 1.0
    if best - ccc.value[list(points)].mean() < SMALLEST_ERROR:
        return f"{reference} {kind.verb} less than {SMALLEST_ERROR:g}"
    return None


def _why_unpaired(ccc: Numbers, kind: Kind, grid: Grid, points: Sequence[int]) -> str | None:
    """Return why the error of a system is not that of the same utterances as another's, or None."""
    why = why_unknown(ccc, grid, points, clean=kind.above_clean)
    counts = ccc.sizes[:, list(points)].sum(axis=0)
    return why or ("utterances are missing" if (counts < len(grid.utterances)).any() else None)
