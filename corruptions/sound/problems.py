"""How several problems are told in one message."""

from collections.abc import Sequence

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
