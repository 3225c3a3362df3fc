"""Progress bars with the time left, for whoever waits; one plain line a stage where nobody looks."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

Advance = Callable[[int], None]


class Stages:
    """Shows the stages of a run one after the other, and remembers how long each took.

    Attributes:
        seconds: wall time of each stage that has ended, in order; of one that came several times, the sum.
    """

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)
        self.seconds: dict[str, float] = {}

    def say(self, message: str) -> None:
        """Show a message as it is."""
        self.console.print(message, markup=False, highlight=False, soft_wrap=True)

    def warn(self, message: str) -> None:
        """Show a message that does not end the run."""
        self.console.print(f"warning: {message}", style="yellow", markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def stage(self, name: str, total: int, unit: str) -> Iterator[Advance]:
        """Yield a function that moves the bar of this stage on by a number of ``unit``."""
        started = time.perf_counter()
        bar = Progress(
            TextColumn(f"{name:<22}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(unit),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
        )
        with bar:
            task = bar.add_task(name, total=total)
            yield lambda done: bar.advance(task, done)
        took_s = time.perf_counter() - started
        self.seconds[name] = self.seconds.get(name, 0.0) + took_s
        self.console.print(f"{name:<22} {total} {unit} in {took_s:.0f} s", highlight=False)
