"""Codecs: speech is encoded and decoded again, in memory, and comes out where and as long as it was.

Every codec hears what a converter in front of it would give it: samples beyond +-1.0 saturate at +-1.0. What comes out
may exceed that again. The encoders are those of libsndfile: LAME, libopus, GSM 06.10 and G.711.
"""

from io import BytesIO

import numpy as np
import soundfile
import soxr

from corruptions.sound.audio import SAMPLE_RATE, Waveform

# MPEG-2 layer III in mono; libsndfile spreads 1 to 0 over the lowest to the highest.
MP3_KBIT_S = (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
OPUS_KBIT_S = (6, 256)

_TELEPHONE_RATE = 8_000
# The encoder of LAME puts 576 samples in front, and any decoder another 529. A decoder takes them off again where it
# is told how many; at low bit rates LAME's note about it does not fit into a frame and is left out.
_MP3_DELAY = 576 + 529


def mp3(audio: Waveform, kbit_s: float, _rng: np.random.Generator) -> Waveform:
    """Return ``audio`` after MP3 at a constant bit rate, one of ``MP3_KBIT_S``.

    Raises:
        ValueError: if MP3 does not have this bit rate at 16 kHz.

    Examples:
        >>> mp3(np.zeros(16, np.float32), 17, np.random.default_rng(0))
        Traceback (most recent call last):
        ...
        ValueError: MP3 at 16 kHz has no 17 kbit/s; it has 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160
    """
    encoded = encode_mp3(audio, kbit_s)
    decoded, _ = soundfile.read(BytesIO(encoded), dtype="float32")
    delay = _MP3_DELAY if len(decoded) > len(audio) else 0
    return np.ascontiguousarray(decoded[delay : delay + len(audio)])


def opus(audio: Waveform, kbit_s: float, _rng: np.random.Generator) -> Waveform:
    """Return ``audio`` after Opus at a variable bit rate with the given mean, in frames of 20 ms.

    The mean is the encoder's own goal: pauses get less, and steady speech about what is asked for.

    Raises:
        ValueError: if the bit rate is outside 6 to 256 kbit/s.
    """
    decoded, _ = soundfile.read(BytesIO(encode_opus(audio, kbit_s)), dtype="float32")
    return np.ascontiguousarray(decoded[: len(audio)])


def gsm(audio: Waveform, _level: float, _rng: np.random.Generator) -> Waveform:
    """Return ``audio`` after GSM 06.10 full rate: 8 kHz, 13 kbit/s."""
    return _over_8_khz(audio, "GSM610")


def mu_law(audio: Waveform, _level: float, _rng: np.random.Generator) -> Waveform:
    """Return ``audio`` after the mu-law of ITU-T G.711: 8 kHz, 64 kbit/s."""
    return _over_8_khz(audio, "ULAW")


def encode_mp3(audio: Waveform, kbit_s: float) -> bytes:
    """Return ``audio`` as an MP3 file; see ``mp3``."""
    if kbit_s not in MP3_KBIT_S:
        raise ValueError(f"MP3 at 16 kHz has no {kbit_s:g} kbit/s; it has {', '.join(map(str, MP3_KBIT_S))}")
    lowest, highest = MP3_KBIT_S[0], MP3_KBIT_S[-1]
    # libsndfile cuts the bit rate to an integer; half a kbit/s more keeps it from falling to the one below.
    compression = max(highest - kbit_s - 0.5, 0) / (highest - lowest)
    return _encode(audio, SAMPLE_RATE, "MP3", "MPEG_LAYER_III", compression_level=compression, bitrate_mode="CONSTANT")


def encode_opus(audio: Waveform, kbit_s: float) -> bytes:
    """Return ``audio`` as an Ogg Opus file; see ``opus``. Its serial number, and nothing else, is random."""
    lowest, highest = OPUS_KBIT_S
    if not lowest <= kbit_s <= highest:
        raise ValueError(f"Opus has {lowest} to {highest} kbit/s, not {kbit_s:g}")
    return _encode(audio, SAMPLE_RATE, "OGG", "OPUS", compression_level=(highest - kbit_s) / (highest - lowest))


def _over_8_khz(audio: Waveform, subtype: str) -> Waveform:
    narrow = soxr.resample(np.clip(audio, -1, 1), SAMPLE_RATE, _TELEPHONE_RATE, quality="VHQ")
    # Without a header: in libsndfile's WAV files, the first frame of a short GSM recording is lost.
    encoded = _encode(narrow, _TELEPHONE_RATE, "RAW", subtype)
    decoded, _ = soundfile.read(
        BytesIO(encoded), dtype="float32", samplerate=_TELEPHONE_RATE, channels=1, format="RAW", subtype=subtype
    )
    wide: Waveform = soxr.resample(decoded[: len(narrow)], _TELEPHONE_RATE, SAMPLE_RATE, quality="VHQ")
    return np.ascontiguousarray(wide[: len(audio)])


def _encode(audio: Waveform, sample_rate: int, container: str, subtype: str, **settings: float | str) -> bytes:
    file = BytesIO()
    soundfile.write(file, np.clip(audio, -1, 1), sample_rate, format=container, subtype=subtype, **settings)
    return file.getvalue()
