import re
from pathlib import Path

import pytest

from bench.store import cache
from bench.store.cache import FOREIGN, Cached, Place, Sum, added_up, remove, survey
from bench.store.store import NOTE

PLACES = (
    Place("notes", re.compile(f"store/(?P<age>old|new)/{NOTE}"), lambda at, _: at["age"] == "new"),
    Place(None, re.compile(r"store/(?P<age>old|new)/(?P<kind>\w+)/\w+\.bin"), lambda at, _: at["age"] == "new"),
    Place("downloads", re.compile("downloads/.+"), lambda _, __: True, remade=False),
)


def write(path: Path, n_bytes: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * n_bytes)
    return path


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    root = tmp_path / "cache"
    for age in ("old", "new"):
        write(root / "store" / age / "heads" / "a.bin", 3)
        write(root / "store" / age / NOTE)
    write(root / "downloads" / "x.zip", 5)
    write(root / "store" / "old" / "heads" / "README.txt")
    elsewhere = write(tmp_path / "elsewhere" / "b.bin")
    (root / "store" / "old" / "linked").symlink_to(elsewhere.parent, target_is_directory=True)
    (root / "store" / "old" / "heads" / "c.bin").symlink_to(elsewhere)
    return root


def test_every_file_is_found_by_its_place_and_no_link_is(filled: Path):
    found = {one.path.relative_to(filled).as_posix(): (one.kind, one.usable) for one in survey(filled, PLACES)}
    assert found == {
        "downloads/x.zip": ("downloads", True),
        "store/new/heads/a.bin": ("heads", True),
        f"store/new/{NOTE}": ("notes", True),
        "store/old/heads/README.txt": (FOREIGN, True),
        "store/old/heads/a.bin": ("heads", False),
        f"store/old/{NOTE}": ("notes", False),
    }
    assert added_up(one for one in survey(filled, PLACES) if one.kind == "heads") == Sum(2, 6)


def test_what_is_removed_takes_its_empty_folders_along_and_nothing_else(filled: Path, tmp_path: Path):
    for one in filled.rglob("*"):
        if one.is_symlink() or one.suffix == ".txt":
            one.unlink()
    gone = [one for one in survey(filled, PLACES) if not one.usable]
    remove(gone, filled, ("store",))
    assert not (filled / "store" / "old").exists()
    assert [one.usable for one in survey(filled, PLACES)] == [True] * 3
    remove(survey(filled, PLACES), filled, ("store",))
    assert list(filled.rglob("*")) == [filled / "store"]
    assert (tmp_path / "elsewhere" / "b.bin").exists()


def test_links_and_files_of_others_stay_with_their_folders(filled: Path):
    remove([one for one in survey(filled, PLACES) if not one.usable], filled, ("store",))
    left = {path.name for path in (filled / "store" / "old").rglob("*")}
    assert left == {"heads", "README.txt", "linked", "c.bin"}


def test_notes_go_last(filled: Path, monkeypatch: pytest.MonkeyPatch):
    removed = []
    monkeypatch.setattr(cache.Path, "unlink", lambda path, **_: removed.append(path.name))
    remove([one for one in survey(filled, PLACES) if one.kind in ("heads", "notes")], filled, ("store",))
    assert removed == ["a.bin", "a.bin", NOTE, NOTE]


def test_what_is_gone_already_is_no_error(filled: Path):
    found = survey(filled, PLACES)
    found[1].path.unlink()
    remove(found, filled, ())


def test_a_cache_that_is_not_there_is_empty(tmp_path: Path):
    assert survey(tmp_path / "none", PLACES) == []


def test_a_cache_that_is_a_file_is_an_error(tmp_path: Path):
    (tmp_path / "cache").touch()
    with pytest.raises(NotADirectoryError, match="cache: the cache is a folder, and this is none"):
        survey(tmp_path / "cache", ())


def test_what_cannot_be_removed_stays_and_is_told(tmp_path: Path):
    stuck = Cached(tmp_path / "folder", "heads", 0, usable=False, remade=True)  # unlink removes no folder
    gone = Cached(tmp_path / "file", "heads", 0, usable=False, remade=True)
    stuck.path.mkdir()
    gone.path.touch()
    assert remove([stuck, gone], tmp_path, ()) == [stuck]
    assert not gone.path.exists()
