"""Where a recording of noise is active: what lies far under its own level is a pause, and nobody means it as the noise.

A bark in five seconds of nothing, and street noise whose second half is a converter's hiss, are noise in part. Excerpts
are drawn from where there is some; what is between stays between, and a dog remains an impulsive noise.

Frames of 10 ms are active, the loudest first, until one lies more than 30 dB under the level of those before it. That
is the idea of the active level of speech (ITU-T P.56), with a wider margin, since noise has more of loud and soft, and
from above, since a bark of 1 % of the time must not make the hiss around it noise.
"""

import numpy as np
import numpy.typing as npt

from corruptions.sound.audio import SAMPLE_RATE

PAUSE_DB = 30.0

ActiveStretches = tuple[tuple[int, int], ...]
"""First samples, and those after the last, of what is active in a recording: at 16 kHz, in their order, apart."""

_FRAMES_A_SECOND = 100
_FRAME = SAMPLE_RATE // _FRAMES_A_SECOND

_Array = npt.NDArray[np.float64]


class FramePower:
    """The power of every 10 ms of a signal without its mean, collected block by block: all of a recording may not fit.

    Args:
        sample_rate: of the blocks, in Hz.

    Examples:
        >>> collected = FramePower(200)
        >>> for block in ([3, 1, 1], [1]):
        ...     collected.add(np.array(block, np.float32))
        >>> collected.powers().tolist()  # the mean is 1.5
        [1.25, 0.25]
    """

    def __init__(self, sample_rate: int) -> None:
        self.frame = max(round(sample_rate / _FRAMES_A_SECOND), 1)
        self._rest = np.zeros(0, np.float32)
        self._parts: list[_Array] = []

    def add(self, block: npt.NDArray[np.floating]) -> None:
        """Take in the next samples, shape ``(n_samples,)``."""
        block = block.astype(np.float32, copy=False)
        waiting = np.concatenate([self._rest, block]) if self._rest.size else block
        n_whole = len(waiting) // self.frame * self.frame
        self._parts.append(_sums(waiting[:n_whole].reshape(-1, self.frame)))
        self._rest = waiting[n_whole:].copy()

    def powers(self) -> _Array:
        """Return the mean square of every frame around the mean of all, ``(n_frames,)``; the last may be short."""
        rest = [_sums(self._rest[np.newaxis])] if self._rest.size else []
        counts, sums, squares = np.concatenate([*self._parts, *rest], axis=1)
        mean = sums.sum() / counts.sum()
        powers: _Array = np.maximum(squares / counts - 2 * mean * sums / counts + mean * mean, 0)
        return powers


def _sums(frames: npt.NDArray[np.float32]) -> _Array:
    """Return how many samples each frame has, their sum, and that of their squares, shape ``(3, n_frames)``."""
    counts = np.full(len(frames), frames.shape[1])
    return np.array([counts, frames.sum(axis=1), np.einsum("ij,ij->i", frames, frames)], np.float64)


def active_frames(powers: _Array) -> npt.NDArray[np.bool_]:
    """Return which frames are active, shape ``(n_frames,)``: at least one, unless all are silent.

    Args:
        powers: mean squares, see ``FramePower``.

    Examples:
        >>> bark = np.append(np.full(10, 0.1), np.full(490, 1e-5))
        >>> print(active_frames(bark).sum())
        10
    """
    loudest_first = np.sort(powers)[::-1]
    of_those_before = np.cumsum(loudest_first)[:-1] / np.arange(1, len(powers))
    under = loudest_first[1:] < of_those_before * 10 ** (-PAUSE_DB / 10)
    threshold = loudest_first[int(np.argmax(under))] if under.any() else loudest_first[-1]
    found: npt.NDArray[np.bool_] = (powers >= threshold) & (powers > 0)
    return found


def active_share(x: npt.NDArray[np.floating]) -> float:
    """Return how much of a signal at 16 kHz is active, from 0 to 1.

    Examples:
        >>> tone = np.sin(np.arange(8000))
        >>> active_share(tone), active_share(np.append(np.zeros(8000), tone))
        (1.0, 0.5)
    """
    collected = FramePower(SAMPLE_RATE)
    collected.add(x)
    return float(active_frames(collected.powers()).mean())


def active_stretches(powers: _Array, n_samples: int, frame: float = _FRAME) -> ActiveStretches:
    """Return where a recording of ``n_samples`` at 16 kHz is active; ``frame`` is the length of a frame at 16 kHz.

    Examples:
        >>> active_stretches(np.array([1.0, 1, 0, 0, 0]), 790)
        ((0, 320),)
    """
    edges = np.rint(np.flatnonzero(np.diff(active_frames(powers), prepend=False, append=False)) * frame).astype(int)
    pairs = edges.clip(max=n_samples).reshape(-1, 2).tolist()
    return tuple((begin, end) for begin, end in pairs if begin < end)


def draw_offset(length: int, n_samples: int, where: ActiveStretches, rng: np.random.Generator) -> int:
    """Return where an excerpt of a recording begins: any place as likely, of those where enough of it is active.

    Enough is half of what is active in the excerpt of this length in which most is, and a frame that is whole, unless
    the excerpt is shorter than two. Where the place that is drawn first will not do, another is drawn, of one in 10 ms.

    Args:
        length: of the recording, in samples.
        n_samples: of the excerpt; at most ``length``.
        where: what is active in the recording.
        rng: decides. From a recording that is active throughout, it draws one number.
    """
    last = length - n_samples
    drawn = int(rng.integers(last + 1))
    if where == ((0, length),):
        return drawn
    edges = np.ravel(where)
    before = np.cumsum(np.diff(edges, prepend=edges[0]) * (np.arange(len(edges)) % 2))

    def heard(begin: npt.ArrayLike) -> _Array:
        """Return how many samples are active in the excerpts that begin there."""
        at = np.asarray(begin)
        samples: _Array = np.interp(at + n_samples, edges, before) - np.interp(at, edges, before)
        return samples

    # Between these places it rises or falls steadily.
    turns = np.concatenate([edges, edges - n_samples]).clip(0, last)
    most = turns[int(np.argmax(heard(turns)))]
    # Of two frames' length, which lie in one piece or reach over an edge of the excerpt on either side, one is whole.
    enough = np.maximum(heard(most) / 2, np.minimum(heard(most), 2 * _FRAME))
    if heard(drawn) >= enough:
        return drawn
    places = np.append(np.arange(0, last + 1, _FRAME), most)
    return int(rng.choice(places[heard(places) >= enough]))
