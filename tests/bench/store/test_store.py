from pathlib import Path

import pandas as pd
import pytest

from bench.store.store import Store, cache_root
from corruptions.ground.seals import BLANK, SealError


def test_a_temporary_file_is_never_taken_for_a_finished_one(tmp_path: Path):
    store = Store(tmp_path)
    entry = store.entry("predictions", "abcd")
    with entry.sealing() as temporary:
        assert not entry.is_there
        assert temporary.parent == entry.path.parent
        pd.DataFrame({"a": [BLANK]}).to_parquet(temporary)
    assert entry.is_there
    assert entry.is_whole


def test_an_entry_of_another_kind_or_key_is_not_whole(tmp_path: Path):
    store = Store(tmp_path)
    store.entry("predictions", "abcd").write(pd.DataFrame({"a": [1]}))
    for other in (store.entry("transcripts", "abcd"), store.entry("predictions", "abce")):
        other.path.parent.mkdir(parents=True, exist_ok=True)
        other.path.write_bytes(store.entry("predictions", "abcd").path.read_bytes())
        assert other.is_there
        assert not other.is_whole
        with pytest.raises(SealError, match=str(other.path)):
            other.read()


def test_an_empty_file_is_not_there(tmp_path: Path):
    entry = Store(tmp_path).entry("predictions", "abcd")
    entry.path.parent.mkdir(parents=True)
    entry.path.touch()
    assert not entry.is_there


def test_tables_come_back_in_the_order_of_their_keys(tmp_path: Path):
    store = Store(tmp_path)
    for key, value in {"aa": 1, "bb": 2, "cc": 3}.items():
        store.entry("kind", key).write(pd.DataFrame({"value": [value]}))
    assert store.tables("kind", ["cc", "aa"])["value"].tolist() == [3, 1]


def test_where_no_table_is_there_the_error_names_the_first(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="deadbeef"):
        Store(tmp_path).tables("kind", ["deadbeef"])


def test_the_cache_is_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EMONOISE_CACHE", str(tmp_path))
    assert cache_root() == tmp_path
