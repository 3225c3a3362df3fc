"""Files of corrupted speech, block by block: what is written is not made again, and nothing is mixed.

Beside the audio a folder holds ``.records``: for every block of files what was done to them, under a key of everything
that can change them. A block whose record is there is done; a record with another key is an error.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from math import log10
from pathlib import Path

import numpy as np
import pandas as pd

from bench.stages.recipe import Recipe, samples_sha256, source_of
from bench.stages.speech import Source, corrupt_utterance
from bench.store.engine import in_blocks, run_jobs
from bench.store.keys import digest
from bench.store.machine import AUDIO, versions
from bench.store.progress import Stages
from bench.store.store import read_tables, write_table
from corruptions import Condition, Corrupted, Record, fingerprint, write_audio
from corruptions.engine import measured
from corruptions.sound.audio import in_steps
from corruptions.sound.segments import content_of

TAKES = ("audio", ".records")
"""The folders that are written."""

_BLOCK = 24
# What a file may be called on every system.
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,99}(?<!\.)")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


class TakesError(ValueError):
    """Files of corrupted speech that cannot be made as asked; the message names a file."""


@dataclass(frozen=True)
class Take:
    """One file to be made.

    Attributes:
        source: the recording.
        source_sha256: of the bytes of its file.
        condition: what is done to it.
        draw: which of several random choices.
        audio_sha256: of the samples that must come out; None where nobody knows.
    """

    source: Source
    source_sha256: str
    condition: Condition
    draw: int
    audio_sha256: str | None = None


@dataclass(frozen=True)
class _Block:
    """Takes of one condition and draw, where they go, and their record."""

    takes: tuple[Take, ...]
    files: tuple[Path, ...]
    record: Path
    key: str
    recipe: Recipe


def make_takes(
    takes: Sequence[Take],
    recipe: Recipe,
    out: Path,
    pool: ProcessPoolExecutor,
    stages: Stages,
    *,
    overwrite: bool = False,
) -> pd.DataFrame:
    """Write every take that is not there yet as 16-bit FLAC; return what was done to each, a row in their order.

    Speech and noise together are scaled down where a file would clip, and ``output_gain_db`` says by how much. The SNRs
    of a noise that nothing follows are those of what the file holds: little more than the speech, if that is very soft,
    or nothing more, and then there is no SNR.

    Args:
        takes: what to make, all of an id from the same recording.
        recipe: how.
        out: the folder; audio goes to ``audio/CONDITION/drawN/ID.flac``.
        pool: where the work runs.
        stages: where progress is shown.
        overwrite: make files again that were made otherwise, instead of refusing them.

    Returns:
        Columns ``bench.stages.recipe.COLUMNS``, those of ``Record``, ``output_gain_db``, and ``file``, relative to
        ``out``.

    Raises:
        TakesError: if the folder holds files that were made otherwise, or other samples come out than must.
        UtteranceError: if an utterance cannot be corrupted as asked.
    """
    out = out.absolute()  # a worker may have been started elsewhere
    blocks = _blocks(takes, recipe, out)
    missing = [block for block in blocks if not _is_done(block, out, overwrite=overwrite)]
    with stages.stage("Corrupting speech", len(takes), "files") as advance:
        advance(len(takes) - sum(len(block.takes) for block in missing))
        for block, problem in run_jobs(pool, _make_block, missing):
            if problem is not None:
                raise problem
            advance(len(block.takes))
    for block in blocks:
        _check_samples(block, pd.read_parquet(block.record))
    table = read_tables([block.record for block in blocks])
    table["file"] = [file.relative_to(out).as_posix() for block in blocks for file in block.files]
    order = {(take.source.id, str(take.condition), take.draw): place for place, take in enumerate(takes)}
    places = [order[key] for key in zip(table["id"], table["condition"], table["draw"], strict=True)]
    return table.iloc[np.argsort(places)].drop(columns="key").reset_index(drop=True)


def file_names(texts: Iterable[str]) -> dict[str, str]:
    """Return for each text a file name without suffix: the text itself wherever every system allows it.

    Others become what is allowed of them and a digest, and so do those that a system which ignores case would mix up.

    Examples:
        >>> list(file_names(["u1", "babble@-5dB"]).values())
        ['u1', 'babble@-5dB']
        >>> file_names(["Ses01/a"])["Ses01/a"][:8]
        'Ses01-a-'
    """
    unique = list(dict.fromkeys(texts))
    alike = Counter(text.casefold() for text in unique)
    return {text: text if _is_safe(text) and alike[text.casefold()] == 1 else _digested(text) for text in unique}


def _is_safe(text: str) -> bool:
    return bool(_SAFE.fullmatch(text)) and not _RESERVED.fullmatch(text)


def _digested(text: str) -> str:
    return f"{re.sub(r'[^A-Za-z0-9_]+', '-', text).strip('-')[:60] or 'x'}-{digest(text)[:16]}"


def _blocks(takes: Sequence[Take], recipe: Recipe, out: Path) -> list[_Block]:
    """Return the takes in blocks of one condition and draw, in the order of the first of each."""
    names = file_names(take.source.id for take in takes)
    folders = file_names(str(take.condition).replace("/", "-") for take in takes)
    cells: dict[tuple[Condition, int], list[Take]] = {}
    for take in takes:
        cells.setdefault((take.condition, take.draw), []).append(take)
    sounds = {condition: fingerprint(recipe.material, condition, recipe.file_digest) for condition, _ in cells}
    here = versions(AUDIO)
    blocks = []
    for (condition, draw), of_cell in cells.items():
        place = Path(folders[str(condition).replace("/", "-")]) / f"draw{draw}"
        for number, members in enumerate(in_blocks(of_cell, _BLOCK)):
            sources = [
                [take.source.id, take.source.speaker, content_of(take.source.clip, take.source_sha256)]
                for take in members
            ]
            key = digest(
                "takes", recipe.seed, recipe.corpus.name, str(condition), draw, sources, sounds[condition], here
            )
            files = tuple(out / "audio" / place / f"{names[take.source.id]}.flac" for take in members)
            blocks.append(_Block(members, files, out / ".records" / place / f"{number * _BLOCK}.parquet", key, recipe))
    return blocks


def _is_done(block: _Block, out: Path, *, overwrite: bool) -> bool:
    if not block.record.exists():
        return False
    record = pd.read_parquet(block.record)
    if set(record["key"]) != {block.key}:
        if overwrite:
            return False
        raise TakesError(
            f"{out}: {block.files[0].parent.relative_to(out)} was made with another seed, corpus, noise, level policy "
            "or version of a library: take another folder, or --overwrite to make it again"
        )
    return all(file.exists() for file in block.files)


def _make_block(block: _Block) -> ValueError | None:
    rows = []
    for take, file in zip(block.takes, block.files, strict=True):
        try:
            corrupted = corrupt_utterance(
                take.source,
                take.condition,
                take.draw,
                block.recipe.material,
                corpus=block.recipe.corpus.name,
                seed=block.recipe.seed,
            )
        except ValueError as problem:
            return problem
        record, gain_db = _write(file, corrupted)
        rows.append(
            {
                "id": take.source.id,
                "condition": str(take.condition),
                "draw": take.draw,
                "speaker": take.source.speaker,
                **source_of(take.source.clip),
                "source_sha256": take.source_sha256,
                "audio_sha256": samples_sha256(corrupted.audio),
                **record.as_row(),
                "output_gain_db": gain_db,
                "key": block.key,
            }
        )
    table = pd.DataFrame(rows)
    try:
        _check_samples(block, table)
    except TakesError as problem:
        return problem
    write_table(table, block.record)
    return None


def _write(file: Path, corrupted: Corrupted) -> tuple[Record, float]:
    """Write a file; return the record of what it holds, and its gain in dB: 0 unless the samples exceed full scale."""
    file.parent.mkdir(parents=True, exist_ok=True)
    factor = max(corrupted.record.peak, 1.0)
    audio = corrupted.audio if factor == 1 else (corrupted.audio.astype(np.float64) / factor).astype(np.float32)
    write_audio(file, audio)
    record, mixture = corrupted.record, corrupted.mixture
    if mixture is not None and mixture.noisy is corrupted.audio:
        held = in_steps(audio) * (factor / 32768)
        record = measured(replace(corrupted, mixture=replace(mixture, noisy=held)))
    return record, 20 * log10(1 / factor)


def _check_samples(block: _Block, table: pd.DataFrame) -> None:
    for take, found in zip(block.takes, table["audio_sha256"], strict=True):
        if take.audio_sha256 not in {None, found}:
            then, now = block.recipe.versions, versions(AUDIO)
            changed = [
                f"{name} {then[name]}, here {now[name]}" for name in now if then.get(name, now[name]) != now[name]
            ]
            why = f"it was made with {', '.join(changed)}" if changed else "another processor may round differently"
            raise TakesError(
                f"{take.source.clip} under {take.condition}, draw {take.draw}: no source has changed, but the samples "
                f"are not those that were recorded; {why}"
            )
