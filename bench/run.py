"""A run from end to end: corpus, plan, training, testing, scores, report."""

import json
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import numpy as np

from bench.assemble import corruptions_table, plan_grid, predictions_table, transcripts_table
from bench.corpora.corpus import SPLITS, Corpus
from bench.corpora.load import load_corpus
from bench.engine import default_workers, worker_pool
from bench.evaluate import evaluate, missing_work
from bench.examples import write_examples
from bench.inventory import Recording, inspect
from bench.plan import Plan, make_plan, representations_needed
from bench.progress import Stages
from bench.provenance import provenance
from bench.represent import fingerprints
from bench.scoring import score
from bench.store import Store, cache_root, replacing, write_table
from bench.suite import Suite
from bench.systems import REPRESENTATIONS, SYSTEMS, needed
from bench.train import head_path, histories, missing_fits, train
from corruptions import Material, find_corruption
from corruptions.noise_corpora import read_noise_folder
from corruptions.noises import long_term_spectrum

Device = Literal["auto", "cpu", "cuda"]
TABLES = ("predictions.parquet", "transcripts.parquet", "corruptions.parquet", "results.parquet")


class RunError(ValueError):
    """A run that cannot start as asked; the message says what is missing and what would help."""


@dataclass(frozen=True)
class Prepared:
    """Everything that is known before the work begins."""

    plan: Plan
    material: Material
    device: str


def run_suite(
    suite: Suite,
    out: Path,
    *,
    stages: Stages,
    workers: int | None = None,
    device: Device = "auto",
    allow_missing: bool = False,
) -> Path:
    """Run what is missing of a suite, write its tables and report, and return the report's page.

    Args:
        suite: what to measure.
        out: the run's folder; made if need be.
        stages: where progress is shown.
        workers: processes; one a core unless said, or one for a GPU.
        device: ``auto`` takes a GPU where there is one.
        allow_missing: score a grid with holes instead of refusing it.
    """
    from reports.page import build_report

    started = datetime.now(UTC)
    page = out / "report" / "index.html"
    corpus = load_corpus(suite, stages, workers)
    with worker_pool(workers or default_workers(device)) as pool:
        prepared = prepare(suite, corpus, pool, stages, device)
        plan, store = prepared.plan, default_store()
        if _is_done(plan, out, page):
            stages.console.print(f"Everything is done: {page}", highlight=False)
            return page
        out.mkdir(parents=True, exist_ok=True)
        (out / "suite.yaml").write_text(suite.to_yaml(), encoding="utf-8")
        train(plan, store, pool, stages, prepared.device)
        evaluate(plan, prepared.material, store, pool, stages, prepared.device, allow_missing=allow_missing)
    with stages.stage("Scoring", 1, "tables") as advance:
        _write_tables(plan, prepared.material, store, out, allow_missing=allow_missing)
        _copy_heads(plan, store, out)
        write_examples(plan, prepared.material, store, out / "examples")
        advance(1)
    about = provenance(plan, prepared.material, stages.seconds, started, prepared.device)
    with replacing(out / "provenance.json") as path:
        path.write_text(json.dumps(about, indent=2, ensure_ascii=False), encoding="utf-8")
    with stages.stage("Report", 1, "pages") as advance:
        build_report(out)
        advance(1)
    return page


def default_store() -> Store:
    """Return the store in the cache folder."""
    return Store(cache_root() / "store")


def prepare(suite: Suite, corpus: Corpus, pool: ProcessPoolExecutor, stages: Stages, device: Device) -> Prepared:
    """Check the corpus against the suite and return the plan.

    Raises:
        RunError: if a split is empty, or a system needs reference transcripts that the corpus lacks.
        RecordingsError: if recordings cannot be used.
    """
    _check_corpus(suite, corpus)
    recordings = inspect(corpus, pool, stages)
    chosen = pool.submit(_resolve_device, device).result()
    names = representations_needed(suite.systems)
    with stages.stage("Checking the weights", len(names), "encoders") as advance:
        known = pool.submit(fingerprints, names, chosen).result()
        advance(len(names))
    material = make_material(suite, corpus, recordings)
    return Prepared(make_plan(suite, corpus, recordings, known, material), material, chosen)


