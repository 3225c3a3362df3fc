"""What is wrong with a corpus, row by row: a message names the first of many, a table all of them."""

import csv
from collections.abc import Iterable
from pathlib import Path

from corruptions.sound.files import replacing


class OffendersError(ValueError):
    """A corpus that cannot be used.

    Attributes:
        offenders: everything that is wrong, as pairs: what, and where.
    """

    def __init__(self, message: str, offenders: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.offenders = tuple(offenders)


def write_offenders(error: OffendersError, path: Path) -> None:
    """Write everything that is wrong as a CSV file with the columns ``problem`` and ``where``."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("problem", "where"))
        table.writerows(error.offenders)
