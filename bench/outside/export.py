"""A corpus under noise, on disk: ``emonoise corrupt`` for whoever has a system of another make.

The files are sample for sample what a run of the suite lets its systems hear, up to 16 bits.
"""

import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path

import pandas as pd

from bench.corpora.corpus import Corpus
from bench.corpora.inventory import inspect
from bench.corpora.manifest import COLUMNS, TEXT_COLUMNS, read_manifest, read_table
from bench.corpora.probe.build import MANIFEST
from bench.corpora.probe.corpus import ProbeSpec
from bench.corpora.times import TIMES
from bench.outside.takes import TAKES, Take, UnusableError, make_takes
from bench.plan.corpus import load_probe
from bench.plan.material import make_material
from bench.plan.planning import draws_of
from bench.stages.recipe import CORRUPTIONS_TABLE, make_recipe, notices, write_corruptions
from bench.store.engine import default_workers, worker_pool
from bench.store.folders import Claim, check_claim, check_inputs, holding, mark, read_mark
from bench.store.progress import Stages
from bench.store.store import cache_root
from bench.store.strict import unique
from bench.suite.conditions import Policy
from bench.suite.recordings import check_folders, check_own_names, read_noises, read_rooms, unknown_corruption
from corruptions import CORRUPTIONS, Condition, check_levels, check_material, parse_condition
from corruptions.ground.files import write_text
from corruptions.ground.problems import counted
from corruptions.sound.inputs import is_there
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
    overwrite: bool = False,
    stages: Stages,
    workers: int | None = None,
) -> Path:
    """Write a split of a corpus under every condition; return the new manifest.

    What was written before is not made again. Beside the manifest and ``audio/`` lies ``corruptions.parquet`` (see
    ``bench.stages.recipe``). Both list what this call asked for, whatever else there is in the folder. What an export
    that is there already lists must be asked for again: conditions and draws are added, not left out.

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
        overwrite: replace another export in the folder, a manifest that was edited or lists more, or files that are not
            known to be an export.
        stages: where progress is shown.
        workers: processes; one a core unless said.

    Raises:
        ExportError: for conditions that cannot be, names that no condition has, or a manifest in the folder that would
            be lost; before anything is written.
        HeldError: if another process writes to ``out``.
        FolderError: if something would be replaced there that is not to be.
        ValueError: for a name that is taken, a corpus or recordings that cannot be used, material that is missing,
            or a folder whose files were made otherwise.
    """
    asked = _conditions(conditions)
    _check_names(asked, noises, rooms)
    with holding(out):
        claim = _claim(manifest, name, split=split, seed=seed, snr=snr, policy=policy)
        check_claim(out, claim, overwrite=overwrite)
        if not overwrite:
            _check_listed(out, ["condition"], {(str(one),) for one in asked})
        source, listed = _read(manifest, scale, name, split, stages, workers, allow_missing=allow_missing)
        read = [source, cache_root(), *(one.path for one in listed.utterances)]
        check_inputs(out, claim, read, [*noises.values(), *rooms.values()])
        columns = _rows(source, listed, split)
        recordings_of_noise = read_noises(_absolute(noises), stages, allow_missing=allow_missing)
        responses = read_rooms(_absolute(rooms), stages)
        faults: dict[str, str] = {}
        with worker_pool(workers or default_workers("cpu")) as pool:
            while True:
                corpus, recordings = inspect(listed, pool, stages, allow_missing=allow_missing, faults=faults)
                speech = corpus.split(split)
                material = make_material(
                    asked,
                    corpus,
                    recordings,
                    snr=snr,
                    policy=policy,
                    noises=recordings_of_noise,
                    responses=responses,
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
                if not overwrite:
                    files = {(one.source.id, str(one.condition), str(one.draw)) for one in takes}
                    _check_listed(out, ["id", "condition", "draw"], files)
                mark(out, claim, _known(out))
                try:
                    # Blocks that were made with a recording that is lost since are made again without it.
                    made = make_takes(takes, recipe, out, pool, stages, overwrite=overwrite or bool(faults))
                    break
                except UnusableError as error:
                    if not allow_missing:
                        raise
                    faults |= error.faults
        write_corruptions(made.drop(columns="file"), recipe, out / CORRUPTIONS_TABLE)
        for notice in notices(made):
            stages.warn(notice)
        table = columns.loc[made["id"]].reset_index(names="id")[columns.attrs["order"]]
        table = table.assign(path=made["file"], condition=made["condition"], draw=made["draw"])
        text = table.to_csv(index=False, lineterminator="\n")
        # Whatever ends this, the manifest that lies there is known to be ours.
        mark(out, claim, [*_known(out), hashlib.sha256(text.encode()).hexdigest()])
        write_text(out / MANIFEST, text)
    return out / MANIFEST


def _absolute(folders: Mapping[str, Path]) -> dict[str, Path]:
    return {key: folder.absolute() for key, folder in folders.items()}


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
    manifest: str,
    scale: tuple[float, float],
    name: str | None,
    split: Split,
    stages: Stages,
    workers: int | None,
    *,
    allow_missing: bool,
) -> tuple[Path, Corpus]:
    """Return the table and the corpus in it."""
    if manifest == PROBE:
        folder, corpus = load_probe(ProbeSpec(), stages, workers)
        source = folder / MANIFEST
    else:
        source = Path(manifest).absolute()
        corpus = read_manifest(source, scale, name, allow_missing=allow_missing)
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


def _claim(manifest: str, name: str | None, **how: str | int) -> Claim:
    """Return what is made of the folder; conditions and draws may be added to an export."""
    probe = manifest == PROBE
    corpus, source = (PROBE, PROBE) if probe else (name or Path(manifest).stem, str(Path(manifest).resolve()))
    return Claim("corrupt", {"corpus": corpus, "manifest": source, **how}, (MANIFEST, CORRUPTIONS_TABLE, *TAKES))


def _check_listed(out: Path, by: list[str], asked: Set[tuple[str, ...]]) -> None:
    """Refuse to replace a manifest that lists what this export would not, or that was edited."""
    path = out / MANIFEST
    if not path.exists():
        return
    if not _known(out):
        raise ExportError(
            f"{path}: was edited since it was written, and would be replaced: keep a copy elsewhere and --overwrite"
        )
    listed = pd.read_csv(path, dtype="str", keep_default_na=False)[by]
    lost = [row for row in listed.itertuples(index=False, name=None) if row not in asked]
    if lost:
        raise ExportError(
            f"{path}: lists {counted(len(lost), 'file')} that this export would not, such as {', '.join(lost[0])}: ask "
            "for those, too, take another folder, or --overwrite"
        )


def _known(out: Path) -> list[str]:
    """Return the SHA-256 of the manifest there, if it is as it was written."""
    there = read_mark(out)
    return [one for one in there.manifests if is_there(out / MANIFEST, one)] if there else []
