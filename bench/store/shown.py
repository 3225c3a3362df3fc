"""Text as a terminal may have it: names of files and rows are other people's, and a terminal obeys some characters."""

import re

from corruptions.ground.names import written_out


def shown(text: object) -> str:
    r"""Return the text with every character that a terminal would obey written out, but tabs and ends of lines.

    Examples:
        >>> print(shown("street\x1b[31m\r: 5 dB"))
        street\x1b[31m\r: 5 dB
    """
    return re.sub(r"[^\n\t]+", lambda part: written_out(part[0]), str(text))
