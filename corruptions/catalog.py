"""Which corruptions there are. To add one, add an entry to ``CORRUPTIONS``."""

from collections.abc import Callable

import numpy as np

from corruptions import noises, talk
from corruptions.additive import Noise, add_noise
from corruptions.corruption import Check, Corruption, Distort, Harsher, Setting, nothing_needed
from corruptions.noise_folders import NoiseFolder, recorded_noise
from corruptions.noises import Spectrum
from corruptions.record import Corrupted, changed_speech

# The level of every noise, recorded or made.
SNR = "SNR (dB)"

# n_samples and setting in, noise out.
NoiseSource = Callable[[int, Setting], Noise]


def noise(
    source: NoiseSource,
    description: str,
    needs: frozenset[str] = frozenset(),
    check: Check = nothing_needed,
) -> Corruption:
    """Return the corruption that adds noise of one kind at an SNR."""

    def apply(before: Corrupted, setting: Setting) -> Corrupted:
        if setting.level is None:
            raise ValueError("a noise needs a level: write it as babble@5dB")
        return add_noise(before, source(len(before.audio), setting), setting.level, _reference_dbfs(before, setting))

    return Corruption(apply, description, SNR, "dB", "down", needs, check)


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


def _spectrum(setting: Setting) -> Spectrum:
    if setting.material.spectrum is None:
        raise ValueError("speech-shaped noise needs Material.spectrum: long_term_spectrum(paths of the training split)")
    return setting.material.spectrum


def _babble(n_talkers: int, description: str) -> Corruption:
    return noise(
        lambda n, setting: talk.babble(n, setting.rng, setting.material.talkers, setting.speaker, n_talkers),
        f"{description} of the training split, never the speaker of the utterance.",
        frozenset({"talkers"}),
        lambda setting: talk.other_talkers(setting.material.talkers, setting.speaker, n_talkers),
    )


CORRUPTIONS: dict[str, Corruption] = {
    # Noises that are made.
    "white": _generated("white", noises.white, "Gaussian noise with the same power at every frequency."),
    "pink": _generated("pink", noises.pink, "Gaussian noise with the same power in every octave from 20 Hz."),
    "brown": _generated("brown", noises.brown, "Gaussian noise that falls by 6 dB per octave from 20 Hz."),
    "blue": _generated("blue", noises.blue, "Gaussian noise that rises by 3 dB per octave."),
    "hum": _generated("hum", noises.hum, "Mains hum: 50 or 60 Hz and its harmonics up to 1 kHz."),
    "impulses": _generated("impulses", noises.impulses, "Clicks of 10 ms at random times, ten in a second on average."),
    "speech-shaped": noise(
        lambda n, setting: Noise(noises.speech_shaped(n, setting.rng, _spectrum(setting)), "speech-shaped"),
        "Gaussian noise with the long-term spectrum of the training split's speech.",
        frozenset({"spectrum"}),
        _spectrum,
    ),
    "speech-modulated": noise(
        lambda n, setting: talk.speech_modulated(
            n, setting.rng, setting.material.talkers, _spectrum(setting), setting.speaker
        ),
        "Speech-shaped noise that is loud and soft where a person of the training split is, never the speaker of the "
        "utterance, in each of three bands; after the ICRA noises.",
        frozenset({"talkers", "spectrum"}),
        lambda setting: (talk.other_talkers(setting.material.talkers, setting.speaker, 1), _spectrum(setting)),
    ),
    "talker": _babble(1, "One person"),
    "babble-2": _babble(2, "2 people talking at once,"),
    "babble": _babble(6, "6 people talking at once,"),
    "babble-12": _babble(12, "12 people talking at once,"),
    # What is left when there is nothing to hear.
    "silence": distortion(
        lambda audio, _level, _rng: np.zeros_like(audio),
        "Digital silence; with a noise behind it, as in silence+babble@5dB, the noise alone at the level that it would "
        "have under the speech.",
    ),
}
