"""A hub of archives on this machine, and small corpora for it."""

import hashlib
import io
import socket
import tarfile
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import soundfile

from corruptions.sound.public import Archive, PublicCorpus

PIECE = 1 << 16


@dataclass
class Hub:
    """What a small server on this machine offers, and how it misbehaves."""

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    cut_after: int | None = None  # bytes of the first answer, after which the connection ends
    cuts: int = 0  # how many answers are cut
    hangs: bool = False  # whether the first answer stops there without an end
    pause_s: float = 0.0  # between two pieces of an answer
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@contextmanager
def serving() -> Iterator[Hub]:
    """Serve what is put into the hub, for as long as the block runs."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name, wanted = self.path.lstrip("/"), self.headers["Range"]
            offered.asked.append((name, wanted))
            if name not in offered.files:
                self.send_error(404)
                return
            body, start = offered.files[name], 0
            if wanted and offered.ranges:
                start = int(wanted.removeprefix("bytes=").rstrip("-"))
                if start >= len(body):
                    self.send_error(416)
                    return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            cut = offered.cuts > 0
            offered.cuts -= cut
            answer = body[start : start + offered.cut_after] if cut else body[start:]
            with suppress(ConnectionError):  # whoever asked may be gone
                for place in range(0, len(answer), PIECE):
                    self.wfile.write(answer[place : place + PIECE])
                    time.sleep(offered.pause_s)
            if cut and offered.hangs:
                self.rfile.read(1)  # until whoever asked is gone

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    offered = Hub(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield offered
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def wav(seed: int) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, 0.1 * np.random.default_rng(seed).standard_normal(160_000), 16_000, format="WAV")
    return file.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


RECORDINGS = {"top/a.wav": wav(0), "top/b.wav": wav(1)}


def offer(hub: Hub, **archives: bytes) -> PublicCorpus:
    """Put archives on the hub, and return a corpus that consists of them."""
    files = {name.replace("_", "."): content for name, content in archives.items()}
    hub.files |= files
    return PublicCorpus(
        *("tiny", "CC0", "us", "nowhere", "top/*.wav", r"top/(?P<source>\w)", "by file"),
        archives=tuple(
            Archive(f"{hub.url}/{name}", f"md5:{hashlib.md5(content, usedforsecurity=False).hexdigest()}", 0.001)
            for name, content in files.items()
        ),
    )


def closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
