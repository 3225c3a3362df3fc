"""The speech corpora by name. To add one, write a reader in a file of its own and add a line to ``CORPORA``."""

from collections.abc import Callable
from pathlib import Path

from bench.corpora.corpus import Corpus
from bench.corpora.manifest import read_manifest
from bench.corpora.probe.corpus import read_probe


def _probe(root: Path, _scale: tuple[float, float], _allow_missing: bool) -> Corpus:  # noqa: FBT001
    """The synthetic corpus that `emonoise corpus build probe` makes: a control with planted effects."""
    return read_probe(root)


def _manifest(root: Path, scale: tuple[float, float], allow_missing: bool) -> Corpus:  # noqa: FBT001
    """Any corpus that a CSV or parquet table describes: id, path, split, speaker, three labels, and start and end."""
    return read_manifest(root, scale, allow_missing=allow_missing)


CORPORA: dict[str, Callable[[Path, tuple[float, float], bool], Corpus]] = {"probe": _probe, "manifest": _manifest}
