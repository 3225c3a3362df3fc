"""What every channel leaves where it was: sounds within a millisecond, and both ends."""

import numpy as np
import pytest
from scipy.signal import correlate

from corruptions import CORRUPTIONS, SAMPLE_RATE, Condition, Step, Waveform, corrupt
from corruptions.catalog import SNR
from corruptions.channels.codecs import MP3_KBIT_S

from ..signals import like_speech

LEVELS: dict[str, tuple[float | None, ...]] = {
    "air": (1, 10, 100),
    "dc-offset": (-60, -20),
    "dropped-start": (0, 100, 400),
    "gain": (-40, 20),
    "hard-clip": (0, -10, -30),
    "low-pass": (500, 1000, 2000, 4000, 7000),
    "mp3": MP3_KBIT_S,
    "opus": (6, 8, 12, 16, 24, 32, 64, 128, 256),
    "packet-loss": (0, 10, 50),
    "soft-clip": (0, -10, -30),
}
MUTED_ON_PURPOSE = {"dropped-start", "packet-loss"}

CHANNELS = sorted(
    name for name, one in CORRUPTIONS.items() if one.level_unit != SNR and not one.needs and name != "silence"
)
CASES = [(name, level) for name in CHANNELS for level in LEVELS.get(name, (None,))]


def of_channels(cases: list[tuple[str, float | None]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        ("name", "level"), cases, ids=[f"{name} {level or ''}".strip() for name, level in cases]
    )


def through(name: str, level: float | None, audio: Waveform) -> Waveform:
    return corrupt(audio, Condition((Step(name, level),)), np.random.default_rng(0)).audio


def lag_ms(before: Waveform, after: Waveform) -> float:
    """Return by how much ``after`` comes later, where the two, without their means, are most alike."""
    apart = correlate(after.astype(np.float64) - after.mean(), before.astype(np.float64) - before.mean())
    return 1000 * (int(np.argmax(apart)) - len(before) + 1) / SAMPLE_RATE


def click() -> Waveform:
    """One swing up and down within 2 ms, of frequencies that every channel lets through, amid two seconds of silence.

    It is not at the beginning of a frame of GSM (320 samples here), where that codec rings for 5 ms.
    """
    audio = np.zeros(2 * SAMPLE_RATE, np.float32)
    audio[SAMPLE_RATE + 100 : SAMPLE_RATE + 132] = 0.5 * np.hanning(32) * np.sin(2 * np.pi * np.arange(32) / 32)
    return audio


def test_every_channel_with_levels_is_tried_at_several() -> None:
    assert set(LEVELS) == {name for name in CHANNELS if CORRUPTIONS[name].level_unit}


@of_channels(CASES)
@pytest.mark.parametrize("audio", [like_speech(0), like_speech(3, 0.7), click()], ids=["speech", "short", "click"])
def test_a_channel_moves_nothing_by_a_millisecond(name: str, level: float | None, audio: Waveform) -> None:
    assert abs(lag_ms(audio, through(name, level, audio))) < 1


@pytest.mark.parametrize("n_samples", [8_000, 15_999, 16_320, 20_001])
@of_channels([case for case in CASES if case[0] not in MUTED_ON_PURPOSE])
def test_no_end_is_muted_but_by_what_is_to_mute(name: str, level: float | None, n_samples: int) -> None:
    time_s = np.arange(n_samples) / SAMPLE_RATE
    hum = sum(np.sin(2 * np.pi * hz * time_s + hz) for hz in (150, 330, 450)).astype(np.float32) / 10
    after = through(name, level, hum)
    gain_db = 20 * np.log10(np.std(after[4000:-4000] if n_samples > 9000 else after) / np.std(hum))
    for end in (slice(None, 160), slice(-160, None)):
        assert 20 * np.log10(np.std(after[end]) / np.std(hum[end])) > gain_db - 12
