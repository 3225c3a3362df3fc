"""``python -m tests.faults [PART ...]``: disturb the tool in every way there is, and write ``docs/faults.md``."""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from bench.corpora.probe.corpus import build_probe, read_probe
from tests.faults.parts import BENCH, PARTS, section
from tests.faults.scene import SPEC, Scene, make_scene
from tests.faults.table import write_section
from tests.faults.tools.command import end_all


def main() -> int:
    """Run the parts that are named; return 0 if nothing was lost, wrong or raw."""
    parser = argparse.ArgumentParser(prog="make test-faults", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS, BENCH], help="all but bench unless named")
    parser.add_argument("--seed", type=int, default=13, help="of every random moment, place and bit")
    parser.add_argument("--share", type=float, default=1.0, help="of the trials, for a first look")
    parser.add_argument("--scene", type=Path, help="a folder to keep the scene in, so that it is made once")
    given = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _stop)
    place, clean = Path(tempfile.mkdtemp(prefix="emonoise-faults-")), True
    scene = _scene((given.scene or place / "scene").absolute())
    for part in given.parts or PARTS:
        started = time.monotonic()
        found = section(part, scene, place / part, given.seed, given.share)
        write_section(found, given.seed, given.share, time.monotonic() - started)
        sys.stderr.write(f"{part}: {'clean' if found.is_clean else 'not clean'}\n")
        clean = clean and found.is_clean
    if clean:
        shutil.rmtree(place)
    else:
        sys.stderr.write(f"what did harm is in {place}\n")
    return 0 if clean else 1


def _stop(number: int, _: object) -> None:
    """Leave nothing behind; threads that wait for a command are not waited for."""
    end_all()
    os._exit(128 + number)


def _scene(folder: Path) -> Scene:
    return make_scene(folder, read_probe(build_probe(SPEC, folder / "spoken")))


if __name__ == "__main__":
    sys.exit(main())
