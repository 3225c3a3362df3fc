"""How a condition is written: ``clean``, ``babble@5dB``, ``reverb@0.6s+babble@5dB``."""

import re
from dataclasses import dataclass
from math import isfinite

import numpy as np

from corruptions.catalog import CORRUPTIONS, SNR

# Behind the level of a noise: the SNR refers to the direct sound of the speech.
DRY = "-dry"

_STEP = re.compile(r"(?P<name>[^@]+)(@(?P<level>-?\d+(\.\d+)?)(?P<suffix>([^\d.].*)?))?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Step:
    """One corruption at one level.

    Attributes:
        corruption: a name in ``CORRUPTIONS``, or that of a user's own noise or rooms.
        level: in the corruption's own unit; None for a corruption without levels.
        dry: for a noise, whether its SNR refers to the direct sound of the speech alone. Otherwise it refers to the
            speech as it arrives, with all reflections.
    """

    corruption: str
    level: float | None
    dry: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.corruption) or self.corruption == "clean":
            raise ValueError(f"{self.corruption!r} cannot name a corruption: use letters, digits, '.', '_' and '-'")
        if self.level is not None and not isfinite(self.level):
            raise ValueError(f"{self.corruption}: a level must be finite, not {self.level}")
        if self.dry and (self.level is None or not _is_noise(self.corruption)):
            raise ValueError(f"{self.corruption}: only an SNR can refer to dry speech")

    def __str__(self) -> str:
        if self.level is None:
            return self.corruption
        # The shortest digits that give the same number back; adding 0 turns -0.0 into 0.
        digits = np.format_float_positional(self.level + 0.0, trim="-")
        return f"{self.corruption}@{digits}{_suffix(self.corruption)}{DRY * self.dry}"


@dataclass(frozen=True)
class Condition:
    """What happens to an utterance: steps from first to last; none of them is clean.

    Examples:
        >>> print(Condition(()), Condition((Step("babble", 5.0),)), Condition((Step("pink", -2.5),)))
        clean babble@5dB pink@-2.5dB
    """

    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return "+".join(map(str, self.steps)) or "clean"

    @property
    def corruption(self) -> str:
        """The names of the steps without their levels: what decides which excerpts and rooms an utterance meets."""
        return "+".join(step.corruption for step in self.steps) or "clean"

    @property
    def curve(self) -> str:
        """What a degradation curve is of: the condition without the last level, as in ``reverb@0.6s+babble``."""
        if not self.steps:
            return "clean"
        last = self.steps[-1]
        return "+".join([*map(str, self.steps[:-1]), last.corruption + DRY * last.dry])

    @property
    def level(self) -> float | None:
        """The level of the last step: where on the curve this is."""
        return self.steps[-1].level if self.steps else None


CLEAN = Condition(())


def parse_condition(text: str) -> Condition:
    """Return the condition that is written ``text``; ``str`` of it is ``text`` again, up to how a number is spelled.

    Args:
        text: ``clean``, or steps joined by ``+``. A name that is not in ``CORRUPTIONS`` is a user's own: with a level
            a noise, without one a folder of impulse responses.

    Raises:
        ValueError: if it is written otherwise.

    Examples:
        >>> parse_condition("babble@-5dB")
        Condition(steps=(Step(corruption='babble', level=-5.0, dry=False),))
        >>> print(parse_condition("lounge+street@5.0dB-dry"))
        lounge+street@5dB-dry
    """
    return CLEAN if text == "clean" else Condition(tuple(_parse_step(part, text) for part in text.split("+")))


def _parse_step(text: str, whole: str) -> Step:
    match = _STEP.fullmatch(text)
    if match is None:
        raise ValueError(f"{whole!r} is not a condition: write clean, babble@5dB, or steps joined by +")
    if match["name"] == "clean":
        raise ValueError(f"{whole!r}: clean stands alone, without a level and outside of chains")
    name, level, suffix = match["name"], match["level"], match["suffix"]
    if level is None:
        return Step(name, None)
    own = _suffix(name)
    if name in CORRUPTIONS and CORRUPTIONS[name].level_unit is None:
        raise ValueError(f"{whole!r}: a level for {name}, but it has none: write its name alone")
    if suffix not in {own, own + DRY * _is_noise(name)}:
        raise ValueError(f"{whole!r}: the level of {name} is given in {own}, as in {name}@{level}{own}, not {suffix!r}")
    return Step(name, float(level), dry=suffix != own)


def _is_noise(name: str) -> bool:
    # What is not in the catalogue and has a level is a folder of noise.
    return name not in CORRUPTIONS or CORRUPTIONS[name].level_unit == SNR


def _suffix(name: str) -> str:
    return CORRUPTIONS[name].suffix if name in CORRUPTIONS else "dB"
