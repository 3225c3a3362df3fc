"""Stage 1: represent the training and development speech once, then train every head on what is stored."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass

import pandas as pd

from bench.corpora.corpus import Utterance
from bench.plan.material import at_level_of
from bench.plan.plan import FeatureBlock, Fit, Plan, Version
from bench.stages.represent import represent, top_above
from bench.stages.speech import UtteranceError, clean_speech, each_or_fault, noisy_copy, noted
from bench.store.engine import default_workers, first_to_last, run_jobs, worker_pool
from bench.store.features import StoredFrames, features_entry, read_features, write_features
from bench.store.keys import Key, digest
from bench.store.progress import Stages
from bench.store.store import Entry, Store
from bench.suite.representations import Speech, reads_reference
from bench.suite.suite import Suite
from bench.suite.systems import Catalog
from corruptions import Material
from corruptions.ground.seals import BLANK
from corruptions.sound.public import Split
from models.types import Waveform


@dataclass(frozen=True)
class _FeatureJob:
    block: FeatureBlock
    missing: tuple[str, ...]
    suite: Suite
    fingerprints: Mapping[str, Key]
    corpus: str
    material: Material
    device: str
    store: Store


@dataclass(frozen=True)
class _FitJob:
    fit: Fit
    catalog: Catalog
    fingerprints: Mapping[str, Key]
    store: Store


def head_entry(store: Store, fit: Fit) -> Entry:
    """Return where the trained head lies, or will lie."""
    return store.entry("heads", fit.key, ".safetensors")


def history_entry(store: Store, fit: Fit) -> Entry:
    """Return where the curve of its training lies, or will lie."""
    return store.entry("heads", fit.key, ".history.parquet")


def missing_fits(plan: Plan, store: Store) -> list[Fit]:
    """Return the heads that are not in the store yet, teachers first."""
    return [fit for fit in plan.fits if not _is_trained(store, fit)]


def _is_trained(store: Store, fit: Fit) -> bool:
    return head_entry(store, fit).is_there and history_entry(store, fit).is_there


def missing_features(plan: Plan, fits: Sequence[Fit], store: Store) -> list[tuple[FeatureBlock, tuple[str, ...]]]:
    """Return what is to be encoded before these heads are trained and the rest is tested: blocks, and as what."""
    wanted = wanted_features(plan, fits, store)
    found = [
        (
            block,
            tuple(
                name for name, key in block.keys.items() if key in wanted and not features_entry(store, key).is_there
            ),
        )
        for block in plan.features
    ]
    return [(block, absent) for block, absent in found if absent]


def wanted_features(plan: Plan, fits: Sequence[Fit], store: Store) -> set[Key]:
    """Return the keys of all features that are read when these heads are trained and what is missing is predicted."""
    read = [version for fit in fits for versions in fit.versions.values() for version in versions]
    read += [fit.teacher.versions["train"][0] for fit in fits if fit.teacher is not None]
    trained_on = {key for version in read for keys in version.values() for key in keys}
    predicted_from = {
        plan.dev_features[name, one.id][0]
        for unit in plan.dev_units
        for predictor in plan.predictors
        if not store.entry("predictions", unit.shard(predictor.key)).is_there
        for name in predictor.inputs
        for one in unit.utterances
    }
    return trained_on | predicted_from | {key for key, _ in plan.clean_features.values()}


@dataclass(frozen=True)
class TrainedHow:
    """How a kind of head is trained.

    Attributes:
        name: changes with it.
        tuned: whether it tunes layers of an encoder.
        categorises: whether it learns emotion categories.
    """

    name: Key
    tuned: bool
    categorises: bool


def recipes() -> dict[str, TrainedHow]:
    """Return for each kind of head how it is built and trained."""
    from models.heads.catalog import HEADS
    from models.heads.fitting import FitConfig
    from models.heads.multitask import MultiTaskConfig
    from models.heads.training import FORMAT

    names = {kind: digest(kind, FORMAT, repr(head.config), repr(FitConfig())) for kind, head in HEADS.items()}
    return {
        kind: TrainedHow(
            Key(names[kind], {f"head {kind}": names[kind]}), head.tuned, isinstance(head.config, MultiTaskConfig)
        )
        for kind, head in HEADS.items()
    }


def train(
    plan: Plan,
    material: Material,
    store: Store,
    pool: ProcessPoolExecutor,
    stages: Stages,
    device: str,
    *,
    trainers: int | None = None,
    allow_missing: bool = False,
) -> dict[str, str]:
    """Train every head of the plan that is not in the store; what is there already is left alone.

    Heads train on the processor. Beside a GPU, whose few processes would leave it idle, ``trainers`` processes do that,
    one a core unless said.

    Returns:
        With ``allow_missing``, why utterances cannot be heard, by id. Then nothing is trained: they are to be left out,
        and a plan made of the others.

    Raises:
        UtteranceError: if an utterance cannot be heard, unless ``allow_missing``.
    """
    missing = missing_fits(plan, store)
    heard = at_level_of(plan.corpus.split("train"), material, plan.recordings, plan.suite.policy)
    faults = _represent(plan, missing, heard, store, pool, stages, device, allow_missing=allow_missing)
    if missing and not faults:
        # Systems that are the same but for their name share their heads.
        # Fingerprints are of models on this device, and heads train on the processor.
        known = plan.fingerprints if device == "cpu" else {}
        jobs = [_FitJob(fit, plan.suite.catalog, known, store) for fit in {fit.key: fit for fit in missing}.values()]
        own = worker_pool(trainers or default_workers("cpu")) if device == "cuda" else nullcontext(pool)
        with own as processes:
            _train_heads(jobs, store, processes, stages)
    return faults


def _represent(
    plan: Plan,
    fits: Sequence[Fit],
    material: Material,
    store: Store,
    pool: ProcessPoolExecutor,
    stages: Stages,
    device: str,
    *,
    allow_missing: bool,
) -> dict[str, str]:
    """Store the features that these heads are trained on, and those of test speech that is heard clean."""
    faults: dict[str, str] = {}
    jobs = [
        _FeatureJob(block, absent, plan.suite, plan.fingerprints, plan.corpus.name, material, device, store)
        for block, absent in missing_features(plan, fits, store)
    ]
    for title, some in (
        ("Encoding clean speech", [job for job in jobs if job.block.copy == 0]),
        ("Encoding noisy speech for training", [job for job in jobs if job.block.copy > 0]),
    ):
        if some:
            with stages.stage(title, sum(len(job.block.utterances) for job in some), "utterances") as advance:
                for job, found in run_jobs(pool, _represent_block, some, what=_what_of_block):
                    advance(len(job.block.utterances))
                    faults |= noted(found, allow_missing=allow_missing)
    return faults


def _train_heads(jobs: Sequence[_FitJob], store: Store, pool: ProcessPoolExecutor, stages: Stages) -> None:
    with stages.stage("Training", len(jobs), "heads") as advance:
        waiting = list(jobs)
        while waiting:
            # A student waits for its teacher, which is never itself a student of one in the same wave.
            ready = [one for one in waiting if one.fit.teacher is None or _is_trained(store, one.fit.teacher)]
            for _ in run_jobs(pool, _train_one, ready, what=lambda job: f"{job.fit.system}, seed {job.fit.seed}"):
                advance(1)
            waiting = [one for one in waiting if one not in ready]


def _what_of_block(job: _FeatureJob) -> str:
    return f"{first_to_last([one.id for one in job.block.utterances])} with {', '.join(job.missing)}"


def _represent_block(job: _FeatureJob) -> dict[str, UtteranceError]:
    """Store what is missing of a block, or return which of its utterances keep it from that."""
    utterances, catalog = job.block.utterances, job.suite.catalog
    needed = not all(reads_reference(catalog.representations[name]) for name in job.missing)
    heard, faults = each_or_fault(utterances if needed else (), lambda one: _hear(one, job))
    if faults:
        return faults
    features = represent(
        job.missing,
        catalog,
        [waveform for waveform, _ in heard],
        [utterance.transcript for utterance in utterances],
        job.device,
        fingerprints=job.fingerprints,
        noise_dbfs=[level for _, level in heard],
    ).features
    for name in job.missing:
        try:
            write_features(job.store, job.block.keys[name], features[name])
        except ValueError as error:
            raise ValueError(f"{name} of {_what_of_block(job)}: {error}") from error
    return {}


def _hear(utterance: Utterance, job: _FeatureJob) -> tuple[Waveform, float | None]:
    """Return what is heard, and the level of the noise in it."""
    if job.block.copy == 0:
        return clean_speech(utterance), None
    conditions = job.suite.trained_in()
    copy = noisy_copy(utterance, job.block.copy, conditions, job.material, corpus=job.corpus, seed=job.suite.seed)
    return copy.audio, copy.record.noise_dbfs


def _train_one(job: _FitJob) -> None:
    from models.heads.catalog import HEADS
    from models.heads.training import Examples, load_head, save_head, teach, train_head

    fit = job.fit

    def read(version: Version) -> dict[str, StoredFrames]:
        return {name: read_features(job.store, keys) for name, keys in version.items()}

    def examples(split: Split) -> Examples:
        clean, *copies = map(read, fit.versions[split])
        return Examples(clean, fit.labels[split], tuple(copies), fit.emotions[split])

    teaching = None
    if fit.teacher is not None:
        teacher = load_head(head_entry(job.store, fit.teacher).checked())
        teaching = teach(teacher, read(fit.teacher.versions["train"][0]))
    entry = head_entry(job.store, fit)
    entry.path.parent.mkdir(parents=True, exist_ok=True)  # for the checkpoint
    trained = train_head(
        fit.head,
        examples("train"),
        examples("dev"),
        seed=fit.seed,
        teaching=teaching,
        top=top_above(fit.inputs[0], job.catalog, "cpu", job.fingerprints) if HEADS[fit.head].tuned else None,
        fit=fit.fit.config(),
        checkpoint=entry.path.with_suffix(".checkpoint"),
    )
    history_entry(job.store, fit).write(trained.history)
    with entry.sealing() as temporary:
        save_head(trained.head, temporary, {"seal": BLANK})


def histories(plan: Plan, store: Store) -> pd.DataFrame:
    """Return the training curves of every head of the plan: its system and seed, and what ``train_head`` recorded."""
    rows = [history_entry(store, fit).read().assign(system=fit.system, seed=fit.seed) for fit in plan.fits]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()


def weights_of_layers(plan: Plan, store: Store) -> pd.DataFrame:
    """Return how every head that is given all layers of an encoder weighs them: system, seed, input, layer, weight."""
    from models.heads.training import layer_weights, load_head

    every = {
        name
        for name, one in plan.suite.catalog.representations.items()
        if isinstance(one, Speech) and one.layer == "all"
    }
    rows = [
        (fit.system, fit.seed, source, layer, weight)
        for fit in plan.fits
        if every & set(fit.inputs)
        for source, weights in layer_weights(load_head(head_entry(store, fit).checked())).items()
        for layer, weight in enumerate(weights.tolist())
    ]
    return pd.DataFrame(rows, columns=["system", "seed", "input", "layer", "weight"])
