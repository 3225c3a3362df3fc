"""The file of a suite as it is written: where it lies, what it is based on, and what the command line changes in it."""

import math
import re
from collections.abc import Hashable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from corruptions.ground.problems import those_there_are
from models.weights.embedded import EMBEDDED

SUITES = Path(str(files("bench"))) / "suites"

MOST_BYTES = 4_000_000
"""Of a suite's file."""

MOST_VALUES = 1_000_000
"""Of a suite's file, with what its aliases stand for: a few lines of them can stand for more than a memory holds."""

MOST_DEPTH = 50
"""Of lists and mappings within each other in a suite's file."""

_TAG = "tag:yaml.org,2002:"
_BOOLEAN, _WHOLE, _MERGE = f"{_TAG}bool", f"{_TAG}int", f"{_TAG}merge"
_PLAIN = {_BOOLEAN, _WHOLE, *(f"{_TAG}{kind}" for kind in ("float", "map", "null", "seq", "str"))}
_MOST_BITS = 1000  # a float holds as many


class SuiteError(ValueError):
    """A suite that cannot be run as written; the message names the key, the value and what is allowed."""


def suite_path(name: str, beside: Path = Path()) -> Path:
    """Return the file of a suite given by name (in ``bench/suites``) or by path, relative to the folder ``beside``.

    Raises:
        SuiteError: if there is neither.
    """
    packaged = SUITES / f"{name}.yaml"
    for path in (packaged, beside / name):
        if path.is_file():
            return path
    known = sorted(path.stem for path in SUITES.glob("*.yaml"))
    raise SuiteError(f"no suite is called {name!r} and no file lies there; {those_there_are(name, known)}")


def suite_files(path: Path) -> list[Path]:
    """Return the files that a suite is read from: its own, and those that it is based on.

    Args:
        path: of a suite that can be read.
    """
    base = read_yaml(path.read_text(encoding="utf-8")).get("base")
    return [path, *(suite_files(suite_path(str(base), path.parent)) if base is not None else [])]


def read_suite_file(path: Path, changes: Mapping[str, str], noises: Mapping[str, Path]) -> dict[str, Any]:
    """Return what a file says, with changes and further noises as ``bench.suite.suite.load_suite`` has them.

    Raises:
        SuiteError: if it is not YAML, not a mapping, or based on what is not there.
    """
    raw = _read(path)
    for key, value in changes.items():
        _replace(raw, key.split("."), _said(value, f"--set {key}"))
    _anchor_paths(raw, Path.cwd())
    for name, folder in noises.items():
        _add_noise(raw, name, folder.resolve(), path)
    return raw


