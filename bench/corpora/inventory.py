"""A look at every recording before the work begins: is it readable, does anybody speak, what exactly is in it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from math import inf

from bench.corpora.corpus import Corpus, LeftOut, Utterance
from bench.corpora.leaks import leaks, n_shared_files, part_of
from bench.corpora.offenders import OffendersError
from bench.store.engine import first_to_last, in_blocks, run_jobs
from bench.store.progress import Stages
from bench.store.store import NONE
from corruptions.ground.problems import counted, listed
from corruptions.sound.audio import SAMPLE_RATE, SILENT, Waveform, audio_length, is_silent, read_audio, read_slice
from corruptions.sound.inputs import hashed
from corruptions.sound.levels import offset_dbfs, speech_levels_dbfs
from corruptions.sound.promises import AudioError
from corruptions.sound.segments import Clip

SHORTEST_S = 0.025
"""One window of an encoder: less says nothing of anybody."""

LOUD_OFFSET_DB = -20.0
"""A constant offset of more than this above the active level is named: it moves levels that count it by 0.04 dB."""
END_TOLERANCE = round(0.02 * SAMPLE_RATE)
"""So many samples after its file a segment may end, and then ends with it: tables round to hundredths of a second."""

_BLOCK = 64


class RecordingsError(OffendersError):
    """Recordings of a corpus cannot be used; the message names each file and what is wrong with it."""


@dataclass(frozen=True)
class Recording:
    """What a recording holds: SHA-256 of its whole file, length in seconds, and levels in dBFS.

    They are the active and the RMS level, and that of its constant offset (DC).
    """

    sha256: str
    duration_s: float
    active_dbfs: float
    rms_dbfs: float
    offset_dbfs: float = -inf


def inspect(
    corpus: Corpus,
    pool: ProcessPoolExecutor,
    stages: Stages,
    *,
    allow_missing: bool = False,
    faults: Mapping[str, str] = NONE,
) -> tuple[Corpus, dict[str, Recording]]:
    """Return the corpus, and what every recording of it holds, by utterance.

    In the corpus that is returned, every utterance knows the digest of its file, and every segment where it ends, which
    is in its file.

    Args:
        corpus: as it was read.
        pool: reads the recordings.
        stages: where progress is shown, and what was left out.
        allow_missing: leave utterances out of the corpus whose recordings cannot be used, instead of refusing it.
        faults: of utterances whose recordings are known not to be usable, why.

    Raises:
        RecordingsError: if any recording cannot be read, is shorter than it promises or than 25 ms, silent, not finite
            or out of scale, begins after its file or ends more than 20 ms after it, or is in several splits, under
            whatever name (see ``bench.corpora.leaks``). All are looked at first.
    """
    clips = {utterance.id: utterance.clip for utterance in corpus.utterances}
    ids = list(clips)
    distinct = list(dict.fromkeys(clips.values()))
    blocks = in_blocks(distinct, _BLOCK)
    found: dict[Clip, Recording | str] = {}
    with stages.stage("Reading the corpus", len(distinct), "recordings") as advance:
        for block, of_block in run_jobs(pool, _inspect_block, blocks, what=first_to_last):
            found.update(zip(block, of_block, strict=True))
            advance(len(block))
    looked_at = {name: faults.get(name, found[clip]) for name, clip in clips.items()}
    problems = [problem for problem in looked_at.values() if isinstance(problem, str)]
    if problems:
        message = f"{len(problems)} of {counted(len(ids), 'recording')} of {corpus.name} cannot be used"
        if not allow_missing:
            every = (("recording that cannot be used", problem) for problem in problems)
            raise RecordingsError(f"{message}:{listed(problems)}\n--allow-missing leaves them out", every)
        stages.warn(f"left out: {message}:{listed(problems)}")
    recordings = {name: one for name, one in looked_at.items() if isinstance(one, Recording)}
    used = [_settled(one, recordings[one.id]) for one in corpus.utterances if one.id in recordings]
    left_out = [
        LeftOut(one.id, one.split, why) for one in corpus.utterances if isinstance(why := looked_at[one.id], str)
    ]
    checked = replace(corpus, utterances=tuple(used), left_out=tuple(left_out))
    _check_leaks(checked, recordings, stages)
    _warn_of_repetition(checked, stages)
    _warn_of_offsets(checked, recordings, stages)
    return checked, recordings


def _settled(one: Utterance, recording: Recording) -> Utterance:
    """Return the utterance with the digest of its file, and the end that its segment has in that."""
    known = replace(one, sha256=recording.sha256)
    if one.start_s is None and one.end_s is None:
        return known
    start_s = one.clip.start / SAMPLE_RATE
    return replace(known, start_s=start_s, end_s=start_s + recording.duration_s)


def _check_leaks(corpus: Corpus, recordings: Mapping[str, Recording], stages: Stages) -> None:
    """Refuse a corpus in which two splits hold the same bytes, under whatever names."""
    parts = [part_of(one, recordings[one.id].sha256) for one in corpus.utterances]
    if found := leaks(parts):
        every = (("recording in several splits", leak) for leak in found)
        they_are = f"{counted(len(found), 'recording')} of {corpus.name} {'is' if len(found) == 1 else 'are'}"
        raise RecordingsError(f"{they_are} in several splits:{listed(found)}", every)
    if count := n_shared_files(parts):
        they_are = f"{counted(count, 'file')} of {corpus.name} {'is' if count == 1 else 'are'}"
        stages.warn(
            f"{they_are} in several splits, in segments of different speakers: what systems learn of a room and a "
            "microphone, they meet again in the test"
        )


def _warn_of_repetition(corpus: Corpus, stages: Stages) -> None:
    """Say which rows are the same audio as others: tables of segments that lost their columns look like that."""
    files = Counter(one.path for one in corpus.utterances)
    whole = sum(one.clip.whole and files[one.path] > 1 for one in corpus.utterances)
    if whole:
        stages.warn(
            f"{counted(whole, 'row')} of {corpus.name} without times in columns `start` and `end`, though others are "
            "of the same file"
        )
    segments = Counter(one.clip for one in corpus.utterances if not one.clip.whole)
    again = sum(count for count in segments.values() if count > 1)
    if again:
        stages.warn(f"{counted(again, 'row')} of {corpus.name} with the file, start and end of another row")


def _warn_of_offsets(corpus: Corpus, recordings: Mapping[str, Recording], stages: Stages) -> None:
    of_clips = {one.clip: recordings[one.id] for one in corpus.utterances}
    offsets_db = {clip: one.offset_dbfs - one.active_dbfs for clip, one in of_clips.items()}
    named = [
        f"{clip}: {_beside(offset_db)} its active level"
        for clip, offset_db in offsets_db.items()
        if offset_db > LOUD_OFFSET_DB
    ]
    if named:
        stages.warn(
            f"a constant offset (DC) in {len(named)} of {counted(len(offsets_db), 'recording')} of {corpus.name} does "
            f"not count in levels and SNRs, but every system hears it:{listed(named)}"
        )


def _beside(offset_db: float) -> str:
    return f"{offset_db:.0f} dB over" if offset_db > 0 else f"{-offset_db:.0f} dB under"


def _inspect_block(clips: Sequence[Clip]) -> list[Recording | str]:
    return [_inspect_one(clip) for clip in clips]


def _inspect_one(clip: Clip) -> Recording | str:
    try:
        with hashed(clip.path) as sha256:
            audio = _heard(clip)
        if len(audio) < SHORTEST_S * SAMPLE_RATE:
            return f"{clip}: lasts {1000 * len(audio) / SAMPLE_RATE:.2g} ms; speech must last {1000 * SHORTEST_S:g} ms"
        if is_silent(audio):
            return f"{clip}: {SILENT}"
        levels = *speech_levels_dbfs(audio), offset_dbfs(audio)
        return Recording(sha256, len(audio) / SAMPLE_RATE, *levels)
    except (ValueError, OSError) as error:
        return clip.blamed(error)


def _heard(clip: Clip) -> Waveform:
    """Return the samples of a recording, of a segment those that its file has."""
    if clip.whole:
        return read_audio(clip.path)
    audio = read_slice(clip.path, clip.start, clip.end)
    beyond = 0 if clip.end is None else clip.end - clip.start - len(audio)
    if not audio.size or beyond > END_TOLERANCE:
        raise AudioError(
            f"{clip}: the file ends at {audio_length(clip.path) / SAMPLE_RATE:.3f} s; a segment must begin before "
            f"that, and end no more than {1000 * END_TOLERANCE / SAMPLE_RATE:g} ms after it"
        )
    return audio
