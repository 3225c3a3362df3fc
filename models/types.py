"""What travels between the models: waveforms, frames and transcripts, and what an encoder must be able to do.

Anything that satisfies one of the protocols is an encoder: there is no base class. Three promises hold for all of
them, and a contract test checks them on every entry of every catalogue:

- the result for an item never depends on what else is in the call, nor on the order (rule 4 of the design);
- the same item gives the same bits each time on one thread of a CPU, which is what a run's processes have (with more
  threads, or on a GPU, the same but for rounding);
- ``fingerprint`` changes whenever the result may: weights, layer, options and the version of the code are in it. That
  version is the ``VERSION`` of the module whose function the catalogue names; ``LIBRARIES`` there are the packages that
  have a part in the result and that not all models use. Both say what of the cache is of no use any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
"""Samples per second of every waveform that a model is given."""

Waveform = npt.NDArray[np.float32]
"""``(n_samples,)``, mono, 16 kHz, full scale +-1."""

Frames = npt.NDArray[np.float32]
"""``(n_frames, dim)``, at least one frame; ``(n_frames, n_layers, dim)`` where a head is to weigh several layers."""


@dataclass(frozen=True)
class Pretrained:
    """Which trained weights: what a suite writes beside the kind of a model.

    ``weights`` is a name in ``models.weights.embedded.EMBEDDED``, a folder, or a repository on the Hugging Face hub;
    None for what has no weights. ``revision`` is the repository's commit; the newest unless said.
    """

    weights: str | None = None
    revision: str | None = None


NO_WEIGHTS = Pretrained()
"""What a model without weights is made of."""


@dataclass(frozen=True)
class Transcript:
    """What a recogniser heard.

    ``mean_log_probability`` is the mean natural-log probability of a token (at most 0); of an empty text it is that of
    having nothing to say, near 0 in silence, and tells nothing of words. ``no_speech_probability`` is the recogniser's
    own belief that nobody spoke (0 to 1), NaN for a recogniser that has none.
    """

    text: str
    mean_log_probability: float
    no_speech_probability: float


class SpeechEncoder(Protocol):
    """Turns waveforms into frames of ``dim`` numbers, as many layers of them as are asked for in one pass."""

    @property
    def fingerprint(self) -> str:
        """Text that changes whenever the frames of any layer may."""

    @property
    def dim(self) -> int:
        """Numbers per frame."""

    @property
    def n_layers(self) -> int:
        """The number of the last layer. Layer 0 is what enters the first; a model without layers has layer 0 only."""

    def __call__(self, waveforms: Sequence[Waveform], layers: Sequence[int]) -> list[list[Frames]]:
        """Return for each waveform, in order, one array ``(n_frames, dim)`` per layer, in the order of ``layers``."""


class Transcriber(Protocol):
    """Turns waveforms into text."""

    @property
    def fingerprint(self) -> str:
        """Text that changes whenever the transcripts may."""

    def __call__(self, waveforms: Sequence[Waveform]) -> list[Transcript]:
        """Return one transcript per waveform, in order."""


class TextEncoder(Protocol):
    """Turns texts into frames of ``dim`` numbers, one per token."""

    @property
    def fingerprint(self) -> str:
        """Text that changes whenever the frames may."""

    @property
    def dim(self) -> int:
        """Numbers per frame."""

    def __call__(self, texts: Sequence[str]) -> list[Frames]:
        """Return one array ``(n_tokens, dim)`` per text, in order."""


def check_layers(layers: Sequence[int], n_layers: int) -> None:
    """Refuse layers that a model does not have; every speech encoder does this first.

    Raises:
        ValueError: if there are none, or one is not 0 to ``n_layers``.

    Examples:
        >>> check_layers([3, 13], n_layers=12)
        Traceback (most recent call last):
        ValueError: there is no layer 13: layers are 0 to 12
    """
    wrong = [layer for layer in layers if not 0 <= layer <= n_layers]
    if wrong or not layers:
        asked = f"there is no layer {wrong[0]}" if wrong else "no layer is asked for"
        raise ValueError(f"{asked}: layers are 0 to {n_layers}")


def check_waveforms(waveforms: Sequence[Waveform]) -> None:
    """Refuse what no encoder can give an answer for; every encoder and transcriber does this first.

    Raises:
        ValueError: if a waveform is not ``(n_samples,)`` float32 with at least one sample, or holds NaN or infinity.

    Examples:
        >>> check_waveforms([np.zeros(0, np.float32)])
        Traceback (most recent call last):
        ValueError: waveform 0 is float32 of shape (0,): ...
    """
    for index, waveform in enumerate(waveforms):
        if waveform.ndim != 1 or waveform.dtype != np.float32 or not waveform.size:
            raise ValueError(
                f"waveform {index} is {waveform.dtype} of shape {waveform.shape}: "
                "it must be float32 of shape (n_samples,) with at least one sample"
            )
        if not np.isfinite(waveform).all():
            raise ValueError(f"waveform {index} holds NaN or infinity at sample {np.argmin(np.isfinite(waveform))}")
