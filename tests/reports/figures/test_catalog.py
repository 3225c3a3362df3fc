import re
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.transforms import Bbox

from reports.figures.catalog import FIGURES, save_figure, sheets
from reports.figures.costs import spread
from reports.figures.panels import inches, wrapped
from reports.figures.style import paper
from reports.run.run import read_run
from reports.run.words import GAP

from .drawn import draw


@pytest.mark.parametrize("name", ["ccc-curves", "wer-curves", "spectrograms"])
def test_a_pdf_embeds_its_fonts(reported, name):
    content = (reported / "report" / "figures" / f"{name}.pdf").read_bytes()
    assert b"/FontFile2" in content
    # Type 3 fonts are what journals send back.
    assert b"/Type3" not in content


def test_figures_carry_no_date(reported):
    for path in (reported / "report" / "figures").iterdir():
        assert b"CreationDate" not in path.read_bytes()
        assert b"<dc:date>" not in path.read_bytes()


def test_names_with_dollars_and_formulas_are_drawn_as_they_are(run, tmp_path):
    shown = run({r"5 $\frac noise$": [10.0, 0.0]}, systems=["mfb"], dimensions=["$x$"])
    save_figure(draw(shown, "ccc-curves"), tmp_path, "odd")
    assert (tmp_path / "odd.svg").stat().st_size


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_every_figure_says_which_corpus_it_shows(papers, name):
    words = draw(papers, name).get_supxlabel()
    assert re.match("synthetic corpus invented .* 120 test utterances of 30 speakers", words)


LONG = {
    "reverb@0.6s+babble-2-dry": [5.0],
    "street@5dB+mp3": [0.0],
    "a-folder-with-a-name-that-is-much-longer-than-any-panel-is-wide+anyone's@20%+reverb@0.6s+speech-shaped": [-5.0],
    "averyveryveryveryveryveryveryveryveryveryverylongname": [-5.0],
}


@pytest.mark.parametrize("dimensions", [["valence"], ["activation", "valence", "dominance"]])
@pytest.mark.parametrize("systems", [["mfb", "text"], ["mfb", "whisper", "text", "text-oracle", "fusion", "student"]])
@pytest.mark.parametrize("name", ["ccc-conditions", "ccc-retention", "ccc-auc", "wer-curves", "ccc-curves"])
def test_no_two_titles_overlap_and_none_leaves_the_figure(run, name, systems, dimensions):
    levels = {key: [*levels, -9.0] if name == "ccc-curves" else levels for key, levels in LONG.items()}
    shown = run(levels, systems=systems, dimensions=dimensions)
    figure = draw(shown, name)
    figure.draw_without_rendering()
    candidates = [text for ax in figure.axes for text in (ax.title, ax.yaxis.label, *ax.texts)]
    written = [text for text in candidates if text.get_text().strip() not in {"", "undefined"}]
    assert len(written) >= len(LONG)
    boxes = [*map(ink, written), *(ax.get_window_extent() for ax in figure.axes)]
    assert not [(one, other) for one, other in combinations(boxes, 2) if one.overlaps(other)]
    assert all(figure.bbox.containsx(x) and figure.bbox.containsy(y) for box in boxes for x, y in box.get_points())


def ink(text):
    """Return where the lines of a text stand; those at its end that are empty hold none."""
    box = text.get_window_extent()
    lines, empty = text.get_text().count("\n") + 1, len(text.get_text()) - len(text.get_text().rstrip("\n"))
    return Bbox.from_extents(box.x0, box.y0 + box.height * empty / lines, box.x1, box.y1).padded(-1)


