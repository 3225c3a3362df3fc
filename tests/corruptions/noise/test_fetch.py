import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corruptions.ground.locks import HeldError
from corruptions.noise.check import check_noise_corpus
from corruptions.noise.corpora import NOISE_CORPORA
from corruptions.noise.fetch import LOCK, FetchError, fetch_corpus, part_of

from .hub import RECORDINGS, Hub, closed_port, offer, serving, tarred, zipped


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as offered:
        yield offered


@pytest.mark.parametrize(("name", "packed"), [("tiny_zip", zipped(RECORDINGS)), ("tiny_tar_gz", tarred(RECORDINGS))])
def test_a_corpus_is_downloaded_checked_and_unpacked(
    name: str, packed: bytes, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = offer(hub, **{name: packed})
    fetch_corpus(corpus, tmp_path / "new" / "tiny")
    for recording, content in RECORDINGS.items():
        assert (tmp_path / "new" / "tiny" / recording).read_bytes() == content
    monkeypatch.setitem(NOISE_CORPORA, "tiny", corpus)
    assert check_noise_corpus("tiny", tmp_path).problems == {}


def test_what_is_done_is_not_done_again_even_without_the_archive(hub: Hub, tmp_path: Path) -> None:
    corpus = offer(hub, tiny_zip=zipped(RECORDINGS))
    fetch_corpus(corpus, tmp_path)
    (tmp_path / "tiny.zip").unlink()
    fetch_corpus(corpus, tmp_path)
    assert hub.asked == [("tiny.zip", None)]


@pytest.mark.parametrize("cuts", [1, 3])
def test_a_cut_connection_is_resumed_where_it_was_cut(cuts: int, hub: Hub, tmp_path: Path) -> None:
    corpus = offer(hub, tiny_zip=zipped(RECORDINGS))
    hub.cut_after, hub.cuts = 70_000, cuts  # a little more than the 65,536 bytes that are written at a time
    fetch_corpus(corpus, tmp_path)
    assert hub.asked == [("tiny.zip", None), *[("tiny.zip", f"bytes={65_536 * (i + 1)}-") for i in range(cuts)]]
    assert (tmp_path / "top" / "b.wav").read_bytes() == RECORDINGS["top/b.wav"]


@pytest.mark.parametrize("have", [5000, None])
def test_the_part_of_an_earlier_run_is_kept(have: int | None, hub: Hub, tmp_path: Path) -> None:
    packed = zipped(RECORDINGS)
    corpus = offer(hub, tiny_zip=packed)
    part = part_of(corpus.archives[0], tmp_path)
    part.write_bytes(packed[:have])
    fetch_corpus(corpus, tmp_path)
    assert hub.asked == [("tiny.zip", f"bytes={have or len(packed)}-")]
    assert (tmp_path / "tiny.zip").read_bytes() == packed
    assert not part.exists()


def test_the_part_of_another_version_is_not_gone_on_with(hub: Hub, tmp_path: Path) -> None:
    corpus = offer(hub, tiny_zip=zipped(RECORDINGS))
    [archive] = corpus.archives
    others = [replace(archive, checksum=f"md5:{'0' * 32}"), replace(archive, url=f"{hub.url}/other/tiny.zip")]
    for other in others:
        part_of(other, tmp_path).write_bytes(b"of another version")
    (tmp_path / "tiny.zip.part").write_bytes(b"a browser's")
    fetch_corpus(corpus, tmp_path)
    assert hub.asked == [("tiny.zip", None)]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *(LOCK, "tiny.zip", "tiny.zip.part", "tiny.zip.unpacked", "top")
    ]


def test_a_part_of_a_file_that_the_server_has_replaced_is_begun_again(hub: Hub, tmp_path: Path) -> None:
    packed = zipped(RECORDINGS)
    corpus = offer(hub, tiny_zip=packed)
    part_of(corpus.archives[0], tmp_path).write_bytes(b"x" * 5000)
    fetch_corpus(corpus, tmp_path)
    assert hub.asked == [("tiny.zip", "bytes=5000-"), ("tiny.zip", None)]
    assert (tmp_path / "tiny.zip").read_bytes() == packed


