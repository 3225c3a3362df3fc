"""A look at every recording before the work begins: is it readable, does anybody speak, what exactly is in it."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from bench.corpora.corpus import Corpus
from bench.corpora.offenders import OffendersError
from bench.store.engine import in_blocks, run_jobs
from bench.store.progress import Stages
from corruptions.sound.audio import SAMPLE_RATE, file_sha256, read_audio
from corruptions.sound.levels import active_level_dbfs, rms_dbfs
from corruptions.sound.problems import counted, listed

SHORTEST_S = 0.025
"""One window of an encoder: less says nothing of anybody."""

_BLOCK = 64


class RecordingsError(OffendersError):
    """Recordings of a corpus cannot be used; the message names each file and what is wrong with it."""


@dataclass(frozen=True)
class Recording:
    """What a file holds: its SHA-256, its length in seconds, and its active and RMS levels in dBFS."""

    sha256: str
    duration_s: float
    active_dbfs: float
    rms_dbfs: float


def inspect(
    corpus: Corpus, pool: ProcessPoolExecutor, stages: Stages, *, allow_missing: bool = False
) -> tuple[Corpus, dict[str, Recording]]:
    """Return the corpus, and what every recording of it holds, by utterance.

    Args:
        corpus: as it was read.
        pool: reads the recordings.
        stages: where progress is shown, and what was left out.
        allow_missing: leave utterances out of the corpus whose recordings cannot be used, instead of refusing it.

    Raises:
        RecordingsError: if any recording cannot be read, is shorter than it promises or than 25 ms, silent, not finite
            or out of scale, or is in several splits, under whatever name. All are looked at first.
    """
    paths = {utterance.id: utterance.path for utterance in corpus.utterances}
    ids = list(paths)
    blocks = in_blocks([paths[name] for name in ids], _BLOCK)
    found: dict[Path, Recording | str] = {}
    with stages.stage("Reading the corpus", len(ids), "recordings") as advance:
        for block, of_block in run_jobs(pool, _inspect_block, blocks):
            found.update(zip(block, of_block, strict=True))
            advance(len(block))
    problems = [problem for path in paths.values() if isinstance(problem := found[path], str)]
    if problems:
        message = f"{len(problems)} of {counted(len(ids), 'recording')} of {corpus.name} cannot be used"
        if not allow_missing:
            every = (("recording that cannot be used", problem) for problem in problems)
            raise RecordingsError(
                f"{message}:{listed(problems)}\n--allow-missing of `emonoise run` and `corrupt` leaves them out", every
            )
        stages.warn(f"left out: {message}:{listed(problems)}")
    recordings = {name: recording for name in ids if isinstance(recording := found[paths[name]], Recording)}
    left = replace(corpus, utterances=tuple(one for one in corpus.utterances if one.id in recordings))
    _check_leaks(left, recordings)
    return left, recordings


def _check_leaks(corpus: Corpus, recordings: Mapping[str, Recording]) -> None:
    """Refuse a corpus in which two splits hold the same bytes, under whatever names."""
    found: dict[str, dict[str, Path]] = {}
    for one in corpus.utterances:
        found.setdefault(recordings[one.id].sha256, {}).setdefault(one.split, one.path)
    leaks = [" is ".join(f"{path} ({split})" for split, path in of.items()) for of in found.values() if len(of) > 1]
    if leaks:
        every = (("recording in several splits", leak) for leak in leaks)
        raise RecordingsError(
            f"recordings of {corpus.name} that are in several splits: {len(leaks)}{listed(leaks)}", every
        )


def _inspect_block(paths: Sequence[Path]) -> list[Recording | str]:
    return [_inspect_one(path) for path in paths]


def _inspect_one(path: Path) -> Recording | str:
    try:
        audio = read_audio(path)
        if len(audio) < SHORTEST_S * SAMPLE_RATE:
            return f"{path}: lasts {1000 * len(audio) / SAMPLE_RATE:.2g} ms; speech must last {1000 * SHORTEST_S:g} ms"
        return Recording(file_sha256(path), len(audio) / SAMPLE_RATE, active_level_dbfs(audio), rms_dbfs(audio))
    except (ValueError, OSError) as error:
        message = str(error)
        return message if str(path) in message else f"{path}: {message}"
