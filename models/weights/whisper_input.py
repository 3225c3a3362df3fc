"""How a waveform is cut and padded for Whisper: the same way for its recogniser and for its encoder.

Whisper reads a window of fixed length, 30 s in training, and its cost is that of the window, whatever the length of
the speech. Clips of up to 12 s are padded with silence to 15 s instead, which costs less than half and reads as well;
a window that fits the clip tightly is cheaper still but doubles the word error rate. The window depends on nothing
but the clip.

Measured with tiny.en on 40 utterances of the probe corpus (``tests/benchmarks/whisper_hearing.py``), in windows of 15
and 30 s: word error rates .036 and .034 clean, .12 and .14 in white noise at 10 dB, .64 and .69 at 0 dB. Where nobody
speaks either window has invented words for all 12 clips of digital silence and of white noise at -20 dBFS; whole
sentences are rather of the short one, so what is invented is measured in every run (``bench.stages.no_speech``). The
encoder hears the same window as the recogniser.

Whisper is not deaf to level, but nearly: of that speech, at active levels of -47 to -27 dBFS, the word error rate is
.042 turned down by 20 dB, .13 by 40 dB and .60 by 50 dB. Recorded speech is far above, so levels are left.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from models.types import SAMPLE_RATE, Frames, Waveform
from models.weights.batching import in_batches

SAMPLES_PER_FRAME = 320
"""One frame of the encoder is 20 ms: mel frames every 10 ms, halved by the second convolution."""

LONG_WINDOW_S = 30
SHORT_WINDOW_S = 15
SHORT_CLIP_S = 12
"""Up to this length a clip goes into the short window: 3 s of silence are left, so that its end sounds like an end."""

N_MELS = 80
"""Mel bands of the features; 128 for large-v3."""

BATCH_S = {"cpu": 0, "cuda": 480}
"""Seconds of windows in a batch; 0 means one piece. All states of large in float16 are 0.13 GB per 30 s: 2 GB."""


def frame_count(n_samples: int) -> int:
    """Return how many frames of the encoder hold at least one of ``n_samples`` samples."""
    return math.ceil(n_samples / SAMPLES_PER_FRAME)


def window_s(n_samples: int) -> int:
    """Return the length, in seconds, of the window that ``n_samples`` samples are padded to.

    Raises:
        ValueError: if they do not fit into the long window.

    Examples:
        >>> window_s(4 * SAMPLE_RATE), window_s(12 * SAMPLE_RATE), window_s(12 * SAMPLE_RATE + 1)
        (15, 15, 30)
    """
    if n_samples > LONG_WINDOW_S * SAMPLE_RATE:
        raise ValueError(f"{n_samples} samples do not fit into a window of {LONG_WINDOW_S} s")
    return SHORT_WINDOW_S if n_samples <= SHORT_CLIP_S * SAMPLE_RATE else LONG_WINDOW_S


def pieces(waveform: Waveform) -> Iterator[Waveform]:
    """Yield the waveform in consecutive pieces that each fit into a window.

    The pieces are as few and as equal as possible, so that no short remnant is left at the end for the recogniser to
    hallucinate on; they are cut at multiples of a frame, so that their frames together are those of the whole.

    Examples:
        >>> [len(piece) / SAMPLE_RATE for piece in pieces(np.zeros(31 * SAMPLE_RATE, np.float32))]
        [15.5, 15.5]
    """
    n_frames = frame_count(len(waveform))
    n_pieces = math.ceil(n_frames * SAMPLES_PER_FRAME / (LONG_WINDOW_S * SAMPLE_RATE))
    size = math.ceil(n_frames / n_pieces) * SAMPLES_PER_FRAME
    for start in range(0, len(waveform), size):
        yield waveform[start : start + size]


def log_mel(piece: Waveform, n_mels: int = N_MELS, padded_s: int | None = None) -> npt.NDArray[np.float32]:
    """Return Whisper's input for a piece, padded with silence: ``(n_mels, 100 * padded_s)``.

    These are openai-whisper's features: log10 of mel energies every 10 ms, cut off 80 dB below the loudest of the
    window, then shifted and scaled. Loudness is not removed, but what lies far below the loudest sound is.

    Args:
        piece: one of :func:`pieces`.
        n_mels: 80 or 128 bands.
        padded_s: length of the window in seconds, for networks that take the long one only; ``window_s`` unless said.
    """
    import torch
    from whisper.audio import log_mel_spectrogram

    padded = np.zeros((padded_s or window_s(len(piece))) * SAMPLE_RATE, np.float32)
    padded[: len(piece)] = piece
    features: npt.NDArray[np.float32] = log_mel_spectrogram(torch.from_numpy(padded), n_mels).numpy()
    return features


def encode_pieces(
    waveforms: Sequence[Waveform],
    encode: Callable[[Any], list[Any]],
    device: str,
    n_mels: int,
    padded_s: int | None = None,
) -> list[list[Frames]]:
    """Return the frames of each waveform and layer: its pieces are encoded, and their padding is left out.

    On a CPU pieces are encoded one by one, so that the frames of a clip are the same bits whatever the call. On CUDA
    they are encoded in batches of equal windows, which rounding alone tells from one by one.

    Args:
        waveforms: of any length.
        encode: maps a tensor of features ``(batch, n_mels, n)`` to a tensor ``(batch, n / 2, dim)`` per layer.
        device: where ``encode`` computes.
        n_mels: mel bands that the network wants.
        padded_s: as for :func:`log_mel`.

    Returns:
        Per waveform one array ``(frame_count(n_samples), dim)`` per layer, float32.
    """
    import torch

    def encode_batch(batch: Sequence[Waveform]) -> list[list[Frames]]:
        mels = np.stack([log_mel(piece, n_mels, padded_s) for piece in batch])
        with torch.inference_mode():
            layers = [hidden.float().cpu().numpy() for hidden in encode(torch.from_numpy(mels).to(device))]
        return [[layer[row, : frame_count(len(piece))].copy() for layer in layers] for row, piece in enumerate(batch)]

    clips = [list(pieces(waveform)) for waveform in waveforms]
    flat = [piece for clip in clips for piece in clip]
    windows = [padded_s or window_s(len(piece)) for piece in flat]
    encoded: dict[int, list[Frames]] = {}
    for window in set(windows):
        places = [place for place, own in enumerate(windows) if own == window]
        alike = [flat[place] for place in places]
        encoded |= zip(places, in_batches(encode_batch, alike, [window] * len(alike), BATCH_S[device]), strict=True)
    found = (encoded[place] for place in range(len(flat)))
    return [[np.concatenate(layer) for layer in zip(*(next(found) for _ in clip), strict=True)] for clip in clips]
