"""The fast door gives what the other one gives."""

from pathlib import Path

import numpy as np
import pytest

from corruptions import (
    CORRUPTIONS,
    Material,
    corrupt,
    corrupt_audio,
    decoded,
    find_corruption,
    parse_condition,
    read_noise_folder,
)
from corruptions.catalog import SNR
from corruptions.condition import Condition, Step

from .every import EVERY_CORRUPTION, LEVELS_OF_UNIT
from .signals import like_speech

SPEECH = like_speech(0)


def both(condition: Condition, material: Material, key: int = 0) -> tuple[bytes, bytes]:
    slow = corrupt(SPEECH, condition, np.random.default_rng(key), material, speaker="s0").audio
    fast = corrupt_audio(SPEECH, condition, np.random.default_rng(key), material, speaker="s0")
    return slow.tobytes(), fast.tobytes()


@pytest.mark.parametrize("name", EVERY_CORRUPTION)
def test_every_corruption_gives_the_same_samples_through_both_doors(name: str, material: Material) -> None:
    for level in LEVELS_OF_UNIT[find_corruption(name, material).level_unit]:
        slow, fast = both(Condition((Step(name, level),)), material)
        assert slow == fast, level


@pytest.mark.parametrize(
    "text",
    ["clean", "silence", "silence+babble@5dB", "lounge+street@5dB-dry", "pink@-10dB+hard-clip@-10dB", "white@70dB"],
)
def test_chains_give_the_same_samples_through_both_doors(text: str, material: Material) -> None:
    slow, fast = both(parse_condition(text), material, key=3)
    assert slow == fast


@pytest.mark.parametrize("name", [name for name in CORRUPTIONS if CORRUPTIONS[name].level_unit != SNR] + ["street"])
def test_the_fast_door_leaves_the_speech_alone_and_shares_nothing_with_it(name: str, material: Material) -> None:
    before = SPEECH.copy()
    for condition in ("clean", Condition((Step(name, LEVELS_OF_UNIT[find_corruption(name, material).level_unit][0]),))):
        parsed = parse_condition(condition) if isinstance(condition, str) else condition
        audio = corrupt_audio(SPEECH, parsed, np.random.default_rng(0), material)
        assert not np.shares_memory(audio, SPEECH)
        assert audio.flags.writeable
    assert np.array_equal(SPEECH, before)


def test_what_is_not_speech_is_an_error_there_too() -> None:
    for speech, message in ((np.zeros(100, np.float32), "speech: .*silent"), (np.ones(100), "dtype float64")):
        with pytest.raises(ValueError, match=message):
            corrupt_audio(speech, parse_condition("white@5dB"), np.random.default_rng(0))


def test_the_noise_of_a_bank_is_not_changed_by_mixing(noise_folder: Path, tmp_path: Path) -> None:
    folder = decoded(read_noise_folder(noise_folder), tmp_path)
    first = {one.name: folder.bank.recording(one.sha256).copy() for one in folder.recordings}
    for key in range(20):
        corrupt_audio(
            SPEECH, parse_condition("street@0dB"), np.random.default_rng(key), Material(recordings={"street": folder})
        )
    for one in folder.recordings:
        assert np.array_equal(folder.bank.recording(one.sha256), first[one.name])
