"""A corpus of half a second an utterance, a folder of noise and one of rooms: enough to corrupt, export and score."""

from pathlib import Path

import numpy as np
import pandas as pd
import soundfile

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
