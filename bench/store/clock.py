"""How long something took, whatever is done to the clock on the wall meanwhile."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True)
class Began:
    """When something began; without arguments, now.

    Attributes:
        at: the date and time.
        at_s: of a clock that nobody sets, which counts from no time in particular.
    """

    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    at_s: float = field(default_factory=time.monotonic)

    def until_now(self) -> dict[str, str | float]:
        """Return what ``provenance.json`` says of the time it took: ``started``, ``finished`` and ``wall_s``."""
        return {
            "started": self.at.isoformat(timespec="seconds"),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
            "wall_s": time.monotonic() - self.at_s,
        }
