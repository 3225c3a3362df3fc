"""Names for things: a digest of whatever can change a result, and the random generator that belongs to it.

What is stored has a key, which begins with its generation: a digest of the versions of code and libraries that are in
the key. So what no code of today can ask for is known by its name, however opaque the rest of it is.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

Versions = Mapping[str, str | int]
"""What code and libraries are called, and which version of each: ``{"training": 5, "numpy": "2.4.1"}``."""

GENERATION_DIGITS = 8

STORED_VERSION = 2
"""Of how everything is stored that has a key. From 2 on, it is sealed."""


@dataclass(frozen=True)
class Generation:
    """All that is made with the same versions of the same code and libraries.

    Attributes:
        name: 8 hexadecimal digits, of a digest of the versions.
        versions: pairs of a name and a version.
    """

    name: str
    versions: "_Pairs"


_Pairs = frozenset[tuple[str, str | int]]


class Key(str):
    """A name, and the generation of what it names; wherever a text will do, it is one."""

    generation: Generation

    def __new__(cls, name: str, versions: Versions = {}) -> "Key":  # noqa: B006 - never changed
        """Return the name ``name`` of something that is made with these versions."""
        return cls._of(name, _generation(frozenset([_of_everything(), frozenset(versions.items())])))

    @classmethod
    def _of(cls, name: str, generation: Generation) -> "Key":
        made = super().__new__(cls, name)
        made.generation = generation
        return made


def make_key(*parts: object, made_by: Versions) -> Key:
    """Return a key for what these versions make of ``parts``, 32 hexadecimal digits that begin with its generation.

    Args:
        parts: as in ``digest``. What is made of something that has a key is of its versions, too.
        made_by: the versions of code and libraries that can change it.

    Examples:
        >>> features = make_key("features", "sound", made_by={"encoder": 1})
        >>> sorted(make_key("head", [features], made_by={"training": 5}).generation.versions)
        [('encoder', 1), ('stored', 2), ('training', 5)]
    """
    generation = _generation(frozenset([_of_everything(), frozenset(made_by.items()), *_versions_in(parts)]))
    return Key._of(generation.name + digest(generation.name, *parts)[GENERATION_DIGITS:], generation)


def _of_everything() -> _Pairs:
    return frozenset({("stored", STORED_VERSION)})


@cache
def _generation(several: frozenset[_Pairs]) -> Generation:
    """Return the generation of what is made with all of these versions; cached, for a plan has a key a file."""
    versions: _Pairs = frozenset().union(*several)
    return Generation(digest(sorted(versions))[:GENERATION_DIGITS], versions)


def _versions_in(part: object) -> Iterator[_Pairs]:
    if isinstance(part, str):
        if isinstance(part, Key):
            yield part.generation.versions
    elif isinstance(part, Mapping | Sequence):
        for one in part.values() if isinstance(part, Mapping) else part:
            yield from _versions_in(one)


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
