"""What the store holds of a plan and is not as it was written: a bit flipped, an end missing, another in its place."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import chain

from bench.plan.plan import Plan, no_speech_key
from bench.stages.evaluate import drift_entries
from bench.stages.train import head_entry, history_entry, missing_fits, wanted_features
from bench.store.engine import in_blocks, run_jobs
from bench.store.features import features_entry
from bench.store.progress import Stages
from bench.store.store import Entry, Store
from corruptions.ground.problems import counted, listed

_BLOCK = 256


def discard_damaged(plan: Plan, store: Store, pool: ProcessPoolExecutor, stages: Stages) -> None:
    """Remove from the store what is damaged of all that a run of the plan reads, and say so; it is then made again."""
    # Which features are read depends on which heads there are.
    for entries in (_results, _features):
        damaged = find_damaged(entries(plan, store), pool, stages)
        for one in damaged:
            one.path.unlink(missing_ok=True)
        if damaged:
            paths = [str(one.path) for one in damaged]
            stages.warn(f"{counted(len(damaged), 'file')} not as written, and made again:{listed(paths)}")


def entries_of(plan: Plan, store: Store) -> Iterator[Entry]:
    """Yield all that is read when what is missing of a plan is made, and its tables."""
    return chain(_results(plan, store), _features(plan, store))


def find_damaged(entries: Iterable[Entry], pool: ProcessPoolExecutor, stages: Stages) -> list[Entry]:
    """Return those of the entries that are there, and not as they were written, in their order."""
    there = [one for one in entries if one.is_there]
    found: dict[Entry, bool] = {}
    if there:
        with stages.stage("Checking the cache", len(there), "files") as advance:
            for block, whole in run_jobs(pool, _are_whole, in_blocks(there, _BLOCK)):
                found.update(zip(block, whole, strict=True))
                advance(len(block))
    return [one for one in there if not found[one]]


def _are_whole(entries: Sequence[Entry]) -> list[bool]:
    return [one.is_whole for one in entries]


def _results(plan: Plan, store: Store) -> Iterator[Entry]:
    for fit in plan.fits:
        yield from (head_entry(store, fit), history_entry(store, fit))
    for unit in plan.units:
        yield store.entry("corruptions", unit.key)
        yield from (store.entry("transcripts", unit.shard(key)) for key in plan.transcribers.values())
        yield from (store.entry("predictions", unit.shard(one.key)) for one in plan.predictors)
        if plan.clean_units:
            yield from (entry for key in plan.embeddings.values() for entry in drift_entries(unit, key, store))
    for unit in plan.dev_units:
        yield from (store.entry("predictions", unit.shard(one.key)) for one in plan.predictors)
    yield from (store.entry("no_speech", no_speech_key(key)) for key in plan.transcribers.values())


def _features(plan: Plan, store: Store) -> Iterator[Entry]:
    yield from (features_entry(store, key) for key in sorted(wanted_features(plan, missing_fits(plan, store), store)))
