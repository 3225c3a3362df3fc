"""What it costs to list a folder of noise, of which every file is read to its end, beside reading it and no more.

A hundred MP3 files of 5 s at 16 kHz; both sides read as many at a time as the machine likes. Ours finds their lengths
by decoding, looks where each is active, and takes its SHA-256.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile

from corruptions import read_noise_folder

LISTING = "100 MP3 files of 5 s"


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("noise")
    rng = np.random.default_rng(0)
    for i in range(100):
        soundfile.write(folder / f"{i}.mp3", 0.1 * rng.standard_normal(80_000), 16_000)
    return folder


@pytest.mark.benchmark(group=LISTING)
def test_listing_a_folder(benchmark, recordings):
    benchmark.pedantic(lambda: read_noise_folder(recordings), rounds=10, warmup_rounds=1)


@pytest.mark.benchmark(group=LISTING)
def test_reading_its_files_with_soundfile(benchmark, recordings):
    def read() -> None:
        with ThreadPoolExecutor() as pool:
            list(pool.map(soundfile.read, sorted(recordings.iterdir())))

    benchmark.pedantic(read, rounds=10, warmup_rounds=1)
