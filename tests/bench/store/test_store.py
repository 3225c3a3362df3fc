from pathlib import Path

import pandas as pd
import pytest

from bench.store.store import Store, cache_root, write_table
from corruptions.sound.files import replacing


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path):
    target = tmp_path / "table.txt"
    target.write_text("old")

    def fail() -> None:
        with replacing(target) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_temporary_file_is_never_taken_for_a_finished_one(tmp_path: Path):
    store = Store(tmp_path)
    target = store.path("predictions", "abcd")
    with replacing(target) as temporary:
        temporary.write_bytes(b"")
        assert not target.exists()
        assert temporary.parent == target.parent
        temporary.unlink()
        write_table(pd.DataFrame({"a": [1]}), temporary)
    assert target.exists()


def test_tables_come_back_in_the_order_of_their_keys(tmp_path: Path):
    store = Store(tmp_path)
    for key, value in {"aa": 1, "bb": 2, "cc": 3}.items():
        write_table(pd.DataFrame({"value": [value]}), store.path("kind", key))
    assert store.tables("kind", ["cc", "aa"])["value"].tolist() == [3, 1]


def test_where_no_table_is_there_the_error_names_the_first(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="deadbeef"):
        Store(tmp_path).tables("kind", ["deadbeef"])


def test_the_cache_is_where_the_environment_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EMONOISE_CACHE", str(tmp_path))
    assert cache_root() == tmp_path
