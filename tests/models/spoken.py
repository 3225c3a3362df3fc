"""A few sentences spoken by Piper's packaged voice: real words for recognisers, made on the spot."""

from functools import cache

import numpy as np
import soxr

from models.types import SAMPLE_RATE
from models.weights.embedded import find

SENTENCES = (
    "The weather was lovely in the morning.",
    "She opened the window and looked at the garden.",
)


@cache
def spoken():
    """Return the sentences as waveforms, of 2 to 3 s each."""
    from piper import PiperVoice, SynthesisConfig

    voice = PiperVoice.load(find("piper-joe") / "en_US-joe-medium.onnx")
    plain = SynthesisConfig(noise_scale=0, noise_w_scale=0)
    return tuple(
        soxr.resample(
            np.concatenate([chunk.audio_float_array for chunk in voice.synthesize(sentence, plain)]),
            voice.config.sample_rate,
            SAMPLE_RATE,
        ).astype(np.float32)
        for sentence in SENTENCES
    )


@cache
def in_noise(snr_db=5):
    """Return them in white noise."""
    rng = np.random.default_rng(0)
    return tuple(
        (speech + rng.standard_normal(len(speech)) * speech.std() * 10 ** (-snr_db / 20)).astype(np.float32)
        for speech in spoken()
    )
