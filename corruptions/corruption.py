"""What a corruption is: how it is applied, and what its level means."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from corruptions.material import Material
from corruptions.sound.audio import Waveform
from corruptions.sound.record import Corrupted, changed_speech

Harsher = Literal["up", "down"]


@dataclass(frozen=True)
class Setting:
    """What a step is told besides the utterance so far.

    Attributes:
        level: in the corruption's own unit; 0 for a corruption without levels.
        rng: the step's own generator.
        material: what noises and rooms are made of.
        speaker: who speaks in the utterance.
        dry: whether an SNR refers to the direct sound of the speech and not to all that arrives of it.
    """

    level: float
    rng: np.random.Generator
    material: Material
    speaker: str | None = None
    dry: bool = False


Apply = Callable[[Corrupted, Setting], Corrupted]
# Audio, level (0 for a corruption without levels) and generator in; audio of the same length out.
Distort = Callable[[Waveform, float, np.random.Generator], Waveform]
# Looks for what the corruption cannot do without; a ``ValueError`` if it is not in the setting's material.
Check = Callable[[Setting], object]


# Refuses a level that cannot be had, whatever the material.
CheckLevel = Callable[[float], object]


def any_level(_level: float) -> None:
    """Find nothing wrong: the check of a corruption that takes every level, or has none."""


def nothing_needed(_setting: Setting) -> None:
    """Find nothing missing: the check of a corruption that needs no material."""


@dataclass(frozen=True)
class Corruption:
    """A way to make speech worse.

    Attributes:
        apply: does it: the utterance so far and the setting in, the utterance after this step out.
        description: one sentence for the report.
        level_unit: the x axis of its degradation curve, as in ``SNR (dB)``; None for a corruption without levels.
        suffix: of a level in a condition's name, as in ``dB``.
        harsher: whether higher or lower levels are worse.
        needs: the attributes of ``Material`` it cannot do without.
        check: raises a ``ValueError`` if they do not hold what is needed; it draws nothing.
        check_level: raises a ``ValueError`` for a level that cannot be had.
        random: whether it draws anything, so that another draw is another corruption.
    """

    apply: Apply
    description: str
    level_unit: str | None = None
    suffix: str = ""
    harsher: Harsher = "up"
    needs: frozenset[str] = frozenset()
    check: Check = nothing_needed
    check_level: CheckLevel = any_level
    random: bool = True


def distortion(
    distort: Distort,
    description: str,
    level_unit: str | None = None,
    suffix: str = "",
    harsher: Harsher = "up",
    *,
    random: bool = False,
) -> Corruption:
    """Return the corruption that sends all there is through a channel, which is speech and noise alike.

    Whether a level can be had is found out before the first utterance, on 1 ms of silence.
    """

    def apply(before: Corrupted, setting: Setting) -> Corrupted:
        return changed_speech(before, distort(before.audio, setting.level, setting.rng))

    def check_level(level: float) -> None:
        distort(np.zeros(16, np.float32), level, np.random.default_rng(0))

    return Corruption(apply, description, level_unit, suffix, harsher, check_level=check_level, random=random)
