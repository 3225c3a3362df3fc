"""With whom every run compares its systems, asked or not: with the best of each family, and students with the untaught.

The best of a family is chosen by its CCC on clean development data, never on the test. What is made of clean speech
whatever is tested, as of reference transcripts, cannot be chosen: nobody has that. An untaught control is the same
network on the same inputs as a student, trained in the same way without its teacher; controls that do not listen are
none.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from bench.suite.systems import UNTAUGHT, Family, System

Pair = tuple[str, str]

FAMILIES: tuple[Family, ...] = tuple(one for one in get_args(Family) if one != "control")
WITHOUT_TEACHER = "untaught control"
# The heads that an untaught one is the same network as.
TAUGHT = ("student", "student-soft", "student-hard")
NAMES = (*(f"best {family}" for family in FAMILIES), WITHOUT_TEACHER)

BY_DEVELOPMENT = "highest CCC on clean development data, the mean of dimensions and training seeds"
BY_CONSTRUCTION = "the same network, inputs and training, without the teacher"


@dataclass(frozen=True)
class References:
    """A group of comparisons that no suite asked for.

    Attributes:
        chosen: the systems that others are compared with.
        by: how they were chosen.
        scores: what that was decided by, of every system that could be chosen.
        pairs: each system, and the one that it is compared with.
    """

    chosen: tuple[str, ...]
    by: str
    scores: Mapping[str, float]
    pairs: tuple[Pair, ...]


def references(
    systems: Mapping[str, System], development: Mapping[str, float], asked: Collection[Pair] = ()
) -> dict[str, References]:
    """Return the groups of comparisons that every run has, by their names.

    One without pairs is left out, and one of which the suite names every pair itself.

    Args:
        systems: those that are tested.
        development: CCC on clean development data, of every system that has one.
        asked: the pairs that the suite names.

    Examples:
        >>> heard, read = (System(description="", family=one) for one in ("acoustic", "lexical"))
        >>> found = references({"a": heard, "b": heard, "c": read}, {"a": 0.4, "b": 0.5})
        >>> {name: one.pairs for name, one in found.items()}
        {'best acoustic': (('a', 'b'), ('c', 'b'))}
    """
    listening = [name for name, one in systems.items() if one.family != "control"]
    found = {f"best {family}": _best(family, listening, systems, development) for family in FAMILIES}
    twins = [(name, twin) for name in listening for twin in listening if _is_untaught(systems[name], systems[twin])]
    chosen = tuple(dict.fromkeys(twin for _, twin in twins))
    found[WITHOUT_TEACHER] = References(chosen, BY_CONSTRUCTION, {}, tuple(twins))
    return {name: one for name, one in found.items() if not {*one.pairs} <= {*asked}}


def _best(
    family: Family, listening: Sequence[str], systems: Mapping[str, System], development: Mapping[str, float]
) -> References:
    scores = {name: development[name] for name in listening if systems[name].family == family and name in development}
    chosen = [max(scores, key=lambda name: scores[name])] if scores else []  # of equal ones the first
    pairs = tuple((name, best) for best in chosen for name in listening if name != best)
    return References(tuple(chosen), BY_DEVELOPMENT, scores, pairs)


def _is_untaught(system: System, other: System) -> bool:
    alike = ("inputs", "teacher", "trained_on")
    return (
        system.head in TAUGHT
        and other.head == UNTAUGHT
        and None is system.trained_as is other.trained_as
        and all(getattr(system, name) == getattr(other, name) for name in alike)
    )
