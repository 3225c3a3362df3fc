"""Seals: a digest in a file, of its name and all its other bytes, by which what is not as it was written is known.

A file is written with a blank seal wherever its format has room for a word: in the metadata of parquet and safetensors,
in the comment of a WAV, in a text of JSON. The digest takes the place of the blank, so that the file stays one of its
format, for whatever program. A bit that flipped anywhere, an end that is missing, and an intact file in the place of
another are all found.
"""

import hashlib
import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corruptions.ground.files import replacing

_WORD = "emonoise-seal:"
_BLANK_DIGITS = "0" * 64
_PARQUET = b"PAR1"

BLANK = _WORD + _BLANK_DIGITS
"""To be written into a file that will be sealed."""


class SealError(ValueError):
    """A file is not what was written under its name; the message names it."""


@contextmanager
def sealing(path: Path, name: str) -> Iterator[Path]:
    """Yield a temporary path as ``replacing`` does; what is written there, with a ``BLANK`` in it, is sealed.

    Args:
        path: the file.
        name: what it is; another name makes another seal.

    Raises:
        ValueError: if what was written holds no ``BLANK``.
        OSError: as ``replacing`` does.

    Examples:
        >>> import tempfile
        >>> target = Path(tempfile.mkdtemp()) / "answers.json"
        >>> with sealing(target, "answers") as temporary:
        ...     _ = temporary.write_text(f'{{"seal": "{BLANK}", "answer": 42}}')
        >>> is_sealed(target, "answers"), is_sealed(target, "questions")
        (True, False)
    """
    with replacing(path) as temporary:
        yield temporary
        with temporary.open("r+b") as file:
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                place = _place(data)
                if data[place : place + len(BLANK)] != BLANK.encode():
                    raise ValueError(f"{path}: is to be sealed, and has no blank seal")
                digits = _digest(data, place, name)
            file.seek(place + len(_WORD))
            file.write(digits)


def is_sealed(path: Path, name: str) -> bool:
    """Return whether a file is as it was sealed under this name; what is not there is not.

    Raises:
        OSError: if it cannot be read.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            place = _place(data)
            found = data[place + len(_WORD) : place + len(BLANK)]
            return place >= 0 and found == _digest(data, place, name)
    except (FileNotFoundError, ValueError):  # of an empty file there is no map
        return False


def has_seal(path: Path) -> bool:
    """Return whether there is a seal in a file, be it the right one or not.

    Raises:
        OSError: if it cannot be read.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _place(data) >= 0
    except ValueError:  # of an empty file there is no map
        return False


def check_seal(path: Path, name: str) -> None:
    """Refuse a file that is not as it was sealed under this name.

    Raises:
        SealError: naming it.
    """
    if not is_sealed(path, name):
        raise SealError(f"{path}: is not as it was written; run again, and it is made again")


def _place(data: mmap.mmap) -> int:
    """Return where the seal begins, or -1: a parquet file ends with what it says of itself, others begin with it."""
    word = _WORD.encode()
    return data.rfind(word) if data[: len(_PARQUET)] == _PARQUET else data.find(word)


def _digest(data: mmap.mmap, place: int, name: str) -> bytes:
    begin = place + len(_WORD)
    digest = hashlib.sha256(name.encode() + b"\n")
    with memoryview(data) as view, view[:begin] as before, view[begin + len(_BLANK_DIGITS) :] as after:
        for part in (before, _BLANK_DIGITS.encode(), after):
            digest.update(part)
    return digest.hexdigest().encode()
