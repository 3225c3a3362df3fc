"""Text as a cell of a CSV file that people open with a spreadsheet."""

# What a spreadsheet takes for the beginning of a formula, and computes.
_FORMULA = ("=", "+", "-", "@")


def csv_text(text: str) -> str:
    """Return a text that no spreadsheet computes: an apostrophe goes before what could be a formula.

    Numbers are no text: a negative one is written as it is.

    Examples:
        >>> csv_text("=1+1"), csv_text("mfb"), csv_text("  -x")
        ("'=1+1", 'mfb', "'  -x")
    """
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text
