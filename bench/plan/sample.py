"""A part of a test set that stands for all of it."""

from collections.abc import Sequence
from itertools import pairwise

from bench.corpora.corpus import DIMENSIONS, Utterance

# Its multiples fall everywhere between whole numbers, evenly, however many there are.
_GOLDEN_RATIO = 0.618_033_988_749_895


def spread(utterances: Sequence[Utterance], n_utterances: int) -> tuple[Utterance, ...]:
    """Return so many of the utterances, spread over speakers and labels, in their order.

    Speaker by speaker, and of each by the sum of the labels, the utterances are cut into as many parts, as equal as can
    be; of each part one is taken, each time at another place in it.

    Args:
        utterances: of one split, sorted by id.
        n_utterances: how many to take, at most all.

    Examples:
        >>> from pathlib import Path
        >>> of = [Utterance(f"u{n}", "mine", "test", f"s{n // 4}", Path(), n % 4, 1, 1) for n in range(16)]
        >>> [(one.id, one.speaker) for one in spread(of, 4)]
        [('u0', 's0'), ('u6', 's1'), ('u8', 's2'), ('u15', 's3')]
    """
    by_label = sorted(utterances, key=lambda one: (one.speaker, sum(getattr(one, name) for name in DIMENSIONS), one.id))
    edges = [part * len(by_label) // n_utterances for part in range(n_utterances + 1)]
    taken = {
        by_label[first + int(part * _GOLDEN_RATIO % 1 * (end - first))].id
        for part, (first, end) in enumerate(pairwise(edges))
    }
    return tuple(one for one in utterances if one.id in taken)
