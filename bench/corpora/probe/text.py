"""What the probe corpus says: sentences from a small grammar, and how much emotion is in their words.

A sentence is a stance, a clause and a moment (``words.yaml``). Two affect words in the clause carry its valence.
People have rated them; the ratings are read from the lexicon of the installed vaderSentiment, never copied. Half of the
affect words occur in training; a sixth is first met in development, and a third occurs nowhere but in test.
"""

import importlib.util
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import yaml

from corruptions.sound.public import Split

Kind = Literal["quality", "feeling", "noun"]
KINDS: tuple[Kind, ...] = ("quality", "feeling", "noun")
KINDS_IN = re.compile(f"{{({'|'.join(KINDS)})}}")  # the affect slots of a clause

# Words of one kind, sorted by rating, are dealt out in turn, so that every split gets words all along the scale.
DEAL: tuple[Split, ...] = ("train", "test", "train", "dev", "test", "train")
# Whose words a split may use. Early stopping should meet words that training has not heard, as test does.
ALLOWED: dict[Split, tuple[Split, ...]] = {
    "train": ("train",),
    "dev": ("train", "dev"),
    "test": ("train", "dev", "test"),
}

SENTENCE_LENGTH = (44, 76)  # characters; 2 to 5 s at every rate of the voice
NEARNESS = 0.8  # how far apart, in rating, two affect words of a sentence lie (standard deviation of a Gaussian weight)
LEXICON = "vader_lexicon.txt"


@dataclass(frozen=True)
class Words:
    """The contents of ``words.yaml``. Stances and moments are grouped by their lexical score, -1, 0 or 1."""

    stances: Mapping[int, Sequence[str]]
    moments: Mapping[int, Sequence[str]]
    clauses: Sequence[str]
    things: Sequence[str]
    persons: Sequence[str]
    quality: Sequence[str]
    feeling: Sequence[str]
    noun: Sequence[str]

    def affect(self, kind: Kind) -> tuple[str, ...]:
        """Return the affect words of one kind."""
        return tuple({"quality": self.quality, "feeling": self.feeling, "noun": self.noun}[kind])


Vocabulary = Mapping[Kind, Mapping[str, float]]  # affect words, each with what people rated it (-4..4)


@dataclass(frozen=True)
class Sentence:
    """A sentence and its lexical scores: stance and moment in {-1, 0, 1}, ``rating`` the mean of its affect words."""

    text: str
    stance: int
    moment: int
    rating: float
    affect_words: tuple[str, str]


@cache
def read_words() -> Words:
    """Return the words of the grammar."""
    with Path(__file__).with_name("words.yaml").open(encoding="utf-8") as file:
        return Words(**yaml.safe_load(file))


@cache
def read_ratings() -> dict[str, float]:
    """Return the mean human valence rating (-4..4) of every word in vaderSentiment's lexicon.

    Raises:
        ModuleNotFoundError: if vaderSentiment is not installed.
    """
    # Located, not imported: its module loads an HTTP library that we do not need.
    package = importlib.util.find_spec("vaderSentiment")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError(
            "the probe corpus reads words' ratings from vaderSentiment: run `make setup` or pip install '.[probe]'"
        )
    lines = Path(package.submodule_search_locations[0], LEXICON).read_text(encoding="utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line.strip())
    return {word: float(mean) for word, mean, *_ in rows}


def own_words(split: Split) -> Vocabulary:
    """Return the affect words that were dealt to a split: no earlier split may use them.

    Examples:
        >>> set(own_words("train")["quality"]) & set(own_words("test")["quality"])
        set()
    """
    ratings = read_ratings()
    own: dict[Kind, dict[str, float]] = {}
    for kind in KINDS:
        by_rating = sorted(read_words().affect(kind), key=lambda word: (ratings[word], word))
        own[kind] = {word: ratings[word] for place, word in enumerate(by_rating) if DEAL[place % len(DEAL)] == split}
    return own


def vocabulary(split: Split) -> Vocabulary:
    """Return the affect words that the sentences of a split may use."""
    owned = [own_words(owner) for owner in ALLOWED[split]]
    return {kind: {word: rating for own in owned for word, rating in own[kind].items()} for kind in KINDS}


def draw_sentence(allowed: Vocabulary, rng: np.random.Generator) -> Sentence:
    """Return a sentence whose affect words agree with each other.

    The first affect word is any of its kind, the second is drawn from those rated near it. Stance, moment, clause,
    things and persons are independent of both. A sentence too short or too long for 2 to 5 s is drawn again.

    Examples:
        >>> sentence = draw_sentence(vocabulary("train"), np.random.default_rng(0))
        >>> all(word in sentence.text for word in sentence.affect_words)
        True
    """
    words = read_words()
    shortest, longest = SENTENCE_LENGTH
    # Drawn once: if a long moment were drawn again, long moments would be rare.
    stance, moment = (int(score) for score in rng.integers(-1, 2, 2))
    opening, end = _one_of(words.stances[stance], rng), _one_of(words.moments[moment], rng)
    while True:
        clause, affect_words, rating = _draw_clause(allowed, rng)
        text = f"{opening} {clause} {end}."
        if shortest <= len(text) <= longest:
            return Sentence(text, stance, moment, rating, affect_words)


def _draw_clause(allowed: Vocabulary, rng: np.random.Generator) -> tuple[str, tuple[str, str], float]:
    """Draw a clause: its text, its affect words and their mean rating."""
    words = read_words()
    clause = _one_of(words.clauses, rng)
    of_first, of_second = (allowed[slot] for slot in KINDS_IN.findall(clause))
    first = _one_of(tuple(of_first), rng)
    second = _near(of_first[first], first, of_second, rng)
    thing, other = rng.choice(len(words.things), 2, replace=False)
    neutral = {"thing": words.things[thing], "other": words.things[other], "person": _one_of(words.persons, rng)}
    affect = iter((first, second))
    text = re.sub(r"{(\w+)}", lambda slot: neutral.get(slot[1]) or next(affect), clause)
    return text, (first, second), (of_first[first] + of_second[second]) / 2


def _near(rating: float, unlike: str, allowed: Mapping[str, float], rng: np.random.Generator) -> str:
    """Draw another word than ``unlike``, those of a similar rating most often."""
    distance = (np.array(list(allowed.values())) - rating) / NEARNESS
    weights = np.exp(-(distance**2) / 2) * [word != unlike for word in allowed]
    return list(allowed)[int(rng.choice(len(allowed), p=weights / weights.sum()))]


def _one_of(choices: Sequence[str], rng: np.random.Generator) -> str:
    return choices[int(rng.integers(len(choices)))]
