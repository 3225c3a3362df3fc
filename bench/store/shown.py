"""Text as a terminal may have it: names of files and rows are other people's, and a terminal obeys some characters."""

import re

# Control characters but tab and newline, which messages of ours hold; line separators; what turns the direction of
# writing; halves of characters, by which Python stands for bytes of file names that are no text.
_OBEYED = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff]")


def shown(text: object) -> str:
    r"""Return the text with every character that a terminal would obey written out.

    Examples:
        >>> print(shown("street\x1b[31m\r: 5 dB"))
        street\x1b[31m\r: 5 dB
    """
    return _OBEYED.sub(lambda found: found[0].encode("unicode_escape").decode(), str(text))
