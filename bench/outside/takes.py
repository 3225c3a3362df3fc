"""Files of corrupted speech, block by block: what is written is not made again, and nothing is mixed.

Beside the audio a folder holds ``.records``: for every block of files what was done to them and their digests, sealed,
under a key of everything that can change them. A block is done whose record and files are as they were written; a
record with another key is an error.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from math import log10
from pathlib import Path

import numpy as np
import pandas as pd

from bench.stages.recipe import Recipe, samples_sha256, source_of
from bench.stages.speech import Source, UtteranceError, corrupt_utterance, each_or_fault
from bench.store.engine import first_to_last, in_blocks, run_jobs
from bench.store.keys import digest
from bench.store.machine import AUDIO, versions
from bench.store.progress import Stages
from bench.store.store import read_tables, write_sealed
from corruptions import Condition, Corrupted, Record, fingerprint, write_audio
from corruptions.engine import measured
from corruptions.ground.seals import check_seal, is_sealed
from corruptions.sound.audio import in_steps
from corruptions.sound.inputs import file_sha256

TAKES = ("audio", ".records")
"""The folders that are written."""

_BLOCK = 24
# What a file may be called on every system.
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,99}(?<!\.)")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


class TakesError(ValueError):
    """Files of corrupted speech that cannot be made as asked; the message names a file."""


class UnusableError(ValueError):
    """Utterances that cannot be corrupted as asked; ``faults`` says why, by id, and the message the first of it."""

    def __init__(self, faults: Mapping[str, Exception]) -> None:
        super().__init__(str(next(iter(faults.values()))))
        self.faults = {name: str(fault) for name, fault in faults.items()}


@dataclass(frozen=True)
class Take:
    """One file to be made.

    Attributes:
        source: the recording, of which the digest is known.
        condition: what is done to it.
        draw: which of several random choices.
        audio_sha256: of the samples that must come out; None where nobody knows.
    """

    source: Source
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

    @property
    def name(self) -> str:
        """What the seal of the record says it is."""
        return "/".join(self.record.parts[-3:])


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
        UnusableError: if utterances cannot be corrupted as asked.
    """
    out = out.absolute()  # a worker may have been started elsewhere
    blocks = _blocks(takes, recipe, out)
    missing = [block for block in blocks if not _is_done(block, out, stages, overwrite=overwrite)]
    with stages.stage("Corrupting speech", len(takes), "files") as advance:
        advance(len(takes) - sum(len(block.takes) for block in missing))
        for block, faults in run_jobs(pool, _make_block, missing, what=_what):
            if faults:
                raise UnusableError(faults)
            advance(len(block.takes))
    for block in blocks:
        check_seal(block.record, block.name)
        _check_samples(block, pd.read_parquet(block.record))
    table = read_tables([block.record for block in blocks])
    table["file"] = [file.relative_to(out).as_posix() for block in blocks for file in block.files]
    order = {(take.source.id, str(take.condition), take.draw): place for place, take in enumerate(takes)}
    places = [order[key] for key in zip(table["id"], table["condition"], table["draw"], strict=True)]
    return table.iloc[np.argsort(places)].drop(columns=["key", "file_sha256"]).reset_index(drop=True)


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
    sounds = {condition: fingerprint(recipe.material, condition) for condition, _ in cells}
    here = versions(AUDIO)
    blocks = []
    for (condition, draw), of_cell in cells.items():
        place = Path(folders[str(condition).replace("/", "-")]) / f"draw{draw}"
        for number, members in enumerate(in_blocks(of_cell, _BLOCK)):
            sources = [[take.source.id, take.source.speaker, take.source.clip.content()] for take in members]
            key = digest(
                "takes", recipe.seed, recipe.corpus.name, str(condition), draw, sources, sounds[condition], here
            )
            files = tuple(out / "audio" / place / f"{names[take.source.id]}.flac" for take in members)
            blocks.append(_Block(members, files, out / ".records" / place / f"{number * _BLOCK}.parquet", key, recipe))
    return blocks


def _is_done(block: _Block, out: Path, stages: Stages, *, overwrite: bool) -> bool:
    if not block.record.exists():
        return False
    if not is_sealed(block.record, block.name):
        stages.warn(f"{block.record}: is not as it was written, and made again with its files")
        return False
    record = pd.read_parquet(block.record)
    if set(record["key"]) != {block.key}:
        if overwrite:
            return False
        raise TakesError(
            f"{out}: {block.files[0].parent.relative_to(out)} was made with another seed, corpus, noise, level policy "
            "or version of a library: take another folder, or --overwrite to make it again"
        )
    there = [file for file in block.files if file.exists()]
    digests = dict(zip(block.files, record["file_sha256"], strict=True))
    for file in there:
        if file_sha256(file) != digests[file]:
            stages.warn(f"{file}: is not as it was written, and made again")
            return False
    return len(there) == len(block.files)


def _what(block: _Block) -> str:
    first = block.takes[0]
    return f"{first_to_last([take.source.id for take in block.takes])} under {first.condition}, draw {first.draw}"


def _make_block(block: _Block) -> dict[str, UtteranceError]:
    """Write the files of a block and its record, or return which utterances keep it from that."""
    take, recipe = block.takes[0], block.recipe
    made, faults = each_or_fault(
        [one.source for one in block.takes],
        lambda source: corrupt_utterance(
            source, take.condition, take.draw, recipe.material, corpus=recipe.corpus.name, seed=recipe.seed
        ),
    )
    if faults:
        return faults
    table = pd.DataFrame(
        [_row(block, one, file, corrupted) for one, file, corrupted in zip(block.takes, block.files, made, strict=True)]
    )
    _check_samples(block, table)
    write_sealed(table, block.record, block.name)
    return {}


def _row(block: _Block, take: Take, file: Path, corrupted: Corrupted) -> dict[str, object]:
    """Write a file, and return its row of the record."""
    record, gain_db = _write(file, corrupted)
    return {
        "id": take.source.id,
        "condition": str(take.condition),
        "draw": take.draw,
        "speaker": take.source.speaker,
        **source_of(take.source.clip),
        "audio_sha256": samples_sha256(corrupted.audio),
        **record.as_row(),
        "output_gain_db": gain_db,
        "file_sha256": file_sha256(file),
        "key": block.key,
    }


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
