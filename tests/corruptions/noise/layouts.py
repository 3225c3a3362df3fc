"""Names of files as the noise corpora have them, and small files under such names."""

import csv
from pathlib import Path

import numpy as np
import soundfile

DEMAND = [
    *("DKITCHEN", "DLIVING", "DWASHING", "NFIELD", "NPARK", "NRIVER", "OHALLWAY", "OMEETING", "OOFFICE"),
    *("PCAFETER", "PRESTO", "PSTATION", "SCAFE", "SPSQUARE", "STRAFFIC", "TBUS", "TCAR", "TMETRO"),
]
NOISEX = [
    *("babble", "buccaneer1", "buccaneer2", "destroyerengine", "destroyerops", "f16", "factory1", "factory2"),
    *("hfchannel", "leopard", "m109", "machinegun", "pink", "volvo", "white"),
]
# Names as the corpora have them, and what of each path is the source recording, written down a second time.
NAMES = {
    "musan-music": {
        f"musan/music/{source}/music-{source}-{i:04d}.wav": source
        for source in ("fma", "fma-western-art", "hd-classical", "jamendo", "rfm")
        for i in range(3)
    },
    "musan-speech": {
        f"musan/speech/{source}/speech-{source}-{i:04d}.wav": source
        for source in ("librivox", "us-gov")
        for i in range(3)
    },
    "musan-noise": {
        f"musan/noise/{source}/noise-{source}-{i:04d}.wav": source
        for source in ("free-sound", "sound-bible")
        for i in range(3)
    },
    "demand": {f"{place}/ch01.wav": place for place in DEMAND},
    "esc-50": {
        f"ESC-50-master/audio/{source % 5 + 1}-{source}-{take}-{source % 50}.wav": str(source)
        for source in range(100_000, 100_020)
        for take in "AB"
    },
    "ms-snsd": {
        f"MS-SNSD/{part}/{noise}_{i}.wav": f"{part}/{noise}_{i}"
        for part in ("noise_train", "noise_test")
        for noise in ("Babble", "AirConditioner")
        for i in (1, 2)
    },
    "wham": {
        f"wham_noise/{part}/{name}.wav": f"{part}/{name}"
        for part in ("tr", "cv", "tt")
        for name in ("40na010x_1.9857_01xo031a_-1.9857", "011a0101_0.061105_401c020r_-0.061105")
    },
    "urbansound8k": {
        f"UrbanSound8K/audio/fold{source % 10 + 1}/{source}-{source % 10}-0-{i}.wav": str(source)
        for source in range(100_000, 100_020)
        for i in (0, 7)
    },
    "noisex-92": {
        f"{name}.wav": {"destroyerengine": "destroyer", "destroyerops": "destroyer"}.get(
            name, name if name in {"f16", "m109"} else name.rstrip("12")
        )
        for name in NOISEX
    },
    "rirs-noises": {
        f"RIRS_NOISES/pointsource_noises/noise-free-sound-{i:04d}.wav": f"noise-free-sound-{i:04d}" for i in range(3)
    },
    "folder": {f"{place}/{i}.ogg": f"{place}/{i}" for place in ("a", "b/c") for i in range(30)},
}


# What lies about in the same trees.
PASSED_OVER = {
    "musan-music": ["musan/noise/free-sound/noise-free-sound-0000.wav", "musan/README"],
    "demand": ["TCAR/ch02.wav", "TCAR/ch16.wav", "OTHER/ch01.wav"],
    "esc-50": ["ESC-50-master/tests/1-100032-A-0.wav"],
    "ms-snsd": ["MS-SNSD/clean_train/clnsp1.wav", "MS-SNSD/CleanSpeech_training/clnsp1.wav"],
    "urbansound8k": ["UrbanSound8K/audio/fold1/notes.wav"],
    "noisex-92": ["white1.wav", "babbling.wav"],
    "rirs-noises": ["RIRS_NOISES/simulated_rirs/smallroom/Room001/Room001-00001.wav"],
}


def plant(root: Path, names, seconds: float = 0.02) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, 0.1 * np.random.default_rng(len(name)).standard_normal(round(seconds * 16_000)), 16_000)
    return root


def table(path: Path, rows: list[dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
