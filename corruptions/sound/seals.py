"""Seals: a digest in a file, of its name and of all its other bytes, by which what is not as it was written is known.

A file is written with a blank seal wherever its format has room for a word: in the metadata of parquet and safetensors,
in the comment of a WAV, in a text of JSON. The digest takes the place of the blank, so that the file stays one of its
format, for whatever program. A bit that flipped anywhere, an end that is missing, and an intact file in the place of
another are all found.
"""

import hashlib
import re

_WORD = b"emonoise-seal:"
_DIGITS = 64
_SEAL = re.compile(re.escape(_WORD) + rb"[0-9a-f]{%d}" % _DIGITS)

BLANK = f"{_WORD.decode()}{'0' * _DIGITS}"
"""To be written into a file that will be sealed, where a program that reads it takes it for a word."""


class SealError(ValueError):
    """A file is not what was written under its name; the message names it."""


def sealed(data: bytes, name: str) -> bytes:
    """Return the bytes of a file with its seal in the place of the last ``BLANK`` in them.

    Args:
        data: the file.
        name: what it is; another name makes another seal.

    Raises:
        ValueError: if there is no blank.

    Examples:
        >>> whole = sealed(f'{{"seal": "{BLANK}", "answer": 42}}'.encode(), "answers")
        >>> is_sealed(whole, "answers"), is_sealed(whole, "questions"), is_sealed(whole.replace(b"42", b"43"), "answers")
        (True, False, False)
    """
    start = data.rfind(BLANK.encode())
    if start < 0:
        raise ValueError(f"{name}: no blank seal in {len(data)} bytes")
    return _with_seal(data, start, _digest(data, name))


def is_sealed(data: bytes, name: str) -> bool:
    """Return whether the bytes of a file are those that were sealed under this name."""
    found = [match.span() for match in _SEAL.finditer(data)]
    if not found:
        return False
    start, end = found[-1]
    return data[start + len(_WORD) : end] == _digest(_with_seal(data, start, b"0" * _DIGITS), name)


def _with_seal(data: bytes, start: int, digits: bytes) -> bytes:
    begin = start + len(_WORD)
    return data[:begin] + digits + data[begin + _DIGITS :]


def _digest(data: bytes, name: str) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + data).hexdigest().encode()
