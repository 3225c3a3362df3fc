"""Signals the tests make for themselves."""

import numpy as np
from scipy import signal

from corruptions import SAMPLE_RATE, Waveform


def like_speech(seed: int, duration_s: float = 2.0, peak: float = 0.3) -> Waveform:
    """Return low-pass noise in syllables of 4 Hz with pauses between phrases."""
    rng = np.random.default_rng(seed)
    n_samples = round(duration_s * SAMPLE_RATE)
    seconds = np.arange(n_samples) / SAMPLE_RATE
    syllables = np.clip(np.sin(2 * np.pi * 4 * (seconds + rng.random())), 0.01, None) ** 2
    phrases = (np.sin(2 * np.pi * 0.4 * (seconds + 3 * rng.random())) > -0.5) + 0.001
    carrier = signal.lfilter([1], [1, -0.9], rng.standard_normal(n_samples))
    audio = carrier * syllables * phrases
    return (audio * (peak / np.abs(audio).max())).astype(np.float32)


def decaying(rt60_s: float, seed: int = 0, noise_db: float | None = None, duration_s: float | None = None):
    """Return a direct sound and noise that falls by 60 dB in ``rt60_s``, over noise that does not fall."""
    rng = np.random.default_rng(seed)
    seconds = np.arange(round((duration_s or 1.2 * rt60_s) * SAMPLE_RATE)) / SAMPLE_RATE
    response = 0.2 * rng.standard_normal(len(seconds)) * 10 ** (-3 * seconds / rt60_s)
    response[0] = 1.0
    if noise_db is not None:
        response += 0.2 * rng.standard_normal(len(seconds)) * 10 ** (noise_db / 20)
    return response.astype(np.float32)
