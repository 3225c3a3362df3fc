"""From what a suite or a user names to a corpus in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

from bench.corpora.catalog import CORPORA
from bench.corpora.corpus import DIMENSIONS, Corpus
from bench.corpora.inventory import Recording, inspect
from bench.corpora.manifest import read_manifest
from bench.corpora.probe.corpus import ProbeSpec, best_possible_ccc, build_probe, read_probe
from bench.store.engine import default_workers, worker_pool
from bench.store.progress import Stages
from bench.store.store import cache_root
from bench.suite.representations import reads_reference
from bench.suite.suite import ManifestCorpus, Suite
from corruptions.ground.problems import counted, those_there_are
from corruptions.sound.public import SPLITS, Split

FEWEST: dict[Split, int] = {"train": 2, "dev": 2, "test": 1}  # training looks at the CCC, and one has none


class CorpusError(ValueError):
    """A corpus on which a suite cannot be run; the message says what is missing and what would help."""


def load_corpus(suite: Suite, stages: Stages, workers: int | None = None, *, allow_missing: bool = False) -> Corpus:
    """Return the suite's corpus, built first if it is the probe and is not there yet.

    With ``allow_missing``, also one of which recordings are not there, which ``inspect`` leaves out.

    Raises:
        CorpusError: if the table of a corpus is not there.
    """
    if isinstance(suite.corpus, ManifestCorpus):
        if not suite.corpus.manifest.is_file():
            raise CorpusError(
                f"{suite.corpus.manifest}: no such file; name the table of your corpus in the suite, or with "
                "--set corpus.manifest=FILE"
            )
        read = read_manifest(suite.corpus.manifest, suite.corpus.scale, suite.corpus.name, allow_missing=allow_missing)
        return replace(read, note=suite.corpus.note)
    return load_probe(suite.corpus.probe, stages, workers)[1]


def load_probe(spec: ProbeSpec, stages: Stages, workers: int | None = None) -> tuple[Path, Corpus]:
    """Return the folder of the probe corpus of these sizes, and the corpus; what is missing of it is built."""
    with stages.stage("Probe corpus", spec.train + spec.dev + spec.test, "utterances") as advance:
        folder = build_probe(spec, cache_root(), workers=workers, progress=advance, warn=stages.warn)
    corpus = read_probe(folder)
    known = best_possible_ccc(folder) if len(corpus.split("test")) > 1 else None
    return folder, replace(corpus, best_possible_ccc=known)


def check_corpus(
    kind: str,
    root: Path,
    scale: tuple[float, float],
    stages: Stages,
    workers: int | None = None,
    *,
    allow_missing: bool = False,
) -> tuple[Corpus, list[dict[str, str]]]:
    """Return the corpus, and a row for each split: utterances, speakers, hours, with a transcript, with an emotion.

    Whether a suite can be run on it is for ``check_splits`` to say.

    Args:
        kind: a name in ``CORPORA``.
        root: where the corpus lies.
        scale: the lowest and highest label, for a corpus that does not know its own.
        stages: where progress is shown.
        workers: processes; one a core unless said.
        allow_missing: leave out recordings that cannot be used.

    Raises:
        ValueError: for an unknown kind, and whatever the corpus's reader and its recordings are refused for.
    """
    if kind not in CORPORA:
        raise ValueError(f"no kind of corpus is called {kind!r}; {those_there_are(kind, CORPORA)}")
    corpus = CORPORA[kind](root, scale, allow_missing)
    with worker_pool(workers or default_workers("cpu")) as pool:
        corpus, recordings = inspect(corpus, pool, stages, allow_missing=allow_missing)
    return corpus, [_summary(corpus, split, recordings) for split in SPLITS]


def check_splits(corpus: Corpus) -> None:
    """Refuse a corpus on which no suite can be run.

    Raises:
        CorpusError: if a split has too few utterances, or training labels do not vary.
    """
    for split, fewest in FEWEST.items():
        count = len(corpus.split(split))
        if count < fewest:
            have = counted(count, f"{split} utterance")
            raise CorpusError(f"corpus {corpus.name} has {have}; the fewest that will do: {fewest}")
    for part, dimension in product(("train", "dev"), DIMENSIONS):
        values = {getattr(one, dimension) for one in corpus.utterances if one.split == part}
        if len(values) == 1:
            raise CorpusError(f"corpus {corpus.name}: {dimension} is {values.pop():g} for all {part} utterances")


def check_corpus_for(suite: Suite, corpus: Corpus) -> None:
    """Refuse a corpus on which the suite would fail only after hours.

    Raises:
        CorpusError: as in ``check_splits``, or if a system needs reference transcripts that the corpus lacks.
    """
    check_splits(corpus)
    catalog = suite.catalog
    unread = [one.id for one in corpus.utterances if not (one.transcript or "").strip()]
    readers = [
        name
        for name in suite.needed
        if any(reads_reference(catalog.representations[source]) for source in catalog.systems[name].inputs)
    ]
    if unread and readers:
        raise CorpusError(
            f"{len(unread)} of {counted(len(corpus.utterances), 'utterance')} of {corpus.name} lack the reference "
            f"transcript that is read by {', '.join(readers)} (the first is {unread[0]}): add them, or leave out "
            f"{', '.join(readers)} and whom they teach (--set without=[...])"
        )


def check_categories(learners: Sequence[str], corpus: Corpus) -> None:
    """Refuse a corpus without emotion categories for systems that learn them.

    Raises:
        CorpusError: naming the systems.
    """
    if learners and not any(one.emotion for one in corpus.split("train")):
        raise CorpusError(
            f"no training utterance of {corpus.name} has the emotion category that is learnt by "
            f"{', '.join(learners)}: add them (the column `emotion` of a manifest), or leave out {', '.join(learners)} "
            "(--set without=[...])"
        )


def _summary(corpus: Corpus, split: Split, recordings: Mapping[str, Recording]) -> dict[str, str]:
    utterances = corpus.split(split)
    return {
        "split": split,
        "utterances": str(len(utterances)),
        "speakers": str(len({one.speaker for one in utterances})),
        "hours": f"{sum(recordings[one.id].duration_s for one in utterances) / 3600:.2f}",
        "with transcript": str(sum(one.transcript is not None for one in utterances)),
        "with emotion": str(sum(one.emotion is not None for one in utterances)),
    }
