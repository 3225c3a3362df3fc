"""A corpus of half a second an utterance, a folder of noise and one of rooms: enough to corrupt, export and score."""

from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

from bench.suite.suite import Suite
from corruptions import read_audio

SCALE = (1.0, 7.0)
NAMES = ["u1", "u2", "U2", "Ses01/F 05", "con", "ü"]


def write_corpus(folder: Path) -> Path:
    """Write ``corpus.csv``, ``wav``, ``street`` and ``lounge``; return the table's path."""
    rng = np.random.default_rng(5)
    for name in ("wav", "street", "lounge"):
        (folder / name).mkdir(parents=True)
    rows = []
    speakers = [*[("train", f"t{k}") for k in range(7)] * 2, ("dev", "d0"), ("dev", "d1")]
    speakers += [("test", f"e{k}") for k in (0, 0, 1, 1, 2, 2)]
    for k, (split, speaker) in enumerate(speakers):
        n = 8000 + 160 * k
        syllables = np.abs(np.sin(np.arange(n) / 1500)) * 10 ** (-0.05 * k)
        soundfile.write(folder / "wav" / f"{k}.wav", 0.2 * syllables * rng.standard_normal(n), 16_000)
        name = NAMES[k - len(speakers)] if split == "test" else f"x{k}"
        rows.append((f"wav/{k}.wav", name, split, speaker, *rng.uniform(*SCALE, 3).round(2), "Well, yes", f"00{k}"))
    columns = ["path", "id", "split", "speaker", "activation", "valence", "dominance", "transcript", "session"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "corpus.csv", index=False)
    for k, rate in enumerate((16_000, 22_050)):
        soundfile.write(folder / "street" / f"{k}.wav", 0.3 * rng.standard_normal(2 * rate), rate)
    decay = 10 ** (-3 * np.arange(4000) / 4000)
    soundfile.write(folder / "lounge" / "corner.wav", 0.5 * decay * rng.standard_normal(4000), 16_000)
    return folder / "corpus.csv"


def control_suite(manifest: Path) -> Suite:
    """Return a suite on that corpus with a system that needs neither weights nor training."""
    return Suite.model_validate(
        {
            "name": "control",
            "corpus": {"manifest": manifest, "scale": SCALE},
            "noises": {"street": manifest.parent / "street"},
            "systems": ["random"],
            "conditions": ["clean", "babble@0dB", "street@5dB", "street@0dB"],
            "draws": 2,
            "bootstrap": 100,
        }
    )


def write_talks(folder: Path) -> tuple[Path, Path]:
    """Write a corpus of people who talk in turn, twice; return the tables.

    In the first, rows are segments of a file for each split, stereo at 44.1 kHz, with loud tones between what is said.
    In the second, rows are files, which were cut beforehand from what ``read_audio`` makes of the first.
    """
    rng = np.random.default_rng(6)
    rows = []
    for split in ("train", "dev", "test"):
        pieces, begin = [], 0
        for k in range(6):
            n, gap = 22_050 + 441 * k, 4_410 + 17 * k
            syllables = np.abs(np.sin(np.arange(n) / 4000)) * 10 ** (-0.05 * k)
            speech = 0.2 * syllables * rng.standard_normal(n)
            pieces += [0.9 * np.sin(np.arange(gap) / 3), speech]
            start, end, begin = begin + gap, begin + gap + n, begin + gap + n
            times = (start / 44_100, end / 44_100 if k < 5 else np.nan)
            rows.append((f"{split}{k}", f"{split}.wav", split, f"{split}-{k % 3}", *rng.uniform(*SCALE, 3), *times))
        mono = np.concatenate(pieces)
        soundfile.write(folder / f"{split}.wav", np.stack([mono, 0.8 * mono], 1), 44_100)
    columns = ["id", "path", "split", "speaker", "activation", "valence", "dominance", "start", "end"]
    table = pd.DataFrame(rows, columns=columns)
    table.to_csv(folder / "talks.csv", index=False)
    (folder / "cut").mkdir()
    for row in table.itertuples():
        end = None if np.isnan(row.end) else round(row.end * 16_000)
        said = read_audio(folder / row.path)[round(row.start * 16_000) : end]
        soundfile.write(folder / "cut" / f"{row.id}.wav", said, 16_000, subtype="FLOAT")
    cut = table.assign(path=table["id"] + ".wav").drop(columns=["start", "end"])
    cut.to_csv(folder / "cut" / "talks.csv", index=False)
    return folder / "talks.csv", folder / "cut" / "talks.csv"
