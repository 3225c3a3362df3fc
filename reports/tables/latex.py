"""Tables as LaTeX floats; they need the package booktabs."""

from collections.abc import Collection, Sequence

from reports.run.words import GAP


def booktabs(
    name: str,
    caption: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    breaks: Collection[int] = (),
    left: int = 1,
) -> str:
    """Return a table as a LaTeX float.

    Args:
        name: the label follows ``tab:``.
        caption: what the table shows; a full stop is added.
        heads: of the columns.
        rows: cells as plain text; an interval in brackets is set small.
        breaks: rows, by number, that have a little space above them.
        left: how many columns are set to the left; the others are centred.
    """
    lines = [
        "% needs \\usepackage{booktabs}",
        "\\begin{table}",
        "\\centering",
        f"\\caption{{{escape_latex(caption)}.}}",
        f"\\label{{tab:{name}}}",
        f"\\begin{{tabular}}{{{'l' * left}{'c' * (len(heads) - left)}}}",
        "\\toprule",
        " & ".join(map(escape_latex, heads)) + " \\\\",
        "\\midrule",
    ]
    for number, cells in enumerate(rows):
        if number in breaks:
            lines.append("\\addlinespace")
        lines.append(" & ".join(map(_cell, cells)) + " \\\\")
    return "\n".join([*lines, "\\bottomrule", "\\end{tabular}", "\\end{table}", ""])


def _cell(text: str) -> str:
    value, bracket, interval = text.partition(" [")
    return escape_latex(value) + (f" {{\\scriptsize [{escape_latex(interval)}}}" if bracket else "")


_LATEX: dict[str | int, str | int | None] = {
    "\\": "\\textbackslash{}",
    "~": "\\textasciitilde{}",
    GAP: "~",
    "^": "\\textasciicircum{}",
    "<": "\\textless{}",
    ">": "\\textgreater{}",
    "|": "\\textbar{}",
    "\N{MINUS SIGN}": "$-$",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}


def escape_latex(text: str) -> str:
    r"""Return text that LaTeX shows as it is.

    Examples:
        >>> print(escape_latex("5 % of a_b"))
        5 \% of a\_b
    """
    return text.translate(str.maketrans(_LATEX))
