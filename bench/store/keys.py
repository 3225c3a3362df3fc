"""Names for things: a digest of whatever can change a result, and the random generator that belongs to it."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np


def digest(*parts: object) -> str:
    """Return a short hexadecimal name for ``parts``: equal parts, equal name, on every machine.

    Args:
        parts: JSON values (text, numbers, lists, mappings with text keys, None) and paths; the order of mappings does
            not matter.

    Returns:
        32 hexadecimal digits (128 bits of SHA-256).

    Raises:
        TypeError: for anything else, for its text form could differ between runs.

    Examples:
        >>> digest("probe", {"b": 1, "a": [2.5, None]}) == digest("probe", {"a": [2.5, None], "b": 1})
        True
        >>> digest("a", "b") == digest("ab")
        False
    """
    text = json.dumps(parts, sort_keys=True, default=_plain, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def rng_for(*parts: object) -> np.random.Generator:
    """Return the generator that belongs to ``parts``, whatever ran before.

    Examples:
        >>> rng_for(0, "probe", "u1", "babble", 0).random() == rng_for(0, "probe", "u1", "babble", 0).random()
        True
    """
    return np.random.default_rng(int(digest(*parts), 16))


def _plain(part: object) -> object:
    if isinstance(part, Path):
        return part.as_posix()
    if isinstance(part, Mapping):
        return dict(part)
    raise TypeError(f"cannot make a digest of {type(part).__name__} {part!r}: pass text, numbers, lists or mappings")
