"""The file of a suite as it is written: where it lies, what it is based on, and what the command line changes in it."""

import re
from collections.abc import Hashable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from corruptions.sound.problems import those_there_are
from models.weights.embedded import EMBEDDED

SUITES = Path(str(files("bench"))) / "suites"


_BOOLEAN = "tag:yaml.org,2002:bool"


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
    try:
        raw = _read(path)
        for key, value in changes.items():
            _replace(raw, key.split("."), read_yaml(value))
        _anchor_paths(raw, Path.cwd())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SuiteError(f"{path}: not valid YAML: {error}") from error
    except RecursionError as error:
        raise SuiteError(f"{path}: nested too deeply") from error
    for name, folder in noises.items():
        _add_noise(raw, name, folder.resolve(), path)
    return raw


class _Reader(yaml.SafeLoader):
    """YAML as people mean it: ``no`` is a name, as in YAML 1.2, and a key stands once in a mapping."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _BOOLEAN]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        seen: set[object] = set()
        for key, _ in node.value:
            name = getattr(key, "value", None)
            if isinstance(name, str) and name in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {name!r} is there twice; each can be given once", key.start_mark
                )
            seen.add(name)
        return super().construct_mapping(node, deep)


_Reader.add_implicit_resolver(_BOOLEAN, re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), [*"tTfF"])


def read_yaml(text: str) -> Any:
    """Return what a YAML text says.

    Raises:
        YAMLError: if it is none, or has a key twice.

    Examples:
        >>> read_yaml("systems: [no, off]")
        {'systems': ['no', 'off']}
    """
    return yaml.load(text, _Reader)  # noqa: S506 - a safe loader


def _read(path: Path, above: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Return the raw mapping of a file, its paths absolute, on top of that of the suite it names as its ``base``.

    What a suite says replaces what its base says; ``models``, ``noises`` and ``rooms`` are replaced entry by entry.
    """
    raw = read_yaml(path.read_text(encoding="utf-8"))
    if not isinstance(raw, dict):
        raise SuiteError(f"{path}: a suite is a mapping of keys to values, not {type(raw).__name__}")
    _anchor_paths(raw, path.parent.resolve())
    if "base" not in raw:
        return raw
    base_path = suite_path(str(raw.pop("base")), path.parent).resolve()
    if base_path in {path.resolve(), *above}:
        raise SuiteError(f"{path}: its base {base_path} is itself based on it")
    base = _read(base_path, (*above, path.resolve()))
    merged = {
        key: base[key] | raw[key]
        for key in ("models", "noises", "rooms")
        if isinstance(base.get(key), dict) and isinstance(raw.get(key), dict)
    }
    return base | raw | merged


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
    if isinstance(recordings, dict) and "root" in recordings:
        return recordings | {"root": str(folder / str(recordings["root"]))}
    return recordings if isinstance(recordings, dict) else str(folder / str(recordings))


def _replace(raw: dict[str, Any], keys: Sequence[str], value: object) -> None:
    *parents, last = keys
    for parent in parents:
        # `corpus: probe` is short for `corpus: {probe: {}}`, so that --set corpus.probe.test=24 finds its place.
        if not isinstance(raw.get(parent), dict):
            raw[parent] = {}
        raw = raw[parent]
    raw[last] = value
