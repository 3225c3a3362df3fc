"""What is wrong with a corpus, row by row: a message names the first of many, a table all of them."""

import csv
import os
from collections.abc import Iterable
from pathlib import Path

from corruptions.ground.files import replacing

HEADER = ("problem", "where")


class OffendersError(ValueError):
    """A corpus that cannot be used.

    Attributes:
        offenders: everything that is wrong, as pairs: what, and where.
    """

    def __init__(self, message: str, offenders: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.offenders = tuple(offenders)


def check_replaceable(path: Path) -> None:
    """Refuse to write over a file that is not a table of offenders, such as the manifest they are in.

    Raises:
        ValueError: naming it.
    """
    if os.path.lexists(path) and not (path.is_file() and _is_table(path)):
        raise ValueError(f"{path}: lies there, and is no table of {' and '.join(HEADER)}: name another file")


def write_offenders(error: OffendersError, path: Path) -> None:
    """Write everything that is wrong as a CSV file with the columns ``problem`` and ``where``."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(HEADER)
        table.writerows(error.offenders)


def _is_table(path: Path) -> bool:
    header = ",".join(HEADER).encode()
    with path.open("rb") as file:
        return file.read(len(header) + 1).rstrip() == header
