"""``python -m tests.study``: try every way to an interval where the truth is known; write ``docs/intervals.md``."""

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pandas as pd

from tests.study.cells import Cell, cells, rates
from tests.study.page import COLUMNS, PAGE, write_page


def main() -> None:
    """Run every cell and write the page."""
    parser = argparse.ArgumentParser(prog="make study-intervals", description=__doc__)
    parser.add_argument("--seed", type=int, default=14, help="of everything")
    parser.add_argument("--share", type=float, default=1.0, help="of the test sets, for a first look")
    parser.add_argument("--workers", type=int, default=2, help="processes; no number depends on it")
    parser.add_argument("--out", type=Path, default=PAGE, help="the page")
    given = parser.parse_args()
    started, rows = time.monotonic(), []
    for cell, of in _all([*cells()], given.seed, given.share, given.workers):
        rows += of
        sys.stderr.write(f"{time.monotonic() - started:5.0f} s  {', '.join(map(str, cell[:-1]))}\n")
    write_page(pd.DataFrame(rows, columns=COLUMNS), given.seed, given.share, given.out)


def _all(asked: list[Cell], seed: int, share: float, workers: int) -> Iterator[tuple[Cell, list[tuple[object, ...]]]]:
    one = partial(_rows, seed=seed, share=share)
    if workers == 1:
        yield from zip(asked, map(one, asked), strict=True)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from zip(asked, pool.map(one, asked), strict=True)


def _rows(cell: Cell, seed: int, share: float) -> list[tuple[object, ...]]:
    return [(*cell[:-1], *rate) for rate in rates(cell, seed, share)]


if __name__ == "__main__":
    main()
