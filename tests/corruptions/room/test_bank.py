import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyroomacoustics
import pytest
from pyroomacoustics.experimental.rt60 import measure_rt60

from corruptions import SAMPLE_RATE, read_audio
from corruptions.ground.progress import Advance
from corruptions.room.bank import RoomJob, Row, build_rooms
from corruptions.room.responses import Response, measure_response
from corruptions.room.simulation import RoomSpec, draw_geometry, simulate
from corruptions.sound.inputs import file_sha256

SMALL = RoomSpec(n_rooms=2, seed=3)


class Watched:
    """A stage that counts."""

    def __init__(self) -> None:
        self.totals: list[int] = []
        self.done = 0

    @contextmanager
    def __call__(self, _name: str, total: int, _unit: str) -> Iterator[Advance]:
        self.totals.append(total)
        yield self._advance

    def _advance(self, number: int) -> None:
        self.done += number


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bank")
    build_rooms([0.2, 0.3], folder, SMALL)
    return folder


def in_two_processes(function: Callable[[RoomJob], Row], jobs: Sequence[RoomJob]) -> Iterator[tuple[RoomJob, Row]]:
    """Yield the rooms as they are ready, those that were asked for last first."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(function, job): job for job in reversed(jobs)}
        for future in as_completed(waiting):
            yield waiting[future], future.result()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def table(response: Response) -> list[dict[str, Any]]:
    rooms: list[dict[str, Any]] = json.loads((response.path.parent / "rooms.json").read_text())["rooms"]
    return rooms


@pytest.mark.parametrize("rt60_s", [0.2, 0.3, 0.5, 0.7, 1.0])
def test_the_measured_reverberation_time_is_the_one_asked_for(rt60_s: float):
    for k in range(2):
        response, acoustics, _ = simulate(draw_geometry(RoomSpec(), k), rt60_s, seed=0, k=k)
        assert acoustics.rt60_s == pytest.approx(rt60_s, rel=0.05)
        others = measure_rt60(response[acoustics.direct :], SAMPLE_RATE, decay_db=30)
        assert others == pytest.approx(rt60_s, rel=0.15)


def test_the_tail_is_not_cut_off():
    response, acoustics, _ = simulate(draw_geometry(RoomSpec(), 0), 0.6, seed=0)
    power = np.square(response[acoustics.direct :], dtype=np.float64)
    at_rt60 = power[round(0.5 * SAMPLE_RATE) : round(0.55 * SAMPLE_RATE)].mean()
    assert -60 < 10 * np.log10(at_rt60 / power[:800].mean()) < -40  # a tail that falls by 60 dB in 0.6 s has -50 dB


def test_no_more_reflections_arrive_than_image_sources_alone_make():
    geometry = draw_geometry(RoomSpec(), 1)
    _, acoustics, absorption = simulate(geometry, 0.4, seed=0)
    literal = pyroomacoustics.ShoeBox(
        geometry.size_m, fs=SAMPLE_RATE, materials=pyroomacoustics.Material(absorption), max_order=40
    )
    literal.add_source(geometry.talker_m)
    literal.add_microphone(geometry.microphone_m)
    literal.compute_rir()
    images = measure_response(literal.rir[0][0].astype(np.float32))
    assert acoustics.drr_db == pytest.approx(images.drr_db, abs=1.5)


def test_a_response_that_was_kept_is_the_one_that_was_built(cache: Path):
    for rt60_s, responses in build_rooms([0.2, 0.3], cache, SMALL).items():
        for response, row in zip(responses, table(responses[0]), strict=True):
            audio = read_audio(response.path)
            assert response.name == row["name"] == response.path.relative_to(response.path.parents[1]).as_posix()
            assert (response.sha256, response.n_samples) == (file_sha256(response.path), len(audio))
            assert response.acoustics == measure_response(audio)
            assert response.acoustics.rt60_s == pytest.approx(rt60_s, rel=0.05)


def test_every_reverberation_time_has_the_same_rooms(cache: Path):
    rooms = build_rooms([0.2, 0.3], cache, SMALL)
    geometries = [
        [{name: value for name, value in row.items() if name.endswith("_m")} for row in table(responses[0])]
        for responses in rooms.values()
    ]
    assert geometries[0] == geometries[1]
    assert geometries[0][0] != geometries[0][1]
    assert len(geometries[0][0]) == 10  # three points and the distance
    for row in geometries[0]:
        assert SMALL.distance_m[0] <= float(row["distance_m"]) <= SMALL.distance_m[1]


def test_the_bytes_depend_on_the_spec_and_on_nothing_else(cache: Path, tmp_path: Path):
    pyroomacoustics.random.seed(99)
    build_rooms([0.3, 0.2], tmp_path / "again", SMALL, run=in_two_processes)
    assert contents(tmp_path / "again") == contents(cache)
    build_rooms([0.2], tmp_path / "other", RoomSpec(n_rooms=2, seed=4))
    assert not set(contents(tmp_path / "other").values()) & set(contents(cache).values())


def test_a_larger_bank_starts_with_the_same_rooms():
    assert draw_geometry(SMALL, 1) == draw_geometry(RoomSpec(n_rooms=20, seed=3), 1)


def test_only_what_is_missing_is_built(tmp_path: Path):
    watched = Watched()
    first = build_rooms([0.2], tmp_path, SMALL, stage=watched)
    assert (watched.totals, watched.done) == ([2], 2)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}
    both = build_rooms([0.2, 0.25], tmp_path, SMALL, stage=watched)
    assert (watched.totals, watched.done) == ([2, 2], 4)
    assert list(both) == [0.2, 0.25]
    assert both[0.2] == first[0.2]
    assert all(path.stat().st_mtime_ns == then for path, then in before.items())
    assert build_rooms([0.25, 0.2, 0.2], tmp_path, SMALL, stage=watched) == both
    assert watched.done == 4


def test_a_bank_that_was_damaged_is_built_again(tmp_path: Path):
    (responses,) = build_rooms([0.2], tmp_path, SMALL).values()
    whole = contents(tmp_path)
    responses[1].path.unlink()
    assert build_rooms([0.2], tmp_path, SMALL)[0.2] == responses
    assert contents(tmp_path) == whole
    table = responses[0].path.parent / "rooms.json"
    table.unlink()  # as after a build that was killed
    assert build_rooms([0.2], tmp_path, SMALL)[0.2] == responses
    assert contents(tmp_path) == whole
    for path in (table, responses[0].path):
        flipped = bytearray(path.read_bytes())
        flipped[-9] ^= 1
        path.write_bytes(flipped)
        assert build_rooms([0.2], tmp_path, SMALL)[0.2] == responses
        assert contents(tmp_path) == whole


def test_the_threads_of_pyroomacoustics_are_as_they_were():
    before = pyroomacoustics.constants.get("num_threads")
    simulate(draw_geometry(SMALL, 0), 0.2, seed=0)
    assert pyroomacoustics.constants.get("num_threads") == before


@pytest.mark.parametrize("rt60_s", [-0.5, 0.0, 0.1, 20.0, float("nan")])
def test_a_reverberation_time_that_walls_cannot_give_is_an_error(tmp_path: Path, rt60_s: float):
    hall = RoomSpec(n_rooms=1, length_m=(30, 40), width_m=(20, 30), height_m=(10, 12))
    with pytest.raises(ValueError, match=r"is not to be had in these rooms: walls can give them 0\.\d+ to \d"):
        build_rooms([rt60_s], tmp_path, hall)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"n_rooms": 0}, "n_rooms: 0 must be 1 or more"),
        ({"length_m": (5.0, 4.0)}, r"length_m: \(5\.0, 4\.0\) must rise"),
        ({"height_m": (1.0, 3.0)}, r"height_m: \(1\.0, 3\.0\) must rise, from 2 m or more"),
        ({"width_m": (3.0, float("inf"))}, "width_m: .* must rise"),
        ({"distance_m": (0.0, 1.0)}, "distance_m: .* must rise"),
    ],
)
def test_rooms_that_cannot_be_are_an_error(wrong: dict[str, object], message: str):
    with pytest.raises(ValueError, match=message):
        RoomSpec(**wrong)


def test_a_talker_cannot_be_further_away_than_the_room_is_long(tmp_path: Path):
    with pytest.raises(ValueError, match=r"distance_m: in a room of .* no talker is 20 to 30 m from a microphone"):
        build_rooms([0.3], tmp_path, RoomSpec(distance_m=(20, 30)))
