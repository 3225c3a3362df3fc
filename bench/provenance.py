"""Where a run's numbers come from: versions, weights, machine, seeds and times."""

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bench.corpora.corpus import SPLITS
from bench.plan import Plan

LIBRARIES = (
    "emonoise",
    "torch",
    "torchaudio",
    "transformers",
    "ctranslate2",
    "faster-whisper",
    "openai-whisper",
    "numpy",
    "scipy",
    "pandas",
    "soundfile",
    "soxr",
)


def provenance(plan: Plan, seconds: Mapping[str, float], started: datetime, device: str) -> dict[str, Any]:
    """Return what ``provenance.json`` holds, as JSON values.

    Args:
        plan: what was run.
        seconds: wall time of each stage of this session; what an earlier session did is not in it.
        started: when this session began.
        device: what the encoders ran on.
    """
    finished = datetime.now(UTC)
    suite, corpus = plan.suite, plan.corpus
    return {
        "suite": suite.name,
        "key": plan.key,
        "started": started.isoformat(timespec="seconds"),
        "finished": finished.isoformat(timespec="seconds"),
        "wall_s": (finished - started).total_seconds(),
        "versions": versions(),
        "machine": machine() | {"device": device},
        "corpus": {
            "name": corpus.name,
            "synthetic": corpus.synthetic,
            "note": corpus.note,
            "scale": list(corpus.scale),
            "utterances": {split: len(corpus.split(split)) for split in SPLITS},
            "speakers": {split: len({one.speaker for one in corpus.split(split)}) for split in SPLITS},
            "limit": suite.limit,
        },
        "snr": suite.snr,
        "policy": suite.policy,
        "seeds": list(suite.seeds),
        "draws": suite.draws,
        "bootstrap": suite.bootstrap,
        "encoders": dict(plan.fingerprints),
        "stages": dict(seconds),
    }


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that results depend on."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def machine() -> dict[str, Any]:
    """Return the processor, the number of cores this process may use, and the memory in GB."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cpu": _processor(), "cores": len(os.sched_getaffinity(0)), "memory_gb": round(memory / 1e9, 1)}


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
