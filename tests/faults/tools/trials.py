"""Trials, two at a time where there are two cores; each in a folder of its own, which is removed when it went well."""

import os
import shutil
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

from tests.faults.tools.counts import Outcome

Trial = Callable[[Path], list[Outcome]]
"""What is given the folder of a trial, and returns what came of it."""

AT_ONCE = int(os.environ.get("EMONOISE_FAULTS_AT_ONCE", "2"))


def together(trials: Sequence[Trial], folder: Path) -> Iterator[Outcome]:
    """Yield what came of each trial, in their order."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for outcomes in pool.map(lambda trial: tried(trial, folder), trials):
            yield from outcomes


def tried(trial: Trial, folder: Path) -> list[Outcome]:
    """Return what came of a trial; the folder of one that did harm is kept."""
    place = folder / f"trial-{uuid4().hex[:8]}"
    place.mkdir(parents=True)
    try:
        outcomes = trial(place)
    except Exception as error:
        traceback.print_exc()
        return [Outcome("trials that could not be made", lost=True, said=f"{type(error).__name__}: {error}")]
    for one in outcomes:
        if one.is_bad:
            sys.stderr.write(f"{place.name}: {one}\n")
    if not any(one.is_bad for one in outcomes):
        shutil.rmtree(place, ignore_errors=True)
    return outcomes
