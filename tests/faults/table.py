"""``docs/faults.md``: one section a part, of which a run replaces those that it ran."""

import subprocess
from datetime import UTC, datetime
from pathlib import Path

from bench.store.machine import machine, versions
from tests.faults.parts import BENCH, PARTS, Section, title_of
from tests.faults.tools.command import ROOT

TABLE = ROOT / "docs" / "faults.md"
HEAD = """# Faults

What `make test-faults` did to the tool, on the machine and at the commit that each section names, and what came of it.
It writes this file. **Lost**: the same command, run again undisturbed, did not end well. **Wrong**: it ended well, and
its tables are not to the bit those of a run that nothing disturbed. **Raw**: a traceback, a hang, or a process that was
alive two seconds later.
"""
NOT_RUN = "Not run yet."
LIBRARIES = ("python", "numpy", "pandas", "torch", "pyarrow")


def write_section(found: Section, seed: int, share: float, seconds: float, path: Path = TABLE) -> None:
    """Put a section in its place in the table, and keep the others."""
    sections = dict.fromkeys((title_of(part) for part in (*PARTS, BENCH)), NOT_RUN)
    sections |= {title: body for title, body in _sections(path).items() if title in sections}
    about = (
        f"{_when_and_where()}, seed {seed}, {seconds / 60:.0f} min{'' if share == 1 else f', {share:g} of the trials'}."
    )
    sections[found.title] = "\n".join((about, "", *found.lines))
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in sections.items())
    path.write_text(f"{HEAD}\n{body}\n", encoding="utf-8")


def _sections(path: Path) -> dict[str, str]:
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    parts = [one.partition("\n") for one in text.split("\n## ")[1:]]
    return {title: body.strip() for title, _, body in parts}


def _when_and_where() -> str:
    here, known = machine(), versions()
    libraries = ", ".join(f"{name} {known[name]}" for name in LIBRARIES if name in known)
    today = datetime.now(UTC).date().isoformat()
    return f"{today}, commit {commit()}, {here['cores']} cores, {here['memory_gb']:.0f} GB, {libraries}"


def commit() -> str:
    """Return which commit this is, and whether files differ from it."""
    found = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"],  # noqa: S607
        cwd=ROOT, capture_output=True, text=True, check=False,
    ).stdout.strip()  # fmt: skip
    return found or "unknown"
