import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reports.page.whole import _hold, _opened, replacing_folder
from reports.run.files import ReportError


def make(target: Path, text: str) -> None:
    with replacing_folder(target) as folder:
        for name in "ab":
            (folder / name).write_text(text)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_of_many_at_once_each_makes_a_whole_one_and_nothing_is_left(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: make(tmp_path / "report", str(number)), range(40)))
    first, second = ((tmp_path / "report" / name).read_text() for name in "ab")
    assert first == second
    assert names(tmp_path) == ["report"]


def test_what_fails_leaves_the_old_one(tmp_path):
    make(tmp_path / "report", "old")
    with pytest.raises(TypeError):
        make(tmp_path / "report", 1)
    assert (tmp_path / "report" / "a").read_text() == "old"
    assert names(tmp_path) == ["report"]


@pytest.mark.parametrize("held", [True, False])
def test_a_build_that_lasts_long_is_not_removed_and_what_was_killed_is(tmp_path, held):
    other = tmp_path / ".report.other"
    other.mkdir()
    with _opened(other) as handle:
        if held:
            _hold(handle)
        os.utime(other, (1_000_000_000, 1_000_000_000))
        make(tmp_path / "report", "new")
    assert other.exists() == held


def test_what_is_no_folder_is_not_replaced(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "report").symlink_to(tmp_path / "mine")
    with pytest.raises(ReportError, match="report: is no folder"):
        make(tmp_path / "report", "new")
    assert (tmp_path / "report").is_symlink()
    assert names(tmp_path) == ["mine", "report"]


def test_a_full_disk_is_told_with_what_is_free_and_leaves_the_old_one(tmp_path):
    mount, unmount = shutil.which("mount"), shutil.which("umount")
    small = ["-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)]
    if mount is None or unmount is None or subprocess.run([mount, *small], check=False, capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        make(tmp_path / "report", "old")
        with pytest.raises(OSError, match=r"report: the disk is full, 0 MB free; nothing was replaced"):
            make(tmp_path / "report", "x" * 100_000)
        assert (tmp_path / "report" / "a").read_text() == "old"
        assert names(tmp_path) == ["report"]
    finally:
        subprocess.run([unmount, str(tmp_path)], check=True)
