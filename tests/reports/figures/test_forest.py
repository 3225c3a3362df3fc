from dataclasses import replace
from itertools import combinations

import pandas as pd

from reports.figures.catalog import FIGURES
from reports.figures.forest import COLOURS
from reports.run.paired import groups

from .drawn import draw


def test_what_a_difference_shows_is_its_colour_and_what_holds_is_filled(papers):
    figure = draw(papers, "comparisons")
    (group, *_) = groups(papers)
    ax = figure.axes[0]
    dots = [line for line in ax.get_lines() if line.get_marker() == "o"]
    differences = [group.pairs[0].differences[place]["activation"] for place in group.places]
    assert len(dots) == len(differences)
    for dot, one in zip(dots, differences, strict=True):
        assert dot.get_xdata().item() == one.score.value
        assert dot.get_markeredgecolor() == COLOURS[one.outcome]
        assert (dot.get_markerfacecolor() == "white") != one.holds
    low, high = ax.get_xlim()
    assert low == -high


def test_long_forests_go_on_on_further_sheets_and_lose_no_pair(papers):
    rows = papers.extras["comparisons"]
    many = rows[rows["group"] == "distillation"]
    names = list(papers.systems)
    copies = [many.assign(system=one, against=other) for one, other in combinations(names[:5], 2)]
    shown = replace(papers, extras={**papers.extras, "comparisons": pd.concat(copies)})
    found = FIGURES["comparisons"].sheets(shown)
    assert len(found) > 1
    texts = [text.get_text() for sheet in found for ax in sheet.draw().axes for text in ax.texts]
    assert sorted(texts) == sorted(f"{one} \N{MINUS SIGN} {other}" for one, other in combinations(names[:5], 2))
