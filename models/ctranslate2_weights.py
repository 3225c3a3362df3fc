"""Reads the weights out of a CTranslate2 ``model.bin``, so that PyTorch can run the very network the recogniser runs.

The file (binary version 6, little-endian) is a header and a list of variables:

    version uint32 | name of the specification | revision uint32 | number of variables uint32
    per variable: name | rank uint8 | rank x uint32 | type uint8 | number of bytes uint32 | bytes
    number of aliases uint32 | per alias: its name | the name of the variable it stands for

Every name is a uint16 length, which counts a closing zero byte, and that many bytes.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

BINARY_VERSION = 6
TYPES = {0: np.dtype("<f4"), 1: np.dtype("i1"), 2: np.dtype("<i2"), 3: np.dtype("<i4"), 4: np.dtype("<f2")}
"""The numbers of CTranslate2's data types; 5 is bfloat16, which numpy cannot read."""


@dataclass
class _Cursor:
    """A place in the bytes of a file, which moves as values are read."""

    data: memoryview
    at: int = 0

    def take(self, n_bytes: int) -> memoryview:
        if self.at + n_bytes > len(self.data):
            raise ValueError(f"the file ends at byte {len(self.data)}, {n_bytes} bytes were expected at byte {self.at}")
        self.at += n_bytes
        return self.data[self.at - n_bytes : self.at]

    def number(self, code: str) -> int:
        layout = struct.Struct(f"<{code}")
        return int(layout.unpack(self.take(layout.size))[0])

    def text(self) -> str:
        return bytes(self.take(self.number("H"))).rstrip(b"\0").decode()


def read_variables(path: Path) -> dict[str, npt.NDArray[np.generic]]:
    """Return every variable of a CTranslate2 model, by name, without copying: read-only views of the file's bytes.

    Args:
        path: a ``model.bin`` of binary version 6.

    Returns:
        The arrays as they are stored; aliases are left out, for they name variables that are there already.

    Raises:
        ValueError: if the file is not of that version, is cut short, or holds bytes that belong to nothing.
    """
    cursor = _Cursor(memoryview(path.read_bytes()))
    try:
        return _read(cursor)
    except ValueError as error:
        raise ValueError(f"{path} is not a CTranslate2 model of binary version {BINARY_VERSION}: {error}") from error


def _read(cursor: _Cursor) -> dict[str, npt.NDArray[np.generic]]:
    if (version := cursor.number("I")) != BINARY_VERSION:
        raise ValueError(f"its binary version is {version}")
    cursor.text()  # the specification's name and revision say nothing that the variables' names do not
    cursor.number("I")
    variables = dict(_read_variable(cursor) for _ in range(cursor.number("I")))
    for _ in range(cursor.number("I")):
        alias, target = cursor.text(), cursor.text()
        if target not in variables:
            raise ValueError(f"alias {alias!r} stands for {target!r}, which is not there")
    if cursor.at != len(cursor.data):
        raise ValueError(f"{len(cursor.data) - cursor.at} bytes are left over")
    return variables


def _read_variable(cursor: _Cursor) -> tuple[str, npt.NDArray[np.generic]]:
    name = cursor.text()
    shape = tuple(cursor.number("I") for _ in range(cursor.number("B")))
    if (kind := cursor.number("B")) not in TYPES:
        raise ValueError(f"variable {name!r} has data type {kind}, allowed are {sorted(TYPES)}")
    data = np.frombuffer(cursor.take(cursor.number("I")), TYPES[kind])
    if data.size != np.prod(shape, dtype=int):
        raise ValueError(f"variable {name!r} has {data.size} values, its shape {shape} needs {np.prod(shape, dtype=int)}")
    return name, data.reshape(shape)
