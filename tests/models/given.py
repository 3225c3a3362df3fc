"""What the models are given: texts and waveforms, among them what is hard on a model."""

from functools import cache

import numpy as np

from models.types import SAMPLE_RATE

TEXTS = (
    "",
    "I had a dreadful day.",
    "So what?",
    "the weather is lovely " * 100,
    "Ünïcode <b>&amp;</b> \0\n 你好",
    "I had a dreadful day.",
)


def items(model):
    """Return what the model is given; the first waveform is left out where a recogniser would invent words for it."""
    return {"text": TEXTS, "speech": waveforms(), "asr": waveforms()[1:]}[model.catalogue]


@cache
def waveforms():
    """A clip that needs Whisper's long window, voiced syllables in noise, a click, and silence twice."""
    rng = np.random.default_rng(0)
    silence = np.zeros(
        SAMPLE_RATE, np.float32
    )  # all words are as likely: a recogniser may choose by what it heard before
    return speechlike(rng, 12.5), speechlike(rng, 1.0), silence, speechlike(rng, 0.02), np.ones(1, np.float32), silence


def speechlike(rng, duration_s):
    time_s = np.arange(round(duration_s * SAMPLE_RATE)) / SAMPLE_RATE
    pitch_hz = 120 + 20 * np.sin(2 * np.pi * 0.7 * time_s)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE
    voice = sum(np.sin(k * phase) / k for k in range(1, 25))
    syllables = np.clip(np.sin(2 * np.pi * 4 * time_s), 0, 1)
    return (0.1 * voice * syllables + 0.01 * rng.standard_normal(len(time_s))).astype(np.float32)