def make_material(suite: Suite, corpus: Corpus, recordings: dict[str, Recording]) -> Material:
    """Return what the suite's noises are made of: the training split, and the user's folders."""
    training = corpus.split("train")
    talkers: dict[str, tuple[Path, ...]] = {}
    for utterance in training:
        talkers[utterance.speaker] = (*talkers.get(utterance.speaker, ()), utterance.path)
    test = [recordings[utterance.id] for utterance in corpus.split("test")]
    levels = [one.active_dbfs if suite.snr == "active" else one.rms_dbfs for one in test]
    used = {step.corruption for condition in suite.expanded() for step in condition.steps}
    return Material(
        snr=suite.snr,
        reference_dbfs=float(np.median(levels)) if suite.policy == "floor" else None,
        talkers=talkers,
        spectrum=long_term_spectrum([one.path for one in training]) if "speech-shaped" in used else None,
        recordings={name: read_noise_folder(folder) for name, folder in sorted(suite.noises.items())},
    )


def run_status(suite: Suite, stages: Stages, device: Device = "auto") -> list[tuple[str, int, int]]:
    """Return for each stage of a run its name, how many pieces are in the store, and how many there are."""
    corpus = load_corpus(suite, stages)
    with worker_pool(1) as pool:
        plan = prepare(suite, corpus, pool, stages, device).plan
    store = default_store()
    return [
        ("training (heads)", len(plan.fits) - len(missing_fits(plan, store)), len(plan.fits)),
        ("testing (blocks of utterances)", len(plan.units) - len(missing_work(plan, store)), len(plan.units)),
    ]


def _check_corpus(suite: Suite, corpus: Corpus) -> None:
    for split in SPLITS:
        if not corpus.split(split):
            raise RunError(f"corpus {corpus.name} has no {split} utterances; train, dev and test are all needed")
    unread = [one.id for one in corpus.utterances if not (one.transcript or "").strip()]
    readers = [
        name
        for name in needed(suite.systems)
        if any(REPRESENTATIONS[source].source == "reference" for source in SYSTEMS[name].inputs)
    ]
    if unread and readers:
        raise RunError(
            f"{', '.join(readers)} reads reference transcripts, which {len(unread)} of {len(corpus.utterances)} "
            f"utterances of {corpus.name} lack (the first is {unread[0]}): add them, or leave the system out"
        )


def _resolve_device(device: Device) -> str:
    import torch

    there = torch.cuda.is_available()
    if device == "cuda" and not there:
        raise RunError("--device cuda: torch finds no GPU here; --device cpu or auto works")
    return "cuda" if there and device != "cpu" else "cpu"


def _is_done(plan: Plan, out: Path, page: Path) -> bool:
    record = out / "provenance.json"
    if not page.exists() or not record.exists() or not all((out / name).exists() for name in TABLES):
        return False
    return bool(json.loads(record.read_text(encoding="utf-8")).get("key") == plan.key)


def _write_tables(plan: Plan, material: Material, store: Store, out: Path, *, allow_missing: bool) -> None:
    predictions, transcripts = predictions_table(plan, material, store), transcripts_table(plan, material, store)
    harsher = {
        condition.corruption: find_corruption(condition.steps[-1].corruption, material).harsher
        for condition in plan.suite.expanded()
        if condition.steps
    }
    results = score(
        predictions,
        transcripts,
        bootstrap=plan.suite.bootstrap,
        seed=plan.suite.seed,
        harsher=harsher,
        grid=plan_grid(plan, material),
        allow_missing=allow_missing,
    )
    for name, table in zip(
        TABLES, (predictions, transcripts, corruptions_table(plan, material, store), results), strict=True
    ):
        write_table(table, out / name)
    write_table(histories(plan, store), out / "training.parquet")
    about = {
        name: {"family": SYSTEMS[name].family, "description": SYSTEMS[name].description} for name in plan.suite.systems
    }
    (out / "systems.json").write_text(json.dumps(about, indent=2), encoding="utf-8")


def _copy_heads(plan: Plan, store: Store, out: Path) -> None:
    for predictor in plan.predictors:
        if SYSTEMS[predictor.system].trained_as is None:
            for fit in predictor.fits:
                with replacing(out / "models" / f"{predictor.system}-seed{fit.seed}.safetensors") as path:
                    shutil.copyfile(head_path(store, fit), path)
