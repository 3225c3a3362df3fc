"""Two more ways to say how strong noise is beside speech: frame by frame, and as far as it hides what is said.

Both take the two signals apart, as they were before they were added: the difference of a corrupted file and a clean one
would hold every other distortion too. Both limit what they average, as their sources do, so that neither a pause in the
noise nor an empty band outweighs the rest.
"""

import numpy as np
import numpy.typing as npt
from scipy import fft

from corruptions.sound.audio import SAMPLE_RATE
from corruptions.sound.levels import MARGIN_DB, speech_levels_dbfs

SEGMENTAL_LIMITS_DB = (-10.0, 35.0)
BAND_LIMITS_DB = (-15.0, 15.0)

# ANSI S3.5-1997, table 3: one-third octave bands by nominal centre in Hz, and their importance to average speech.
BAND_IMPORTANCE = {
    160: 0.0083,
    200: 0.0095,
    250: 0.0150,
    315: 0.0289,
    400: 0.0440,
    500: 0.0578,
    630: 0.0653,
    800: 0.0711,
    1000: 0.0818,
    1250: 0.0844,
    1600: 0.0882,
    2000: 0.0898,
    2500: 0.0868,
    3150: 0.0844,
    4000: 0.0771,
    5000: 0.0527,
    6300: 0.0364,
    8000: 0.0185,
}
# Exact centres are 1000 Hz times powers of 2^(1/3). The last band would reach to 8980 Hz; here audio ends at 8000 Hz.
_EDGES_HZ = np.minimum(1000 * 2 ** ((np.arange(len(BAND_IMPORTANCE) + 1) - 8.5) / 3), SAMPLE_RATE / 2)
_IMPORTANCE = np.array(list(BAND_IMPORTANCE.values()))

_HALF_FRAME = round(0.015 * SAMPLE_RATE)
_SHORTEST_FFT = 8192  # bins of 2 Hz: in every band lie many

_Array = npt.NDArray[np.floating]


def segmental_snr_db(speech: _Array, noise: _Array) -> float:
    """Return the mean over frames with speech of the SNR within the frame, in dB from -10 to 35.

    ``mean_m clip(10 log10(sum_m speech^2 / sum_m noise^2), -10, 35)``, over frames of 30 ms, one every 15 ms, in which
    the level of the speech is at most 15.9 dB under its active level: P.56's own margin of what is active.

    Args:
        speech: shape ``(n_samples,)``, 16 kHz, not silent.
        noise: what was added to it, same shape.

    Raises:
        ValueError: if the speech is silent or not finite, or the shapes differ.

    References:
        J. H. L. Hansen and B. L. Pellom, "An effective quality evaluation protocol for speech enhancement algorithms",
        ICSLP 1998. The limits are theirs.

    Examples:
        >>> tone = np.sin(np.arange(48_000))
        >>> speech = tone * np.repeat([1.0, 0.5, 0.0], 16_000)
        >>> print(f"{segmental_snr_db(speech, 0.1 * tone):.0f} dB")  # half of it 20 dB, half of it 14
        17 dB
    """
    speech, noise = _centred(speech, noise)
    active_dbfs, _ = speech_levels_dbfs(speech)
    powers = _frame_power(speech)
    # The loudest frame counts even where a click's active level is that of a time shorter than a frame.
    heard = powers >= min(10 ** ((active_dbfs - MARGIN_DB) / 10), powers.max())
    return float(_ratio_db(powers[heard], _frame_power(noise)[heard], SEGMENTAL_LIMITS_DB).mean())


def intelligibility_snr_db(speech: _Array, noise: _Array) -> float:
    """Return an estimate of the intelligibility-weighted SNR, in dB from -15 to 15.

    ``sum_b importance_b clip(SNR_b, -15, 15)``: the SNRs of 18 one-third octave bands from 160 to 8000 Hz, limited to
    the range in which the speech intelligibility index grows with them, and averaged with the index's weights. White
    and speech-shaped noise at the same SNR differ here by what they hide.

    It is an estimate from long-term spectra: the power of a band is that of the whole utterance, of speech while
    somebody speaks (its active level in place of its RMS level). It is not the index itself: there is no masking from
    band to band, no threshold of hearing, no effect of level, no reverberation, and no listener. Two noises whose
    spectra agree get the same value, whether they are steady or come and go.

    Args:
        speech: shape ``(n_samples,)``, 16 kHz, not silent.
        noise: what was added to it, same shape.

    Raises:
        ValueError: if the speech is silent or not finite, or the shapes differ.

    References:
        J. E. Greenberg, P. M. Peterson and P. M. Zurek, "Intelligibility-weighted measures of speech-to-interference
        ratio and speech system performance", J. Acoust. Soc. Am. 94(5), 1993. ANSI S3.5-1997, "Methods for calculation
        of the speech intelligibility index", table 3.

    Examples:
        >>> noise = np.random.default_rng(0).standard_normal(16_000)
        >>> print(f"{intelligibility_snr_db(2 * noise, noise):.0f} dB")
        6 dB
    """
    speech, noise = _centred(speech, noise)
    active_dbfs, rms_dbfs = speech_levels_dbfs(speech)
    while_speaking = 10 ** ((active_dbfs - rms_dbfs) / 10)
    return float(_IMPORTANCE @ _ratio_db(while_speaking * _band_power(speech), _band_power(noise), BAND_LIMITS_DB))


def _centred(speech: _Array, noise: _Array) -> tuple[_Array, _Array]:
    """Return both without their constant offsets, which are no sound."""
    if speech.shape != noise.shape:
        raise ValueError(f"speech has shape {speech.shape} and noise {noise.shape}; they must be the same")
    return _without_mean(speech), _without_mean(noise)


def _without_mean(x: _Array) -> _Array:
    centred: _Array = x - x.mean(dtype=np.float64).astype(x.dtype)
    return centred


def _ratio_db(speech: _Array, noise: _Array, limits_db: tuple[float, float]) -> _Array:
    """Return the limited SNRs of two arrays of powers; where there is no speech, the lower limit."""
    with np.errstate(divide="ignore", invalid="ignore"):
        snr_db = 10 * np.log10(speech / noise)
    return np.clip(np.where(speech > 0, snr_db, limits_db[0]), *limits_db)


def _frame_power(x: _Array) -> _Array:
    """Return the mean square of each frame; the last one is filled up with zeros."""
    halves = np.zeros(max(-(-len(x) // _HALF_FRAME), 2) * _HALF_FRAME)
    halves[: len(x)] = x
    energy: _Array = np.square(halves).reshape(-1, _HALF_FRAME).sum(axis=1)
    return (energy[:-1] + energy[1:]) / (2 * _HALF_FRAME)


def _band_power(x: _Array) -> _Array:
    """Return the power in each band, in no particular unit."""
    size = fft.next_fast_len(max(len(x), _SHORTEST_FFT), real=True)
    # In float32: what that loses lies 130 dB under the loudest band.
    spectrum = fft.rfft(x.astype(np.float32), size)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    edges = np.ceil(_EDGES_HZ * size / SAMPLE_RATE).astype(np.intp)
    band_power: _Array = np.add.reduceat(power, edges[:-1], dtype=np.float64)
    return band_power
