"""Downloads of noise corpora: resumed where they were cut, checked against a checksum, unpacked where they belong.

An archive lies in the corpus's folder under its own name, whether it was downloaded here or put there by hand; while
it is on its way it is called ``<name>.part``. What is unpacked is noted in ``<name>.unpacked``, so that the archive
may be deleted afterwards.
"""

import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pooch

from corruptions.sound.progress import Advance, Stage, unseen
from corruptions.sound.public import Archive, PublicCorpus

_CHUNK = 1 << 16  # what a connection that breaks may lose
_TIMEOUT_S = (10, 60)  # to connect, and between two chunks
_OK, _PARTIAL, _PAST_THE_END = 200, 206, 416


class FetchError(ValueError):
    """A corpus that cannot be fetched; the message says which file to put where."""


def fetch_corpus(corpus: PublicCorpus, folder: Path, stage: Stage = unseen) -> None:
    """Download what is not in ``folder`` yet, check it, and unpack it there. What is done already is not done again.

    Args:
        corpus: an entry of ``NOISE_CORPORA``.
        folder: where the corpus will lie; made if it is not there.
        stage: shows how far each step is, in MB.

    Raises:
        FetchError: if the corpus has to be got by hand; a server cannot be reached or breaks off; an archive is not
            the published one; or it holds files that would lie outside ``folder``.
    """
    if not corpus.archives:
        raise FetchError(f"there is no fetch for this corpus: {corpus.by_hand.format(folder=folder)}")
    folder.mkdir(parents=True, exist_ok=True)
    for archive in corpus.archives:
        noted = folder / f"{archive.name}.unpacked"
        if noted.is_file() and noted.read_text(encoding="utf-8") == archive.checksum:
            continue
        path = folder / archive.name
        if path.is_file():
            _check(path, archive)
        else:
            _download(archive, path, corpus, stage)
        unpack(path, folder, stage)
        noted.write_text(archive.checksum, encoding="utf-8")


def unpack(path: Path, folder: Path, stage: Stage = unseen) -> None:
    """Unpack a ``.zip``, or a tar of any compression; nothing is written outside ``folder``.

    Raises:
        FetchError: if a name in it leads outside, or it is no such archive.
    """
    try:
        with stage(f"Unpacking {path.name}", _megabytes(path.stat().st_size), "MB") as advance:
            if path.suffix == ".zip":
                _unpack_zip(path, folder, _in_megabytes(advance))
            else:
                _unpack_tar(path, folder, _in_megabytes(advance))
    except (tarfile.TarError, zipfile.BadZipFile) as error:
        raise FetchError(f"{path}: cannot be unpacked: {error}") from error


def _unpack_zip(path: Path, folder: Path, advance: Advance) -> None:
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        for member in members:
            if not (folder / member.filename).resolve().is_relative_to(folder.resolve()):
                raise FetchError(f"{path}: refused: it holds {member.filename!r}, which would lie outside {folder}")
        for member in members:
            archive.extract(member, folder)
            advance(member.compress_size)


def _unpack_tar(path: Path, folder: Path, advance: Advance) -> None:
    with path.open("rb") as file, tarfile.open(fileobj=file) as archive:
        done = 0
        for member in archive:
            # The filter refuses names that lead outside, links to such places, and devices.
            archive.extract(member, folder, filter="data")
            advance(file.tell() - done)
            done = file.tell()


def _download(archive: Archive, path: Path, corpus: PublicCorpus, stage: Stage) -> None:
    import requests

    def resume(url: str, target: str, _pooch: object) -> None:
        part = path.with_name(f"{path.name}.part")
        _stream(url, part, archive, stage)
        part.replace(target)

    try:
        # pooch compares the checksum before it gives the file its name.
        with _quiet_pooch():
            pooch.retrieve(archive.url, archive.checksum, fname=path.name, path=path.parent, downloader=resume)
    except requests.RequestException as error:
        raise FetchError(_by_hand(corpus, path.parent, archive, error)) from error
    except ValueError as error:  # pooch's word for a wrong checksum; the file is gone
        raise FetchError(
            f"{archive.url} is not the file that is expected, whose checksum is {archive.checksum}; "
            f"what came was deleted. {error}"
        ) from error


def _stream(url: str, part: Path, archive: Archive, stage: Stage) -> None:
    """Bring ``part`` to its full length; a connection that breaks is opened again as long as each brings something."""
    import requests

    with stage(f"Fetching {archive.name}", _megabytes(1e9 * archive.gigabytes), "MB") as advance:
        moved = _in_megabytes(advance)
        moved(part.stat().st_size if part.exists() else 0)
        while True:
            before = part.stat().st_size if part.exists() else 0
            try:
                _receive(url, part, before, moved)
            except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
                if not part.exists() or part.stat().st_size <= before:
                    raise
            else:
                return


def _receive(url: str, part: Path, have: int, moved: Advance) -> None:
    import requests

    headers = {"Range": f"bytes={have}-", "Accept-Encoding": "identity"} if have else {"Accept-Encoding": "identity"}
    with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT_S) as response:
        if have and response.status_code == _PAST_THE_END:
            return  # all of it is there; the checksum will tell
        response.raise_for_status()
        # A server that knows nothing of ranges begins again, and so do we.
        with part.open("ab" if response.status_code == _PARTIAL else "wb") as file:
            for chunk in response.iter_content(_CHUNK):
                file.write(chunk)
                moved(len(chunk))


def _check(path: Path, archive: Archive) -> None:
    algorithm, _, expected = archive.checksum.partition(":")
    found = pooch.file_hash(str(path), alg=algorithm)
    if found != expected:
        raise FetchError(
            f"{path}: its {algorithm} is {found}, but that of {archive.url} is {expected}; "
            "delete it, or put the right file there, and run the command again"
        )


def _by_hand(corpus: PublicCorpus, folder: Path, failed: Archive, error: Exception) -> str:
    """Return what to do where the hub cannot be reached: each file that is still needed, and where it goes."""
    import requests

    why = error if isinstance(error, requests.HTTPError) else f"no connection ({type(error).__name__})"
    lines = [f"{failed.url} cannot be fetched: {why}.", "Download it on another machine, and put it into place:"]
    for archive in corpus.archives:
        if not (folder / archive.name).is_file() and not (folder / f"{archive.name}.unpacked").is_file():
            lines.append(f"  {archive.url} ({archive.gigabytes:g} GB, {archive.checksum})")
            lines.append(f"    as {folder / archive.name}")
    lines.append("Then run the same command again: it goes on from there.")
    if corpus.by_hand:
        lines.append(f"Or without this command: {corpus.by_hand.format(folder=folder)}")
    return "\n".join(lines)


@contextmanager
def _quiet_pooch() -> Iterator[None]:
    logger = pooch.get_logger()
    before = logger.level
    logger.setLevel("WARNING")
    try:
        yield
    finally:
        logger.setLevel(before)


def _megabytes(n_bytes: float) -> int:
    return round(n_bytes / 1e6)


def _in_megabytes(advance: Advance) -> Advance:
    """Return a function that takes bytes and moves a bar on by whole megabytes."""
    done = 0

    def moved(n_bytes: int) -> None:
        nonlocal done
        before, done = done, done + n_bytes
        advance(_megabytes(done) - _megabytes(before))

    return moved
