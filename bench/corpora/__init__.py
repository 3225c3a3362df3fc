"""Readers of speech corpora: each turns what lies on disk into a validated ``Corpus``.

To add a corpus, write a reader in a file of its own and name it in ``CORPORA``.
"""

from collections.abc import Callable
from pathlib import Path

from bench.corpora.corpus import Corpus
from bench.corpora.manifest import read_manifest
from bench.corpora.probe import read_probe


def _probe(root: Path, scale: tuple[float, float]) -> Corpus:  # noqa: ARG001 - the probe's scale is its own
    """The synthetic corpus that `emonoise corpus build probe` makes: a control with planted effects."""
    return read_probe(root)


def _manifest(root: Path, scale: tuple[float, float]) -> Corpus:
    """Any corpus that a CSV or parquet table describes: id, path, split, speaker and the three labels."""
    return read_manifest(root, scale)


CORPORA: dict[str, Callable[[Path, tuple[float, float]], Corpus]] = {"probe": _probe, "manifest": _manifest}
