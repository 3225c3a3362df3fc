"""Tables as LaTeX floats; their first lines say what they need to compile: booktabs, and letters beyond ASCII more."""

import re
import unicodedata
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
        row = " & ".join(map(_cell, cells))
        # At the beginning of a row these would belong to the command that ends the row before.
        lines.append(("{}" if row.startswith(("[", "*")) else "") + row + " \\\\")
    text = "\n".join([*lines, "\\bottomrule", "\\end{tabular}", "\\end{table}", ""])
    return "\n".join([*needs(text), text])


# What pdflatex has letters for, with the font encoding T1.
_LATIN = re.compile(
    "[\x00-\u0125\u0128-\u0137\u0139-\u013e\u0141-\u0148\u014a-\u0165\u0168-\u017e\u0218-\u021b"
    "\u2013\u2014\u2018-\u201a\u201c-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122]*"
)


def needs(text: str) -> list[str]:
    r"""Return comments on what a document must have in which a text of these letters compiles.

    Examples:
        >>> print(*needs("café"), sep="\n")
        % needs \usepackage{booktabs}
        % needs \usepackage[T1]{fontenc} with pdflatex
        >>> print(*needs("日"), sep="\n")
        % needs \usepackage{booktabs}
        % needs xelatex or lualatex, \usepackage{fontspec} and \setmainfont{a font that has 日}: pdflatex has it not
    """
    booktabs = "% needs \\usepackage{booktabs}"
    if text.isascii():
        return [booktabs]
    if _LATIN.fullmatch(text):
        return [booktabs, "% needs \\usepackage[T1]{fontenc} with pdflatex"]
    others = "".join(dict.fromkeys(letter for letter in text if not _LATIN.fullmatch(letter)))
    fonts = f"\\usepackage{{fontspec}} and \\setmainfont{{a font that has {others}}}"
    return [booktabs, f"% needs xelatex or lualatex, {fonts}: pdflatex has it not"]


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
    # Two of them would be one quotation mark.
    "`": "\\textasciigrave{}",
    # The end of a line is a space, and two of them end a caption too early.
    **dict.fromkeys("\n\r\t\v\f", " "),
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}


def escape_latex(text: str) -> str:
    r"""Return text that LaTeX shows as it is.

    Examples:
        >>> print(escape_latex("5 % of a_b"))
        5 \% of a\_b
    """
    composed = unicodedata.normalize("NFC", text)
    return composed.translate(str.maketrans(_LATEX)).replace("--", "-{}-").replace("--", "-{}-")
