"""``emonoise cache`` on the cache of a real run, to which an older version and a killed writer have added something."""

import os
import shutil
import time
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from click.testing import Result
from rich.console import Console
from typer.testing import CliRunner

from bench.commands.main import app
from bench.stages.cached import OLD_S
from bench.stages.run import run_suite
from bench.store.keys import make_key
from bench.store.progress import Stages
from bench.store.store import Store
from bench.suite.suite import load_suite


def emonoise(*arguments: str) -> Result:
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "200", "TERM": "dumb"})
    assert result.exception is None or result.exit_code == 1, result.exception
    return result


def write(path: Path, n_bytes: int = 1000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * n_bytes)
    return path


def rows(output: str) -> dict[str, tuple[str, ...]]:
    """Return the table that was printed: by kind, files, size, chosen files and their size."""
    cells = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in output.splitlines()]
    return {name: tuple(rest) for name, *rest in (row for row in cells if len(row) == 5)}


@pytest.fixture
def used(control_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the cache of the run, with what is of no use in it."""
    cache = shutil.copytree(control_run.parent / "cache", tmp_path / "cache")
    monkeypatch.setenv("EMONOISE_CACHE", str(cache))
    mine = {path for path in cache.rglob("*") if path.is_file()}
    store = Store(cache / "store")
    older = make_key("an older version", made_by={"training": 1})
    store.note(older.generation)
    write(store.entry("heads", older, ".safetensors").path)
    write(cache / "store" / "predictions" / "ab" / f"{'ab' * 16}.parquet")  # as it was before there were generations
    write(cache / "rooms-0123456789abcdef" / "0.6s" / "00.wav")
    write(cache / "rooms" / "01234567-0123456789abcdef" / "0.6s" / "rooms.json")
    write(cache / "probe" / f"{'0' * 32}" / "audio" / "a.wav")
    write(cache / "weights" / f"{'0' * 64}" / "model.bin")
    killed = write(cache / "store" / "0a0b0c0d" / "features" / "ab" / f".{'a' * 32}.{'b' * 32}.safetensors")
    os.utime(killed, (0, time.time() - OLD_S - 60))
    yield cache
    assert all(path.exists() for path in mine)


def test_the_size_says_what_of_each_kind_is_of_no_use(used: Path):
    result = emonoise("cache", "size")
    found = rows(result.output)
    assert found["heads"] == ("1", "1.0 kB", "1", "1.0 kB")
    assert found["temporary files"] == ("1", "1.0 kB", "1", "1.0 kB")
    assert found["simulated rooms"] == ("2", "2.0 kB", "2", "2.0 kB")
    assert found["corruptions"][2:] == ("0", "0 bytes")
    assert int(found["predictions"][0]) > 1 == int(found["predictions"][2])
    assert found["in all"][2] == "8"
    assert f"The cache is {used}." in result.output


def test_a_clean_cache_has_nothing_of_no_use_and_the_run_is_still_done(used: Path, control_run: Path):
    young = write(used / "store" / "0a0b0c0d" / "features" / "ab" / f".{'c' * 32}.{'d' * 32}.safetensors")
    theirs = [write(used / "noises" / "DEMAND" / "a.wav"), write(used / "notes.txt"), write(used / "store" / "my.txt")]
    before = emonoise("cache", "clean", "--dry-run").output
    assert "Nothing was removed. Without --dry-run: 8 of " in before
    assert rows(before)["in all"][2] == "8"
    assert "Removed 8 of " in emonoise("cache", "clean").output
    assert rows(emonoise("cache", "size").output)["in all"][2] == "0"
    assert all(path.exists() for path in (young, *theirs))
    assert not list(used.glob("rooms-*"))

    told = StringIO()
    suite = load_suite(control_run / "suite.yaml")
    run_suite(suite, control_run, stages=Stages(Console(file=told, width=500)), workers=1, device="cpu")
    assert "Everything is done" in told.getvalue()


def test_all_asks_first_and_leaves_what_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EMONOISE_CACHE", str(tmp_path))
    store = Store(tmp_path / "store")
    key = make_key("today", made_by={})
    store.note(key.generation)
    write(store.entry("heads", key, ".safetensors").path)
    theirs = [write(tmp_path / "noises" / "a.wav"), write(tmp_path / "notes.txt")]
    assert "0 of 4 files" in emonoise("cache", "clean").output
    assert emonoise("cache", "clean", "--all").exit_code == 1
    assert store.entry("heads", key, ".safetensors").is_there
    assert "Removed 2 of 4 files" in emonoise("cache", "clean", "--all", "--yes").output
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(theirs)


def test_an_empty_cache_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EMONOISE_CACHE", str(tmp_path / "none"))
    assert rows(emonoise("cache", "size").output)["in all"] == ("0", "0 bytes", "0", "0 bytes")
