from types import SimpleNamespace

import numpy as np
import pytest

from bench.stages.no_speech import clips, hear_no_speech
from bench.stages.represent import _transcriber
from bench.store.keys import Key
from bench.store.store import Store
from bench.suite.representations import Model
from bench.suite.systems import SYSTEMS, Catalog
from models.types import SAMPLE_RATE
from models.weights.embedded import WeightsError
from tests.models import tiny


def plan_of(key: str | None = None, **models: Model) -> SimpleNamespace:
    """Stands for the plan of a suite whose systems read what these recognisers write; their own key unless given."""
    catalog = Catalog(models, {}, SYSTEMS)
    keys = {name: Key(key or _transcriber(one, "cpu").fingerprint) for name, one in models.items()}
    return SimpleNamespace(transcribers=keys, suite=SimpleNamespace(catalog=catalog))


def test_the_clips_have_the_level_and_the_length_they_say_and_are_always_the_same():
    for (level_dbfs, duration_s, samples), (*_, again) in zip(clips(), clips(), strict=True):
        assert len(samples) == duration_s * SAMPLE_RATE
        np.testing.assert_array_equal(samples, again)
        if level_dbfs is None:
            assert not samples.any()
        else:
            assert 20 * np.log10(np.sqrt(np.mean(np.square(samples, dtype=float)))) == pytest.approx(level_dbfs)


@pytest.mark.embedded
def test_whisper_invents_words_for_nothing_and_all_of_them_are_flagged(tmp_path):
    plan = plan_of(heard=Model(kind="faster-whisper", weights="whisper-tiny.en"))
    table = hear_no_speech(plan, Store(tmp_path), "cpu")
    invented = table[table["invented"]]
    silence = table[table["noise_dbfs"].isna()]
    assert (silence["text"] == "you").all()
    assert len(invented) >= 8
    assert table["flagged"].all()


def test_what_was_heard_once_is_not_heard_again_unless_the_recogniser_changes(tmp_path):
    folder = tmp_path / "tiny"
    plan, store = plan_of(heard=Model(kind="ctc", weights=str(tiny.ctc(folder)))), Store(tmp_path / "store")
    table = hear_no_speech(plan, store, "cpu")
    assert set(table["transcriber"]) == {"heard"}
    assert table["flagged"].isna().all()  # it has no belief that nobody spoke
    elsewhere = Model(kind="ctc", weights=str(tmp_path / "not there"))
    assert hear_no_speech(plan_of(plan.transcribers["heard"], heard=elsewhere), store, "cpu").equals(table)
    with pytest.raises(WeightsError, match="not there"):
        hear_no_speech(plan_of("another key", heard=elsewhere), store, "cpu")


def test_where_nobody_transcribes_there_are_no_rows(tmp_path):
    assert hear_no_speech(plan_of(), Store(tmp_path), "cpu").empty
