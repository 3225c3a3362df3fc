"""A run from end to end: corpus, plan, training, testing, scores, report."""

from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.corpora.corpus import Corpus
from bench.corpora.inventory import inspect
from bench.plan.corpus import check_categories, check_corpus_for, load_corpus
from bench.plan.material import make_material
from bench.plan.plan import Plan
from bench.plan.planning import make_plan
from bench.stages.costs import measure
from bench.stages.damage import discard_damaged, entries_of, find_damaged
from bench.stages.evaluate import evaluate, missing_work
from bench.stages.examples import write_examples
from bench.stages.no_speech import hear_no_speech
from bench.stages.outputs import BESIDE, TABLES, begin, changed_files, finish, is_done, run_claim, write_tables
from bench.stages.provenance import provenance
from bench.stages.recipe import CORRUPTIONS_TABLE
from bench.stages.represent import look_at_models
from bench.stages.train import missing_features, missing_fits, recipes, train
from bench.store.clock import Began
from bench.store.engine import default_workers, worker_pool
from bench.store.folders import RECORD, check_claim, check_inputs, check_report, holding
from bench.store.progress import Stages
from bench.store.store import NONE, Store, cache_root, write_table
from bench.suite.recordings import CorpusNoise, CorpusRooms, check_folders, folder_of, read_noises, read_rooms
from bench.suite.suite import ManifestCorpus, Suite
from corruptions import Material, check_for_training, check_material
from corruptions.ground.problems import counted

Device = Literal["auto", "cpu", "cuda"]


class DeviceError(ValueError):
    """The device that was asked for is not there."""


def run_suite(
    suite: Suite,
    out: Path,
    *,
    stages: Stages,
    workers: int | None = None,
    device: Device = "auto",
    allow_missing: bool = False,
    overwrite: bool = False,
) -> Path:
    """Run what is missing of a suite, write its tables and report, and return the report's page.

    Args:
        suite: what to measure.
        out: the run's folder; made if need be.
        stages: where progress is shown.
        workers: processes; one a core unless said, or one for a GPU.
        device: ``auto`` takes a GPU where there is one.
        allow_missing: leave out utterances whose recordings cannot be used, under every condition, instead of refusing
            them.
        overwrite: replace another run that lies in ``out``, or files that are not known to be those of one.

    Raises:
        HeldError: if another process writes to ``out``.
        FolderError: if something would be replaced there that is not to be.
    """
    with holding(out):
        check_claim(out, run_claim(suite), overwrite=overwrite)
        chosen = choose_device(device)
        return _run(suite, out, stages=stages, workers=workers, chosen=chosen, allow_missing=allow_missing)


def _run(suite: Suite, out: Path, *, stages: Stages, workers: int | None, chosen: str, allow_missing: bool) -> Path:
    from reports.page.page import build_report

    began = Began()
    page = out / "report" / "index.html"
    corpus = load_corpus(suite, stages, workers, allow_missing=allow_missing)
    _check_inputs(suite, corpus, out)
    faults: dict[str, str] = {}
    with worker_pool(workers or default_workers(chosen)) as pool:
        while True:
            plan, material = prepare(suite, corpus, pool, stages, chosen, allow_missing=allow_missing, faults=faults)
            _say_limit(plan, stages)
            store = default_store()
            if is_done(plan, out) and page.exists():
                stages.say(f"Everything is done: {page}")
                return page
            for path in changed_files(out):
                stages.warn(f"{path}: is not as it was written, and made again")
            begin(plan, out)
            discard_damaged(plan, store, pool, stages)
            for generation in plan.generations:
                store.note(generation)
            found = train(
                plan, material, store, pool, stages, chosen, trainers=workers, allow_missing=allow_missing
            ) or evaluate(plan, material, store, pool, stages, chosen, allow_missing=allow_missing)
            if not found:
                break
            faults |= found
        with stages.stage("Measuring costs", 1, "tables") as advance:
            write_table(pool.submit(measure, plan, store, chosen).result(), out / "costs.parquet")
            advance(1)
        with stages.stage("Playing non-speech", 1, "tables") as advance:
            write_table(pool.submit(hear_no_speech, plan, store, chosen).result(), out / "no_speech.parquet")
            advance(1)
    with stages.stage("Scoring", 1, "tables") as advance:
        found = write_tables(plan, material, store, out)
        write_examples(plan, material, store, out / "examples")
        advance(1)
    for notice in found["notices"]:
        stages.warn(notice)
    finish(plan, provenance(plan, material, stages.seconds, began, chosen) | found, store, out)
    with stages.stage("Report", 1, "pages") as advance:
        check_report(out)
        build_report(out)
        advance(1)
    return page


def _say_limit(plan: Plan, stages: Stages) -> None:
    """Say which part of the test set a limit leaves."""
    if plan.suite.limit is None:
        return
    everybody, some = ({one.speaker for one in of} for of in (plan.corpus.split("test"), plan.tested))
    stages.say(
        f"limit: {len(plan.tested)} of {counted(len(plan.corpus.split('test')), 'test utterance')}, of {len(some)} of "
        f"{counted(len(everybody), 'speaker')}; provenance.json lists them"
    )


