"""A bank of simulated rooms: built once, in parallel, and kept with what was measured from them.

Every reverberation time has the same rooms in the same order, with other walls: see ``corruptions.room.simulation``.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from math import dist
from pathlib import Path
from typing import Any

import numpy as np

from corruptions.ground.progress import Stage, unseen
from corruptions.ground.seals import BLANK, is_sealed, sealing
from corruptions.room.responses import Acoustics, Response
from corruptions.room.simulation import Geometry, RoomSpec, check_possible, draw_geometry, simulate
from corruptions.sound.audio import write_response
from corruptions.sound.inputs import file_sha256, is_there

CODE_VERSION = 1  # of what turns a spec into files; raise it when the same spec would sound different

_TABLE = "rooms.json"  # written last: a folder that has it is whole


@dataclass(frozen=True)
class RoomJob:
    """One response to be simulated: that of a room, by its number, with a reverberation time."""

    rt60_s: float
    k: int
    geometry: Geometry

    def __str__(self) -> str:
        return f"room {self.k} with a reverberation time of {self.rt60_s:g} s"


Row = dict[str, object]
# Yields every job with what the function makes of it, in any order.
Runner = Callable[[Callable[[RoomJob], Row], Sequence[RoomJob]], Iterable[tuple[RoomJob, Row]]]


def one_by_one(function: Callable[[RoomJob], Row], jobs: Sequence[RoomJob]) -> Iterator[tuple[RoomJob, Row]]:
    """Yield every job with what the function makes of it, in this process."""
    for job in jobs:
        yield job, function(job)


def build_rooms(
    rt60s_s: Sequence[float],
    cache: Path,
    spec: RoomSpec = RoomSpec(),  # noqa: B008 - a frozen constant
    *,
    run: Runner = one_by_one,
    stage: Stage = unseen,
    warn: Callable[[str], None] = lambda _message: None,
) -> dict[float, tuple[Response, ...]]:
    """Return simulated rooms by reverberation time, as ``Material.rooms`` wants them, after building what is missing.

    The responses lie in ``cache/rooms/<digests>/0.6s/00.wav``, to be listened to, and what was measured from them in
    ``rooms.json`` beside them, sealed; what is not as it was written is built again. The digests, of versions and of
    ``spec``, name everything that can change them but the reverberation time, so that another time later adds only its
    own. The files are bit-identical whatever the number of workers.

    Args:
        rt60s_s: reverberation times in seconds. What is measured is within 5 % of them.
        cache: where the folder of a bank lies, or will.
        spec: which rooms.
        run: calls a function with every job, in several processes if it likes.
        stage: shows how many responses are done.
        warn: is told of what is not as it was written, and is built again.

    Raises:
        ValueError: if a reverberation time is more or less than walls can do in these rooms.
    """
    geometries = [draw_geometry(spec, k) for k in range(spec.n_rooms)]
    for rt60_s in rt60s_s:
        check_possible(rt60_s, geometries)
    bank = cache / "rooms" / f"{bank_generation()}-{_digest(asdict(spec), 16)}"
    rooms = {rt60_s: _kept(bank, rt60_s, warn) for rt60_s in dict.fromkeys(rt60s_s)}
    missing = [rt60_s for rt60_s, responses in rooms.items() if not responses]
    if missing:
        jobs = [RoomJob(rt60_s, k, geometry) for rt60_s in missing for k, geometry in enumerate(geometries)]
        rows = {}
        with stage("Simulating rooms", len(jobs), "responses") as advance:
            for job, row in run(partial(_build_one, bank, spec.seed), jobs):
                rows[job] = row
                advance(1)
        for rt60_s in missing:
            _write_table(bank, rt60_s, [rows[job] for job in jobs if job.rt60_s == rt60_s])
    return rooms | {rt60_s: _kept(bank, rt60_s, warn) for rt60_s in missing}


def bank_generation() -> str:
    """Return the digest of versions, 8 hexadecimal digits, with which the name of every bank of today begins."""
    return _digest([CODE_VERSION, version("pyroomacoustics")], 8)


def _build_one(bank: Path, seed: int, job: RoomJob) -> Row:
    """Write one response, and return its row of the table."""
    rt60_s, k, geometry = job.rt60_s, job.k, job.geometry
    response, acoustics, absorption = simulate(geometry, rt60_s, seed, k)
    name = f"{_folder(rt60_s)}/{k:02d}.wav"
    write_response(bank / name, response)
    return {
        "name": name,
        "sha256": file_sha256(bank / name),
        "n_samples": len(response),
        **asdict(acoustics),
        "absorption": absorption,
        "distance_m": dist(geometry.talker_m, geometry.microphone_m),
        **{
            f"{point}_{axis}_m": place
            for point in ("size", "talker", "microphone")
            for axis, place in zip("xyz", getattr(geometry, f"{point}_m"), strict=True)
        },
    }


def _kept(bank: Path, rt60_s: float, warn: Callable[[str], None]) -> tuple[Response, ...]:
    """Return the responses of one reverberation time that were built before; nothing if not all are as they were."""
    table = bank / _folder(rt60_s) / _TABLE
    if not is_sealed(table, _name(bank, rt60_s)):
        if table.exists():
            warn(f"{table}: is not as it was written, and made again")
        return ()
    rows = json.loads(table.read_text(encoding="utf-8"))["rooms"]
    responses = tuple(_from_row(bank, row) for row in rows)
    changed = [one.path for one in responses if not is_there(one.path, one.sha256)]
    for path in changed:
        warn(f"{path}: is not as it was written, and made again")
    return () if changed else responses


def _from_row(bank: Path, row: Mapping[str, Any]) -> Response:
    acoustics = Acoustics(**{one.name: row[one.name] for one in fields(Acoustics)})
    return Response(bank / row["name"], row["name"], row["sha256"], 0, row["n_samples"], acoustics)


def _write_table(bank: Path, rt60_s: float, rows: Sequence[Row]) -> None:
    with sealing(bank / _folder(rt60_s) / _TABLE, _name(bank, rt60_s)) as temporary:
        temporary.write_text(json.dumps({"seal": BLANK, "rooms": rows}, indent=2), encoding="utf-8")


def _name(bank: Path, rt60_s: float) -> str:
    return f"{bank.name}/{_folder(rt60_s)}"


def _digest(value: object, n_digits: int) -> str:
    return sha256(json.dumps(value).encode()).hexdigest()[:n_digits]


def _folder(rt60_s: float) -> str:
    return f"{np.format_float_positional(rt60_s, trim='-')}s"
