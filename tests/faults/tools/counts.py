"""What came of the faults: one outcome a trial, counted for the table."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What came of one fault.

    Attributes:
        fault: what was done.
        lost: whether the same command, run again undisturbed, does not end well.
        wrong: whether it ends well with other values than those of a run that nothing disturbed.
        raw: whether a traceback was shown, a command hung, or a process was left two seconds after the end.
        said: what the command answered.
        skipped: why the fault was not tried.
    """

    fault: str
    lost: bool = False
    wrong: bool = False
    raw: bool = False
    said: str = ""
    skipped: str = ""

    @property
    def is_bad(self) -> bool:
        """Whether anything was lost, wrong or raw."""
        return self.lost or self.wrong or self.raw


@dataclass(frozen=True)
class Row:
    """A row of the table."""

    fault: str
    tried: int
    lost: int
    wrong: int
    raw: int
    said: str

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost or wrong, and nothing raw was shown."""
        return not (self.lost or self.wrong or self.raw)


def counted(outcomes: Iterable[Outcome]) -> list[Row]:
    """Return a row for each fault, in the order in which they come, with the answer that was given most often.

    Examples:
        >>> counted([Outcome("killed", said="Stopped."), Outcome("killed", lost=True, said="Stopped.")])
        [Row(fault='killed', tried=2, lost=1, wrong=0, raw=0, said='Stopped.')]
    """
    by_fault: dict[str, list[Outcome]] = {}
    for one in outcomes:
        by_fault.setdefault(one.fault, []).append(one)
    return [_row(fault, some) for fault, some in by_fault.items()]


def without_places(text: str) -> str:
    """Return a message without what is of one trial and one machine alone: folders, processes, times and sizes.

    Examples:
        >>> without_places("/tmp/a1/run is in use by process 71 on host since 2026-11-28 00:21 UTC (emonoise run x)")
        '.../run is in use by process ... on ... since ... (emonoise run x)'
        >>> without_places("/tmp/a1/b.parquet: the disk is full, 3 MB free")
        '.../b.parquet: the disk is full, ... MB free'
    """
    text = re.sub(r"(?<![\w.])/[^\s:,;()'\"]*/([^\s/:,;()'\"]+)", r".../\1", text)
    text = re.sub(r"process \d+ on \S+ since [\d :-]+UTC", "process ... on ... since ...", text)
    return re.sub(r"\b\d+ MB", "... MB", re.sub(r"[0-9a-f]{32,}", "...", text))


def _row(fault: str, some: list[Outcome]) -> Row:
    tried = [one for one in some if not one.skipped]
    # What was said of a failure is worth more than what is said of the many that did no harm.
    bad = [one for one in tried if one.is_bad]
    said = Counter(without_places(one.said) for one in bad or tried if one.said).most_common(1)
    why = next((f"skipped: {one.skipped}" for one in some if one.skipped), "")
    return Row(
        fault,
        len(tried),
        sum(one.lost for one in tried),
        sum(one.wrong for one in tried),
        sum(one.raw for one in tried),
        said[0][0] if said else why,
    )
