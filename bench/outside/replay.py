"""Corrupted speech made again from its record alone, and proof that it is the same: ``emonoise corrupt --replay``."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pandas as pd

from bench.outside.takes import TAKES, Take, TakesError, make_takes
from bench.stages.recipe import CORRUPTIONS_TABLE, Recipe, clip_of, read_corruptions, write_corruptions
from bench.store.engine import default_workers, first_to_last, in_blocks, run_jobs, worker_pool
from bench.store.folders import Claim, check_claim, check_inputs, holding, mark, read_mark
from bench.store.progress import Stages
from bench.store.store import cache_root
from corruptions import parse_condition
from corruptions.ground.problems import listed
from corruptions.room.bank import build_rooms
from corruptions.sound.inputs import file_sha256, is_there
from corruptions.sound.segments import Clip

_BLOCK = 64


@dataclass(frozen=True)
class Recording:
    """A recording as the table names it."""

    id: str
    speaker: str
    clip: Clip


def replay(table: Path, out: Path, *, overwrite: bool = False, stages: Stages, workers: int | None = None) -> Path:
    """Write the audio that a ``corruptions.parquet`` records, of an export or of a run; return its folder.

    Args:
        table: the record.
        out: the folder to write; the audio has the names that an export gives it. The folder of an export, or of a
            replay, of the same record is completed.
        overwrite: replace the replay of another record, or files that are not known to be one.
        stages: where progress is shown.
        workers: processes; one a core unless said.

    Raises:
        RecipeError: if the table is not one, or has lost its recipe.
        HeldError: if another process writes to ``out``.
        FolderError: if something would be replaced there that is not to be.
        TakesError: if a recording is not there or has changed (all of them are looked at first), or if the samples are
            not those that were recorded.
    """
    rows, recipe = read_corruptions(table)
    takes = [
        Take(
            Recording(row["id"], row["speaker"], clip_of(row)),
            parse_condition(row["condition"]),
            int(row["draw"]),
            row["audio_sha256"],
        )
        for row in rows.to_dict("records")
    ]
    claim = Claim("replay", {"record": f"SHA-256 {file_sha256(table)}"}, (CORRUPTIONS_TABLE, *TAKES))
    with holding(out):
        completed = _is_of(table, out)
        if not completed:
            check_claim(out, claim, overwrite=overwrite)
        with worker_pool(workers or default_workers("cpu")) as pool:
            recipe = _with_rooms(recipe, pool, stages)
            sources = dict(_sources(rows, recipe))
            check_inputs(out, claim, sources if completed else [table, *sources])
            _check_sources(sources, pool, stages)
            if not completed:
                mark(out, claim)
            made = make_takes(takes, recipe, out, pool, stages, overwrite=overwrite)
        if not completed:
            write_corruptions(made.drop(columns="file"), recipe, out / CORRUPTIONS_TABLE)
    return out / "audio"


def _is_of(table: Path, out: Path) -> bool:
    """Return whether the folder holds an export or a replay with just this record."""
    there = read_mark(out)
    if there is None or there.made_by not in {"corrupt", "replay"}:
        return False
    return is_there(out / CORRUPTIONS_TABLE, file_sha256(table))


def _with_rooms(recipe: Recipe, pool: ProcessPoolExecutor, stages: Stages) -> Recipe:
    """Return the recipe with simulated rooms that are there: those of a cache that is gone are simulated again."""
    rooms = recipe.material.rooms
    if all(is_there(one.path, one.sha256) for responses in rooms.values() for one in responses):
        return recipe
    rebuilt = build_rooms(
        sorted(rooms), cache_root(), run=partial(run_jobs, pool), stage=stages.stage, warn=stages.warn
    )
    return replace(recipe, material=replace(recipe.material, rooms=rebuilt))


def _sources(rows: pd.DataFrame, recipe: Recipe) -> Iterator[tuple[Path, str | None]]:
    """Yield every file that the samples came from, and the SHA-256 it had."""
    yield from ((Path(path), sha256) for path, sha256 in zip(rows["path"], rows["source_sha256"], strict=True))
    yield from ((clip.path, clip.sha256) for clips in recipe.material.talkers.values() for clip in clips)
    used = {*rows["noise_sha256"].dropna(), *rows["room_sha256"].dropna()}
    for folder in recipe.material.recordings.values():
        yield from ((folder.folder / one.name, one.sha256) for one in folder.recordings if one.sha256 in used)
    for responses in (*recipe.material.rooms.values(), *recipe.material.responses.values()):
        yield from ((one.path, one.sha256) for one in responses if one.sha256 in used)


def _check_sources(expected: dict[Path, str | None], pool: ProcessPoolExecutor, stages: Stages) -> None:
    paths = list(expected)
    blocks = in_blocks(paths, _BLOCK)
    found: dict[Path, str | None] = {}
    with stages.stage("Checking the sources", len(paths), "files") as advance:
        for block, digests in run_jobs(pool, _digests, blocks, what=first_to_last):
            found.update(zip(block, digests, strict=True))
            advance(len(block))
    problems = [
        f"{path}: {'no such file' if found[path] is None else 'has changed'}"
        for path in paths
        if found[path] is None or found[path] != expected[path]
    ]
    if problems:
        raise TakesError(f"{len(problems)} of {len(paths)} source files are not what they were:{listed(problems)}")


def _digests(paths: Sequence[Path]) -> list[str | None]:
    return [file_sha256(path) if path.is_file() else None for path in paths]
