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


def test_a_group_with_one_reference_is_one_picture_of_a_dot_for_each_system(papers):
    names = [name for name in papers.systems if name != "acoustic"]
    rows = papers.extras["comparisons"].query("group == 'distillation' and system == 'student'")
    table = pd.concat([rows.assign(group="best acoustic", system=one, against="acoustic") for one in names])
    chosen = {"best acoustic": {"chosen": ["acoustic"], "by": "invented", "scores": {"acoustic": 0.5}}}
    shown = replace(
        papers, extras={**papers.extras, "comparisons": table}, provenance=papers.provenance | {"references": chosen}
    )
    (sheet,) = FIGURES["comparisons"].sheets(shown)
    figure = sheet.draw()
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == names
    texts = [text.get_text() for ax in figure.axes for text in ax.texts]
    assert texts == ["clean speech", "all corruptions"]  # all six places would not fit


def test_single_seeds_are_strokes_and_the_wider_interval_is_a_thin_line(papers):
    rows = papers.extras["comparisons"].query("group == 'distillation' and system == 'student'")
    whole = rows.assign(seed=None, all_low=rows["value"] - 0.052, all_high=rows["value"] + 0.052)
    single = [rows.assign(seed=seed, value=rows["value"] + shift) for seed, shift in ((0, -0.01), (1, 0.01))]
    table = pd.concat([whole, *single]).astype({"seed": "Int64"})
    shown = replace(papers, extras={**papers.extras, "comparisons": table})
    (group,) = groups(shown)
    differences = [group.pairs[0].differences[place]["activation"] for place in group.places]
    ax = FIGURES["comparisons"].sheets(shown)[0].draw().axes[0]
    strokes = [line.get_xdata() for line in ax.get_lines() if line.get_marker() == "|"]
    assert [list(one) for one in strokes] == [list(one.by_seed) for one in differences]
    assert all(one.by_seed == (one.score.value - 0.01, one.score.value + 0.01) for one in differences)
    thin = [part for part in ax.collections if part.get_linewidths()[0] == 0.6]
    ends = [[part.get_segments()[0][k][0] for k in (0, 1)] for part in thin]
    assert ends == [[one.of_all.low, one.of_all.high] for one in differences]


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
