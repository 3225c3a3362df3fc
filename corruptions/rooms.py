"""Rooms: impulse responses, simulated and measured, and what they do to speech."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Response:
    """One impulse response as it was when it was listed.

    Attributes:
        path: the recording.
        sha256: of the file's bytes.
        channel: which channel of the file, counted from 0.
        rt60_s: reverberation time measured from it; None where its decay does not allow it.
        drr_db: energy of the direct sound over that of the rest.
        c50_db: energy of the first 50 ms after the direct sound over that of the rest; None where there is no rest.
    """

    path: Path
    sha256: str
    channel: int
    rt60_s: float | None
    drr_db: float
    c50_db: float | None
