"""Files as the world has them, as speech and as impulse responses; as noise, see ``test_folders`` of ``noise``."""

from pathlib import Path

import numpy as np
import pytest

from corruptions import Material, corrupt, parse_condition, read_audio, read_responses, rms_dbfs

from ..signals import like_speech

pytestmark = pytest.mark.real_data


def said(error: ValueError) -> str:
    """Return an error's message without the path that it begins with."""
    return str(error).rpartition(": ")[2].split(";")[0]


def test_every_odd_file_is_speech_at_the_exact_snr_or_named_in_an_error(real_data: Path) -> None:
    refused = {}
    for path in sorted((real_data / "odd_files").iterdir()):
        try:
            speech = read_audio(path)
            result = corrupt(speech, parse_condition("white@5dB"), np.random.default_rng(0))
        except ValueError as error:
            refused[path.name] = said(error)
        else:
            added = rms_dbfs(result.audio.astype(np.float64) - speech)
            assert result.record.speech_active_dbfs - added == pytest.approx(5, abs=0.01), path
    assert refused == {"digital_silence.wav": "a silent signal has no level"}


def test_every_odd_file_is_a_room_or_named_in_an_error(real_data: Path, tmp_path: Path) -> None:
    refused = {}
    for path in sorted((real_data / "odd_files").iterdir()):
        alone = tmp_path / path.stem
        alone.mkdir()
        (alone / path.name).symlink_to(path)
        try:
            material = Material(responses={"odd": read_responses(alone)})
        except ValueError as error:
            refused[path.name] = said(error) if path.name in str(error) else "not named"
        else:
            result = corrupt(like_speech(0), parse_condition("odd"), np.random.default_rng(0), material)
            assert np.isfinite(result.audio).all()
    assert refused == {"digital_silence.wav": "silent"}
