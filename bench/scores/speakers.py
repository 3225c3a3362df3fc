"""CCC within speakers: how it differs between them, and its mean.

Every other CCC is over all utterances of a condition together, so that it also counts whether a system tells speakers
apart whose labels differ. Within one speaker nothing is to be had from that: the mean within speakers is lower, the
more of the labels' variance lies between speakers. Each speaker counts once, however much they say.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from bench.scores.cells import Series

Floats = npt.NDArray[np.float64]

FEWEST = 5
"""Utterances of a speaker, below which a CCC within them says nothing."""


def within_speakers(series: Series) -> Series:
    """Return the series of the two numbers that rest on the CCC within each speaker.

    ``ccc_within`` is its mean and ``ccc_speaker_sd`` its standard deviation (divided by n - 1), over speakers with
    ``FEWEST`` utterances or more whose labels vary. Both are sums over speakers of its powers, so that other sets of
    speakers are had as everywhere.

    Args:
        series: of a system and dimension.
    """
    count, ccc = series.sums[..., 0], series.metrics["ccc"](series.sums)
    counts = (count >= FEWEST) & ~np.isnan(ccc)
    there = counts.sum(axis=0)
    least_one = np.maximum(there, 1)
    # Powers of what is left without the mean of each cell: no digits cancel.
    centre = np.where(counts, ccc, 0.0).sum(axis=0) / least_one
    left = np.where(counts, ccc - centre, 0.0)
    # Every speaker counts the same, and together they are as many utterances as there are.
    sizes = counts * (np.where(counts, count, 0.0).sum(axis=0) / least_one)

    def mean(sums: Floats) -> Floats:
        return np.asarray(centre + sums[..., 2] / _or_nan(sums[..., 1]), np.float64)

    def deviation(sums: Floats) -> Floats:
        squares = sums[..., 3] - sums[..., 2] ** 2 / _or_nan(sums[..., 1])
        return np.asarray(np.sqrt(np.maximum(squares, 0.0) / _or_nan(sums[..., 1] - 1)), np.float64)

    enough = f"{FEWEST} utterances with labels that vary"
    return replace(
        series,
        metrics={"ccc_within": mean, "ccc_speaker_sd": deviation},
        sums=np.stack([sizes, counts.astype(np.float64), left, left**2], axis=-1),
        reasons={"ccc_within": f"no speaker has {enough}", "ccc_speaker_sd": f"fewer than two speakers have {enough}"},
    )


def _or_nan(count: Floats) -> Floats:
    return np.where(count > 0, count, np.nan)
