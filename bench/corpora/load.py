"""From what a suite or a user names to a corpus in memory."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bench.corpora import CORPORA
from bench.corpora.corpus import SPLITS, Corpus, Split
from bench.corpora.manifest import read_manifest
from bench.corpora.probe import ProbeSpec, build_probe, read_probe
from bench.engine import default_workers, worker_pool
from bench.inventory import Recording, inspect
from bench.progress import Stages
from bench.store import cache_root
from bench.suite import ManifestCorpus, Suite


def load_corpus(suite: Suite, stages: Stages, workers: int | None = None) -> Corpus:
    """Return the suite's corpus, built first if it is the probe and is not there yet."""
    if isinstance(suite.corpus, ManifestCorpus):
        read = read_manifest(suite.corpus.manifest, suite.corpus.scale, suite.corpus.name)
        return replace(read, note=suite.corpus.note)
    return load_probe(suite.corpus.probe, stages, workers)[1]


def load_probe(spec: ProbeSpec, stages: Stages, workers: int | None = None) -> tuple[Path, Corpus]:
    """Return the folder of the probe corpus of these sizes, and the corpus; what is missing of it is built."""
    with stages.stage("Probe corpus", spec.train + spec.dev + spec.test, "utterances") as advance:
        folder = build_probe(spec, cache_root(), workers=workers, progress=advance)
    return folder, read_probe(folder)


def check_corpus(
    kind: str, root: Path, scale: tuple[float, float], stages: Stages, workers: int | None = None
) -> list[dict[str, str]]:
    """Return a row for each split: utterances, speakers, hours, how many have a transcript.

    Args:
        kind: a name in ``CORPORA``.
        root: where the corpus lies.
        scale: the lowest and highest label, for a corpus that does not know its own.
        stages: where progress is shown.
        workers: processes; one a core unless said.

    Raises:
        ValueError: for an unknown kind, and whatever the corpus's reader and its recordings are refused for.
    """
    if kind not in CORPORA:
        raise ValueError(f"no kind of corpus is called {kind!r}; there are {', '.join(CORPORA)}")
    corpus = CORPORA[kind](root, scale)
    with worker_pool(workers or default_workers("cpu")) as pool:
        recordings = inspect(corpus, pool, stages)
    return [_summary(corpus, split, recordings) for split in SPLITS]


def _summary(corpus: Corpus, split: Split, recordings: Mapping[str, Recording]) -> dict[str, str]:
    utterances = corpus.split(split)
    return {
        "split": split,
        "utterances": str(len(utterances)),
        "speakers": str(len({one.speaker for one in utterances})),
        "hours": f"{sum(recordings[one.id].duration_s for one in utterances) / 3600:.2f}",
        "with transcript": str(sum(one.transcript is not None for one in utterances)),
    }
