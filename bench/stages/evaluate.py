"""Stage 2: corrupt the test speech, encode it once, and let every system predict from what the encoders made of it.

What systems predict of clean development speech is predicted here, too, from features that are in the store.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.corpora.corpus import DIMENSIONS
from bench.plan.plan import Plan, Predictor, Unit
from bench.scores.drift import cosine, pooled
from bench.stages.recipe import samples_sha256
from bench.stages.represent import represent
from bench.stages.speech import UtteranceError, corrupt_utterance, each_or_fault, noted
from bench.stages.train import head_entry
from bench.store.engine import first_to_last, run_jobs
from bench.store.features import features_entry, read_features, write_features
from bench.store.keys import Key
from bench.store.progress import Stages
from bench.store.store import Entry, Store
from bench.suite.systems import CONTROLS, Catalog
from corruptions import Material
from models.types import Frames, Transcript

if TYPE_CHECKING:
    from models.heads.training import Head


@dataclass(frozen=True)
class UnitWork:
    """What is still to be done of a unit.

    Attributes:
        unit: the block of utterances, the condition and the draw.
        transcribers: the fingerprints of all.
        missing_transcribers: those whose transcripts are not there.
        predictors: those whose predictions are not there.
        embeddings: those representations of which it is not known how far they are from clean speech, and their keys.
        clean_unit: the same utterances on clean speech; None where that is not tested, for then nobody will know.
        record_missing: whether what was done to the speech is not recorded.
        clean: by representation that hears clean speech, for each utterance the key of a block and the place in it;
            every representation for development speech.
    """

    unit: Unit
    transcribers: Mapping[str, Key]
    missing_transcribers: tuple[str, ...]
    predictors: tuple[Predictor, ...]
    embeddings: Mapping[str, Key]
    clean_unit: Unit | None
    record_missing: bool
    clean: Mapping[str, tuple[tuple[Key, int], ...]]


@dataclass(frozen=True)
class _Job:
    work: UnitWork
    catalog: Catalog
    fingerprints: Mapping[str, Key]
    material: Material
    seed: int
    corpus: str
    device: str
    store: Store


def missing_work(plan: Plan, store: Store) -> list[UnitWork]:
    """Return what the store does not hold yet, unit by unit."""
    embeddings = plan.embeddings if plan.clean_units else {}
    tested = [
        UnitWork(
            unit,
            plan.transcribers,
            tuple(
                name
                for name, key in plan.transcribers.items()
                if not store.entry("transcripts", unit.shard(key)).is_there
            ),
            _missing_predictors(plan, unit, store),
            {name: key for name, key in embeddings.items() if not _is_compared(unit, key, store)},
            plan.clean_unit(unit),
            not store.entry("corruptions", unit.key).is_there,
            _places(plan.clean_features, unit),
        )
        for unit in plan.units
    ]
    developed = [
        UnitWork(
            unit,
            transcribers={},
            missing_transcribers=(),
            predictors=_missing_predictors(plan, unit, store),
            embeddings={},
            clean_unit=None,
            record_missing=False,
            clean=_places(plan.dev_features, unit),
        )
        for unit in plan.dev_units
    ]
    return [
        work
        for work in (*developed, *tested)
        if work.missing_transcribers or work.predictors or work.embeddings or work.record_missing
    ]


def _missing_predictors(plan: Plan, unit: Unit, store: Store) -> tuple[Predictor, ...]:
    return tuple(one for one in plan.predictors if not store.entry("predictions", unit.shard(one.key)).is_there)


def _places(features: Mapping[tuple[str, str], tuple[Key, int]], unit: Unit) -> dict[str, tuple[tuple[Key, int], ...]]:
    names = dict.fromkeys(name for name, _ in features)
    return {name: tuple(features[name, one.id] for one in unit.utterances) for name in names}


def drift_entries(unit: Unit, key: Key, store: Store) -> list[Entry]:
    """Return what is stored of how far an embedding is from clean speech, and of clean speech what it is."""
    own = [features_entry(store, unit.pooled(key))] if unit.is_clean else []
    return [store.entry("drift", unit.drift(key)), *own]


def _is_compared(unit: Unit, key: Key, store: Store) -> bool:
    return all(entry.is_there for entry in drift_entries(unit, key, store))


def evaluate(
    plan: Plan,
    material: Material,
    store: Store,
    pool: ProcessPoolExecutor,
    stages: Stages,
    device: str,
    *,
    allow_missing: bool = False,
) -> dict[str, str]:
    """Compute every shard of the plan that is not in the store.

    Returns:
        With ``allow_missing``, why utterances cannot be corrupted as asked, by id. Nothing is stored of their blocks:
        they are to be left out, and a plan made of the others.

    Raises:
        UtteranceError: if an utterance cannot be corrupted as asked, unless ``allow_missing``.
    """
    faults: dict[str, str] = {}
    jobs = [
        _Job(work, plan.suite.catalog, plan.fingerprints, material, plan.suite.seed, plan.corpus.name, device, store)
        for work in missing_work(plan, store)
    ]
    for title, split in (("Predicting clean development speech", "dev"), ("Testing under noise", "test")):
        of_split = [job for job in jobs if job.work.unit.utterances[0].split == split]
        if not of_split:
            continue
        with stages.stage(title, sum(len(job.work.unit.utterances) for job in of_split), "utterances") as advance:
            # Clean speech first: others are compared with it.
            for clean in (True, False):
                some = [one for one in of_split if one.work.unit.is_clean == clean and not faults]
                for job, found in run_jobs(pool, _evaluate_unit, some, what=_what):
                    advance(len(job.work.unit.utterances))
                    faults |= noted(found, allow_missing=allow_missing)
    return faults


def _what(job: _Job) -> str:
    unit = job.work.unit
    return f"{first_to_last([one.id for one in unit.utterances])} under {unit.condition}, draw {unit.draw}"


def _evaluate_unit(job: _Job) -> dict[str, UtteranceError]:
    """Store what is missing of a unit, or return which of its utterances keep it from that."""
    work, unit, store = job.work, job.work.unit, job.store
    needed = {name for predictor in work.predictors for name in predictor.inputs} | {*work.embeddings}
    wanted = sorted(needed - set(work.clean))
    corrupted, faults = each_or_fault(
        unit.utterances if wanted or work.missing_transcribers or work.record_missing else (),
        lambda one: corrupt_utterance(one, unit.condition, unit.draw, job.material, corpus=job.corpus, seed=job.seed),
    )
    if faults:
        return faults
    if work.record_missing:
        rows = [one.record.as_row() | {"audio_sha256": samples_sha256(one.audio)} for one in corrupted]
        store.entry("corruptions", unit.key).write(_table(unit, rows))
    represented = represent(
        wanted,
        job.catalog,
        [one.audio for one in corrupted],
        [one.transcript for one in unit.utterances],
        job.device,
        fingerprints=job.fingerprints,
        noise_dbfs=[one.record.noise_dbfs for one in corrupted],
        transcribers=work.missing_transcribers,
        transcripts=_stored_transcripts(work, store),
    )
    for name in work.missing_transcribers:
        heard = [asdict(transcript) for transcript in represented.transcripts[name]]
        store.entry("transcripts", unit.shard(work.transcribers[name])).write(_table(unit, heard))
    for name, key in work.embeddings.items():
        _compare_with_clean([pooled(frames) for frames in represented.features[name]], key, work, store)
    features = {**represented.features, **_heard_clean(work, store)}
    for predictor in work.predictors:
        by_seed = [
            _table(unit, [dict(zip(DIMENSIONS, row, strict=True)) for row in labels]).assign(
                seed=pd.array([seed] * len(labels), "Int64")
            )
            for seed, labels in zip(predictor.seeds, _predict(predictor, job, features), strict=True)
        ]
        table = pd.concat(by_seed)
        if not np.isfinite(table[[*DIMENSIONS]]).all(axis=None):
            raise ValueError(f"{predictor.system} predicts what is not finite under {unit.condition}, draw {unit.draw}")
        store.entry("predictions", unit.shard(predictor.key)).write(table)
    return {}


def _compare_with_clean(embeddings: Sequence[Frames], key: Key, work: UnitWork, store: Store) -> None:
    """Store how far the embeddings of a unit are from those of clean speech; of clean speech, what they are first."""
    if work.unit.is_clean:
        write_features(store, work.unit.pooled(key), embeddings)
    if work.clean_unit is not None:
        clean = read_features(store, [work.clean_unit.pooled(key)])
        rows = [{"cosine": cosine(one, other)} for one, other in zip(embeddings, clean, strict=True)]
        store.entry("drift", work.unit.drift(key)).write(_table(work.unit, rows))


def _predict(predictor: Predictor, job: _Job, features: Mapping[str, list[Frames]]) -> list[npt.NDArray[np.float64]]:
    """Return one array ``(n_utterances, 3)`` of labels in [0, 1] for each seed."""
    from models.heads.training import predict

    if predictor.control_labels is not None:
        rate = CONTROLS[job.catalog.systems[predictor.system].head]
        ids = [utterance.id for utterance in job.work.unit.utterances]
        return [rate(predictor.control_labels, ids, seed or 0) for seed in predictor.seeds]
    if not predictor.fits:
        return [np.concatenate(features[predictor.inputs[0]]).astype(np.float64)]
    # A system that borrows heads feeds its own representations into the inputs of the other's.
    return [
        predict(
            _head(head_entry(job.store, fit)),
            {name: features[own] for name, own in zip(fit.inputs, predictor.inputs, strict=True)},
        )
        for fit in predictor.fits
    ]


@lru_cache(maxsize=256)
def _head(entry: Entry) -> "Head":
    from models.heads.training import load_head

    return load_head(entry.checked())


def _heard_clean(work: UnitWork, store: Store) -> dict[str, list[Frames]]:
    used = {name for predictor in work.predictors for name in predictor.inputs}
    wanted = {name: places for name, places in work.clean.items() if name in used}
    keys = {key for places in wanted.values() for key, _ in places}
    blocks = {key: read_features(store, [key]) for key in keys}
    return {name: [blocks[key][place] for key, place in places] for name, places in wanted.items()}


def _stored_transcripts(work: UnitWork, store: Store) -> dict[str, list[Transcript]]:
    found = {}
    for name, key in work.transcribers.items():
        if name not in work.missing_transcribers:
            table = store.tables("transcripts", [work.unit.shard(key)])
            columns = ["text", "mean_log_probability", "no_speech_probability"]
            found[name] = [Transcript(*row) for row in table[columns].itertuples(index=False)]
    return found


def _table(unit: Unit, rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    where = {
        "utterance": [utterance.id for utterance in unit.utterances],
        "condition": str(unit.condition),
        "draw": unit.draw,
    }
    return pd.concat([pd.DataFrame(where), pd.DataFrame(rows)], axis=1)