class _Reader(yaml.SafeLoader):
    """YAML as people mean it: what JSON has, too; ``no`` is a name, as in YAML 1.2; a key stands once in a mapping."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way
        first: [(tag, pattern) for tag, pattern in resolvers if tag in {*_PLAIN, _MERGE} - {_BOOLEAN}]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    yaml_constructors = {  # noqa: RUF012
        tag: construct for tag, construct in yaml.SafeLoader.yaml_constructors.items() if tag in {*_PLAIN, None}
    }

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise yaml.composer.ComposerError(None, None, "it is nested too deeply", self.get_mark())
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        seen: set[object] = set()
        for key, _ in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name is not None and name in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {name!r} is there twice; each can be given once", key.start_mark
                )
            seen.add(name)
        return super().construct_mapping(node, deep)

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        number: int = super().construct_yaml_int(node)
        if number.bit_length() > _MOST_BITS:
            raise yaml.constructor.ConstructorError(None, None, "too large for a number", node.start_mark)
        return number


_Reader.add_constructor(_WHOLE, _Reader.construct_yaml_int)
_Reader.add_implicit_resolver(_BOOLEAN, re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), [*"tTfF"])


def read_yaml(text: str) -> Any:
    """Return what a YAML text says.

    Raises:
        YAMLError: if it is none, has a key twice, or is nested or repeated by aliases beyond all measure.

    Examples:
        >>> read_yaml("systems: [no, off]")
        {'systems': ['no', 'off']}
    """
    try:
        reader = _Reader(text)
        root = reader.get_single_node()
        if root is None:
            return None
        if _n_values(root, {}) > MOST_VALUES:
            raise yaml.YAMLError(f"it has more than {MOST_VALUES:,} values, aliases written out")
        return reader.construct_document(root)
    except (ValueError, LookupError, ArithmeticError) as error:  # Python's own, of what is tagged a number and is none
        raise yaml.YAMLError(f"a value is not what its tag says: {error}") from error


def _n_values(node: yaml.Node, known: dict[yaml.Node, float]) -> float:
    """Return how many values a node stands for, aliases written out; infinitely many where it holds itself."""
    if node not in known:
        known[node] = math.inf
        parts = node.value if isinstance(node, yaml.CollectionNode) else []
        inner = (one for part in parts for one in (part if isinstance(part, tuple) else (part,)))
        known[node] = 1 + sum(_n_values(one, known) for one in inner)
    return known[node]


def _said(text: str, where: str) -> Any:
    try:
        return read_yaml(text)
    except yaml.YAMLError as error:
        raise SuiteError(f"{where}: not valid YAML: {error}") from error


def _read(path: Path, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Return the raw mapping of a file, its paths absolute, on top of that of the suite it names as its ``base``.

    What a suite says replaces what its base says; ``models``, ``noises`` and ``rooms`` are replaced entry by entry.
    """
    if (size := path.stat().st_size) > MOST_BYTES:
        raise SuiteError(f"{path}: {size:,} bytes; a suite has {MOST_BYTES:,} at most")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SuiteError(f"{path}: not valid YAML: it is not UTF-8 ({error.reason}); save it as UTF-8") from error
    raw = _said(text, str(path))
    if not isinstance(raw, dict):
        raise SuiteError(f"{path}: a suite is a mapping of keys to values, not {type(raw).__name__}")
    _anchor_paths(raw, path.parent.resolve())
    if "base" not in raw:
        return raw
    base = raw.pop("base")
    if not isinstance(base, str):
        raise SuiteError(f"{path}: base: a suite is named by text, not {type(base).__name__}")
    base_path = suite_path(base, path.parent).resolve()
    if base_path in {path.resolve(), *above}:
        raise SuiteError(f"{path}: its base {base_path} is itself based on it")
    below = _read(base_path, (*above, path.resolve()))
    merged = {
        key: below[key] | raw[key]
        for key in ("models", "noises", "rooms")
        if isinstance(below.get(key), dict) and isinstance(raw.get(key), dict)
    }
    return below | raw | merged


def _add_noise(raw: dict[str, Any], name: str, folder: Path, path: Path) -> None:
    conditions = raw.get("conditions")
    blocks = (
        [one for one in conditions if isinstance(one, dict) and "noise" in one] if isinstance(conditions, list) else []
    )
    if not blocks:
        raise SuiteError(f"{path}: there is no noise block in conditions that {name} could join")
    for block in blocks:
        noises = block["noise"] if isinstance(block["noise"], list) else [block["noise"]]
        block["noise"] = noises if name in noises else [*noises, name]
    known = raw.get("noises")
    raw["noises"] = (known if isinstance(known, dict) else {}) | {name: str(folder)}


def _anchor_paths(raw: dict[str, Any], folder: Path) -> None:
    corpus = raw.get("corpus")
    if isinstance(corpus, dict) and isinstance(corpus.get("manifest"), str):
        corpus["manifest"] = str(folder / corpus["manifest"])
    for kind in ("noises", "rooms"):
        if isinstance(raw.get(kind), dict):
            raw[kind] = {name: _anchored(one, folder) for name, one in raw[kind].items()}
    models = raw.get("models")
    for model in models.values() if isinstance(models, dict) else ():
        weights = model.get("weights") if isinstance(model, dict) else None
        # What is neither packaged nor a folder is a repository.
        if isinstance(weights, str) and weights not in EMBEDDED and (folder / weights).is_dir():
            model["weights"] = str(folder / weights)


def _anchored(recordings: object, folder: Path) -> object:
    """Return what a suite says of recordings with an absolute path, where it says one."""
    if isinstance(recordings, dict) and isinstance(recordings.get("root"), str):
        return recordings | {"root": str(folder / recordings["root"])}
    return str(folder / recordings) if isinstance(recordings, str) else recordings


def _replace(raw: dict[str, Any], keys: Sequence[str], value: object) -> None:
    *parents, last = keys
    for parent in parents:
        # `corpus: probe` is short for `corpus: {probe: {}}`, so that --set corpus.probe.test=24 finds its place.
        if not isinstance(raw.get(parent), dict):
            raw[parent] = {}
        raw = raw[parent]
    raw[last] = value
