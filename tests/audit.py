"""``make audit``: known vulnerabilities and the licences of all that is installed beside emonoise; fails on either.

What everybody gets must have a licence that a tool under the MIT licence may depend on. Beyond that, GPL is for the
extra ``probe`` alone and non-commercial use for ``egemaps`` and ``dev``, as pyproject.toml says.
"""

import json
import re
import subprocess
import sys
import sysconfig
import tempfile
import venv
from collections import Counter
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ALLOWED = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software Foundation|Python-2|MPL|Mozilla|HPND|Unlicense|Zlib|CC0|CNRI|LGPL|Lesser|"
    r"Public Domain|SIL|OFL|BSL-1|NCSA|Artistic"
)
REFUSED = re.compile(r"(?<!L)A?GPL|Affero|(?<!Lesser )General Public|[Nn]on-?[Cc]ommercial|audEERING")
EXTRAS = ("", "weights", "classic", "dev", "egemaps", "probe")
MAY_BE_ANY = {"probe", "egemaps", "dev"}
# What a package contains is not always under the licence of the package.
NOT_AS_SAID = {"opensmile": "audEERING Research License (non-commercial); its wrapper MIT"}
TEXTS = {
    "Permission is hereby granted, free of charge": "MIT (its text)",
    "Apache License": "Apache (its text)",
    "Redistribution and use in source and binary forms": "BSD (its text)",
}


def licence(one: Distribution) -> str:
    """Return what a package says of its licence: as an expression, by classifiers, in words, or by the text of it."""
    about = one.metadata
    if one.name in NOT_AS_SAID:
        return NOT_AS_SAID[one.name]
    if about["License-Expression"]:
        return about["License-Expression"]
    classes = [value.split(" :: ")[-1] for value in about.get_all("Classifier", []) if value.startswith("License ::")]
    said = (about["License"] or "").strip()
    if classes and classes != ["OSI Approved"]:
        return ", ".join(classes)
    if said and "\n" not in said:
        return said
    files = [path for path in one.files or [] if re.match(r"(?i)licen[cs]e|copying", path.name)]
    texts = [said, *(path.locate().read_text("utf-8", "replace") for path in files if path.locate().is_file())]
    found = [name for text in texts for begins, name in TEXTS.items() if begins in text]
    return next(iter(found), said.splitlines()[0][:60] if said else "none is named")


def reached_by() -> dict[str, set[str]]:
    """Return by which extras of emonoise each installed package is asked for, "" for what everybody gets."""
    found: dict[str, set[str]] = {}
    for extra in EXTRAS:
        waiting, seen = [("emonoise", frozenset({extra}))], set()
        while waiting:
            name, extras = waiting.pop()
            if (name, extras) in seen:
                continue
            seen.add((name, extras))
            found.setdefault(canonicalize_name(name), set()).add(extra)
            try:
                wanted = map(Requirement, distribution(name).requires or [])
            except PackageNotFoundError:
                continue
            waiting += [
                (one.name, frozenset(one.extras))
                for one in wanted
                if one.marker is None or any(one.marker.evaluate({"extra": given}) for given in {*extras, ""})
            ]
    return found


def licences(packages: Iterable[Distribution]) -> list[str]:
    """Print a table of licences; return what may not be depended on."""
    wanted_by, refused = reached_by(), []
    print(f"{'package':34}{'version':16}{'for':28}licence")
    for one in sorted(packages, key=lambda each: canonicalize_name(each.name)):
        said, extras = licence(one), wanted_by.get(canonicalize_name(one.name), set())
        fine = bool(ALLOWED.search(said)) and not REFUSED.search(said)
        asked = "everybody" if "" in extras else ", ".join(sorted(extras)) or "nobody"
        print(f"{one.name:34}{one.version:16}{asked:28}{said}{'' if fine else '   <- not for everybody'}")
        if not fine and (not extras or not extras <= MAY_BE_ANY):
            refused.append(f"{one.name} {one.version} ({said}), which is for {asked}")
    return refused


def vulnerabilities() -> list[str]:
    """Return what pip-audit, in an environment of its own, knows of what is installed here; print what it could not."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        got = subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "pip-audit"], capture_output=True, text=True, check=False
        )
        if got.returncode:
            print(f"vulnerabilities: not looked at, for pip-audit cannot be installed: {got.stderr.strip()[-300:]}")
            return []
        here = sysconfig.get_path("purelib")
        command = [python, "-m", "pip_audit", "--path", here, "--format", "json", "--progress-spinner", "off"]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(told.stdout)["dependencies"]
    except ValueError:
        print(f"vulnerabilities: not looked at, for no service answers: {told.stderr.strip()[-300:]}")
        return []
    skipped = Counter(re.sub(r":.*", "", one["skip_reason"]) for one in packages if "skip_reason" in one)
    n_known = len(packages) - skipped.total()
    print(f"vulnerabilities: {n_known} of {len(packages)} packages looked up", end="")
    print("".join(f"; {times} x {why}" for why, times in skipped.items()))
    if not n_known:
        print("vulnerabilities: NOT LOOKED AT, for the index that can be reached here knows of none")
    return [f"{one['name']} {one['version']}: {each['id']}" for one in packages for each in one.get("vulns", [])]


if __name__ == "__main__":
    problems = licences(distributions()) + vulnerabilities()
    sys.exit("\n".join(["audit:", *problems]) if problems else 0)
