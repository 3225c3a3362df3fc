import pickle

import numpy as np
import pytest

from corruptions import Corruption, Material, find_corruption

from .every import EVERY_CORRUPTION, LEVELS_OF_UNIT, SPEECH, run


@pytest.mark.parametrize("name", EVERY_CORRUPTION)
class TestContract:
    """What every corruption keeps to, whatever it does."""

    @pytest.fixture
    def kind(self, name: str, material: Material) -> Corruption:
        return find_corruption(name, material)

    @pytest.fixture
    def levels(self, kind: Corruption) -> tuple[float | None, ...]:
        return LEVELS_OF_UNIT[kind.level_unit]

    def test_the_result_is_a_waveform_as_long_as_the_speech(self, name: str, levels, material: Material) -> None:
        for n_samples in (16, 4_001, len(SPEECH), 101_111):
            speech = np.resize(SPEECH, n_samples)
            audio = run(name, levels[len(levels) // 2], material, speech=speech).audio
            assert audio.shape == speech.shape
            assert audio.dtype == np.float32
            assert np.isfinite(audio).all()

    def test_the_speech_is_left_as_it_is(self, name: str, levels, material: Material) -> None:
        speech = SPEECH.copy()
        speech.flags.writeable = False
        result = run(name, levels[-1], material, speech=speech)
        assert np.array_equal(speech, SPEECH)
        assert not np.shares_memory(result.audio, speech)

    def test_the_same_key_gives_the_same_bytes(self, name: str, levels, material: Material) -> None:
        first = run(name, levels[0], material)
        run(name, levels[-1], material, key=7)  # what ran before does not matter
        again = run(name, levels[0], pickle.loads(pickle.dumps(material)))  # noqa: S301 - as a worker gets it
        assert first.audio.tobytes() == again.audio.tobytes()
        assert first.record == again.record

    def test_another_key_gives_another_result_if_chance_has_a_part(
        self, name: str, kind: Corruption, levels, material: Material
    ) -> None:
        different = {run(name, levels[-1], material, key=key).audio.tobytes() for key in range(8)}
        assert (len(different) > 1) == kind.random

    def test_a_harsher_level_is_further_from_clean(self, name: str, levels, material: Material) -> None:
        distances = [
            float(np.square(run(name, level, material).audio.astype(np.float64) - SPEECH).sum()) for level in levels
        ]
        assert distances == sorted(distances)
        assert len(set(distances)) == len(distances)
        assert distances[0] > 0

    def test_the_levels_are_ordered_as_the_catalogue_says(self, kind: Corruption, levels) -> None:
        assert list(levels) == sorted(levels, reverse=kind.harsher == "down")

    def test_the_record_is_a_flat_row(self, name: str, levels, material: Material) -> None:
        result = run(name, levels[-1], material)
        row = result.record.as_row()
        assert all(value is None or isinstance(value, float | int | str) for value in row.values())
        assert row["peak"] == float(np.abs(result.audio).max())

    def test_a_level_is_asked_for_where_there_are_levels_and_refused_where_there_are_none(
        self, name: str, kind: Corruption, material: Material
    ) -> None:
        wrong = 1.0 if kind.level_unit is None else None
        with pytest.raises(ValueError, match=f"{name}.*(needs a level|has no levels)"):
            run(name, wrong, material)
