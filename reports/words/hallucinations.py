"""What recognisers write down where nobody speaks, in sentences."""

import pandas as pd

from reports.run.run import Run

LONGEST = 60
"""Letters of an invented text that are quoted."""


def hallucinations(run: Run) -> list[str]:
    """Return a sentence for every transcriber that was played clips without speech."""
    table = run.extras["no_speech"]
    return [f"{name} {_invents(heard)}." for name, heard in table.groupby("transcriber", sort=False)]


def _invents(heard: pd.DataFrame) -> str:
    invented = heard[heard["invented"]]
    among = f"{len(heard)} clips of silence and of white noise in which nobody speaks"
    if invented.empty:
        return f"writes no words for {among}"
    often = str(invented["text"].mode()[0])
    worst = max(invented["text"], key=len)
    quoted = f"most often {_quoted(often)}" + (f", at its longest {_quoted(worst)}" if worst != often else "")
    known = invented["flagged"].dropna()
    flagged = "" if known.empty else f"; the sign no speech is shown by {int(known.sum())} of them"
    return f"invents words for {len(invented)} of {among}, {quoted}{flagged}"


def _quoted(text: str) -> str:
    short = text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()}\N{HORIZONTAL ELLIPSIS}"
    return f"\N{LEFT DOUBLE QUOTATION MARK}{short}\N{RIGHT DOUBLE QUOTATION MARK}"
