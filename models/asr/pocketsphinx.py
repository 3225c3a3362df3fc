"""PocketSphinx: what speech recognition was before it was learnt end to end, as the classic contrast.

Hidden Markov models with shared Gaussian mixtures, a dictionary of 134,000 words and a trigram model, the US English
ones that come inside the package (BSD licence). It runs on the CPU whatever the device.

Conventions:

- It takes 16-bit samples. What exceeds full scale is scaled down first, which changes nothing else: the mean of the
  cepstra, and loudness with it, is taken out of every piece.
- It estimates noise from what it hears. That estimate is begun anew for every piece, or a transcript would depend on
  those before it.
- Where all frames are alike, as in digital silence, all words are as likely, and it would choose by what it heard
  before, even so (``findings/pocketsphinx-words-in-silence.sh``). So noise of one least significant bit is added, the
  same to every piece.
- The search is held to the 3,000 likeliest states and 10 new words a frame: half the time of its defaults, and on nine
  read sentences, clean and in white noise at 10 dB, the same word error rates.
"""

import importlib.util
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import numpy as np

from models.asr.languages import ENGLISH
from models.asr.pieces import Heard, transcribe
from models.types import NO_WEIGHTS, SAMPLE_RATE, Pretrained, Transcript, Waveform
from models.weights.embedded import WeightsError
from models.weights.hub import locate

ACOUSTICS, WORDS, GRAMMAR = "en-us", "cmudict-en-us.dict", "en-us.lm.bin"
FILES = (f"{ACOUSTICS}/*", WORDS, GRAMMAR)
VERSION = 1
"""To be raised with any change of the code that changes a transcript."""

LIBRARIES = ("pocketsphinx",)
"""Whose versions are in the fingerprint."""

MIN_SAMPLES = 1600
"""What a piece is padded to with silence: of less than 75 ms nothing is said at all."""

LEAST_PROBABILITY = 1e-10
"""What a word's probability is raised to, so that its logarithm is finite; that of a search that found nothing."""


@dataclass(frozen=True)
class PocketSphinx:
    """A transcriber made of PocketSphinx's decoder."""

    sha256: str
    decoder: Any = field(repr=False)  # pocketsphinx.Decoder

    @property
    def fingerprint(self) -> str:
        """Text that changes whenever the transcripts may."""
        return f"pocketsphinx {version('pocketsphinx')}/{self.sha256}/v{VERSION}"

    def __call__(self, waveforms: Sequence[Waveform]) -> list[Transcript]:
        """Return the transcript of each waveform; one longer than 30 s is read piece by piece and the texts are joined.

        Its confidence is the mean logarithm of the words' posterior probabilities in the lattice of what else was
        likely; where no word was heard, of those of the silences and noises: near 0, and nothing is said of words. It
        has no belief that nobody spoke.
        """
        return transcribe(waveforms, self._hear)

    def _hear(self, piece: Waveform) -> Heard:
        padded = np.pad(piece, (0, max(0, MIN_SAMPLES - len(piece))))
        least_bits = np.random.default_rng(0).integers(-1, 2, len(padded))
        scaled = np.round(padded / max(1.0, float(abs(padded).max())) * 32766)
        samples = (scaled + least_bits).astype("<i2")
        self.decoder.reinit_feat()
        self.decoder.start_utt()
        self.decoder.process_raw(samples.tobytes(), full_utt=True)
        self.decoder.end_utt()
        hypothesis = self.decoder.hyp()
        if hypothesis is None:
            return Heard("", 1, math.log(LEAST_PROBABILITY), math.nan)
        segments = [(one.word, min(1.0, max(LEAST_PROBABILITY, one.prob))) for one in self.decoder.seg()]
        words = [probability for word, probability in segments if not word.startswith(("<", "["))]
        probabilities = words or [probability for _, probability in segments]
        return Heard(hypothesis.hypstr, len(probabilities), sum(map(math.log, probabilities)), math.nan)


def pocketsphinx(
    device: str = "cpu",  # noqa: ARG001
    pretrained: Pretrained = NO_WEIGHTS,
    language: str = ENGLISH,
) -> PocketSphinx:
    """Return the transcriber ``pocketsphinx``, which uses one CPU thread.

    Args:
        device: "cpu" or "cuda"; it makes no difference.
        pretrained: nothing, for the package has its own models.
        language: English, which those are of.

    Raises:
        ValueError: if weights or another language are named.
        WeightsError: if the package is not installed.

    Examples:
        >>> pocketsphinx()([np.zeros(16_000, np.float32)])[0].no_speech_probability
        nan
    """
    if pretrained.weights is not None:
        raise ValueError(f"pocketsphinx comes with its own models, so {pretrained.weights!r} has no place")
    if language != ENGLISH:
        raise ValueError(f"pocketsphinx hears English only, so language is 'en', not {language!r}")
    if importlib.util.find_spec("pocketsphinx") is None:
        raise WeightsError("the package pocketsphinx is not installed. To install it: pip install 'emonoise[classic]'")
    from pocketsphinx import Decoder, get_model_path

    located = locate(Pretrained(get_model_path("en-us")), FILES)
    decoder = Decoder(
        hmm=str(located.folder / ACOUSTICS),
        dict=str(located.folder / WORDS),
        lm=str(located.folder / GRAMMAR),
        samprate=SAMPLE_RATE,
        cmn="batch",
        maxhmmpf=3000,
        maxwpf=10,
        loglevel="FATAL",
    )
    return PocketSphinx(located.sha256, decoder)
