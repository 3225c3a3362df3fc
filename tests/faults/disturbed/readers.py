"""How each kind of stored file is read back: what is refused is made again, and what is not must be as it was."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from bench.corpora.probe.build import DESIGN, MANIFEST, build_probe
from bench.stages import outputs
from bench.stages.recipe import CORRUPTIONS_TABLE, read_corruptions
from bench.store import folders
from bench.store import store as stored
from bench.store.features import read_features
from bench.store.keys import Generation
from bench.store.store import Store, read_tables
from corruptions.ground import seals
from corruptions.noise.bank import build_bank
from corruptions.noise.folders import read_noise_folder
from corruptions.room.bank import _kept
from corruptions.sound.audio import read_audio
from models.heads.checkpoints import Checkpoint, open_checkpoint, read_stage, write_stage
from models.heads.training import load_head
from tests.faults.scene import SPEC, Scene
from tests.faults.tools.kinds import IN_CACHE, IN_RUN, PROBE, files_of

REFUSALS = (ValueError, OSError)
"""What a reader raises of a file that is not as it was written."""


@dataclass(frozen=True)
class Reader:
    """A file, and what is read of it, in a form that can be compared; None is as if there were nothing."""

    path: Path
    read: Callable[[], object]


def readers(scene: Scene, folder: Path) -> dict[str, Reader]:
    """Return a reader of a file of each kind, in copies of the cache, the run and the export that lie in a folder."""
    cache, run, export = folder / "cache", folder / "run", folder / "export"
    return {
        **_of_the_store(cache / "store"),
        **_of_rooms(cache),
        **_of_the_probe(cache),
        "checkpoints": _of_a_checkpoint(folder / "a.checkpoint"),
        "decoded noise": _of_a_bank(scene, folder / "bank"),
        **{kind: _of_a_run(run, some[0]) for kind, one in IN_RUN.items() if (some := files_of(run, one))},
        "run: mark": Reader(run / folders.MARK, lambda: _plan_of(run)),
        "export: .records": _of_a_record(files_of(export, ".records/*/*/*.parquet")[0]),
        "export: corruptions.parquet": Reader(
            export / CORRUPTIONS_TABLE,
            lambda: read_corruptions(export / CORRUPTIONS_TABLE)[0].to_json(double_precision=15),
        ),
    }


def _of_the_store(root: Path) -> dict[str, Reader]:
    store = Store(root)
    first = {kind: files_of(root.parent, pattern)[0] for kind, pattern in IN_CACHE.items() if "store/" in pattern}
    tables = ("histories", "predictions", "transcripts", "drift", "corruptions", "no_speech")
    features, heads, note = first["features"], _entry(first["heads"]), first["notes of versions"]
    generation = Generation(note.parent.name, frozenset(json.loads(note.read_text(encoding="utf-8")).items()))
    return {
        "features": Reader(features, lambda: [one.tolist() for one in read_features(store, [features.stem])]),
        "heads": Reader(heads.path, lambda: _weights(heads.checked())),
        **{kind: _of_a_table(_entry(first[kind])) for kind in tables},
        "notes of versions": Reader(note, lambda: (store.note(generation), note.read_bytes())),
    }


def _entry(path: Path) -> "stored.Entry":
    return stored.Entry(path, f"{path.parents[1].name}/{path.name}")


def _of_a_table(entry: "stored.Entry") -> Reader:
    return Reader(entry.path, lambda: entry.read().to_json(double_precision=15))


def _weights(path: Path) -> dict[str, list[float]]:
    return {name: one.tolist() for name, one in load_head(path).network.state_dict().items()}


def _of_rooms(cache: Path) -> dict[str, Reader]:
    table = files_of(cache, IN_CACHE["table of rooms"])[0]
    bank, rt60_s = table.parents[1], float(table.parent.name.removesuffix("s"))

    def read() -> object:
        return [(str(one), read_audio(one.path).tolist()) for one in _kept(bank, rt60_s, str)] or None

    return {"rooms": Reader(files_of(cache, IN_CACHE["rooms"])[0], read), "table of rooms": Reader(table, read)}


def _of_the_probe(cache: Path) -> dict[str, Reader]:
    audio, *_ = files_of(cache, PROBE["probe audio"])

    def brought_up_to_date(name: str) -> Reader:
        path = audio.parents[1] / name
        return Reader(path, lambda: (build_probe(SPEC, cache), path.read_bytes()))

    def spoken() -> object:
        return soundfile.read(audio)[0].tolist() if seals.is_sealed(audio, f"audio/{audio.name}") else None

    return {
        "probe audio": Reader(audio, spoken),
        "probe manifest": brought_up_to_date(MANIFEST),
        "probe design": brought_up_to_date(DESIGN),
    }


def _of_a_checkpoint(path: Path) -> Reader:
    import torch

    write_stage(Checkpoint(path, "lesson"), "network", {"weights": torch.arange(100.0), "epoch": 3})

    def read() -> object:
        state: Mapping[str, object] = read_stage(open_checkpoint(path, "lesson"), "network") or {}
        return {name: np.asarray(one).tolist() for name, one in state.items()} or None

    return Reader(path, read)


def _of_a_bank(scene: Scene, cache: Path) -> Reader:
    noises = read_noise_folder(scene.corpus / "street")

    def read() -> object:
        bank = build_bank(noises.folder, noises.recordings, cache)
        return [bank.recording(one.sha256).tolist() for one in noises.recordings]

    read()
    return Reader(files_of(cache, "*.f32")[0], read)


def _of_a_run(run: Path, path: Path) -> Reader:
    def read() -> object:
        refused = (
            outputs.changed_files(run)
            if seals.is_sealed(run / outputs.RECORD, outputs.RECORD)
            else [run / outputs.RECORD]
        )
        return None if refused else path.read_bytes()

    return Reader(path, read)


def _plan_of(run: Path) -> object:
    """Return what a run is known by: by its record, where its mark is damaged."""
    there = folders.read_mark(run)
    return there and (there.made_by, *(there.of[key] for key in ("suite", "corpus", "limit")))


def _of_a_record(path: Path) -> Reader:
    def read() -> object:
        seals.check_seal(path, "/".join(path.parts[-3:]))
        return read_tables([path]).to_json(double_precision=15)

    return Reader(path, read)
