"""How problems are told: several of them in one message, how many of what, and a name that nothing has."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

_SHOWN = 10
"""So many are written out, and the rest counted: of thousands of files, nobody reads more."""


def listed(problems: Sequence[str]) -> str:
    """Return the first problems, each on a line of its own below what was said before, and how many more there are.

    Examples:
        >>> print("2 files cannot be used:" + listed(["a.wav: silent", "b.wav: empty"]))
        2 files cannot be used:
          a.wav: silent
          b.wav: empty
    """
    more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
    return "".join(f"\n  {line}" for line in (*problems[:_SHOWN], *more))


def counted(number: int, what: str) -> str:
    """Return a number of things, of which ``what`` is one.

    Examples:
        >>> counted(1, "recording"), counted(2, "recording"), counted(0, "test utterance")
        ('1 recording', '2 recordings', '0 test utterances')
    """
    return f"{number} {what}{'s' * (number != 1)}"


def those_there_are(name: str, names: Iterable[str]) -> str:
    """Return the end of a sentence that says that nothing is called ``name``: what is, and what may have been meant.

    Examples:
        >>> "no corruption is called 'bable'; " + those_there_are("bable", ["white", "babble"])
        "no corruption is called 'bable'; there are white, babble; did you mean babble?"
    """
    every = [*names]
    known = {one.lower(): one for one in every}
    meant = [f"; did you mean {known[one]}?" for one in get_close_matches(name.lower(), known, n=1)]
    return "".join([f"there are {', '.join(every)}", *meant])
