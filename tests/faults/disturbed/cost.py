"""What safety costs a run on filterbanks alone: its seconds inside digests, seals, locks and fsync."""

import json
from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.faults.scene import Scene, checked
from tests.faults.tools.clock import CALLS, ENVIRONMENT
from tests.faults.tools.command import LAUNCHED, ran


@dataclass(frozen=True)
class Cost:
    """Seconds of a run: from beginning to end, and of all its processes inside calls of each kind."""

    suite: str
    wall_s: float
    inside_s: dict[str, float]

    @property
    def share(self) -> float:
        """Those inside the calls over those from beginning to end: no less than what it cost."""
        return sum(self.inside_s.values()) / self.wall_s


def cost_of(suite: str, arguments: list[object], folder: Path, cache: Path) -> Cost:
    """Return what safety costs a command."""
    times = folder / "times"
    times.mkdir(parents=True)
    ended = checked(ran(arguments, folder / "log", cache, program=LAUNCHED, environment={ENVIRONMENT: str(times)}))
    found = [json.loads(path.read_text(encoding="utf-8")) for path in times.glob("*.json")]
    return Cost(suite, ended.seconds, {kind: sum(one[kind] for one in found) for kind in CALLS})


def cost_of_filterbanks(scene: Scene, folder: Path) -> Cost:
    """Return what it costs a run with no encoder but filterbanks, from an empty cache."""
    path = scene.corpus / "filterbanks.yaml"
    whole = yaml.safe_load(scene.suite.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump(whole | {"name": "filterbanks", "systems": ["mfb"]}), encoding="utf-8")
    return cost_of("filterbanks alone", scene.arguments("run", folder / "out", path), folder, folder / "cache")
