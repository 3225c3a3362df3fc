"""Progress with the time left, for whoever waits: a bar, or a plain line now and then where a file takes it down."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from bench.store.shown import shown

Advance = Callable[[int], None]


class Stages:
    """Shows the stages of a run one after the other, and remembers how long each took.

    Args:
        console: where they are shown; standard error unless said.
        every_s: how many seconds pass between two lines of a stage where there is no terminal.

    Attributes:
        seconds: wall time of each stage that has ended, in order; of one that came several times, the sum.
    """

    def __init__(self, console: Console | None = None, every_s: float = 60.0) -> None:
        self.console = console or Console(stderr=True)
        self.every_s = every_s
        self.seconds: dict[str, float] = {}

    def say(self, message: str) -> None:
        """Show a message as it is."""
        self.console.print(shown(message), markup=False, highlight=False, soft_wrap=True)

    def warn(self, message: str) -> None:
        """Show a message that does not end the run."""
        self.console.print(f"warning: {shown(message)}", style="yellow", markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def stage(self, name: str, total: int, unit: str) -> Iterator[Advance]:
        """Yield a function that moves this stage on by a number of ``unit``, which is a plural.

        An error that ends it has a note of its name.
        """
        unit = unit.removesuffix("s") if total == 1 else unit
        started = time.perf_counter()
        try:
            with (
                self._bar(name, total, unit) if self.console.is_terminal else self._lines(name, total, unit) as advance
            ):
                yield advance
        except Exception as error:
            error.add_note(f"in the stage: {name}")
            raise
        took_s = time.perf_counter() - started
        self.seconds[name] = self.seconds.get(name, 0.0) + took_s
        self._line(name, f"{total} {unit} in {took_s:.0f} s")

    @contextmanager
    def _bar(self, name: str, total: int, unit: str) -> Iterator[Advance]:
        bar = Progress(
            TextColumn(f"{shown(name):<22}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(unit, markup=False),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
        )
        with bar:
            task = bar.add_task(name, total=total)
            yield lambda done: bar.advance(task, done)

    @contextmanager
    def _lines(self, name: str, total: int, unit: str) -> Iterator[Advance]:
        started = said = time.perf_counter()
        done = 0

        def advance(more: int) -> None:
            nonlocal done, said
            done, now = done + more, time.perf_counter()
            if 0 < done < total and now - said >= self.every_s:
                said = now
                left_s = (now - started) / done * (total - done)
                self._line(name, f"{done} of {total} {unit}, about {_in_words(left_s)} left")

        self._line(name, f"{total} {unit} ...")
        yield advance

    def _line(self, name: str, text: str) -> None:
        self.console.print(f"{shown(name):<22} {text}", markup=False, highlight=False, soft_wrap=True)


def _in_words(seconds: float) -> str:
    """Return a time as roughly as an estimate deserves.

    Examples:
        >>> _in_words(40), _in_words(500), _in_words(9000)
        ('40 s', '8 min', '2.5 h')
    """
    if seconds < 100:  # noqa: PLR2004
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"  # noqa: PLR2004
