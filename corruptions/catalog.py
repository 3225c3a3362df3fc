"""Which corruptions there are. To add one, add an entry to ``CORRUPTIONS``."""

from collections.abc import Callable

import numpy as np

from corruptions import noises
from corruptions.additive import Noise, add_noise
from corruptions.corruption import Corruption, Distort, Harsher, Setting
from corruptions.material import Material
from corruptions.noise_folders import NoiseFolder, recorded_noise
from corruptions.noises import Spectrum
from corruptions.record import Corrupted, changed_speech

# The level of every noise, recorded or made.
SNR = "SNR (dB)"

# n_samples and setting in, noise out.
NoiseSource = Callable[[int, Setting], Noise]


def noise(source: NoiseSource, description: str, needs: frozenset[str] = frozenset()) -> Corruption:
    """Return the corruption that adds noise of one kind at an SNR."""

    def apply(before: Corrupted, setting: Setting) -> Corrupted:
        if setting.level is None:
            raise ValueError("a noise needs a level: write it as babble@5dB")
        return add_noise(before, source(len(before.audio), setting), setting.level, _reference_dbfs(before, setting))

    return Corruption(apply, description, SNR, "dB", "down", needs)


def distortion(
    distort: Distort,
    description: str,
    level_unit: str | None = None,
    suffix: str = "",
    harsher: Harsher = "up",
    *,
    random: bool = False,
) -> Corruption:
    """Return the corruption that sends all there is through a channel, which is speech and noise alike."""

    def apply(before: Corrupted, setting: Setting) -> Corrupted:
        if (setting.level is None) != (level_unit is None):
            raise ValueError("has no levels: write its name alone" if level_unit is None else "needs a level")
        return changed_speech(before, distort(before.audio, setting.level or 0.0, setting.rng))

    return Corruption(apply, description, level_unit, suffix, harsher, random=random)


def own_noise(folder: NoiseFolder) -> Corruption:
    """Return the corruption that adds recordings of a user's folder."""
    return noise(lambda n, setting: recorded_noise(n, setting.rng, folder), f"Recordings in {folder.folder.name}.")


def spectrum_of(material: Material) -> Spectrum:
    """Return the spectrum in ``material``; a ``ValueError`` if there is none."""
    if material.spectrum is None:
        raise ValueError("speech-shaped noise needs Material.spectrum: long_term_spectrum(paths of the training split)")
    return material.spectrum


def _reference_dbfs(before: Corrupted, setting: Setting) -> float:
    """Return the level that a noise is scaled against."""
    record, material = before.record, setting.material
    heard = {"active": record.speech_active_dbfs, "rms": record.speech_rms_dbfs}[material.snr]
    direct = {"active": record.direct_active_dbfs, "rms": record.direct_rms_dbfs}[material.snr]
    if not setting.dry:
        return heard if material.reference_dbfs is None else material.reference_dbfs
    if direct is None:
        raise ValueError("an SNR over dry speech needs a room right before the noise: reverb@0.6s+babble@5dB-dry")
    if material.reference_dbfs is not None:
        raise ValueError("one noise floor for a corpus does not refer to any speech, so not to dry speech either")
    return direct


def _generated(name: str, make: Callable[[int, np.random.Generator], np.ndarray], description: str) -> Corruption:
    return noise(lambda n, setting: Noise(make(n, setting.rng), name), description)


CORRUPTIONS: dict[str, Corruption] = {
    # Noises that are made.
    "white": _generated("white", noises.white, "Gaussian noise with the same power at every frequency."),
    "pink": _generated("pink", noises.pink, "Gaussian noise with the same power in every octave from 20 Hz."),
    "speech-shaped": noise(
        lambda n, setting: Noise(noises.speech_shaped(n, setting.rng, spectrum_of(setting.material)), "speech-shaped"),
        "Gaussian noise with the long-term spectrum of the training split's speech.",
        frozenset({"spectrum"}),
    ),
    "babble": noise(
        lambda n, setting: noises.babble(n, setting.rng, setting.material.talkers, setting.speaker),
        f"{noises.N_TALKERS} people of the training split talking at once, never the speaker of the utterance.",
        frozenset({"talkers"}),
    ),
    # What is left when there is nothing to hear.
    "silence": distortion(
        lambda audio, _level, _rng: np.zeros_like(audio),
        "Digital silence; with a noise behind it, as in silence+babble@5dB, the noise alone at the level that it would "
        "have under the speech.",
    ),
}
