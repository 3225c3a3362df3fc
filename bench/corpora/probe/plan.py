"""The generative model of the probe corpus, up to the sound: who says what, how, and with which labels.

The equations are in :mod:`bench.corpora.probe.corpus`, the coefficients in ``model.yaml``, the sentences in
:mod:`bench.corpora.probe.text`. A plan is a pure function of its specification and takes a fraction of a second.
"""

import math
from collections.abc import Container
from dataclasses import dataclass, fields

import numpy as np

from bench.corpora.corpus import DIMENSIONS
from bench.corpora.probe.model import Model, read_model
from bench.corpora.probe.text import Sentence, Vocabulary, draw_sentence, vocabulary
from bench.store.keys import rng_for
from bench.store.strict import Count, Seed
from corruptions.sound.public import SPLITS, Split

Latents = tuple[float, float, float]  # in the order of DIMENSIONS
QUADRANTS = {(True, True): "happy", (True, False): "angry", (False, False): "sad", (False, True): "calm"}
BOUND = math.sqrt(3.0)  # uniform(-sqrt 3, sqrt 3) has variance 1


@dataclass(frozen=True)
class ProbeSpec:
    """The size of a probe corpus and the seed of everything that is drawn for it.

    Speakers of different splits are different speakers; utterances are dealt to the speakers of their split in turn.
    """

    train: Count = 360
    dev: Count = 80
    test: Count = 120
    train_speakers: Count = 24
    dev_speakers: Count = 8
    test_speakers: Count = 15
    seed: Seed = 0

    def __post_init__(self) -> None:
        """Refuse a corpus without utterances or speakers in one of its splits."""
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "seed" and value < 1:
                raise ValueError(f"a probe corpus needs at least 1 for {field.name!r}, not {value!r}")


@dataclass(frozen=True)
class Voice:
    """How a sentence is spoken: absolute values, speaker and emotion together.

    Attributes:
        pitch_semitones: median pitch above 80 Hz.
        log_range: natural logarithm of the factor on the pitch's excursions from its median.
        log_rate: natural logarithm of the factor on the speaking rate.
        level_db: RMS level of the recording, dBFS.
        tilt_db_per_octave: gain added to the spectrum, per octave.
        log_formants: natural logarithm of the factor on the formants.
    """

    pitch_semitones: float
    log_range: float
    log_rate: float
    level_db: float
    tilt_db_per_octave: float
    log_formants: float


@dataclass(frozen=True)
class Planned:
    """An utterance before it is spoken.

    ``rater_free`` are its labels without the raters' noise, and ``emotion`` is the category that one more rater names.
    """

    id: str
    split: Split
    speaker: str
    sentence: Sentence
    voice: Voice
    labels: Latents
    rater_free: Latents
    emotion: str


def plan(spec: ProbeSpec) -> tuple[Planned, ...]:
    """Return the utterances of a probe corpus, sorted by split and number.

    Raises:
        ModuleNotFoundError: if vaderSentiment is not installed: people's ratings of words are read from it.

    Examples:
        >>> [utterance.id for utterance in plan(ProbeSpec(train=2, dev=1, test=1))]
        ['train-0000', 'train-0001', 'dev-0000', 'test-0000']
    """
    utterances: list[Planned] = []
    said: set[str] = set()
    for split in SPLITS:
        speakers = _speakers(spec.seed, split, getattr(spec, f"{split}_speakers"))
        allowed = vocabulary(split)
        for number in range(getattr(spec, split)):
            rng = rng_for(spec.seed, "probe utterance", split, number)
            speaker = number % len(speakers)
            sentence, voice, labels, rater_free = _draw(rng, allowed, said, speakers[speaker])
            said.add(sentence.text)
            # A generator of its own: the categories came later, and every voice and label is as it was.
            emotion = _emotion(read_model(), rater_free, rng_for(spec.seed, "probe emotion", split, number))
            name, who = f"{split}-{number:04d}", f"{split}-{speaker:02d}"
            utterances.append(Planned(name, split, who, sentence, voice, labels, rater_free, emotion))
    return tuple(utterances)


def _draw(
    rng: np.random.Generator, allowed: Vocabulary, said: Container[str], speaker: Voice
) -> tuple[Sentence, Voice, Latents, Latents]:
    """Draw an utterance of a speaker that says what nobody has said: sentence, voice, labels, rater-free labels."""
    model = read_model()
    # Words and voice have their own generators: a new clause in the grammar leaves every voice as it was.
    for_words, for_voice = rng.spawn(2)
    sentence = draw_sentence(allowed, for_words)
    while sentence.text in said:
        sentence = draw_sentence(allowed, for_words)
    vocal, raters = _latents(model, for_voice)
    return sentence, _voice(model, speaker, vocal), *_labels(model, sentence, vocal, raters)


def _speakers(seed: int, split: Split, count: int) -> tuple[Voice, ...]:
    """Draw the voices of a split's speakers at rest, each trait spread evenly over its range (a Latin hypercube)."""
    rng = rng_for(seed, "probe speakers", split)
    traits = {}
    for name, loading in read_model().voice.items():
        lowest, highest = loading.speaker
        traits[name] = lowest + (highest - lowest) * (rng.permutation(count) + rng.random(count)) / count
    return tuple(Voice(**{name: float(values[k]) for name, values in traits.items()}) for k in range(count))


def _latents(model: Model, rng: np.random.Generator) -> tuple[Latents, Latents]:
    """Draw vocal latents z and the raters' noise e, of variance 1. Only vocal activation and dominance correlate."""
    activation, valence, own, *raters = (float(value) for value in rng.uniform(-BOUND, BOUND, 6))
    rho = model.voice_correlation
    dominance = rho * activation + math.sqrt(1 - rho**2) * own
    return (activation, valence, dominance), (raters[0], raters[1], raters[2])


def _labels(model: Model, sentence: Sentence, vocal: Latents, raters: Latents) -> tuple[Latents, Latents]:
    scores = {"activation": sentence.moment, "valence": sentence.rating, "dominance": sentence.stance}
    labels, rater_free = [], []
    for dimension, z, e in zip(DIMENSIONS, vocal, raters, strict=True):
        share, standard = model.shares[dimension], model.lexical[dimension]
        words = (scores[dimension] - standard.mean) / standard.deviation
        known = math.sqrt(share.words) * words + math.sqrt(share.voice) * z
        rater_free.append(model.centre + model.spread * known)
        labels.append(model.centre + model.spread * (known + math.sqrt(share.raters) * e))
    return (labels[0], labels[1], labels[2]), (rater_free[0], rater_free[1], rater_free[2])


def _emotion(model: Model, rater_free: Latents, rng: np.random.Generator) -> str:
    """Return what a rater with noise of their own, of the others' share, calls an utterance."""
    heard = {}
    for dimension, known, e in zip(DIMENSIONS, rater_free, rng.uniform(-BOUND, BOUND, 3).tolist(), strict=True):
        heard[dimension] = (known - model.centre) / model.spread + math.sqrt(model.shares[dimension].raters) * e
    activation, valence = heard["activation"], heard["valence"]
    if math.hypot(activation, valence) < model.neutral_radius:
        return "neutral"
    return QUADRANTS[activation > 0, valence > 0]


def _voice(model: Model, speaker: Voice, vocal: Latents) -> Voice:
    activation, valence, dominance = vocal
    return Voice(
        **{
            name: getattr(speaker, name)
            + loading.activation * activation
            + loading.valence * valence
            + loading.dominance * dominance
            for name, loading in model.voice.items()
        }
    )
