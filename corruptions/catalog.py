"""Which corruptions there are, and how a condition is written: ``clean``, ``babble@5dB``, ``reverb@0.6s+babble@5dB``.

To add a corruption, add an entry to ``CORRUPTIONS``.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Literal

import numpy as np

from corruptions import noises
from corruptions.additive import Noise, add_noise
from corruptions.material import Material
from corruptions.noise_corpora import NoiseFolder, recorded_noise
from corruptions.noises import Spectrum
from corruptions.record import Corrupted

# utterance so far, level, generator, material, speaker of the utterance -> utterance after this step
Apply = Callable[[Corrupted, float | None, np.random.Generator, Material, str | None], Corrupted]
# n_samples, generator, material, speaker of the utterance -> noise
NoiseSource = Callable[[int, np.random.Generator, Material, str | None], Noise]

_STEP = re.compile(r"(?P<name>[^@]+)(@(?P<level>-?\d+(\.\d+)?)(?P<suffix>[^\d.].*))?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Corruption:
    """A way to make speech worse.

    Attributes:
        apply: does it.
        level_unit: the x axis of its degradation curve.
        suffix: of a level in a condition's name.
        harsher: whether higher or lower levels are worse.
        description: one sentence for the report.
        needs: the attributes of ``Material`` it cannot do without.
    """

    apply: Apply
    level_unit: str
    suffix: str
    harsher: Literal["up", "down"]
    description: str
    needs: frozenset[str] = frozenset()


def noise(source: NoiseSource, description: str, needs: frozenset[str] = frozenset()) -> Corruption:
    """Return the corruption that adds noise of one kind at an SNR."""

    def apply(
        before: Corrupted, snr_db: float | None, rng: np.random.Generator, material: Material, speaker: str | None
    ) -> Corrupted:
        if snr_db is None:
            raise ValueError("a noise needs a level: write it as babble@5dB")
        own = {"active": before.record.speech_active_dbfs, "rms": before.record.speech_rms_dbfs}[material.snr]
        reference = own if material.reference_dbfs is None else material.reference_dbfs
        return add_noise(before, source(len(before.audio), rng, material, speaker), snr_db, reference)

    return Corruption(apply, "SNR (dB)", "dB", "down", description, needs)


def own_noise(folder: NoiseFolder) -> Corruption:
    """Return the corruption that adds recordings of a user's folder."""
    return noise(
        lambda n, rng, _material, _speaker: recorded_noise(n, rng, folder), f"Recordings in {folder.folder.name}."
    )


def spectrum_of(material: Material) -> Spectrum:
    """Return the spectrum in ``material``; a ``ValueError`` if there is none."""
    if material.spectrum is None:
        raise ValueError("speech-shaped noise needs Material.spectrum: long_term_spectrum(paths of the training split)")
    return material.spectrum


def _speech_shaped(n_samples: int, rng: np.random.Generator, material: Material, _speaker: str | None) -> Noise:
    return Noise(noises.speech_shaped(n_samples, rng, spectrum_of(material)), "speech-shaped")


CORRUPTIONS: dict[str, Corruption] = {
    "white": noise(
        lambda n, rng, _material, _speaker: Noise(noises.white(n, rng), "white"),
        "Gaussian noise with the same power at every frequency.",
    ),
    "pink": noise(
        lambda n, rng, _material, _speaker: Noise(noises.pink(n, rng), "pink"),
        "Gaussian noise with the same power in every octave from 20 Hz.",
    ),
    "speech-shaped": noise(
        _speech_shaped,
        "Gaussian noise with the long-term spectrum of the training split's speech.",
        frozenset({"spectrum"}),
    ),
    "babble": noise(
        lambda n, rng, material, speaker: noises.babble(n, rng, material.talkers, speaker),
        f"{noises.N_TALKERS} people of the training split talking at once, never the speaker of the utterance.",
        frozenset({"talkers"}),
    ),
}


@dataclass(frozen=True)
class Step:
    """One corruption at one level, in the corruption's own unit; None for a corruption without levels."""

    corruption: str
    level: float | None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.corruption) or self.corruption == "clean":
            raise ValueError(f"{self.corruption!r} cannot name a corruption: use letters, digits, '.', '_' and '-'")
        if self.level is not None and not isfinite(self.level):
            raise ValueError(f"{self.corruption}: a level must be finite, not {self.level}")

    def __str__(self) -> str:
        if self.level is None:
            return self.corruption
        # The shortest digits that give the same number back; adding 0 turns -0.0 into 0.
        return f"{self.corruption}@{np.format_float_positional(self.level + 0.0, trim='-')}{_suffix(self.corruption)}"


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
        """The names of the steps without their levels: what a degradation curve is of."""
        return "+".join(step.corruption for step in self.steps) or "clean"

    @property
    def level(self) -> float | None:
        """The level of the last step: where on the curve this is."""
        return self.steps[-1].level if self.steps else None

    @property
    def needs(self) -> frozenset[str]:
        """The attributes of ``Material`` that the built-in steps cannot do without."""
        known = [CORRUPTIONS[step.corruption] for step in self.steps if step.corruption in CORRUPTIONS]
        return frozenset().union(*(corruption.needs for corruption in known))


CLEAN = Condition(())


def parse_condition(text: str) -> Condition:
    """Return the condition that is written ``text``; ``str`` of it is ``text`` again, up to how a number is spelled.

    Args:
        text: ``clean``, or steps joined by ``+``. A name that is not in ``CORRUPTIONS`` is a user's noise folder.

    Raises:
        ValueError: if it is written otherwise.

    Examples:
        >>> parse_condition("babble@-5dB")
        Condition(steps=(Step(corruption='babble', level=-5.0),))
        >>> print(parse_condition("street@5.0dB"))
        street@5dB
    """
    return CLEAN if text == "clean" else Condition(tuple(_parse_step(part, text) for part in text.split("+")))


def _parse_step(text: str, whole: str) -> Step:
    match = _STEP.fullmatch(text)
    if match is None:
        raise ValueError(f"{whole!r} is not a condition: write clean, babble@5dB, or steps joined by +")
    name, level, suffix = match["name"], match["level"], match["suffix"]
    if level is None:
        return Step(name, None)
    if suffix != _suffix(name):
        raise ValueError(f"{whole!r}: the level of {name} is given in {_suffix(name)}, not {suffix!r}")
    return Step(name, float(level))


def _suffix(name: str) -> str:
    return CORRUPTIONS[name].suffix if name in CORRUPTIONS else "dB"