def _check_inputs(suite: Suite, corpus: Corpus, out: Path) -> None:
    """Refuse to write over what is read."""
    table = [suite.corpus.manifest] if isinstance(suite.corpus, ManifestCorpus) else []
    own = [*suite.noises.values(), *suite.rooms.values()]
    read = [*table, cache_root(), *(one.path for one in corpus.utterances), *map(folder_of, own)]
    whole = [folder_of(one) for one in own if not isinstance(one, CorpusNoise | CorpusRooms)]
    check_inputs(out, run_claim(suite), read, whole)


def default_store() -> Store:
    """Return the store in the cache folder."""
    return Store(cache_root() / "store")


def prepare(
    suite: Suite,
    corpus: Corpus,
    pool: ProcessPoolExecutor,
    stages: Stages,
    device: str,
    *,
    allow_missing: bool = False,
    faults: Mapping[str, str] = NONE,
) -> tuple[Plan, Material]:
    """Check the corpus against the suite; return the plan and what its noises are made of.

    With ``allow_missing``, recordings that cannot be used are left out, and those of utterances with ``faults``.

    Raises:
        CorpusError: if the suite cannot be run on this corpus.
        ValueError: if a noise cannot be made of this corpus, such as babble of five speakers.
        RecordingsError: if recordings cannot be used.
    """
    check_corpus_for(suite, corpus)
    check_folders(suite.noises, suite.rooms)
    names = suite.representations_needed
    with stages.stage("Checking the weights", len(names), "encoders") as advance:
        trained_how = pool.submit(recipes).result()
        systems = {name: suite.catalog.systems[name] for name in suite.needed}
        trained = {name: trained_how[one.head] for name, one in systems.items() if one.head in trained_how}
        check_categories([name for name, how in trained.items() if how.categorises], corpus)
        tuned = sorted({systems[name].inputs[0] for name, how in trained.items() if how.tuned})
        known = pool.submit(look_at_models, names, suite.catalog, device, tuned=tuned).result()
        advance(len(names))
    for notice in known.notices:
        stages.warn(notice)
    corpus, recordings = inspect(corpus, pool, stages, allow_missing=allow_missing, faults=faults)
    check_corpus_for(suite, corpus)  # once more: utterances may have been left out
    conditions = [*suite.expanded(), *suite.trained_in()]
    material = make_material(
        conditions,
        corpus,
        recordings,
        snr=suite.snr,
        policy=suite.policy,
        noises=read_noises(suite.noises, stages, allow_missing=allow_missing),
        responses=read_rooms(suite.rooms, stages),
        stages=stages,
        pool=pool,
    )
    for condition in suite.training.expanded():
        check_for_training(condition, material)
    check_material(material, conditions, {one.speaker for one in corpus.utterances})
    made_how = {kind: one.name for kind, one in trained_how.items()}
    return make_plan(suite, corpus, recordings, known.fingerprints, made_how, material, known.revisions), material


@dataclass(frozen=True)
class RunStatus:
    """How far a run is.

    Attributes:
        stages: of each its name, how many pieces of it there are, and how many there will be.
        damaged: the files that are not as they were written; None where nobody looked.
    """

    stages: tuple[tuple[str, int, int], ...]
    damaged: tuple[Path, ...] | None


def run_status(
    suite: Suite,
    out: Path,
    stages: Stages,
    device: Device = "auto",
    *,
    allow_missing: bool = False,
    check: bool = False,
) -> RunStatus:
    """Return how far the run in the folder ``out`` is, by the names and sizes of its files.

    Speech that only trained heads have learned from need not be encoded again, wherever that lies: it counts as done.

    Args:
        suite: what it measures.
        out: its folder.
        stages: where progress is shown.
        device: as in the run.
        allow_missing: whether the run left out recordings that cannot be used.
        check: whether to read the files, too.
    """
    corpus, store = load_corpus(suite, stages, allow_missing=allow_missing), default_store()
    damaged = None
    with worker_pool(default_workers("cpu") if check else 1) as pool:
        plan, _ = prepare(suite, corpus, pool, stages, choose_device(device), allow_missing=allow_missing)
        if check:
            in_store = find_damaged(entries_of(plan, store), pool, stages)
            damaged = (*changed_files(out), *(one.path for one in in_store))
    unheard = len(missing_features(plan, missing_fits(plan, store), store))
    tables = [*TABLES, *BESIDE, CORRUPTIONS_TABLE, RECORD]
    to_test = len(plan.units) + len(plan.dev_units)
    counts = (
        ("encoding (blocks of speech)", len(plan.features) - unheard, len(plan.features)),
        ("training (heads)", len(plan.fits) - len(missing_fits(plan, store)), len(plan.fits)),
        ("testing (blocks of utterances)", to_test - len(missing_work(plan, store)), to_test),
        ("scoring (tables)", sum((out / name).is_file() for name in tables), len(tables)),
    )
    return RunStatus(counts, damaged)


def choose_device(device: Device) -> str:
    """Return ``cuda`` or ``cpu``: what was asked for, or the better of what is there.

    Raises:
        DeviceError: if a GPU was asked for and there is none.
    """
    import torch

    there = torch.cuda.is_available()
    if device == "cuda" and not there:
        raise DeviceError("--device cuda: torch finds no GPU here; --device cpu or auto works")
    return "cuda" if there and device != "cpu" else "cpu"
