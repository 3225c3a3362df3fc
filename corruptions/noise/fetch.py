"""Downloads of noise corpora: resumed where they were cut, checked against a checksum, unpacked where they belong.

An archive lies in the corpus's folder under its own name, whether it was downloaded here or put there by hand. While it
is on its way its name ends in ``.part``, and says of which address and checksum it is a part: that of another version
is never gone on with. What is unpacked is noted in ``<name>.unpacked``, so that the archive may be deleted afterwards.
"""

import re
from hashlib import sha256
from pathlib import Path

import pooch

from corruptions.ground.files import flush, write_text, written
from corruptions.ground.locks import held
from corruptions.ground.progress import Advance, Stage, in_megabytes, megabytes, unseen
from corruptions.noise.archives import unpack
from corruptions.sound.public import Archive, PublicCorpus

LOCK = ".fetch.lock"
"""Held in the folder of a corpus while it is fetched."""

_CHUNK = 1 << 16  # what a connection that breaks may lose
_TIMEOUT_S = (10, 60)  # to connect, and between two chunks
_PARTIAL, _PAST_THE_END = 206, 416


class FetchError(ValueError):
    """A corpus that cannot be fetched; the message says which file to put where."""


def fetch_corpus(corpus: PublicCorpus, folder: Path, stage: Stage = unseen) -> None:
    """Download what is not in ``folder`` yet, check it, and unpack it there. What is done already is not done again.

    Args:
        corpus: an entry of ``NOISE_CORPORA``.
        folder: where the corpus will lie; made if it is not there.
        stage: shows how far each step is, in MB.

    Raises:
        FetchError: if the corpus has to be got by hand; a server cannot be reached or breaks off; or an archive is not
            the published one.
        ArchiveError: if an archive cannot be unpacked, or will not be: see ``unpack``.
        HeldError: if another process fetches into this folder.
        OSError: if it cannot be written there.
    """
    if not corpus.archives:
        raise FetchError(f"there is no fetch for this corpus: {corpus.by_hand.format(folder=folder)}")
    if all(_is_unpacked(archive, folder) for archive in corpus.archives):
        return
    with held(folder / LOCK, str(folder)):
        for archive in corpus.archives:
            if not _is_unpacked(archive, folder):
                _fetch(archive, corpus, folder, stage)


def part_of(archive: Archive, folder: Path) -> Path:
    """Return where an archive lies while it is downloaded."""
    which = sha256(f"{archive.url} {archive.checksum}".encode()).hexdigest()[:8]
    return folder / f"{archive.name}.{which}.part"


def _fetch(archive: Archive, corpus: PublicCorpus, folder: Path, stage: Stage) -> None:
    path = folder / archive.name
    if not path.is_file():
        _download(archive, path, corpus, stage)
    elif (found := _checksum(path, archive)) != archive.checksum:
        raise FetchError(
            f"{path}: its checksum is {found}, but that of {archive.url} is {archive.checksum}; "
            "delete it, or put the right file there, and run the command again"
        )
    unpack(path, folder, stage)
    write_text(_note(archive, folder), archive.checksum)


def _download(archive: Archive, path: Path, corpus: PublicCorpus, stage: Stage) -> None:
    import requests

    part = part_of(archive, path.parent)
    _remove_other_parts(part, archive)
    # What another run began may be of a file that the server has replaced since: then it is begun again.
    for _ in range(2 if part.exists() else 1):
        try:
            _stream(archive.url, part, archive, stage)
        except requests.RequestException as error:
            raise FetchError(_by_hand(corpus, path.parent, archive, error)) from error
        found = _checksum(part, archive)
        if found == archive.checksum:
            flush(part)
            part.replace(path)
            return
        part.unlink()
    raise FetchError(
        f"{archive.url} is not the file that is expected: its checksum is {found}, not {archive.checksum}; "
        "what came was deleted"
    )


def _remove_other_parts(part: Path, archive: Archive) -> None:
    """Delete what is there of other versions of an archive; what is called otherwise was not downloaded here."""
    ours = re.compile(rf"{re.escape(archive.name)}\.[0-9a-f]{{8}}\.part")
    for other in sorted(part.parent.iterdir()):
        if ours.fullmatch(other.name) and other != part:
            other.unlink()


def _stream(url: str, part: Path, archive: Archive, stage: Stage) -> None:
    """Bring ``part`` to its full length; a connection that breaks is opened again as long as each brings something."""
    import requests

    with stage(f"Fetching {archive.name}", megabytes(1e9 * archive.gigabytes), "MB") as advance:
        moved = in_megabytes(advance)
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
        with written(part), part.open("ab" if response.status_code == _PARTIAL else "wb") as file:
            for chunk in response.iter_content(_CHUNK):
                file.write(chunk)
                moved(len(chunk))


def _is_unpacked(archive: Archive, folder: Path) -> bool:
    note = _note(archive, folder)
    return note.is_file() and note.read_bytes() == archive.checksum.encode()


def _note(archive: Archive, folder: Path) -> Path:
    return folder / f"{archive.name}.unpacked"


def _checksum(path: Path, archive: Archive) -> str:
    algorithm = archive.checksum.partition(":")[0]
    return f"{algorithm}:{pooch.file_hash(str(path), alg=algorithm)}"


def _by_hand(corpus: PublicCorpus, folder: Path, failed: Archive, error: Exception) -> str:
    """Return what to do where the hub cannot be reached: each file that is still needed, and where it goes."""
    import requests

    why = error if isinstance(error, requests.HTTPError) else f"no connection ({type(error).__name__})"
    lines = [f"{failed.url} cannot be fetched: {why}.", "Download it on another machine, and put it into place:"]
    for archive in corpus.archives:
        if not (folder / archive.name).is_file() and not _is_unpacked(archive, folder):
            lines.append(f"  {archive.url} ({archive.gigabytes:g} GB, {archive.checksum})")
            lines.append(f"    as {folder / archive.name}")
    lines.append("Then run the same command again: it goes on from there.")
    if corpus.by_hand:
        lines.append(f"Or without this command: {corpus.by_hand.format(folder=folder)}")
    return "\n".join(lines)
