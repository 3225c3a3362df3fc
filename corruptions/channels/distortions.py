"""Channels other than codecs: bands, clipping, lost packets, gain.

Each is a function of the audio, a level in its own unit and a generator, and gives audio of the same length in which
nothing has moved in time. A level that makes no sense is a ``ValueError`` that says which ones do.
"""

from typing import Literal

import numpy as np

from corruptions.sound.audio import SAMPLE_RATE, Waveform

TELEPHONE_HZ = (300, 3400)

# 20 ms is what voice over IP sends in a packet unless agreed otherwise (RFC 3551, section 4.2).
PACKET_MS = 20
# Ours: longer than the 60 ms after which the concealment of G.711 (appendix I) has faded to silence, which is what is
# left of a lost packet here.
MEAN_BURST_MS = 100

_NYQUIST_HZ = SAMPLE_RATE / 2
_LOWEST_AUDIBLE_HZ = 20
_FILTER_ORDER = 4


def telephone(audio: Waveform, _level: float, _rng: np.random.Generator) -> Waveform:
    """Return ``audio`` in the band of a telephone, 300 to 3400 Hz; -3 dB at either edge, 48 dB per octave beyond."""
    lowest_hz, highest_hz = TELEPHONE_HZ
    return _zero_phase(_zero_phase(audio, "lowpass", highest_hz), "highpass", lowest_hz)


def low_pass(audio: Waveform, cut_off_hz: float, _rng: np.random.Generator) -> Waveform:
    """Return ``audio`` up to ``cut_off_hz``: -3 dB there, 48 dB per octave above.

    Raises:
        ValueError: if the cut-off is under 20 Hz, or not under 8 kHz.
    """
    if not _LOWEST_AUDIBLE_HZ <= cut_off_hz < _NYQUIST_HZ:
        raise ValueError(
            f"a cut-off is {_LOWEST_AUDIBLE_HZ} Hz or more and under {_NYQUIST_HZ:g} Hz, not {cut_off_hz:g}"
        )
    return _zero_phase(audio, "lowpass", cut_off_hz)


def hard_clip(audio: Waveform, ceiling_db: float, _rng: np.random.Generator) -> Waveform:
    """Return ``audio`` cut off at a ceiling, in dB relative to its peak; 0 dB leaves it as it is.

    Examples:
        >>> print(hard_clip(np.array([0.04, -0.4, 0.2], np.float32), -20, np.random.default_rng(0)))
        [ 0.04 -0.04  0.04]
    """
    ceiling = _ceiling(audio, ceiling_db)
    return np.clip(audio, -ceiling, ceiling)


def soft_clip(audio: Waveform, ceiling_db: float, _rng: np.random.Generator) -> Waveform:
    """Return ``audio`` bent towards a ceiling, in dB relative to its peak, that it never reaches: ``c tanh(x / c)``.

    What is far under the ceiling stays as it is. At 0 dB, the peak itself comes out 2.4 dB lower.
    """
    ceiling = _ceiling(audio, ceiling_db)
    return audio.copy() if ceiling == 0 else ceiling * np.tanh(audio / ceiling)


