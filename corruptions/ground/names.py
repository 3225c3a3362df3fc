"""Names that are shown elsewhere: on terminals, in tables, SVG, LaTeX and HTML, and the characters that break those."""

import re

# Control characters, ends of lines and paragraphs, what turns the direction of the text around it, halves of characters
# (as in file names that are not UTF-8), and what no XML may hold. Reports write the same out: ``reports.run.words``.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


def is_name(text: str) -> bool:
    """Return whether a text can be a name: it holds nothing that breaks what shows it."""
    return _UNSEEN.search(text) is None


def is_utf8(text: str) -> bool:
    r"""Return whether a text, such as the name of a file, can be written in UTF-8, as tables are.

    Examples:
        >>> is_utf8("caf\u00e9.wav"), is_utf8("caf\udce9.wav")
        (True, False)
    """
    return re.search("[\ud800-\udfff]", text) is None


def a_name(text: str) -> str:
    r"""Return a text that can be a name.

    Raises:
        ValueError: if it holds what breaks a table, a figure or a terminal; the message shows it written out.

    Examples:
        >>> a_name("caf\u00e9 2"), written_out("a\x1b[31m")
        ('caf\xe9 2', 'a\\x1b[31m')
    """
    if not is_name(text):
        raise ValueError(
            f"'{written_out(text)}' cannot be a name: control characters, line breaks and what turns the direction of "
            "text break tables, figures and terminals"
        )
    return text


def written_out(text: str) -> str:
    """Return a text with the characters that no name may hold written as escapes, as Python spells them."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
