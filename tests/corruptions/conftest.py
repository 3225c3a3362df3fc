"""Folders of recordings the tests make for themselves."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from corruptions import Clip, Material, long_term_spectrum, read_noise_folder, write_audio
from corruptions.room.bank import RoomSpec, build_rooms
from corruptions.room.responses import Response, read_responses

from .signals import like_speech


@pytest.fixture(scope="session")
def talkers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Clip, ...]]:
    folder = tmp_path_factory.mktemp("talkers")
    clips = {}
    for speaker in range(14):
        clips[f"s{speaker}"] = tuple(Clip(folder / f"{speaker}-{take}.flac") for take in range(3))
        for take, clip in enumerate(clips[f"s{speaker}"]):
            # Nobody speaks as loud as the next one, and the first 50 ms are digital silence.
            audio = like_speech(100 * speaker + take, 0.7 + 0.2 * take, peak=0.03 * (1 + speaker))
            write_audio(clip.path, np.append(np.zeros(800, np.float32), audio))
    return clips


@pytest.fixture(scope="session")
def noise_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Recordings that are longer and shorter than the speech, at other rates, in stereo, in a subfolder."""
    folder = tmp_path_factory.mktemp("street")
    rng = np.random.default_rng(5)
    (folder / "more").mkdir()
    (folder / "LICENSE.txt").write_text("not audio")
    for name, rate, seconds, channels in [
        ("long.wav", 16_000, 6.0, 1),
        ("short.flac", 16_000, 0.4, 1),
        ("more/stereo.WAV", 44_100, 5.0, 2),
        ("more/telephone.wav", 8_000, 5.0, 1),
        ("odd.ogg", 22_050, 4.0, 1),
    ]:
        soundfile.write(folder / name, 0.1 * rng.standard_normal((round(seconds * rate), channels)), rate)
    return folder


@pytest.fixture(scope="session")
def responses_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Impulse responses like measured ones, mono and stereo, at two rates: a delay, a direct sound, a decay, noise."""
    folder = tmp_path_factory.mktemp("lounge")
    for number, (rate, channels) in enumerate([(16_000, 1), (48_000, 2), (16_000, 1)]):
        rng = np.random.default_rng(number)
        seconds = np.arange(round(0.6 * rate))[:, np.newaxis] / rate
        decay = 0.1 * rng.standard_normal((len(seconds), channels)) * 10 ** (-3 * seconds / 0.5)
        response = np.concatenate([np.zeros((rate // 50, channels)), np.full((1, channels), 0.9), decay])
        soundfile.write(folder / f"{number}.wav", response + 1e-5 * rng.standard_normal(response.shape), rate)
    return folder


@pytest.fixture(scope="session")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> dict[float, tuple[Response, ...]]:
    """Three simulated rooms at each of three reverberation times."""
    return build_rooms((0.2, 0.5, 1.0), tmp_path_factory.mktemp("rooms"), RoomSpec(n_rooms=3))


@pytest.fixture(scope="session")
def material(
    talkers: dict[str, tuple[Clip, ...]],
    noise_folder: Path,
    responses_folder: Path,
    rooms: dict[float, tuple[Response, ...]],
) -> Material:
    return Material(
        talkers=talkers,
        spectrum=long_term_spectrum([clip for clips in talkers.values() for clip in clips]),
        recordings={"street": read_noise_folder(noise_folder)},
        rooms=rooms,
        responses={"lounge": read_responses(responses_folder)},
    )
