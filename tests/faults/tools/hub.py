"""A small server on this machine that offers a noise corpus, slowly enough to be interrupted."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.corruptions.noise.hub import serving, wav, zipped

ENVIRONMENT = "EMONOISE_FAULTS_HUB"
_PAUSE_S = 0.05
_RECORDINGS = 8


@dataclass(frozen=True)
class Hub:
    """What is offered: where, the checksum, and what lies in the archive by its place."""

    url: str
    checksum: str
    unpacked: dict[str, object]

    @property
    def environment(self) -> dict[str, str]:
        """What tells ``launched.py`` of it."""
        return {
            ENVIRONMENT: json.dumps({"url": self.url, "checksum": self.checksum, "n_recordings": len(self.unpacked)}),
            "NO_PROXY": "127.0.0.1",
        }


@contextmanager
def hub() -> Iterator[Hub]:
    """Serve an archive of noises while the block runs; ranges are answered."""
    recordings = {f"top/{number}.wav": wav(number) for number in range(_RECORDINGS)}
    packed = zipped(recordings)
    with serving() as server:
        server.files["tiny.zip"], server.pause_s = packed, _PAUSE_S
        md5 = hashlib.md5(packed, usedforsecurity=False).hexdigest()
        yield Hub(f"{server.url}/tiny.zip", f"md5:{md5}", dict(recordings))
