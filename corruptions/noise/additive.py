"""Noise added to speech: which excerpt of a recording, how it is looped, and how loud it becomes.

The noise is scaled and the speech never, because loudness is a cue to activation. The noise's level is the RMS of the
very samples that are mixed, however many of them are active; the constant offset (DC) of a recording is no noise, and
stays behind. Nothing is clipped: a mixture may exceed +-1.0.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from corruptions.noise.activity import ActiveStretches, draw_offset
from corruptions.sound.audio import SAMPLE_RATE, Waveform
from corruptions.sound.levels import Level, active_level_dbfs, check_waveform, offset_and_rms_dbfs, rms_dbfs
from corruptions.sound.loops import scaled_sum
from corruptions.sound.record import Corrupted, Mixture
from corruptions.sound.segments import Clip, read_clip, read_clip_part

SNR_TOLERANCE_DB = 0.01

# Rounding gain, product and sum to float32 adds an error to the noise n, beside speech s, with an RMS of at most
# 2^-24 (3 rms(n) + rms(s)). Where s is less than 60 dB above n, that moves the level of n by less than 0.001 dB, and
# need not be measured. Levels beyond 400 dB, where float32 may end, are measured, too.
_SAFE_SNR_DB = 60.0
_SAFE_DBFS = 400.0

Measured = TypeVar("Measured")

_CROSS_FADE = round(0.05 * SAMPLE_RATE)


@dataclass(frozen=True)
class Noise:
    """Noise before it is scaled, and where it came from; see ``Record`` for the fields."""

    samples: Waveform
    source: str
    sha256: str | None = None
    offset: int | None = None


def mix_at_snr(speech: Waveform, noise: Waveform, snr_db: float, level: Level = active_level_dbfs) -> Waveform:
    """Return ``speech`` with ``noise`` added at the given signal-to-noise ratio.

    Only the noise is scaled: loudness is a cue to activation, so the speech is the same at every SNR.
    Nothing is clipped; the result may exceed +-1.0.

    Args:
        speech: clean speech, shape ``(n_samples,)``.
        noise: noise excerpt, same shape and sampling rate.
        snr_db: level of the speech minus RMS level of the noise, in dB.
        level: how the speech's level is measured, in dBFS; ITU-T P.56 unless said.

    Returns:
        The mixture, shape ``(n_samples,)``. The SNR measured from its samples is within 0.01 dB of ``snr_db``.

    Raises:
        ValueError: if either is no waveform, or the shapes differ; if either signal is silent, for then no SNR exists;
            or if float32 cannot hold speech and noise so far apart.

    Examples:
        >>> speech = np.array([1, -1, 1, -1], np.float32)
        >>> noise = np.array([1, 1, -1, -1], np.float32)
        >>> print(mix_at_snr(speech, noise, snr_db=20, level=rms_dbfs))
        [ 1.1 -0.9  0.9 -1.1]
    """
    check_waveform("speech", speech)
    check_waveform("noise", noise)
    speech_rms_dbfs = _measured("speech", speech, rms_dbfs)
    return _mix_at_level(speech, noise, _measured("speech", speech, level) - snr_db, speech_rms_dbfs)[0]


def add_noise(before: Corrupted, noise: Noise, snr_db: float, speech_dbfs: float) -> Corrupted:
    """Return ``before`` with ``noise`` added ``snr_db`` under ``speech_dbfs``.

    What came of it is measured and recorded when all is done: see ``corrupt``.

    Args:
        before: the utterance so far.
        noise: as long as the utterance.
        snr_db: ``speech_dbfs`` minus the RMS level of the noise, in dB.
        speech_dbfs: the level the noise is scaled against: the utterance's own, or one for a whole corpus.

    Raises:
        ValueError: if a noise was added before, or as in ``mix_at_snr``.
    """
    if before.mixture is not None:
        raise ValueError("a condition holds one noise, so that it has one SNR")
    noisy, gain_db = _mix_at_level(before.audio, noise.samples, speech_dbfs - snr_db, before.record.speech_rms_dbfs)
    mixture = Mixture(before.audio, noisy, snr_db, gain_db, noise.source, noise.sha256, noise.offset)
    return Corrupted(noisy, before.record, mixture)


def draw_excerpt(
    source: Clip | Waveform, length: int, where: ActiveStretches, n_samples: int, rng: np.random.Generator
) -> tuple[Waveform, int]:
    """Return ``n_samples`` of a recording from a random place, and the place.

    A recording that is long enough is read where some of it is active, see ``draw_offset``, and nowhere else; a shorter
    one is looped (see ``loop``).

    Args:
        source: where the recording lies, or the recording: the excerpt is the same.
        length: its length in samples at 16 kHz.
        where: what is active in it.
        n_samples: length of the excerpt.
        rng: decides the place, and nothing else does: neither a level nor other excerpts.

    Raises:
        ChangedError: if the recording is not what was listed.
        AudioError: if it cannot be read.
    """
    if length < n_samples:
        period = loop(read_clip(source)[:length] if isinstance(source, Clip) else source)
        offset = int(rng.integers(len(period)))
        return np.take(period, np.arange(offset, offset + n_samples), mode="wrap"), offset
    offset = draw_offset(length, n_samples, where, rng)
    if isinstance(source, Clip):
        return read_clip_part(source, offset, n_samples), offset
    return source[offset : offset + n_samples], offset


def loop(recording: Waveform) -> Waveform:
    """Return one period of ``recording`` made endless: its end is cross-faded into its beginning over 50 ms.

    The gains of the fade, sine and cosine, keep the power of unrelated signals. The period is shorter than the
    recording by the length of the fade, which is at most half the recording.

    Examples:
        >>> len(loop(np.ones(8000, np.float32)))
        7200
    """
    fade = min(_CROSS_FADE, len(recording) // 2)
    period = recording[: len(recording) - fade].copy()
    angle = (np.arange(fade) + 0.5) / fade * (np.pi / 2)
    period[:fade] = recording[:fade] * np.sin(angle) + recording[len(recording) - fade :] * np.cos(angle)
    return period


def _mix_at_level(
    speech: Waveform, noise: Waveform, noise_dbfs: float, speech_rms_dbfs: float
) -> tuple[Waveform, float]:
    """Return the mixture and the noise's gain in dB."""
    if speech.shape != noise.shape:
        raise ValueError(f"speech has shape {speech.shape} and noise {noise.shape}; they must be the same")
    mean, before_dbfs = _measured("noise", noise, offset_and_rms_dbfs)
    gain_db = noise_dbfs - before_dbfs
    if speech_rms_dbfs - noise_dbfs < _SAFE_SNR_DB and max(abs(noise_dbfs), abs(gain_db)) < _SAFE_DBFS:
        return scaled_sum(speech, noise, 10 ** (gain_db / 20), mean), gain_db
    wide = speech.astype(np.float64)
    with np.errstate(all="ignore"):  # whatever goes out of range fails the comparison
        noisy = (wide + (noise - np.float64(mean)) * np.float64(10) ** (gain_db / 20)).astype(np.float32)
        added_dbfs = float(10 * np.log10(np.mean(np.square(noisy - wide))))
    if not abs(added_dbfs - noise_dbfs) < SNR_TOLERANCE_DB:
        raise ValueError(f"noise at {noise_dbfs:g} dBFS cannot be added to this speech: float32 holds about 7 digits")
    return noisy, gain_db


def _measured(name: str, x: Waveform, measure: Callable[[Waveform], Measured]) -> Measured:
    try:
        return measure(x)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
