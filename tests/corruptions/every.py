"""Every corruption there is to test, its levels, and how one of them is run."""

import numpy as np

from corruptions import CORRUPTIONS, Condition, Corrupted, Material, Step, Waveform, corrupt
from corruptions.catalog import SNR

from .signals import like_speech

EVERY_CORRUPTION = [*CORRUPTIONS, "street", "lounge"]
NOISES = [
    name for name in EVERY_CORRUPTION if name == "street" or getattr(CORRUPTIONS.get(name), "level_unit", None) == SNR
]
# From mild to harsh, for each unit; a corruption with another unit gets its own line.
LEVELS_OF_UNIT: dict[str | None, tuple[float | None, ...]] = {
    None: (None,),
    SNR: (30.0, 20.0, 10.0, 0.0, -10.0),
    "RT60 (s)": (0.2, 0.5, 1.0),
    "bit rate (kbit/s)": (64.0, 32.0, 16.0, 8.0),
    "cut-off frequency (Hz)": (7000.0, 4000.0, 2000.0, 500.0),
    "ceiling (dB)": (-3.0, -10.0, -20.0, -40.0),
    "lost packets (%)": (10.0, 30.0, 60.0, 90.0),
    "gain (dB)": (-3.0, -20.0, -60.0),
    "distance (m)": (10.0, 50.0, 200.0, 1000.0),
    "offset (dBFS)": (-60.0, -40.0, -10.0),
    "missing start (ms)": (20.0, 200.0, 1000.0),
}
SPEECH = like_speech(0)


def run(name: str, level: float | None, material: Material, key: int = 0, speech: Waveform = SPEECH) -> Corrupted:
    return corrupt(speech, Condition((Step(name, level),)), np.random.default_rng(key), material, speaker="s0")
