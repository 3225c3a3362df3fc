"""What this machine can run, and what is missing."""

from dataclasses import dataclass

from bench.store.machine import machine, versions
from bench.store.store import cache_root
from bench.store.workers import WORKER_GB


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report: what was looked for, what was found, and whether that will do."""

    what: str
    found: str
    fine: bool


def examine() -> list[Finding]:
    """Return what was found of libraries, devices, cores, memory, the cache and the packaged weights."""
    import torch

    from models.weights.embedded import report

    here = machine()
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none: encoders run on the processor"
    findings = [Finding(name, found, found != "not installed") for name, found in versions().items()]
    findings += [
        Finding("processor", f"{here['cpu']}, {here['cores']} cores", fine=True),
        Finding("memory", f"{here['memory_gb']} GB", fine=here["memory_gb"] > WORKER_GB),
        Finding("GPU", gpu, fine=True),
        Finding("cache", f"{cache_root()}; `emonoise cache size` says what is in it", fine=True),
    ]
    weights = [
        Finding(
            f"weights: {one.name}", one.problem or f"{one.description}; {one.licence}; {one.path}", one.problem is None
        )
        for one in report()
    ]
    return [*findings, *weights]