def test_a_title_is_broken_between_the_steps_of_a_chain_and_loses_nothing():
    with paper():
        assert wrapped("reverb@0.6s+babble", 2) == "reverb@0.6s+babble"
        assert wrapped("reverb@0.6s+babble", 1.2) == "reverb@0.6s\n+babble"
        assert wrapped(f"street at 5{GAP}dB", 0.8) == f"street at\n5{GAP}dB"
        assert wrapped("W" * 40, 1).replace("\n", "") == "W" * 40
        assert max(map(inches, wrapped("W" * 40, 1).split("\n"))) <= 1


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_a_figure_that_is_said_to_have_the_line_of_the_best_possible_has_it(papers, name):
    best = papers.corpus | {"best_possible_ccc": {"valence": 0.87}}
    shown = replace(papers, provenance={**papers.provenance, "corpus": best})
    figure = draw(shown, name)
    drawn = [line for ax in figure.axes for line in ax.get_lines() if 0.87 in (*line.get_xdata(), *line.get_ydata())]
    assert bool(drawn) == FIGURES[name].best_possible


def test_ratios_that_leave_the_panel_are_marked_and_undefined_ones_say_so(run_folder, table):
    results = table({"babble": [10.0, 0.0]}, systems=["mfb", "text"], dimensions=["activation"])
    wide = (results["metric"] == "ccc_retention") & (results["system"] == "mfb")
    results.loc[wide, ["ci_low", "ci_high"]] = [-3.0, 4.0]
    shown = read_run(run_folder(results))
    (ax,) = draw(shown, "ccc-retention").axes
    assert {line.get_marker() for line in ax.get_lines()} >= {"<", ">"}
    assert [text.get_text() for text in ax.texts] == ["undefined", f"babble at 0{GAP}dB SNR"]


def test_the_training_figure_has_a_line_for_each_seed_and_stage_and_marks_what_was_kept(papers):
    figure = draw(papers, "training")
    panels = {ax.get_title(): ax for ax in figure.axes if ax.get_title()}
    for name, stages in {"acoustic": 1, "fusion-late": 3}.items():
        drawn = panels[name].get_lines()
        kept = [line for line in drawn if line.get_marker() == "o"]
        rows = papers.extras["training"].query("system == @name and kept")
        assert [[*line.get_ydata()] for line in kept] == [[*rows["dev_mean"]]]
        assert len(drawn) - len(kept) == 3 * stages


def test_every_cost_is_named_once_in_each_panel(papers):
    clean, noisy = draw(papers, "costs").axes
    timed = [name for name, system in papers.systems.items() if system.family != "control"]
    for ax in (clean, noisy):
        assert sorted(text.get_text() for text in ax.texts) == sorted(timed)
        assert ax.get_xscale() == "log"


@given(
    places=st.lists(st.floats(0, 1), max_size=30).map(lambda places: sorted(places, reverse=True)),
    gap=st.floats(0.001, 0.2),
)
def test_names_stand_apart_inside_the_panel_and_keep_their_order(places, gap):
    found = np.array(spread(places, gap))
    assert len(found) == len(places)
    assert np.all((found > -1e-9) & (found < 1 + 1e-9))
    assert np.all(-np.diff(found) > min(gap, 1 / max(len(places) - 1, 1)) - 1e-9)


def test_runs_of_older_versions_have_no_new_figures(run):
    found = sheets(run({"babble": [10.0, 0.0]}))
    assert list(found) == ["ccc-curves", "ccc-retention", "ccc-auc", "ccc-clean", "wer-curves"]


def test_letters_that_the_font_lacks_are_written_as_numbers_and_nothing_warns(run_folder, table, tmp_path):
    results = table({"babble": [10.0, 0.0]}, systems=["mfb"], dimensions=["valence"]).replace({"mfb": "\u65e5 $x$"})
    folder = run_folder(results, corpus={"name": "\u672c", "synthetic": False})
    (folder / "systems.json").write_text('{"\u65e5 $x$": {"family": "acoustic"}}', encoding="utf-8")
    figure = draw(read_run(folder), "ccc-clean")
    figure.draw_without_rendering()
    (ax,) = figure.axes
    assert [label.get_text() for label in ax.get_yticklabels()] == ["<U+65E5> \\$x\\$"]
    assert figure.get_supxlabel().startswith("corpus <U+672C> ")
