"""How numbers and names are written, the same in every figure, table and sentence."""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count

MINUS = "\N{MINUS SIGN}"
# A number and its unit stay on one line.
GAP = "\N{NO-BREAK SPACE}"
PER_CENT = f"{GAP}%"
# What stands where a number would: the table has no row for it, or the number has no meaning there.
MISSING = "missing"
UNDEFINED = "undefined"
# Control characters, ends of lines and paragraphs, what turns the direction of the text around it, halves of characters
# and what no XML may hold; but not tabs and line breaks, which texts have.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
# A file name has 255 bytes on most systems, and may be made of two slugs and a word.
LONGEST_SLUG = 80


@dataclass(frozen=True)
class Score:
    """One number of the results with its 95 % interval; NaN where there is none.

    Attributes:
        value: the number, NaN where it is undefined.
        low: lower end of the interval.
        high: upper end of the interval.
        note: what the results add to it, as why it is undefined, or "".
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    note: str = field(default="", kw_only=True)

    @property
    def defined(self) -> bool:
        """Whether there is a number."""
        return not math.isnan(self.value)

    @property
    def has_interval(self) -> bool:
        """Whether both ends of the interval are known."""
        return not (math.isnan(self.low) or math.isnan(self.high))


def decimal(value: float, digits: int = 2) -> str:
    """Return a number with a real minus sign and no negative zero.

    Examples:
        >>> decimal(0.618), decimal(-0.001)
        ('0.62', '0.00')
        >>> decimal(-0.25) == MINUS + "0.25"
        True
    """
    text = f"{value:.{digits}f}"
    return (text if float(text) else text.lstrip("-")).replace("-", MINUS)


def percent(value: float) -> str:
    """Return a ratio in per cent, without the sign.

    Examples:
        >>> percent(0.62)
        '62'
    """
    return decimal(100 * value, 0)


def with_interval(score: Score | None, write: Callable[[float], str] = decimal, suffix: str = "") -> str:
    """Return a score, a suffix such as its unit, and its interval, or the word for why there is none.

    Examples:
        >>> with_interval(Score(0.62, 0.51, 0.7)), with_interval(Score(0.62, 0.51, 0.7), percent, "%")
        ('0.62 [0.51, 0.70]', '62% [51, 70]')
        >>> with_interval(None), with_interval(Score(math.nan)), with_interval(Score(0.62))
        ('missing', 'undefined', '0.62')
    """
    if score is None:
        return MISSING
    if not score.defined:
        return UNDEFINED
    interval = f" [{write(score.low)}, {write(score.high)}]" if score.has_interval else ""
    return f"{write(score.value)}{suffix}{interval}"


def level_words(level: float | None, unit: str | None) -> str:
    """Return a level as a sentence says it.

    Examples:
        >>> level_words(5.0, "SNR (dB)") == f"5{GAP}dB SNR", level_words(0.6, "RT60 (s)") == f"0.6{GAP}s RT60"
        (True, True)
        >>> level_words(3.0, "loss"), level_words(None, None)
        ('3 loss', '')
    """
    if level is None:
        return ""
    quantity, _, symbol = (unit or "").partition("(")
    amount = GAP.join(filter(None, (number(level), symbol.rstrip(")"))))
    return " ".join(filter(None, (amount, quantity.strip())))


def number(value: float) -> str:
    """Return a number as short as it can be written.

    Examples:
        >>> number(5.0), number(0.6)
        ('5', '0.6')
    """
    return f"{value:g}".replace("-", MINUS)


def listing(names: Sequence[str]) -> str:
    """Return names as a sentence lists them.

    Examples:
        >>> listing(["a"]), listing(["a", "b"]), listing(["a", "b", "c"])
        ('a', 'a and b', 'a, b and c')
    """
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def written_out(text: str) -> str:
    r"""Return text in which the characters that break pages, figures and terminals are written as escapes.

    Examples:
        >>> print(written_out("a\x1b[31m b"))
        a\x1b[31m b
    """
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def slug(text: str) -> str:
    """Return a name that is safe in a file name, a link and a LaTeX label, and not too long for them.

    Examples:
        >>> slug("reverb@0.6s+babble@-5dB"), slug("../Café")
        ('reverb-0.6s-babble-minus-5db', 'caf')
    """
    spelled = text.lower().replace("@-", "@minus-")
    kept = "".join(letter if letter.isascii() and (letter.isalnum() or letter in ".-") else "-" for letter in spelled)
    return "-".join(filter(None, (part.strip(".") for part in kept.split("-"))))[:LONGEST_SLUG].strip("-.")


def slugs(names: Iterable[str]) -> dict[str, str]:
    """Return a slug for every name, no two the same.

    Examples:
        >>> slugs(["my street", "my-street", "\N{GREEK SMALL LETTER ALPHA}"])
        {'my street': 'my-street', 'my-street': 'my-street-2', '\N{GREEK SMALL LETTER ALPHA}': 'unnamed'}
    """
    found: dict[str, str] = {}
    for name in names:
        stem = slug(name) or "unnamed"
        candidates = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
        found[name] = next(candidate for candidate in candidates if candidate not in found.values())
    return found


def counted(number: int, what: str) -> str:
    """Return a number of things, of which ``what`` is one.

    Examples:
        >>> counted(1, "system"), counted(2, "system")
        ('1 system', '2 systems')
    """
    return f"{number} {what}{'s' * (number != 1)}"
