"""What tables and reports must know of the conditions of a run: their curves and levels, and what is harsher."""

from collections.abc import Callable, Iterable
from typing import Any, Literal

from bench.scores.grid import GridCondition
from bench.scores.robustness import Harsher
from corruptions import Condition, Material, find_corruption
from corruptions.catalog import SNR


def explained(conditions: Iterable[Condition], material: Material) -> dict[str, str]:
    """Return a sentence on every corruption in the conditions, in their order."""
    names = dict.fromkeys(step.corruption for condition in conditions for step in condition.steps)
    return {name: find_corruption(name, material).description for name in names}


def described(condition: Condition, material: Material) -> dict[str, Any]:
    """Return what a report must know of a condition: its curve, and where on it it lies."""
    last = find_corruption(condition.steps[-1].corruption, material) if condition.steps else None
    return {
        "condition": str(condition),
        "corruption": condition.curve,
        "level": condition.level,
        "level_unit": last and last.level_unit,
        "harsher": last and last.harsher,
        "snr_of": _snr_of(condition, material),
    }


def grid_conditions(
    conditions: Iterable[Condition], material: Material, draws: Callable[[Condition], tuple[int, ...]]
) -> tuple[GridCondition, ...]:
    """Return the conditions as a grid has them, each with the draws that ``draws`` gives it."""
    about = ((described(one, material), draws(one)) for one in conditions)
    return tuple(
        GridCondition(one["corruption"], one["condition"], one["level"], one["level_unit"], drawn)
        for one, drawn in about
    )


def harsher_by_curve(conditions: Iterable[Condition], material: Material) -> dict[str, Harsher]:
    """Return in which direction of its level each curve gets harsher; clean speech is on none."""
    return {one.curve: described(one, material)["harsher"] for one in conditions if one.steps}


def _snr_of(condition: Condition, material: Material) -> Literal["heard", "dry"] | None:
    """Return what an SNR in a room refers to: all that is heard of the speech, or its direct sound alone.

    Examples:
        >>> from corruptions import parse_condition
        >>> dry, after = map(parse_condition, ("reverb@0.6s+babble@5dB-dry", "babble@5dB+reverb@0.6s"))
        >>> _snr_of(dry, Material()), _snr_of(after, Material())
        ('dry', None)
    """
    in_room = False
    for step in condition.steps:
        corruption = find_corruption(step.corruption, material)
        if in_room and corruption.level_unit == SNR:
            return "dry" if step.dry else "heard"
        in_room = in_room or bool(corruption.needs & {"rooms", "responses"})
    return None
