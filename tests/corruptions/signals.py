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
