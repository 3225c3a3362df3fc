"""Hundreds of flipped bits of every kind of stored file against what reads it, in one process."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.corpora.probe.build import build_probe
from tests.faults.scene import SPEC, Scene
from tests.faults.tools.counts import Outcome
from tests.faults.tools.harm import with_a_flip

FLIPS = 500


def flips(scene: Scene, folder: Path, rng: np.random.Generator, share: float = 1.0) -> Iterator[Outcome]:
    """Yield what came of every flip: refused, or the very same values; ``share`` of 500 a kind are made."""
    from tests.faults.disturbed.readers import REFUSALS, Reader, readers

    place = folder / "flips"
    shutil.rmtree(place, ignore_errors=True)
    for name in ("cache", "run", "export"):
        shutil.copytree(scene.folder / name, place / name)
    shutil.copytree(scene.folder / "spoken", place / "cache", dirs_exist_ok=True)
    build_probe(SPEC, place / "cache")

    def outcome(kind: str, reader: Reader, whole: bytes, expected: object) -> Outcome:
        fault = f"{kind}: one bit, against its reader"
        reader.path.write_bytes(with_a_flip(whole, rng))
        try:
            found = reader.read()
        except REFUSALS as error:
            return Outcome(fault, said=_plainly(error, folder))
        except Exception as error:
            return Outcome(fault, raw=True, said=f"{type(error).__name__}: {error}")
        if found is None:
            return Outcome(fault, said="taken as not there")
        return Outcome(fault, wrong=found != expected, said="accepted" if found != expected else "the same values")

    for kind, reader in readers(scene, place).items():
        whole, expected = reader.path.read_bytes(), reader.read()
        for _ in range(max(1, round(FLIPS * share))):
            yield outcome(kind, reader, whole, expected)
        reader.path.write_bytes(whole)


def _plainly(error: Exception, folder: Path) -> str:
    """Return a message without the place of this trial, so that like messages are counted together."""
    text = " ".join(str(error).split()).replace(str(folder), "")
    return f"{type(error).__name__}: ...{text[text.rfind(': ') :]}" if ": " in text else f"{type(error).__name__}"
