"""A small server on this machine that offers a noise corpus, slowly enough to be interrupted."""

import hashlib
import io
import json
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import soundfile

ENVIRONMENT = "EMONOISE_FAULTS_HUB"
_PIECE, _PAUSE_S = 1 << 16, 0.05
_SECONDS, _RATE, _RECORDINGS = 10, 16_000, 8


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
    recordings = {f"top/{number}.wav": _wav(number) for number in range(_RECORDINGS)}
    packed = _zipped(recordings)

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers["Range"]
            start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0
            if start >= len(packed):
                self.send_error(416)
                return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(packed) - start))
            self.end_headers()
            try:
                for place in range(start, len(packed), _PIECE):
                    self.wfile.write(packed[place : place + _PIECE])
                    time.sleep(_PAUSE_S)
            except OSError:
                return  # who asked was killed

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        md5 = hashlib.md5(packed, usedforsecurity=False).hexdigest()
        yield Hub(f"http://127.0.0.1:{server.server_port}/tiny.zip", f"md5:{md5}", dict(recordings))
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _wav(seed: int) -> bytes:
    file = io.BytesIO()
    noise = 0.1 * np.random.default_rng(seed).standard_normal(_SECONDS * _RATE)
    soundfile.write(file, noise, _RATE, format="WAV")
    return file.getvalue()


def _zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, one in members.items():
            archive.writestr(name, one)
    return file.getvalue()
