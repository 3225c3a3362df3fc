"""The ``emonoise`` command with a corpus more to fetch, or with a clock around what safety costs.

Its processes import this file, too, before anything else, and so have the clock.
"""

import json
import os

from tests.faults.tools.clock import ENVIRONMENT as TIMES
from tests.faults.tools.clock import take_times
from tests.faults.tools.hub import ENVIRONMENT as HUB

if TIMES in os.environ:
    take_times()


def main() -> None:
    """Run the command."""
    from bench.commands.main import app

    if HUB in os.environ:
        _offer(json.loads(os.environ[HUB]))
    app()


def _offer(about: dict[str, str]) -> None:
    from corruptions.noise.corpora import NOISE_CORPORA
    from corruptions.sound.public import Archive, PublicCorpus

    NOISE_CORPORA["tiny"] = PublicCorpus(
        *("noises of a harness", "CC0", "us", "nowhere", "top/*.wav", r"top/(?P<source>\w)", "by file"),
        n_recordings=int(about["n_recordings"]),
        home="TINY",
        archives=(Archive(about["url"], about["checksum"], 0.003),),
    )


if __name__ == "__main__":
    main()
