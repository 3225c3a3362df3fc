"""The level at which a mean CCC curve falls to half of clean CCC: ``snr50``, whatever the unit of its level is.

It is censored where the curve does not cross that height within its levels: the value is then missing, and the note
says beyond which level it lies. Its interval has all levels at which CCC may be half of clean CCC: with :math:`d(l)`
for CCC at the level l minus half of clean CCC, those for which the interval of :math:`d(l)` holds zero (Fieller 1954,
J. R. Stat. Soc. B 16, 175-185, does so for ratios). That of a jackknifed level would be unknown wherever the curve
without one speaker is censored; this one is open on that side, divides by nothing, and asks of d alone to be normal.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from bench.scores.grid import Grid
from bench.scores.robustness import Curve, Harsher, curve_under, why_no_ratio
from bench.uncertainty.intervals import Method
from bench.uncertainty.numbers import Numbers, Row, all_notes, first_note, no_interval

Floats = npt.NDArray[np.float64]

METRIC = "snr50"
SHARE = 0.5
# Into how many parts the way from level to level is cut, at whose ends intervals are computed.
_PARTS = 10
ENDS = ("low", "high")


def falls_at(harshness: Floats, heights: Floats) -> Floats:
    """Return from where on heights stay at or below zero, by straight lines.

    Args:
        harshness: where the heights are, ascending, shape ``(n,)``.
        heights: shape ``(..., n)``.

    Returns:
        Shape ``(...)``; minus infinity where all heights are so, infinity where the last one is not, and NaN where a
        height is NaN.

    Examples:
        >>> heights = np.array([[0.3, 0.1, -0.1], [-0.3, 0.1, -0.3], [-0.3, -0.1, -0.1], [0.3, -0.1, 0.1]])
        >>> falls_at(np.array([0.0, 10, 20]), heights).tolist()
        [15.0, 12.5, -inf, inf]
    """
    n = len(harshness)
    stay = np.cumprod((heights <= 0)[..., ::-1], axis=-1).sum(axis=-1)
    within = (stay > 0) & (stay < n)
    after = np.where(within, n - stay, 0)
    before = np.where(within, after - 1, 0)
    high, low = (np.take_along_axis(heights, at[..., np.newaxis], axis=-1)[..., 0] for at in (before, after))
    part = np.divide(high, high - low, out=np.zeros_like(high), where=within)
    crossing = harshness[before] + part * (harshness[after] - harshness[before])
    found = np.where(within, crossing, np.where(stay == n, -np.inf, np.inf))
    return np.where(np.isnan(heights).any(axis=-1), np.nan, found)


def snr50(curve: Curve) -> Floats:
    """Return the mildest level from which on CCC stays at or below half of what it is on clean speech.

    Returns:
        In the unit of the levels; infinite where it lies beyond them, on that side, and NaN where a CCC is unknown.

    Examples:
        >>> snr50(Curve(np.array([0.0, 10, 20]), np.array([0.25, 0.75, 0.8]), np.array(1.0), "down")).item()
        5.0
    """
    sign = 1 if curve.harsher == "up" else -1
    above_half = curve.values - SHARE * curve.clean[..., np.newaxis]
    return sign * falls_at(sign * curve.levels[::sign], above_half[..., ::sign])


def snr50_rows(ccc: Numbers, grid: Grid, harsher: Mapping[str, Harsher], method: Method) -> Iterator[Row]:
    """Yield a row for every curve that has levels.

    Args:
        ccc: under every condition of the grid.
        grid: says which conditions make a curve.
        harsher: for every corruption with levels, in which direction of the level it gets harsher.
        method: of the interval of CCC minus half of clean CCC.
    """
    for corruption, points in grid.curves.items():
        first = grid.conditions[points[0]]
        if first.level is None:
            continue
        used = [*points] if grid.clean is None else [*points, grid.clean]
        least = ccc.sizes[:, used].min(axis=1)
        row: Row = {
            "metric": METRIC,
            "corruption": corruption,
            "level_unit": first.level_unit,
            "n_utterances": int(least.sum()),
            "n_speakers": int(np.count_nonzero(method.by_speaker(least))),
        }
        why = why_no_ratio(ccc, grid, points)
        if why is None:
            found = _inferred(ccc, grid, corruption, harsher[corruption], least, method)
            yield row | found | {"note": all_notes(found["note"], first_note(ccc, used))}
        else:
            yield row | {"value": np.nan, "note": why}


def _inferred(ccc: Numbers, grid: Grid, corruption: str, harsher: Harsher, least: Floats, method: Method) -> Row:
    sign = 1 if harsher == "up" else -1
    unit = grid.conditions[grid.curves[corruption][0]].level_unit
    levels = curve_under(corruption, grid, ccc.value, harsher).levels
    finer = np.append(np.linspace(levels[:-1], levels[1:], _PARTS, endpoint=False).T, levels[-1])
    lines = np.stack([np.interp(finer, levels, one) for one in np.eye(len(levels))])

    def above_half(values: Floats) -> Floats:
        curve = curve_under(corruption, grid, values, harsher)
        return np.asarray(curve.values @ lines - SHARE * curve.clean[..., np.newaxis], np.float64)

    def falls(values: Floats) -> Floats:
        found = snr50(curve_under(corruption, grid, values, harsher))[..., np.newaxis]
        return np.where(np.isfinite(found), found, np.nan)

    sizes = least[:, np.newaxis]
    known = ccc.each(above_half, np.repeat(sizes, len(finer), axis=1)).inferred(method)
    ends = {
        kind: sorted(float(sign * falls_at(sign * finer[::sign], known[f"{kind}_{end}"][::sign])) for end in ENDS)
        for kind in ("ci", "all")
        if f"{kind}_low" in known
    }
    value = float(snr50(curve_under(corruption, grid, ccc.value, harsher)))
    beyond = {np.inf: f"above {_said(levels[-1], unit)}", -np.inf: f"below {_said(levels[0], unit)}"}
    goes_on = [beyond[end] for end in ends["ci"] if np.isinf(end) and end != value]
    notes = [beyond[value]] if np.isinf(value) else []
    notes += [f"interval goes on {' and '.join(goes_on)}"] if goes_on else []
    notes += [no_interval(method, least)] if np.isnan(ends["ci"]).any() else []
    return {
        "value": _finite(value),
        **{f"{kind}_{end}": _finite(one) for kind, both in ends.items() for end, one in zip(ENDS, both, strict=True)},
        **{name: float(sd[0]) for name, sd in ccc.each(falls, sizes).deviations().items()},
        "note": all_notes(*notes),
    }


def _finite(value: float) -> float:
    return value if np.isfinite(value) else np.nan


def _said(level: float, level_unit: str | None) -> str:
    """Return a level as a note says it.

    Examples:
        >>> _said(-5.0, "SNR (dB)"), _said(3.0, None)
        ('-5 dB', '3')
    """
    return " ".join(filter(None, (f"{level:g}", (level_unit or "").partition("(")[2].rstrip(")"))))
