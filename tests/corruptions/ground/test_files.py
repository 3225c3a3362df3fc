import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from corruptions.ground import files
from corruptions.ground.files import replacing, write_text

KILLED = """
import os, sys
from pathlib import Path
from corruptions.ground.files import replacing
with replacing(Path(sys.argv[1])) as temporary:
    temporary.write_text("new" * 1000)
    os.kill(os.getpid(), 9)
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "a.txt"
    write_text(path, "old")
    return path


def test_a_failed_write_leaves_the_old_file_and_nothing_else(old: Path):
    def fail() -> None:
        with replacing(old) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert old.read_text() == "old"
    assert list(old.parent.iterdir()) == [old]


def test_a_full_disk_is_said_to_be_one_and_leaves_the_old_file(old: Path, monkeypatch: pytest.MonkeyPatch):
    def full(_: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files, "flush", full)
    with pytest.raises(OSError, match=r"a\.txt: the disk is full, \d+ MB free; what is done is kept"):
        write_text(old, "new")
    assert old.read_text() == "old"
    assert list(old.parent.iterdir()) == [old]


def test_a_writer_that_is_killed_leaves_the_old_file(old: Path):
    assert subprocess.run([sys.executable, "-c", KILLED, old], check=False).returncode == -signal.SIGKILL
    assert old.read_text() == "old"
