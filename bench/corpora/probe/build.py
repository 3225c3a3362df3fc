"""How the probe corpus gets to disk: in parallel, utterance by utterance, and only what is missing."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.corpora.corpus import DIMENSIONS
from bench.corpora.probe.plan import Planned, ProbeSpec, plan
from bench.corpora.probe.voice import SAMPLE_RATE, WEIGHTS, check_installed, load_voice, speak, versions
from bench.store.engine import default_workers, run_jobs, worker_pool
from bench.store.keys import Versions, make_key
from bench.store.progress import Advance
from bench.store.store import cache_root
from corruptions.ground.files import write_bytes
from corruptions.ground.seals import BLANK, is_sealed, sealing

if TYPE_CHECKING:
    from piper import PiperVoice

CODE_VERSION = 2  # of what turns a plan into files; raise it when the same plan would sound different
MANIFEST = "manifest.csv"  # written last: a folder that has it is whole
DESIGN = "design.csv"  # what the labels and the voice were made from


def build_probe(
    spec: ProbeSpec = ProbeSpec(),  # noqa: B008 - a frozen constant
    cache: Path | None = None,
    *,
    workers: int | None = None,
    progress: Advance = lambda _done: None,
    warn: Callable[[str], None] = lambda _message: None,
) -> Path:
    """Return the folder of the probe corpus, after speaking whatever is missing from it.

    The folder's name is a digest of everything that can change the sound. Each utterance is written whole or not at
    all, and sealed, so a build that was killed goes on where it was, and what is not as it was written is spoken again;
    tables that another version of this code wrote are brought up to date. The files are bit-identical whatever the
    number of workers.

    Args:
        spec: sizes and seed.
        cache: where folders of corpora lie; ``bench.store.store.cache_root()`` unless said.
        workers: processes; one a core unless said.
        progress: called with how many more utterances are done; first with those that were there.
        warn: is told of every recording that is not as it was written, and is spoken again.

    Raises:
        ModuleNotFoundError: if the extra ``probe`` is not installed.
        models.weights.embedded.WeightsError: if the voice is absent or is not the one it should be.
    """
    check_installed()
    utterances = plan(spec)
    folder = (cache or cache_root()) / "probe" / _key(utterances)
    missing = [utterance for utterance in utterances if not is_sealed(folder / _audio(utterance), _audio(utterance))]
    for name in (_audio(utterance) for utterance in missing if (folder / _audio(utterance)).exists()):
        warn(f"{folder / name}: is not as it was written; it is spoken again")
    progress(len(utterances) - len(missing))
    if missing:
        with worker_pool(min(workers or default_workers("cpu"), len(missing))) as pool:
            for _ in run_jobs(pool, partial(_write_sound, folder), missing, what=lambda one: one.id):
                progress(1)
    _bring_up_to_date(folder / DESIGN, [_design_row(utterance) for utterance in utterances])
    _bring_up_to_date(folder / MANIFEST, [_manifest_row(utterance) for utterance in utterances])
    return folder


def probe_generation() -> str:
    """Return the generation of the probe corpora of today, with which the name of the folder of each begins.

    Raises:
        PackageNotFoundError: if the extra ``probe`` is not installed.
    """
    return make_key(made_by=_made_by()).generation.name


def _made_by() -> Versions:
    from models.weights.embedded import EMBEDDED

    return {**versions(), "probe": CODE_VERSION, "voice": EMBEDDED[WEIGHTS].sha256}


def _key(utterances: Sequence[Planned]) -> str:
    rows = [asdict(utterance) for utterance in utterances]
    for row in rows:
        del row["emotion"]  # nobody hears it: naming it otherwise is no reason to speak everything again
    return make_key("probe", rows, made_by=_made_by())


def _audio(utterance: Planned) -> str:
    return f"audio/{utterance.id}.wav"


def _write_sound(folder: Path, utterance: Planned) -> None:
    import soundfile

    sound = speak(_voice_of_this_process(), utterance.sentence.text, utterance.voice)
    # libsndfile does not always notice that a disk is full; what writes the bytes does.
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", SAMPLE_RATE, 1, "PCM_16", format="WAV") as recording:
        recording.comment = BLANK
        recording.write(sound)
    with sealing(folder / _audio(utterance), _audio(utterance)) as temporary:
        temporary.write_bytes(file.getvalue())


@cache
def _voice_of_this_process() -> "PiperVoice":
    return load_voice()


def _manifest_row(utterance: Planned) -> dict[str, object]:
    return {
        "id": utterance.id,
        "path": _audio(utterance),
        "split": utterance.split,
        "speaker": utterance.speaker,
        **dict(zip(DIMENSIONS, utterance.labels, strict=True)),
        "transcript": utterance.sentence.text,
        "emotion": utterance.emotion,
    }


def _design_row(utterance: Planned) -> dict[str, object]:
    sentence = utterance.sentence
    return {
        "id": utterance.id,
        **{f"rater_free_{name}": value for name, value in zip(DIMENSIONS, utterance.rater_free, strict=True)},
        "stance": sentence.stance,
        "moment": sentence.moment,
        "rating": sentence.rating,
        "affect_words": " ".join(sentence.affect_words),
        **asdict(utterance.voice),
    }


def _bring_up_to_date(path: Path, rows: Sequence[dict[str, object]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    table = text.getvalue().encode()
    if not path.is_file() or path.read_bytes() != table:
        write_bytes(path, table)
