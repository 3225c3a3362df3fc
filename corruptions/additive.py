"""Noise added to speech: which excerpt of a recording, how it is looped, and how loud it becomes.

The noise is scaled and the speech never, because loudness is a cue to activation. The noise's level is the RMS of the
very samples that are mixed. Nothing is clipped: a mixture may exceed +-1.0.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from corruptions.audio import SAMPLE_RATE, Waveform, read_audio, read_excerpt
from corruptions.levels import Level, active_level_dbfs, rms_dbfs
from corruptions.record import Corrupted, Mixture

# The least that a 16-bit file can hold. A recording or an excerpt that never gets beyond it has no sound in it.
SILENT_PEAK = 2.0**-15
SNR_TOLERANCE_DB = 0.01

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
        ValueError: if the shapes differ; if either signal is silent, for then no SNR exists; or if float32 cannot hold
            speech and noise so far apart.

    Examples:
        >>> speech = np.array([1, -1, 1, -1], np.float32)
        >>> noise = np.array([1, 1, -1, -1], np.float32)
        >>> print(mix_at_snr(speech, noise, snr_db=20, level=rms_dbfs))
        [ 1.1 -0.9  0.9 -1.1]
    """
    return _mix_at_level(speech, noise, _level_of("speech", speech, level) - snr_db)[0]


def add_noise(before: Corrupted, noise: Noise, snr_db: float, speech_dbfs: float) -> Corrupted:
    """Return ``before`` with ``noise`` added ``snr_db`` under ``speech_dbfs``, and all of that recorded.

    Args:
        before: the utterance so far.
        noise: as long as the utterance.
        snr_db: ``speech_dbfs`` minus the RMS level of the noise, in dB.
        speech_dbfs: the level the noise is scaled against: the utterance's own, or one for a whole corpus.

    Raises:
        ValueError: if a noise was added before, or as in ``mix_at_snr``.
    """
    record = before.record
    if record.noise_source is not None:
        raise ValueError("noise was added already: a condition holds one noise, so that it has one SNR")
    mixture, gain_db, noise_dbfs = _mix_at_level(before.audio, noise.samples, speech_dbfs - snr_db)
    after = replace(
        record,
        snr_requested_db=snr_db,
        snr_active_db=record.speech_active_dbfs - noise_dbfs,
        snr_rms_db=record.speech_rms_dbfs - noise_dbfs,
        noise_dbfs=noise_dbfs,
        noise_gain_db=gain_db,
        noise_source=noise.source,
        noise_sha256=noise.sha256,
        noise_offset=noise.offset,
    )
    return Corrupted(mixture, after, Mixture(before.audio, mixture - before.audio))


def draw_excerpt(path: Path, length: int, n_samples: int, rng: np.random.Generator) -> tuple[Waveform, int]:
    """Return ``n_samples`` of a recording from a random place, and the place.

    A recording that is long enough is read there and nowhere else; a shorter one is looped (see ``loop``). An excerpt
    that falls into a silent stretch moves to the smallest extent that lets it hold a random audible sample.

    Args:
        path: the recording.
        length: its length in samples at 16 kHz.
        n_samples: length of the excerpt.
        rng: decides the place, and nothing else does: neither a level nor other excerpts.

    Raises:
        AudioError: if the recording cannot be read.
        ValueError: if it is silent throughout.
    """
    if length < n_samples:
        period = loop(read_audio(path))
        offset = int(rng.integers(len(period)))
        return np.take(period, np.arange(offset, offset + n_samples), mode="wrap"), offset
    offset = int(rng.integers(length - n_samples + 1))
    excerpt = read_excerpt(path, offset, n_samples)
    if not is_silent(excerpt):
        return excerpt, offset
    audible = np.flatnonzero(np.abs(read_audio(path)[:length]) > SILENT_PEAK)
    if not audible.size:
        raise ValueError(f"{path}: silent throughout")
    heard = int(rng.choice(audible))
    offset = min(max(offset, heard - n_samples + 1), heard)
    return read_excerpt(path, offset, n_samples), offset


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


def is_silent(audio: Waveform) -> bool:
    """Return whether no sample gets beyond one step of 16 bits.

    Examples:
        >>> is_silent(np.array([0, 2**-15], np.float32)), is_silent(np.array([0, -0.001], np.float32))
        (True, False)
    """
    return bool(np.abs(audio).max() <= SILENT_PEAK)


def _mix_at_level(speech: Waveform, noise: Waveform, noise_dbfs: float) -> tuple[Waveform, float, float]:
    """Return the mixture, the noise's gain in dB, and the level of what was added, measured from the mixture."""
    if speech.shape != noise.shape:
        raise ValueError(f"speech has shape {speech.shape} and noise {noise.shape}; they must be the same")
    gain_db = noise_dbfs - _level_of("noise", noise, rms_dbfs)
    wide = speech.astype(np.float64)
    with np.errstate(all="ignore"):  # whatever goes out of range fails the comparison
        mixture = (wide + noise * np.float64(10) ** (gain_db / 20)).astype(np.float32)
        added_dbfs = float(10 * np.log10(np.mean(np.square(mixture - wide))))
    if not abs(added_dbfs - noise_dbfs) < SNR_TOLERANCE_DB:
        raise ValueError(f"noise at {noise_dbfs:g} dBFS cannot be added to this speech: float32 holds about 7 digits")
    return mixture, gain_db, added_dbfs


def _level_of(name: str, x: Waveform, level: Level) -> float:
    try:
        return level(x)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
