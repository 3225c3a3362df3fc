"""The SNR that real speech in real noise has, whatever the recordings.

The whole table, each utterance in each noise at each SNR by each level, takes a minute:
``EMONOISE_REAL_DATA=... python -m tests.corruptions.test_achieved_snr``.
"""

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corruptions import LEVELS, Material, corrupt_audio, parse_condition, read_audio, read_noise_folder

SNRS_DB = (20, 0, -10)


def largest_errors(real_data: Path, paths: Iterable[Path]) -> dict[tuple[str, str, int], float]:
    """Return the largest error in dB by noise, level and SNR, measured from the samples in float64."""
    folder = read_noise_folder(real_data / "noise")
    errors: dict[tuple[str, str, int], float] = {}
    for key, path in enumerate(paths):
        speech = read_audio(path)
        levels_dbfs = {name: level(speech) for name, level in LEVELS.items()}
        for recording in folder.recordings:
            for name, speech_dbfs in levels_dbfs.items():
                material = Material(snr=name, recordings={"one": replace(folder, recordings=(recording,))})
                for snr_db in SNRS_DB:
                    rng = np.random.default_rng(key)
                    audio = corrupt_audio(speech, parse_condition(f"one@{snr_db}dB"), rng, material)
                    added_dbfs = 10 * np.log10(np.mean(np.square(audio.astype(np.float64) - speech)))
                    row = (recording.name, name, snr_db)
                    errors[row] = max(errors.get(row, 0.0), abs(speech_dbfs - added_dbfs - snr_db))
    return errors


@pytest.mark.real_data
def test_the_snr_is_exact_on_real_speech_in_each_real_noise(real_data: Path) -> None:
    errors = largest_errors(real_data, sorted(real_data.glob("ravdess/Actor_*/*.flac"))[::60])
    assert max(errors.values()) < 0.01
    assert len(errors) >= 6 * len(LEVELS)


if __name__ == "__main__":
    data = Path(os.environ["EMONOISE_REAL_DATA"])
    utterances = sorted(data.glob("ravdess/Actor_*/*.flac"))
    table = largest_errors(data, utterances)
    print(f"largest error in dB over {len(utterances)} utterances")
    print(f"{'noise':40}", *(f"{name} {snr_db:>4} dB" for name in LEVELS for snr_db in SNRS_DB), sep="  ")
    for noise in dict.fromkeys(row[0] for row in table):
        cells = (table[noise, name, snr_db] for name in LEVELS for snr_db in SNRS_DB)
        print(
            f"{noise:40}",
            *(f"{cell:>{len(name) + 8}.6f}" for cell, name in zip(cells, [*["active"] * 3, *["rms"] * 3], strict=True)),
            sep="  ",
        )
