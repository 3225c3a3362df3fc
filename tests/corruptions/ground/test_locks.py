import errno
import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import pytest

from corruptions.ground.locks import HeldError, held

HOLD = """
import sys
from pathlib import Path
from corruptions.ground.locks import held
with held(Path(sys.argv[1]), "it"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(path: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds a lock until it is told to end, or killed."""
    command = [sys.executable, "-c", HOLD, str(path), *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def test_who_holds_it_is_told_at_once_and_it_is_free_as_soon_as_that_process_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "new" / ".lock"
    with holder(path, "two words") as process:
        told = (
            rf"results is in use by process {process.pid} on \S+ since 20\d\d-\d\d-\d\d \d\d:\d\d UTC "
            rf"\(-c {re.escape(str(path))} 'two words'\); wait for it, or stop it"
        )
        with pytest.raises(HeldError, match=f"^{told}$"), held(path, "results"):
            pass
        process.kill()
        process.wait()
        with held(path, "results"):
            assert f"process {os.getpid()} on " in path.read_text()
    assert path.exists()


@pytest.mark.parametrize(
    "text", [b"", b"\xff\x00\x1b[2J\n" * 1000, b"process 1 on elsewhere since 2020-01-01 00:00 UTC (emonoise)\n"]
)
def test_what_a_lock_file_says_stops_nobody(text: bytes, tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    path.write_bytes(text)
    with held(path, "results"):
        assert path.read_text().count("\n") == 1
        path.write_bytes(text)
        with pytest.raises(HeldError, match="results is in use by ") as caught, held(path, "results"):
            pass
    assert str(caught.value).isprintable()


def test_a_process_that_is_spawned_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / ".lock"
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        with held(path, "results"):
            pool.submit(os.getpid).result()
        with held(path, "results"):
            pass


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_where_the_file_system_knows_no_locks_work_goes_on_with_a_warning(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.warns(UserWarning, match=r"\.lock: this file system knows no locks"), held(tmp_path / ".lock", "it"):
        pass


def test_whoever_may_write_to_the_folder_may_hold_its_lock(tmp_path: Path) -> None:
    tmp_path.chmod(0o775)
    with held(tmp_path / ".lock", "results"):
        pass
    assert (tmp_path / ".lock").stat().st_mode & 0o777 == 0o664
