"""What a corrupted 5 s clip costs on one core, beside audiomentations and the bare numpy mix.

The clip is speech-like and 80,000 samples long, noise lies in 20 files of 30 s, every excerpt comes from a random one,
and the SNR is 5 dB over the active level of ITU-T P.56 (over RMS in the peers, which know no other). Ours draws from a
generator that is there already, as theirs draw from a global one. Impulse responses are 0.5 s, in 8 files.

One thing is not alike. Our noise is decoded once, before (``decoded``); theirs each time, as they have no such thing.
What ours takes without it, and with its full record, stands beside.
"""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy import signal

from corruptions import Material, Waveform, active_level_dbfs, corrupt, corrupt_audio, decoded, parse_condition
from corruptions import read_noise_folder as list_noise
from corruptions.room.responses import read_responses

AT_16K = "5 s clip, noise at 5 dB from 16 kHz files"
AT_44K = "5 s clip, noise at 5 dB from 44.1 kHz files"
IN_A_ROOM = "5 s clip, measured response of 0.5 s"
LEVEL = "active level of 5 s"

# What audiomentations imports is deprecated; that it resamples is what is measured.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore:.*had to be resampled")

CONDITION = parse_condition("street@5dB")


@pytest.fixture(scope="module")
def clip() -> Waveform:
    """Low-pass noise in syllables, with pauses."""
    rng = np.random.default_rng(0)
    seconds = np.arange(80_000) / 16_000
    syllables = np.clip(np.sin(2 * np.pi * 4 * seconds), 0.01, None) * (np.sin(2 * np.pi * 0.4 * seconds) > -0.5)
    return (0.1 * signal.lfilter([1], [1, -0.9], rng.standard_normal(80_000)) * syllables).astype(np.float32)


