"""Noise corpora on this machine: where fetched ones lie, and what a check of one looks like as tables."""

from pathlib import Path

from bench.store.progress import Stages
from bench.store.store import cache_root
from corruptions.noise.check import NoiseCheck
from corruptions.noise.corpora import NOISE_CORPORA
from corruptions.noise.fetch import fetch_corpus
from corruptions.sound.public import find_corpus

_EXAMPLES = 3


def fetch_noise(name: str, folder: Path | None, stages: Stages) -> Path:
    """Download a noise corpus and return the folder it lies in: the one given, or one in the cache.

    Raises:
        ValueError: for an unknown name, or as in ``fetch_corpus``; the message says what to do instead.
        OSError: if it cannot be written there.
    """
    corpus = find_corpus(NOISE_CORPORA, name)
    where = folder or cache_root() / "noises" / corpus.home
    if corpus.archives:
        stages.say(f"{name}: {corpus.licence}. Cite {corpus.citation}. More: {corpus.url}")
    fetch_corpus(corpus, where, stages.stage)
    return where


def size_rows(check: NoiseCheck) -> list[tuple[str, str, str, str]]:
    """Return a row for each split and one for all: recordings, sources and hours that can be used."""
    rows = [
        (one.split, str(one.n_recordings), str(one.n_sources), f"{one.duration_s / 3600:.2f}") for one in check.sizes
    ]
    n_recordings = sum(size.n_recordings for size in check.sizes)
    n_sources = sum(size.n_sources for size in check.sizes)
    hours = sum(size.duration_s for size in check.sizes) / 3600
    return [*rows, ("all", str(n_recordings), str(n_sources), f"{hours:.2f}")]


def problem_rows(check: NoiseCheck) -> list[tuple[str, str, str]]:
    """Return a row for each kind of problem: how often it is met, and the first of them."""
    return [
        (kind, str(len(found)), "\n".join([*found[:_EXAMPLES], *(["..."] if len(found) > _EXAMPLES else [])]))
        for kind, found in check.problems.items()
    ]
