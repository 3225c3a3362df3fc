"""Spectrograms of the examples one can listen to."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from reports.figures import style
from reports.figures.style import plain
from reports.run.files import ReportError
from reports.run.run import Example

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# 25 ms Hann windows every 5 ms: what speech is usually looked at with.
WINDOW_S = 0.025
HOP_S = 0.005
RANGE_DB = 75.0
# Samples are within +-1.0, or a little beyond in a file of floats.
LOUDEST = 1000.0

# What the spectrogram shows: level in dB (n_frequencies, n_frames), and the ends of both axes.
Picture = tuple[npt.NDArray[np.float64], float, float]


def picture(path: Path) -> Picture:
    """Return the spectrogram of a recording, its duration in s and its highest frequency in kHz.

    Raises:
        ReportError: if the file cannot be read, is shorter than one window, or holds what is no sound.
    """
    import soundfile

    try:
        audio, rate = soundfile.read(path, always_2d=True)
    except (soundfile.SoundFileError, OSError, TypeError) as error:  # a TypeError for what has no header
        raise ReportError(f"{path}: not readable as audio: {error}") from error
    width, hop = round(WINDOW_S * rate), round(HOP_S * rate)
    if not np.all(np.abs(audio) <= LOUDEST):
        raise ReportError(f"{path}: holds samples that are not between {-LOUDEST:g} and {LOUDEST:g}")
    if not hop or len(audio) < width:
        raise ReportError(
            f"{path}: {len(audio)} samples at {rate} Hz are too few for a spectrogram of {WINDOW_S:g} s windows"
        )
    frames = np.lib.stride_tricks.sliding_window_view(audio.mean(axis=1), width)[::hop]
    power = np.abs(np.fft.rfft(frames * np.hanning(width), axis=1).T) ** 2
    return 10 * np.log10(power + 1e-12), len(audio) / rate, rate / 2000


def spectrograms(examples: Sequence[Example], pictures: Sequence[Picture]) -> "Figure":
    """Return the examples' spectrograms side by side, on one colour scale."""
    from matplotlib.figure import Figure

    with style.paper():
        columns = min(len(examples), 4)
        rows = -(-len(examples) // columns)
        figure = Figure(figsize=(1.95 * columns + 0.4, 1.6 * rows + 0.2), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False)
        for index, ax in enumerate(axes.flat):
            if index >= len(examples):
                ax.remove()
                continue
            _draw(ax, pictures[index], loudest_db(pictures))
            ax.set_title(plain(examples[index].condition), fontweight="bold")
            ax.set_xlabel("time (s)")
            if index % columns == 0:
                ax.set_ylabel("frequency (kHz)")
            else:
                ax.tick_params(labelleft=False)
        return figure


def card(shown: Picture, loudest_db: float) -> "Figure":
    """Return one spectrogram as the page shows it above a player; ``loudest_db`` is the top of the colour scale."""
    from matplotlib.figure import Figure

    with style.paper():
        figure = Figure(figsize=(3.6, 1.5), layout="constrained")
        ax = figure.subplots()
        _draw(ax, shown, loudest_db)
        ax.set_xlabel("time (s)", labelpad=1)
        ax.set_ylabel("kHz")
        return figure


def loudest_db(pictures: Sequence[Picture]) -> float:
    """Return the top of a colour scale that all these spectrograms share."""
    return max(float(levels.max()) for levels, _, _ in pictures)


def _draw(ax: "Axes", shown: Picture, loudest_db: float) -> None:
    levels, duration_s, top_khz = shown
    ax.imshow(
        levels,
        origin="lower",
        aspect="auto",
        extent=(0, duration_s, 0, top_khz),
        cmap="magma",
        vmin=loudest_db - RANGE_DB,
        vmax=loudest_db,
        interpolation="bilinear",
    )
    ax.grid(visible=False)