@pytest.fixture(scope="module")
def noises(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Folders of noise by sampling rate."""
    rng = np.random.default_rng(0)
    folders = {rate: tmp_path_factory.mktemp(f"noise{rate}") for rate in (16_000, 44_100)}
    for rate, folder in folders.items():
        for i in range(20):
            soundfile.write(folder / f"{i}.wav", 0.1 * rng.standard_normal(30 * rate), rate)
    return folders


@pytest.fixture(scope="module")
def banked(noises: dict[int, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[int, Material]:
    bank = tmp_path_factory.mktemp("bank")
    return {rate: Material(recordings={"street": decoded(list_noise(path), bank)}) for rate, path in noises.items()}


@pytest.fixture(scope="module")
def responses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of impulse responses."""
    folder = tmp_path_factory.mktemp("responses")
    rng = np.random.default_rng(0)
    for i in range(8):
        response = 0.1 * rng.standard_normal(8000) * 10 ** (-3 * np.arange(8000) / 8000)
        response[0] = 1
        soundfile.write(folder / f"{i}.wav", response / 2, 16_000)
    return folder


def measure(benchmark, call: Callable[[], object]) -> None:
    """Time every call alone, after enough of them that files lie in memory and loops are compiled."""
    benchmark.pedantic(call, rounds=1000, warmup_rounds=300)


def peer(name: str, folder: Path, **options: float) -> Callable[..., object]:
    """Return a transform of audiomentations."""
    import audiomentations

    return getattr(audiomentations, name)(str(folder), p=1.0, **options)


@pytest.mark.benchmark(group=AT_16K)
def test_ours(benchmark, clip, banked):
    rng = np.random.default_rng(0)
    measure(benchmark, lambda: corrupt_audio(clip, CONDITION, rng, banked[16_000]))


@pytest.mark.benchmark(group=AT_16K)
def test_ours_with_a_new_generator_each_time(benchmark, clip, banked):
    seeds = iter(range(10_000))
    measure(benchmark, lambda: corrupt_audio(clip, CONDITION, np.random.default_rng(next(seeds)), banked[16_000]))


@pytest.mark.benchmark(group=AT_16K)
def test_ours_with_its_full_record(benchmark, clip, banked):
    rng = np.random.default_rng(0)
    measure(benchmark, lambda: corrupt(clip, CONDITION, rng, banked[16_000]))


@pytest.mark.benchmark(group=AT_16K)
def test_ours_reading_the_files_themselves(benchmark, clip, noises):
    rng, material = np.random.default_rng(0), Material(recordings={"street": list_noise(noises[16_000])})
    measure(benchmark, lambda: corrupt_audio(clip, CONDITION, rng, material))


@pytest.mark.benchmark(group=AT_16K)
def test_add_background_noise_of_audiomentations(benchmark, clip, noises):
    add = peer("AddBackgroundNoise", noises[16_000], min_snr_db=5.0, max_snr_db=5.0)
    measure(benchmark, lambda: add(clip, 16_000))


@pytest.mark.benchmark(group=AT_16K)
def test_bare_numpy_mix_of_what_is_in_memory_already(benchmark, clip):
    noise = (0.1 * np.random.default_rng(0).standard_normal(80_000)).astype(np.float32)
    measure(benchmark, lambda: clip + noise * np.sqrt(np.mean(clip**2) / np.mean(noise**2) / np.float32(10**0.5)))


@pytest.mark.benchmark(group=AT_44K)
def test_ours_from_files_at_another_rate(benchmark, clip, banked):
    rng = np.random.default_rng(0)
    measure(benchmark, lambda: corrupt_audio(clip, CONDITION, rng, banked[44_100]))


@pytest.mark.benchmark(group=AT_44K)
def test_ours_resampling_each_time(benchmark, clip, noises):
    rng, material = np.random.default_rng(0), Material(recordings={"street": list_noise(noises[44_100])})
    measure(benchmark, lambda: corrupt_audio(clip, CONDITION, rng, material))


@pytest.mark.benchmark(group=AT_44K)
def test_add_background_noise_of_audiomentations_resampling(benchmark, clip, noises):
    add = peer("AddBackgroundNoise", noises[44_100], min_snr_db=5.0, max_snr_db=5.0)
    measure(benchmark, lambda: add(clip, 16_000))


@pytest.mark.benchmark(group=IN_A_ROOM)
def test_our_room(benchmark, clip, responses):
    rng, material = np.random.default_rng(0), Material(responses={"lounge": read_responses(responses)})
    condition = parse_condition("lounge")
    measure(benchmark, lambda: corrupt_audio(clip, condition, rng, material))


@pytest.mark.benchmark(group=IN_A_ROOM)
def test_apply_impulse_response_of_audiomentations(benchmark, clip, responses):
    apply = peer("ApplyImpulseResponse", responses)
    measure(benchmark, lambda: apply(clip, 16_000))


@pytest.mark.benchmark(group=LEVEL)
def test_our_active_level(benchmark, clip):
    measure(benchmark, lambda: active_level_dbfs(clip))


@pytest.mark.benchmark(group=LEVEL)
def test_active_level_filtered_sample_by_sample_with_scipy(benchmark, clip):
    benchmark(active_level_with_scipy, clip)


def active_level_with_scipy(x: Waveform) -> float:
    """Return P.56's active level by its steps, each over all samples: envelope, then one threshold after the other."""
    decay = math.exp(-1 / (0.03 * 16_000))
    envelope = signal.lfilter([(1 - decay) ** 2], [1, -2 * decay, decay**2], np.abs(x, dtype=np.float64))
    energy, places = float(np.square(x, dtype=np.float64).sum()), np.arange(len(x))
    before = (0.0, 0.0)
    for exponent in range(-15, 0):
        latest = np.maximum.accumulate(np.where(envelope >= 2.0**exponent, places, -len(x) - 3200))
        n_active = int((places - latest <= 3200).sum())
        level = 10 * math.log10(energy / n_active) if n_active else -math.inf
        excess = level - 20 * math.log10(2) * exponent - 15.9
        if excess <= 0:
            return level + (before[0] - level) * excess / (excess - before[1])
        before = level, excess
    return before[0]
