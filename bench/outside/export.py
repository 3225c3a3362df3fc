"""A corpus under noise, on disk: ``emonoise corrupt`` for whoever has a system of another make.

The files are sample for sample what a run of the suite lets its systems hear, up to 16 bits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from bench.corpora.corpus import Corpus
from bench.corpora.inventory import inspect
from bench.corpora.manifest import COLUMNS, TEXT_COLUMNS, read_manifest, read_table
from bench.corpora.probe.build import MANIFEST
from bench.corpora.probe.corpus import ProbeSpec
from bench.corpora.times import TIMES
from bench.outside.takes import Take, make_takes
from bench.plan.corpus import load_probe
from bench.plan.material import make_material
from bench.plan.planning import draws_of
from bench.stages.recipe import CORRUPTIONS_TABLE, make_recipe, notices, write_corruptions
from bench.store.engine import default_workers, worker_pool
from bench.store.progress import Stages
from bench.store.strict import unique
from bench.suite.conditions import Policy
from bench.suite.recordings import check_folders, check_own_names, read_noises, read_rooms, unknown_corruption
from corruptions import CORRUPTIONS, Condition, check_levels, check_material, parse_condition
from corruptions.sound.files import replacing
from corruptions.sound.levels import LevelName
from corruptions.sound.public import Split

PROBE = "probe"


class ExportError(ValueError):
    """An export that cannot be made as asked; the message says what is allowed."""


def export(
    manifest: str,
    out: Path,
    conditions: Sequence[str],
    *,
    split: Split = "test",
    scale: tuple[float, float] = (1, 7),
    name: str | None = None,
    noises: Mapping[str, Path],
    rooms: Mapping[str, Path],
    draws: int = 1,
    seed: int = 0,
    snr: LevelName = "active",
    policy: Policy = "per-utterance",
    allow_missing: bool = False,
    stages: Stages,
    workers: int | None = None,
) -> Path:
    """Write a split of a corpus under every condition; return the new manifest.

    What was written before is not made again. Beside the manifest and ``audio/`` lies ``corruptions.parquet`` (see
    ``bench.stages.recipe``). Both list what this call asked for, whatever else there is in the folder.

    Args:
        manifest: the path of a table as ``bench.corpora.manifest`` reads it, or ``probe``.
        out: the folder to write.
        conditions: as they are written: ``clean``, ``babble@5dB``.
        split: which split.
        scale: the lowest and highest label of a manifest.
        name: of the corpus; all randomness depends on it. The manifest's file name without suffix unless given.
        noises: folders of recordings by the names that conditions give them.
        rooms: folders of impulse responses, likewise.
        draws: how many noise excerpts or rooms each utterance meets; what leaves nothing to chance, it meets once.
        seed: of everything random.
        snr: how the level of speech is measured.
        policy: ``per-utterance`` holds the SNR of each utterance, ``floor`` one noise level for the whole split.
        allow_missing: leave out recordings that cannot be used, of speech and of noise, instead of refusing them.
        stages: where progress is shown.
        workers: processes; one a core unless said.

    Raises:
        ExportError: for conditions or a folder that cannot be, or names that no condition has; before anything is
            written.
        ValueError: for a name that is taken, a corpus or recordings that cannot be used, material that is missing,
            or a folder whose files were made otherwise.
    """
    asked = _conditions(conditions)
    _check_names(asked, noises, rooms)
    source, corpus = _read(manifest, scale, name, split, stages, workers)
    if (out / MANIFEST).resolve() == source.resolve():
        raise ExportError(f"{out}: the manifest of the corpus itself lies there; take another folder")
    columns = _rows(source, corpus, split)
    with worker_pool(workers or default_workers("cpu")) as pool:
        corpus, recordings = inspect(corpus, pool, stages, allow_missing=allow_missing)
        speech = corpus.split(split)
        material = make_material(
            asked,
            corpus,
            recordings,
            snr=snr,
            policy=policy,
            noises=read_noises(
                {key: folder.absolute() for key, folder in noises.items()}, stages, allow_missing=allow_missing
            ),
            responses=read_rooms({key: folder.absolute() for key, folder in rooms.items()}, stages),
            split=split,
            stages=stages,
            pool=pool,
        )
        check_material(material, asked, {one.speaker for one in speech})
        recipe = make_recipe(seed, corpus, material, asked)
        takes = [
            Take(one, condition, draw)
            for condition in asked
            for draw in draws_of(condition, material, draws)
            for one in speech
        ]
        made = make_takes(takes, recipe, out, pool, stages)
    write_corruptions(made.drop(columns="file"), recipe, out / CORRUPTIONS_TABLE)
    for notice in notices(made):
        stages.warn(notice)
    listed = columns.loc[made["id"]].reset_index(names="id")[columns.attrs["order"]]
    listed = listed.assign(path=made["file"], condition=made["condition"], draw=made["draw"])
    with replacing(out / MANIFEST) as temporary:
        listed.to_csv(temporary, index=False, lineterminator="\n")
    return out / MANIFEST


def _conditions(texts: Sequence[str]) -> list[Condition]:
    if not texts:
        raise ExportError("no condition to export: name at least one, as in --condition babble@5dB")
    found = tuple(parse_condition(text) for text in texts)
    check_levels(found)
    return list(unique(found))


def _check_names(conditions: Sequence[Condition], noises: Mapping[str, Path], rooms: Mapping[str, Path]) -> None:
    check_own_names(noises, rooms)
    steps = {step.corruption: step for condition in conditions for step in condition.steps}
    known, used = [*CORRUPTIONS, *noises, *rooms], set(steps)
    for name, step in steps.items():
        if name not in known:
            raise ExportError(unknown_corruption(step, known))
    for name in (*noises, *rooms):
        if name not in used:
            raise ExportError(f"{name} is in none of the conditions {', '.join(map(str, conditions))}")
    check_folders(noises, rooms)


def _read(
    manifest: str, scale: tuple[float, float], name: str | None, split: Split, stages: Stages, workers: int | None
) -> tuple[Path, Corpus]:
    """Return the table and the corpus in it."""
    if manifest == PROBE:
        folder, corpus = load_probe(ProbeSpec(), stages, workers)
        source = folder / MANIFEST
    else:
        source = Path(manifest).absolute()
        corpus = read_manifest(source, scale, name)
    if not corpus.split(split):
        raise ExportError(f"{source}: the {split} split is empty")
    # What is known of the best possible CCC is known of the test split.
    return source, corpus if split == "test" else replace(corpus, best_possible_ccc=None)


def _rows(source: Path, corpus: Corpus, split: Split) -> pd.DataFrame:
    """Return the manifest's own columns, by id; start and end are those of the source, and not of what is written."""
    table = read_table(source, COLUMNS, TEXT_COLUMNS)
    taken = sorted({"condition", "draw"} & {*table.columns})
    if taken:
        raise ExportError(f"{source}: has a column {taken[0]} already; export the corpus itself, not an export of it")
    rows = table.set_index("id").loc[[one.id for one in corpus.split(split)]]
    rows.attrs["order"] = [column for column in table.columns if column not in TIMES]
    return rows
