"""Simulated rooms: boxes with a talker and a microphone in them, and what their walls must be like.

Early reflections come from image sources, the tail from traced rays, so that it is not cut off. Formulas for the
reverberation time miss by a tenth and more, so the absorption is corrected until the time *measured* from the response
is what was asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, dist, exp, floor, log

import numpy as np

from corruptions.room.responses import Acoustics, measure_response
from corruptions.sound.audio import SAMPLE_RATE, Waveform

_Point = tuple[float, float, float]

# Image sources of this order hold most of the energy; rays, of which too much arrives, only the tail behind them.
_IMAGE_ORDER = 10
_SCATTERING = 0.1
_FROM_WALLS_M = 0.5
_EAR_HEIGHT_M = (1.0, 1.8)
_SPEED_OF_SOUND = 343.0

_CLOSE_ENOUGH, _TOO_FAR = 0.03, 0.05
_TRIES = 20
# Beyond, formulas are far off and decays uneven; below, the air would decide and not the walls.
_ABSORPTION = (0.03, 0.6)


@dataclass(frozen=True)
class RoomSpec:
    """Which rooms are simulated; what is a pair is drawn evenly between its two numbers.

    Attributes:
        n_rooms: how many.
        length_m: of the floor.
        width_m: of the floor.
        height_m: of the ceiling.
        distance_m: from the talker to the microphone.
        seed: which rooms are drawn.
    """

    n_rooms: int = 10
    length_m: tuple[float, float] = (4.0, 9.0)
    width_m: tuple[float, float] = (3.0, 6.0)
    height_m: tuple[float, float] = (2.5, 3.5)
    distance_m: tuple[float, float] = (1.0, 2.5)
    seed: int = 0

    def __post_init__(self) -> None:
        least = {"length_m": 2.0, "width_m": 2.0, "height_m": 2.0, "distance_m": 0.1}
        for name, lowest in least.items():
            low, high = getattr(self, name)
            if not lowest <= low <= high < np.inf:
                raise ValueError(f"{name}: {(low, high)} must rise, from {lowest:g} m or more")
        if self.n_rooms < 1:
            raise ValueError(f"n_rooms: {self.n_rooms} must be 1 or more")


@dataclass(frozen=True)
class Geometry:
    """A room, and where in it talker and microphone are, in metres from a lower corner."""

    size_m: _Point
    talker_m: _Point
    microphone_m: _Point


def draw_geometry(spec: RoomSpec, k: int) -> Geometry:
    """Return the ``k``-th room of a spec; another number of rooms does not change it.

    Raises:
        ValueError: if no two points in the room are as far apart as the spec says.
    """
    rng = np.random.default_rng([spec.seed, k])
    size = np.array([rng.uniform(*limits) for limits in (spec.length_m, spec.width_m, spec.height_m)])
    low = np.array([_FROM_WALLS_M, _FROM_WALLS_M, _EAR_HEIGHT_M[0]])
    high = np.array([size[0] - _FROM_WALLS_M, size[1] - _FROM_WALLS_M, _EAR_HEIGHT_M[1]])
    for _ in range(10_000):
        talker, microphone = rng.uniform(low, high), rng.uniform(low, high)
        if spec.distance_m[0] <= dist(talker, microphone) <= spec.distance_m[1]:
            return Geometry(_point(size), _point(talker), _point(microphone))
    raise ValueError(
        f"distance_m: in a room of {size[0]:.1f} x {size[1]:.1f} m no talker is {spec.distance_m[0]:g} to "
        f"{spec.distance_m[1]:g} m from a microphone, each {_FROM_WALLS_M} m from the walls"
    )


def check_possible(rt60_s: float, geometries: Sequence[Geometry]) -> None:
    """Check that walls can give all rooms a reverberation time.

    Raises:
        ValueError: if not; the message says which times they can give.
    """
    least, most = _ABSORPTION
    shortest = ceil(100 * max(_eyring_s(geometry, -log(1 - most)) for geometry in geometries)) / 100
    longest = floor(100 * min(_eyring_s(geometry, -log(1 - least)) for geometry in geometries)) / 100
    if not shortest <= rt60_s <= longest:
        allowed = f"walls can give them {shortest:g} to {longest:g} s"
        raise ValueError(f"a reverberation time of {rt60_s:g} s is not to be had in these rooms: {allowed}")


def simulate(geometry: Geometry, rt60_s: float, seed: int, k: int = 0) -> tuple[Waveform, Acoustics, float]:
    """Return the impulse response of a room, what was measured from it, and the absorption of the walls it took.

    Args:
        geometry: the room.
        rt60_s: reverberation time in seconds.
        seed: of the scattered rays.
        k: the same; another one for each room.

    Raises:
        ValueError: if no absorption that was tried gives that time within 5 %.
    """
    exponent = _eyring_s(geometry, 1.0) / rt60_s
    best: tuple[Waveform, Acoustics, float] | None = None
    nearest = np.inf
    for attempt in range(_TRIES):
        absorption = 1 - exp(-exponent)
        response = _trace(geometry, absorption, [seed, k, attempt])
        acoustics = measure_response(response)
        if acoustics.rt60_s is None:
            continue  # an uneven decay: other rays may do better
        ratio = acoustics.rt60_s / rt60_s
        if abs(ratio - 1) < nearest:
            best, nearest = (response, acoustics, absorption), abs(ratio - 1)
        if nearest <= _CLOSE_ENOUGH:
            break
        exponent *= ratio**0.7  # not all the way, for every try has other rays
    if best is None or nearest > _TOO_FAR:
        size = " x ".join(f"{side:.1f}" for side in geometry.size_m)
        raise ValueError(f"no walls were found that give a room of {size} m a reverberation time of {rt60_s:g} s")
    return best


def _trace(geometry: Geometry, absorption: float, seed: list[int]) -> Waveform:
    import pyroomacoustics

    # The last digits depend on the number of threads.
    threads = pyroomacoustics.constants.get("num_threads")
    pyroomacoustics.constants.set("num_threads", 1)
    try:
        numpy_seed, rays_seed = (int(part) for part in np.random.SeedSequence(seed).generate_state(2))
        pyroomacoustics.random.seed(numpy=numpy_seed, libroom=rays_seed)
        room = pyroomacoustics.ShoeBox(
            geometry.size_m,
            fs=SAMPLE_RATE,
            materials=pyroomacoustics.Material(absorption, _SCATTERING),
            max_order=_IMAGE_ORDER,
            ray_tracing=True,
            air_absorption=True,
        )
        room.add_source(geometry.talker_m)
        room.add_microphone(geometry.microphone_m)
        room.compute_rir()
    finally:
        pyroomacoustics.constants.set("num_threads", threads)
    response: Waveform = np.asarray(room.rir[0][0] / np.abs(room.rir[0][0]).max(), np.float32)
    return response


def _eyring_s(geometry: Geometry, exponent: float) -> float:
    """Return the reverberation time after Eyring, of walls that reflect ``exp(-exponent)`` of the energy."""
    x, y, z = geometry.size_m
    return 24 * log(10) / _SPEED_OF_SOUND * (x * y * z) / (2 * (x * y + y * z + z * x) * exponent)


def _point(coordinates: np.ndarray) -> _Point:
    x, y, z = (float(one) for one in coordinates)
    return x, y, z