def packet_loss(audio: Waveform, lost_percent: float, rng: np.random.Generator) -> Waveform:
    """Return ``audio`` with packets of 20 ms replaced by silence, in bursts.

    A Gilbert model: a chain of two states, received and lost, of which the lost lasts 100 ms on average. What is lost
    at one share is lost at every higher share too, given the same generator. Above 80 %, bursts are as long as they
    are where packets are lost independently of each other: shorter ones cannot hold so many.

    Args:
        audio: shape ``(n_samples,)``; the first packet begins with it.
        lost_percent: share of lost packets that is expected; in a short utterance chance moves it far.
        rng: draws one number for each packet.

    Raises:
        ValueError: if the share is not within 0 to 100.
    """
    share = _within("a share of lost packets", lost_percent, 0, 100, "%") / 100
    packet = PACKET_MS * SAMPLE_RATE // 1000
    lost = _gilbert(rng.random(-(-len(audio) // packet)), share, MEAN_BURST_MS / PACKET_MS)
    return np.where(np.repeat(lost, packet)[: len(audio)], np.float32(0), audio)


def gain(audio: Waveform, gain_db: float, _rng: np.random.Generator) -> Waveform:
    """Return ``audio`` louder or softer; nothing is clipped.

    Raises:
        ValueError: if the gain is not within -100 to 40 dB.
    """
    return audio * np.float32(10 ** (_within("a gain", gain_db, -100, 40, "dB") / 20))


def dc_offset(audio: Waveform, offset_dbfs: float, _rng: np.random.Generator) -> Waveform:
    """Return ``audio`` shifted upwards by a constant; 0 dBFS is a constant of 1.0.

    Raises:
        ValueError: if the offset is not within -100 to 0 dBFS.
    """
    return audio + np.float32(10 ** (_within("an offset", offset_dbfs, -100, 0, "dBFS") / 20))


def dropped_start(audio: Waveform, missing_ms: float, _rng: np.random.Generator) -> Waveform:
    """Return ``audio`` with silence in place of its first ``missing_ms``; of all of it, if it is shorter.

    Raises:
        ValueError: if the duration is negative or longer than a minute.
    """
    missing = round(_within("a missing start", missing_ms, 0, 60_000, "ms") * SAMPLE_RATE / 1000)
    return np.concatenate([np.zeros_like(audio[:missing]), audio[missing:]])


def _zero_phase(audio: Waveform, kind: Literal["lowpass", "highpass"], cut_off_hz: float) -> Waveform:
    """Return ``audio`` through a Butterworth filter, once forwards and once backwards, with silence on either side."""
    from scipy.signal import butter, sosfiltfilt

    # Each pass loses half of the 3 dB at the cut-off, so the filter's own cut-off lies further out; in the frequencies
    # of the analogue filter that the digital one is made from.
    outwards = (np.sqrt(2) - 1) ** (-1 / (2 * _FILTER_ORDER))
    analogue = np.tan(np.pi / 2 * cut_off_hz / _NYQUIST_HZ) * (outwards if kind == "lowpass" else 1 / outwards)
    sections = butter(_FILTER_ORDER, float(np.arctan(analogue) * 2 / np.pi), kind, output="sos")
    ringing = round(8 * SAMPLE_RATE / cut_off_hz)  # until it has fallen by 160 dB
    padded = np.pad(audio.astype(np.float64), ringing)
    filtered = sosfiltfilt(sections, padded, padlen=0)[ringing : ringing + len(audio)]
    return filtered.astype(np.float32)


def _ceiling(audio: Waveform, ceiling_db: float) -> np.float32:
    return np.float32(np.abs(audio).max() * 10 ** (_within("a ceiling", ceiling_db, -100, 0, "dB") / 20))


def _gilbert(chances: np.ndarray, share: float, mean_burst: float) -> np.ndarray:
    """Return which packets are lost, given a number from 0 to 1 for each and the mean burst in packets.

    Both probabilities of loss rise with the share, and after a lost packet it is never lower than after a received
    one. So a packet's fate can only get worse when the share rises: the chains are coupled.
    """
    after_lost = max(1 - 1 / mean_burst, share)
    # Such that in the long run `share` is lost: (1 - share) after_received = share (1 - after_lost).
    after_received = share if after_lost == share else share / (1 - share) * (1 - after_lost)
    lost, probability = [], share
    for chance in chances.tolist():
        lost.append(chance < probability)
        probability = after_lost if lost[-1] else after_received
    return np.array(lost, dtype=bool)


def _within(what: str, value: float, lowest: float, highest: float, unit: str) -> float:
    if not lowest <= value <= highest:
        raise ValueError(f"{what} is within {lowest:g} and {highest:g} {unit}, not {value:g}")
    return value