def test_a_server_that_knows_no_ranges_begins_again(hub: Hub, tmp_path: Path) -> None:
    packed = zipped(RECORDINGS)
    corpus = offer(hub, tiny_zip=packed)
    hub.ranges = False
    part_of(corpus.archives[0], tmp_path).write_bytes(packed[:5000])
    fetch_corpus(corpus, tmp_path)
    assert (tmp_path / "tiny.zip").read_bytes() == packed


def test_a_hub_that_goes_away_leaves_the_part_for_the_next_run(hub: Hub, tmp_path: Path) -> None:
    packed = zipped(RECORDINGS)
    corpus = offer(hub, tiny_zip=packed)
    hub.cut_after, hub.cuts = 0, 1
    part = part_of(corpus.archives[0], tmp_path)
    part.write_bytes(packed[:5000])
    with pytest.raises(FetchError, match="run the same command again"):
        fetch_corpus(corpus, tmp_path)
    assert part.read_bytes() == packed[:5000]
    fetch_corpus(corpus, tmp_path)
    assert (tmp_path / "tiny.zip").read_bytes() == packed


def test_another_file_than_the_published_one_is_refused(hub: Hub, tmp_path: Path) -> None:
    corpus = offer(hub, tiny_zip=zipped(RECORDINGS))
    hub.files["tiny.zip"] = zipped({"top/a.wav": b"something else"})
    with pytest.raises(
        FetchError, match=r"tiny.zip is not the file that is expected: its checksum is md5:\w{32}, not md5:"
    ):
        fetch_corpus(corpus, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [LOCK]


def test_an_archive_that_is_there_already_needs_no_network(tmp_path: Path) -> None:
    packed = zipped(RECORDINGS)
    corpus = offer(Hub(f"http://127.0.0.1:{closed_port()}"), tiny_zip=packed)
    (tmp_path / "tiny.zip").write_bytes(packed)
    fetch_corpus(corpus, tmp_path)
    assert (tmp_path / "top" / "a.wav").read_bytes() == RECORDINGS["top/a.wav"]


def test_a_wrong_archive_that_is_there_already_is_refused_and_kept(hub: Hub, tmp_path: Path) -> None:
    corpus = offer(hub, tiny_zip=zipped(RECORDINGS))
    (tmp_path / "tiny.zip").write_bytes(b"half of it")
    with pytest.raises(FetchError, match=r"tiny.zip: its checksum is md5:\w{32}, but that of http.* is md5:\w{32}; "):
        fetch_corpus(corpus, tmp_path)
    assert (tmp_path / "tiny.zip").read_bytes() == b"half of it"
    assert hub.asked == []


def test_where_the_hub_cannot_be_reached_every_file_and_its_place_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    hub = Hub(f"http://127.0.0.1:{closed_port()}")
    packed = zipped(RECORDINGS)
    corpus = offer(hub, one_zip=packed, two_zip=packed, three_zip=packed)
    (tmp_path / "one.zip").write_bytes(packed)
    with pytest.raises(FetchError) as caught:
        fetch_corpus(corpus, tmp_path)
    message = str(caught.value)
    assert f"{hub.url}/two.zip cannot be fetched: no connection" in message
    assert "one.zip" not in message
    for name in ("two.zip", "three.zip"):
        assert f"{hub.url}/{name} (0.001 GB, md5:" in message
        assert f"as {tmp_path / name}" in message
        (tmp_path / name).write_bytes(packed)
    fetch_corpus(corpus, tmp_path)


def test_a_file_that_the_hub_does_not_have_is_named(hub: Hub, tmp_path: Path) -> None:
    corpus = offer(hub, tiny_zip=zipped(RECORDINGS))
    hub.files.clear()
    with pytest.raises(FetchError, match=r"tiny.zip cannot be fetched: 404"):
        fetch_corpus(corpus, tmp_path)


FETCH = """
import sys
from pathlib import Path
from corruptions.noise.fetch import fetch_corpus
from corruptions.sound.public import Archive, PublicCorpus
archive = Archive(sys.argv[2], sys.argv[3], 0.001)
fetch_corpus(PublicCorpus(*["tiny"] * 7, archives=(archive,)), Path(sys.argv[1]))
"""


def test_of_two_at_once_the_second_says_who_is_first_and_goes_on_when_that_is_killed(hub: Hub, tmp_path: Path) -> None:
    packed = zipped(RECORDINGS)
    corpus = offer(hub, tiny_zip=packed)
    [archive] = corpus.archives
    hub.cut_after, hub.cuts, hub.hangs = 70_000, 1, True
    command = [sys.executable, "-c", FETCH, str(tmp_path), archive.url, archive.checksum]
    with subprocess.Popen(command) as first:
        part = part_of(archive, tmp_path)
        while not (part.exists() and part.stat().st_size >= 1 << 16):
            assert first.poll() is None
            time.sleep(0.01)
        with pytest.raises(HeldError, match=rf"^{re.escape(str(tmp_path))} is in use by process {first.pid} on "):
            fetch_corpus(corpus, tmp_path)
        first.kill()
    fetch_corpus(corpus, tmp_path)
    assert hub.asked == [("tiny.zip", None), ("tiny.zip", "bytes=65536-")]
    assert (tmp_path / "tiny.zip").read_bytes() == packed


@pytest.mark.parametrize("note", [None, b"", b"\xff\xfe", b"md5:another"])
def test_what_was_not_unpacked_to_its_end_is_unpacked_again(note: bytes | None, hub: Hub, tmp_path: Path) -> None:
    corpus = offer(hub, tiny_zip=zipped(RECORDINGS))
    fetch_corpus(corpus, tmp_path)
    (tmp_path / "top" / "a.wav").write_bytes(RECORDINGS["top/a.wav"][:1000])
    (tmp_path / "top" / "b.wav").unlink()
    if note is None:
        (tmp_path / "tiny.zip.unpacked").unlink()
    else:
        (tmp_path / "tiny.zip.unpacked").write_bytes(note)
    fetch_corpus(corpus, tmp_path)
    for name, content in RECORDINGS.items():
        assert (tmp_path / name).read_bytes() == content


def test_progress_is_told_in_megabytes(hub: Hub, tmp_path: Path) -> None:
    from contextlib import contextmanager

    told: dict[str, int] = {}

    @contextmanager
    def stage(name: str, total: int, unit: str):
        told[f"{name} ({total} {unit})"] = 0

        def advance(done: int) -> None:
            told[f"{name} ({total} {unit})"] += done

        yield advance

    content = {f"top/{i}.bin": np.random.default_rng(i).bytes(1_000_000) for i in range(3)}
    corpus = offer(hub, tiny_zip=zipped(content))
    fetch_corpus(corpus, tmp_path, stage)
    assert told == {"Fetching tiny.zip (1 MB)": 3, "Unpacking tiny.zip (3 MB)": 3}


class TestNoiseCorpora:
    @pytest.mark.parametrize("name", NOISE_CORPORA)
    def test_a_corpus_has_archives_with_checksums_or_says_how_to_get_it(self, name: str) -> None:
        corpus = NOISE_CORPORA[name]
        assert corpus.archives or corpus.by_hand
        for archive in corpus.archives:
            algorithm, _, digits = archive.checksum.partition(":")
            assert len(bytes.fromhex(digits)) == {"md5": 16, "sha256": 32}[algorithm]
            assert archive.url.startswith("https://")
            assert archive.name.endswith((".zip", ".tar.gz"))
            assert corpus.home

    @pytest.mark.parametrize("name", [name for name, corpus in NOISE_CORPORA.items() if not corpus.archives])
    def test_where_there_is_no_fetch_the_error_says_what_to_do(self, name: str, tmp_path: Path) -> None:
        with pytest.raises(FetchError, match="there is no fetch for this corpus: ..."):
            fetch_corpus(NOISE_CORPORA[name], tmp_path / "folder")
        assert not (tmp_path / "folder").exists()
