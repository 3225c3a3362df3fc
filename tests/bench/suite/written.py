"""A small suite, what one may have of its own, and a function that writes such a file."""

from pathlib import Path

import yaml

SMALL = {
    "name": "small",
    "corpus": "probe",
    "systems": ["mfb-ridge"],
    "conditions": ["clean", {"noise": ["white", "babble"], "snr_db": [10, 0]}],
}
OWN = {
    "models": {"mine": {"kind": "whisper", "weights": "whisper-tiny.en", "layer": 2}},
    "representations": {"heard": {"speech": "mine"}, "both": {"speech": "mine", "layer": "all"}},
    "systems": ["mfb", {"name": "own", "description": "Mine.", "family": "acoustic", "inputs": ["heard"]}],
}


def write(folder: Path, **changes: object) -> Path:
    path = folder / "suite.yaml"
    path.write_text(yaml.safe_dump(SMALL | changes))
    return path
