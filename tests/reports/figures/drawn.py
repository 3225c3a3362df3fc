"""A figure of a run, drawn for the tests to look at."""

from reports.figures.catalog import FIGURES


def draw(run, kind):
    """Draw the first sheet of a kind of figure."""
    return FIGURES[kind].sheets(run)[0].draw()
