"""Which corruptions there are. To add one, add an entry to ``CORRUPTIONS``."""

from collections.abc import Callable, Sequence

import numpy as np

from corruptions import transforms
from corruptions.channels import codecs, distortions
from corruptions.corruption import Check, Corruption, Setting, distortion, nothing_needed
from corruptions.noise import generated, talk
from corruptions.noise.additive import Noise, add_noise
from corruptions.noise.folders import NoiseFolder, recorded_noise
from corruptions.noise.generated import Spectrum
from corruptions.room.responses import Response
from corruptions.room.reverberation import reverberate
from corruptions.sound.record import Corrupted

# The level of every noise, recorded or made.
SNR = "SNR (dB)"

# Beyond, a mixture in float32 would hold one of the two alone.
FURTHEST_SNR_DB = 100

# Longer than any building has been measured to reverberate.
LONGEST_RT60_S = 100

# Why an SNR cannot refer to dry speech.
NO_ROOM = "an SNR over dry speech needs a room right before the noise: reverb@0.6s+babble@5dB-dry"
ONE_FLOOR = "one noise floor for a corpus does not refer to any speech, so not to dry speech either"

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
        return add_noise(before, source(len(before.audio), setting), setting.level, _reference_dbfs(before, setting))

    return Corruption(apply, description, SNR, "dB", "down", needs, check, check_snr)


def check_snr(snr_db: float) -> None:
    """Refuse an SNR that float32 cannot hold.

    Raises:
        ValueError: if it is further than ``FURTHEST_SNR_DB`` from 0 dB.
    """
    if not abs(snr_db) <= FURTHEST_SNR_DB:
        raise ValueError(f"an SNR is within +-{FURTHEST_SNR_DB} dB, not {snr_db:g}")


def _check_rt60(rt60_s: float) -> None:
    if not 0 < rt60_s <= LONGEST_RT60_S:
        raise ValueError(f"a reverberation time is above 0 and at most {LONGEST_RT60_S} s, not {rt60_s:g}")


def own_noise(folder: NoiseFolder) -> Corruption:
    """Return the corruption that adds recordings of a user's folder."""
    return noise(lambda n, setting: recorded_noise(n, setting.rng, folder), f"Recordings in {folder.folder.name}.")


def own_rooms(responses: Sequence[Response]) -> Corruption:
    """Return the corruption that applies measured responses; every one of them is as likely."""
    return Corruption(
        lambda before, setting: reverberate(before, _drawn(responses, setting)),
        "Measured rooms: speech, and noise that is in it already, through one of a user's own impulse responses.",
        needs=frozenset({"responses"}),
    )


def _simulated(setting: Setting) -> Sequence[Response]:
    rooms = setting.material.rooms
    if setting.level not in rooms:
        there = f"; there are rooms of {', '.join(f'{rt60_s:g} s' for rt60_s in sorted(rooms))}" if rooms else ""
        raise ValueError(f"needs Material.rooms of {setting.level:g} s, which build_rooms simulates{there}")
    return rooms[setting.level]


def _drawn(responses: Sequence[Response], setting: Setting) -> Response:
    return responses[int(setting.rng.integers(len(responses)))]


def _reference_dbfs(before: Corrupted, setting: Setting) -> float:
    """Return the level that a noise is scaled against."""
    record, material = before.record, setting.material
    heard = {"active": record.speech_active_dbfs, "rms": record.speech_rms_dbfs}[material.snr]
    direct = {"active": record.direct_active_dbfs, "rms": record.direct_rms_dbfs}[material.snr]
    if not setting.dry:
        return heard if material.reference_dbfs is None else material.reference_dbfs
    if direct is None:
        raise ValueError(NO_ROOM)
    if material.reference_dbfs is not None:
        raise ValueError(ONE_FLOOR)
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
    "white": _generated("white", generated.white, "Gaussian noise with the same power at every frequency."),
    "pink": _generated("pink", generated.pink, "Gaussian noise with the same power in every octave from 20 Hz."),
    "brown": _generated("brown", generated.brown, "Gaussian noise that falls by 6 dB per octave from 20 Hz."),
    "blue": _generated("blue", generated.blue, "Gaussian noise that rises by 3 dB per octave."),
    "hum": _generated("hum", generated.hum, "Mains hum: 50 or 60 Hz and its harmonics up to 1 kHz."),
    "impulses": _generated(
        "impulses", generated.impulses, "Clicks of 10 ms at random times, ten in a second on average."
    ),
    "speech-shaped": noise(
        lambda n, setting: Noise(generated.speech_shaped(n, setting.rng, _spectrum(setting)), "speech-shaped"),
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
    # Rooms.
    "reverb": Corruption(
        lambda before, setting: reverberate(before, _drawn(_simulated(setting), setting)),
        "A simulated room with this reverberation time; an utterance stays in its room, and the walls change.",
        "RT60 (s)",
        "s",
        needs=frozenset({"rooms"}),
        check=_simulated,
        check_level=_check_rt60,
    ),
    # Channels: codecs, bands, and what else happens between a microphone and a listener.
    "mp3": distortion(codecs.mp3, "MP3 at a constant bit rate.", "bit rate (kbit/s)", "kbit/s", "down"),
    "opus": distortion(
        codecs.opus, "Opus at a variable bit rate with this mean.", "bit rate (kbit/s)", "kbit/s", "down"
    ),
    "gsm": distortion(codecs.gsm, "GSM 06.10 full rate, the codec of the first mobile phones: 8 kHz, 13 kbit/s."),
    "mu-law": distortion(codecs.mu_law, "G.711 mu-law, the codec of digital telephony: 8 kHz, 64 kbit/s."),
    "telephone": distortion(distortions.telephone, "The band of a telephone, 300 to 3400 Hz."),
    "low-pass": distortion(
        distortions.low_pass, "Nothing above a cut-off frequency.", "cut-off frequency (Hz)", "Hz", "down"
    ),
    "air": transforms.from_audiomentations(
        transforms.air, "High frequencies lost over a distance through air.", "distance (m)", "m", random=False
    ),
    "hard-clip": distortion(
        distortions.hard_clip,
        "Cut off at a ceiling, relative to the peak of the utterance.",
        "ceiling (dB)",
        "dB",
        "down",
    ),
    "soft-clip": distortion(
        distortions.soft_clip,
        "Bent towards a ceiling, relative to the peak of the utterance, as by an overdriven amplifier.",
        "ceiling (dB)",
        "dB",
        "down",
    ),
    "packet-loss": distortion(
        distortions.packet_loss,
        f"Packets of {distortions.PACKET_MS} ms lost in bursts of {distortions.MEAN_BURST_MS} ms on average, with "
        "silence in their place.",
        "lost packets (%)",
        "%",
        random=True,
    ),
    "gain": distortion(distortions.gain, "Softer, or louder, by this much.", "gain (dB)", "dB", "down"),
    "dc-offset": distortion(distortions.dc_offset, "Shifted upwards by a constant.", "offset (dBFS)", "dBFS"),
    "dropped-start": distortion(
        distortions.dropped_start, "Silence in place of the first milliseconds.", "missing start (ms)", "ms"
    ),
    # What is left when there is nothing to hear.
    "silence": distortion(
        lambda audio, _level, _rng: np.zeros_like(audio),
        "Digital silence; with a noise behind it, as in silence+babble@5dB, the noise alone at the level that it would "
        "have under the speech.",
    ),
}
