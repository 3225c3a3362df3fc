"""What this computer is, and which versions of the libraries it has."""

import os
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

# What makes corrupted samples; another version may change their last digits.
AUDIO = ("audiomentations", "av", "numba", "numpy", "pyroomacoustics", "scipy", "soundfile", "soxr")
# What computes a prediction from them.
COMPUTING = (
    "torch",
    "torchaudio",
    "transformers",
    "tokenizers",
    "ctranslate2",
    "faster-whisper",
    "openai-whisper",
    *AUDIO,
)
LIBRARIES = ("emonoise", *COMPUTING, "jiwer", "pandas")


def versions(libraries: Sequence[str] = LIBRARIES) -> dict[str, str]:
    """Return the versions of Python and of the libraries."""
    found = {"python": platform.python_version()}
    for name in libraries:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def machine() -> dict[str, Any]:
    """Return the processor, the number of cores this process may use, and the memory in GB."""
    return {"cpu": _processor(), "cores": cores(), "memory_gb": round(memory_gb(), 1)}


def cores() -> int:
    """Return how many cores this process may use."""
    # macOS does not say what a process may use.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory_gb() -> float:
    """Return the memory of the machine in GB."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def _processor() -> str:
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
