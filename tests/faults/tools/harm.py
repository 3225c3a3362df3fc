"""What may become of a file: cut, zeroed, emptied, a bit flipped, or another's content under its name."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

Harm = Callable[[Path, np.random.Generator, Sequence[Path]], bool]


def truncated(path: Path, rng: np.random.Generator, others: Sequence[Path]) -> bool:
    """Cut off an end of any length."""
    data = path.read_bytes()
    path.write_bytes(data[: int(rng.integers(1, max(len(data), 2)))])
    return True


def zeroed(path: Path, rng: np.random.Generator, others: Sequence[Path]) -> bool:
    """Keep the length, and nothing else: what a file system may leave after a power cut."""
    path.write_bytes(bytes(path.stat().st_size))
    return True


def emptied(path: Path, rng: np.random.Generator, others: Sequence[Path]) -> bool:
    """Keep the name."""
    path.write_bytes(b"")
    return True


def flipped(path: Path, rng: np.random.Generator, others: Sequence[Path]) -> bool:
    """Flip one bit."""
    path.write_bytes(with_a_flip(path.read_bytes(), rng))
    return True


def swapped(path: Path, rng: np.random.Generator, others: Sequence[Path]) -> bool:
    """Put an intact file of the same kind in its place; return whether there is one that differs."""
    own = path.read_bytes()
    different = [data for one in others if (data := one.read_bytes()) != own]
    if not different:
        return False
    path.write_bytes(different[int(rng.integers(len(different)))])
    return True


HARMS: dict[str, Harm] = {
    "truncated": truncated,
    "zeroed": zeroed,
    "emptied": emptied,
    "bit flipped": flipped,
    "swapped": swapped,
}


def with_a_flip(data: bytes, rng: np.random.Generator) -> bytes:
    """Return the bytes with one bit flipped."""
    place = int(rng.integers(8 * len(data)))
    changed = bytearray(data)
    changed[place // 8] ^= 1 << place % 8
    return bytes(changed)
