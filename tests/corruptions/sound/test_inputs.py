"""Files that change while they are listed or read; what is decoded is what was listed, or an error that names it."""

import os
import pickle
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from corruptions import AudioError, Clip, write_audio
from corruptions.sound import inputs
from corruptions.sound.inputs import ChangedError, file_sha256, hashed, unchanged
from corruptions.sound.segments import clip_length, read_clip, read_clip_part

from ..signals import like_speech

BEFORE, AFTER = b"what was listed", b"what came after"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.wav"
    path.write_bytes(BEFORE)
    return path


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock be so far on that no file has just changed."""
    now = time.time_ns
    monkeypatch.setattr(inputs.time, "time_ns", lambda: now() + 3 * inputs._TICK_NS)


@pytest.fixture(params=["at once", "later"])
def wait(request: pytest.FixtureRequest) -> Callable[[], None]:
    """Wait for the next tick of the file system's clock, where digests are remembered; elsewhere, do not."""
    if request.param == "at once":
        return lambda: None
    request.getfixturevalue("later")
    return lambda: time.sleep(0.02)


def in_place(path: Path) -> None:
    path.write_bytes(AFTER)


def in_place_with_its_time(path: Path) -> None:
    before = path.stat()
    path.write_bytes(AFTER)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def by_another(path: Path) -> None:
    (path.parent / "b.wav").write_bytes(AFTER)
    (path.parent / "b.wav").replace(path)


def by_another_of_its_age(path: Path) -> None:
    before = path.stat()
    (path.parent / "b.wav").write_bytes(AFTER)
    os.utime(path.parent / "b.wav", ns=(before.st_atime_ns, before.st_mtime_ns))
    (path.parent / "b.wav").replace(path)


def by_a_link(path: Path) -> None:
    (path.parent / "b.wav").write_bytes(AFTER)
    path.unlink()
    path.symlink_to("b.wav")


SWAPS = [in_place, in_place_with_its_time, by_another, by_another_of_its_age, by_a_link]
Swap = Callable[[Path], None]


def test_a_digest_is_that_of_the_bytes(file: Path):
    assert file_sha256(file) == sha256(BEFORE).hexdigest()
    with hashed(file) as digest, unchanged(file, digest), unchanged(file, None):
        assert file.read_bytes() == BEFORE


@pytest.mark.parametrize("swap", SWAPS)
def test_a_file_that_was_swapped_since_it_was_listed_is_refused(file: Path, swap: Swap, wait: Callable[[], None]):
    listed = file_sha256(file)
    wait()
    swap(file)
    with pytest.raises(ChangedError, match=r"a\.wav: changed since it was listed: run again"), unchanged(file, listed):
        pytest.fail("it is read")
    assert file_sha256(file) == sha256(AFTER).hexdigest()


@pytest.mark.parametrize("swap", SWAPS)
@pytest.mark.parametrize("problem", [None, AudioError("what a decoder says of half a file")])
def test_a_file_that_is_swapped_while_it_is_read_is_refused(
    file: Path, swap: Swap, wait: Callable[[], None], problem: AudioError | None
):
    def read() -> None:
        with hashed(file):
            wait()
            swap(file)
            if problem:
                raise problem

    with pytest.raises(ChangedError, match=r"a\.wav: changed while it was read: run again"):
        read()


def test_what_goes_wrong_with_a_file_that_has_not_changed_is_said_as_it_is(file: Path):
    with pytest.raises(AudioError, match="no music"), hashed(file):
        raise AudioError("no music")


def test_a_file_that_changes_twice_within_a_tick_of_the_clock_is_hashed_each_time(
    file: Path, monkeypatch: pytest.MonkeyPatch
):
    state = inputs._state(file)
    monkeypatch.setattr(inputs, "_state", lambda _: state)
    listed = file_sha256(file)
    in_place(file)
    with pytest.raises(ChangedError, match="since it was listed"), unchanged(file, listed):
        pytest.fail("it is read")


def test_a_file_is_hashed_once_as_long_as_it_stays_as_it_is(file: Path, later: None, monkeypatch: pytest.MonkeyPatch):
    listed = file_sha256(file)
    inputs._remembered.cache_clear()
    for _ in range(5):
        with unchanged(file, listed):
            pass
    assert inputs._remembered.cache_info().misses == 1


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_file_that_is_gone_is_named(file: Path, when: str):
    listed = file_sha256(file)
    if when == "before":
        file.unlink()
    with pytest.raises(AudioError, match=r"a\.wav: no such file"), unchanged(file, listed):
        file.unlink()
    file.touch()
    with pytest.raises(AudioError, match=r"a\.wav/b\.wav: no such file"):
        file_sha256(file / "b.wav")
    with pytest.raises(AudioError, match="no such file"):
        file_sha256(file.parent)


def test_a_file_that_nobody_may_read_is_named(file: Path):
    file.chmod(0)
    if os.access(file, os.R_OK):
        pytest.skip("root may read everything")
    with pytest.raises(AudioError, match=r"a\.wav: cannot be read: Permission denied"):
        file_sha256(file)


def test_errors_can_be_sent_between_processes():
    error = pickle.loads(pickle.dumps(ChangedError("a.wav: changed")))  # noqa: S301
    assert (type(error), str(error)) == (ChangedError, "a.wav: changed")


@pytest.mark.parametrize("part", [(), (1600, 8000), (1600, None)])
def test_nothing_is_read_of_a_clip_whose_file_has_changed(tmp_path: Path, part: tuple[int | None, ...]):
    write_audio(tmp_path / "a.wav", like_speech(0, 1))
    clip = Clip(tmp_path / "a.wav", *part, sha256=file_sha256(tmp_path / "a.wav"))
    assert len(read_clip(clip)) == clip_length(clip)
    write_audio(tmp_path / "a.wav", like_speech(1, 1))
    for read in (read_clip, lambda one: read_clip_part(one, 0, 800)):
        with pytest.raises(ChangedError, match=r"a\.wav: changed since it was listed"):
            read(clip)
