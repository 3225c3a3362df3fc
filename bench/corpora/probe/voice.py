"""The voice of the probe: a sentence and the parameters of a voice in, sound out. It alone imports Piper and Praat.

Piper runs on one thread with its noise scales at 0, and Praat is seeded for every sentence: a sentence sounds the same
whatever was spoken before it, in however many processes. On another kind of processor the last bits may differ.
"""

import importlib.metadata
import importlib.util
import json
import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from bench.corpora.probe.plan import Voice

if TYPE_CHECKING:
    from piper import PiperVoice

SAMPLE_RATE = 16_000
WEIGHTS = "piper-joe"  # in models.weights.embedded
LOWEST_PITCH_HZ = 80.0  # Voice.pitch_semitones counts from here
PIPER_PITCH_HZ = (60.0, 300.0)  # where Praat looks for the pitch of joe, who speaks at about 87 Hz
PRAAT_SEED = 1
TILT_PIVOT_HZ = 1000.0  # the tilt leaves this frequency alone
TILT_RANGE_HZ = (125.0, 8000.0)  # and stays level beyond these

# Import names of what speaks, and the distributions whose versions can change the sound.
MODULES = ("piper", "parselmouth")
DISTRIBUTIONS = ("piper-tts", "onnxruntime", "praat-parselmouth", "soxr", "soundfile", "numpy")


def check_installed() -> None:
    """Do nothing, or say what has to be installed before the probe can be spoken.

    Raises:
        ModuleNotFoundError: if Piper or parselmouth is not installed.
    """
    missing = [module for module in MODULES if importlib.util.find_spec(module) is None]
    if missing:
        raise ModuleNotFoundError(
            f"the probe corpus is spoken with {' and '.join(missing)}: run `make setup` or pip install '.[probe]'"
        )


def versions() -> dict[str, str]:
    """Return the version of every package that can change the sound."""
    return {name: importlib.metadata.version(name) for name in DISTRIBUTIONS}


def load_voice() -> "PiperVoice":
    """Return the voice ``joe``, verified, on one thread.

    Raises:
        models.weights.embedded.WeightsError: if the voice is absent or is not the one it should be.
    """
    import onnxruntime
    from piper import PiperVoice
    from piper.config import PiperConfig

    from models.weights.embedded import find

    folder = find(WEIGHTS)
    options = onnxruntime.SessionOptions()
    # Sums over several threads are not added in a fixed order.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(folder / "en_US-joe-medium.onnx"), options, providers=["CPUExecutionProvider"]
    )
    config = json.loads((folder / "en_US-joe-medium.onnx.json").read_text(encoding="utf-8"))
    return PiperVoice(session, PiperConfig.from_dict(config))


def speak(piper: "PiperVoice", text: str, voice: Voice) -> npt.NDArray[np.float32]:
    """Return ``text`` as spoken by ``voice``: mono, 16 kHz, full scale +-1.0, shape ``(n_samples,)``.

    Raises:
        ValueError: if a sample would exceed full scale: to limit the peak would take away planned loudness.
    """
    import soxr
    from piper import SynthesisConfig

    plain = SynthesisConfig(noise_scale=0.0, noise_w_scale=0.0, normalize_audio=False)
    sound = np.concatenate([chunk.audio_float_array for chunk in piper.synthesize(text, plain)]).astype(np.float64)
    rate = piper.config.sample_rate
    sound = _move(sound, rate, voice)
    sound = soxr.resample(sound, rate, SAMPLE_RATE, quality="VHQ")
    sound = _tilt(sound, voice.tilt_db_per_octave)
    sound *= 10 ** (voice.level_db / 20) / math.sqrt(float(np.mean(sound**2)))
    peak = float(np.max(np.abs(sound)))
    if peak >= 1:
        raise ValueError(
            f"{text!r} at {voice.level_db:.1f} dBFS peaks at {peak:.2f}: lower level_db in model.yaml of "
            "bench/corpora/probe"
        )
    return sound.astype(np.float32)


def _move(sound: npt.NDArray[np.float64], rate: int, voice: Voice) -> npt.NDArray[np.float64]:
    """Give the sound another pitch, range, rate and vocal tract, by Praat's PSOLA."""
    import parselmouth
    from parselmouth.praat import call, run

    # PSOLA draws the lengths of voiceless segments from a random generator that all of Praat shares.
    run(f"random_initializeWithSeedUnsafelyButPredictably({PRAAT_SEED})")
    median_hz = LOWEST_PITCH_HZ * 2 ** (voice.pitch_semitones / 12)
    moved = call(
        parselmouth.Sound(sound, rate),
        "Change gender",
        *PIPER_PITCH_HZ,
        math.exp(voice.log_formants),
        median_hz,
        math.exp(voice.log_range),
        math.exp(-voice.log_rate),
    )
    run("random_initializeSafelyAndUnpredictably()")
    return np.asarray(moved.values[0], np.float64)


def _tilt(sound: npt.NDArray[np.float64], db_per_octave: float) -> npt.NDArray[np.float64]:
    """Tilt the spectrum about 1 kHz without shifting it in time."""
    # Zeros at the end keep the filter's response from wrapping around.
    n_fft = len(sound) + SAMPLE_RATE // 10
    frequency = np.clip(np.fft.rfftfreq(n_fft, 1 / SAMPLE_RATE), *TILT_RANGE_HZ)
    gain = 10 ** (db_per_octave * np.log2(frequency / TILT_PIVOT_HZ) / 20)
    return np.fft.irfft(np.fft.rfft(sound, n_fft) * gain, n_fft)[: len(sound)]
