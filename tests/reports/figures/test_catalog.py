import json
import re
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.transforms import Bbox

from reports.figures.casts import CROWD, casts, run_looks
from reports.figures.catalog import FIGURES, save_figure, sheets
from reports.figures.costs import spread
from reports.figures.forest import COLOURS
from reports.figures.marks import _positions
from reports.figures.panels import inches, wrapped
from reports.figures.style import looks, paper
from reports.run.paired import groups
from reports.run.run import read_run
from reports.run.sweeps import Point, Sweep
from reports.run.systems import System
from reports.run.words import GAP

from ..papers import COMPARE, comparisons


@pytest.fixture
def run(run_folder, table):
    return lambda *arguments, **options: read_run(run_folder(table(*arguments, **options)))


def draw(run, kind):
    """Draw the first sheet of a kind of figure."""
    return FIGURES[kind].sheets(run)[0].draw()


def lines(ax, colour):
    return [line for line in ax.get_lines() if line.get_color() == colour]


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


def test_the_axis_runs_from_clean_to_harsh(run):
    shown = run({"babble": [20.0, 0.0, -5.0]}, systems=["mfb"], dimensions=["valence"])
    (ax,) = draw(shown, "ccc-curves").axes
    assert [label.get_text() for label in ax.get_xticklabels()] == ["clean", "20", "0", "\N{MINUS SIGN}5"]
    ticks = ax.get_xticks()
    assert np.all(np.diff(ticks) > 0)
    # To scale: 20 dB to 0 dB is four times 0 dB to -5 dB.
    assert (ticks[2] - ticks[1]) / (ticks[3] - ticks[2]) == pytest.approx(4)


def test_a_hole_is_a_gap_in_the_curve(run_folder, table):
    results = table({"babble": [20.0, 10.0, 0.0, -5.0]}, systems=["mfb"], dimensions=["valence"])
    station = {"corruption": "babble", "level_unit": "SNR (dB)", "harsher": "down"}
    planned = [station | {"condition": f"babble@{level}dB", "level": level} for level in (20, 10, 0, -5)]
    shown = read_run(run_folder(results[results["condition"] != "babble@10dB"], conditions=planned))
    (ax,) = draw(shown, "ccc-curves").axes
    drawn = [list(line.get_xdata()) for line in lines(ax, run_looks(shown)["mfb"].colour)]
    _, mildest, _, *harsher = ax.get_xticks()
    assert [mildest] in drawn
    assert harsher in drawn
    # Only the way from clean speech ends at the mildest level.
    assert [max(xs) for xs in drawn if mildest in xs] == [mildest] * 2


def test_what_is_drawn_is_what_the_table_says(run):
    shown = run({"babble": [20.0, 0.0]}, systems=["text"], dimensions=["valence"])
    (ax,) = draw(shown, "ccc-curves").axes
    line = max(lines(ax, run_looks(shown)["text"].colour), key=lambda line: line.get_xdata()[-1])
    expected = [shown.score("ccc", "text", "valence", f"babble@{level}dB").value for level in (20, 0)]
    assert line.get_ydata().tolist() == expected


def test_a_panel_without_any_number_is_drawn_empty(run_folder, table):
    results = table({"babble": [20.0, 0.0]}, systems=["mfb", "text"])
    results.loc[results["dimension"] == "valence", ["value", "ci_low", "ci_high"]] = np.nan
    shown = read_run(run_folder(results))
    activation, valence, _ = draw(shown, "ccc-curves").axes
    colour = run_looks(shown)["mfb"].colour
    assert lines(activation, colour)
    assert not lines(valence, colour)


def test_on_clean_speech_no_two_systems_stand_at_one_place(run):
    shown = run({"babble": [20.0, 10.0, 5.0, 0.0]})
    ax, *_ = draw(shown, "ccc-curves").axes
    clean, mildest, *_ = ax.get_xticks()
    starts = {line.get_xdata()[0] for line in ax.get_lines() if len(line.get_xdata()) == 2 and line.get_xdata()[0] < 0}
    starts -= {clean / 2}
    assert len(starts) == len(shown.systems)
    assert min(starts) > ax.get_xlim()[0]
    assert max(starts) < (clean + mildest) / 2


def test_the_best_possible_is_drawn_where_it_is_known(run_folder, table):
    results = table({"babble": [10.0, 0.0]}, systems=["mfb"], dimensions=["activation", "valence"])
    corpus = {"name": "invented", "synthetic": True, "best_possible_ccc": {"activation": 0.9}}
    shown = read_run(run_folder(results, corpus=corpus))
    activation, valence = draw(shown, "ccc-curves").axes
    assert [text.get_text() for text in activation.texts] == ["best possible"]
    assert [0.9, 0.9] in [list(line.get_ydata()) for line in activation.get_lines()]
    assert not valence.texts


def test_twelve_noises_fill_three_sheets_and_none_is_lost(run):
    shown = run({f"street {i}": [10.0, 0.0] for i in range(12)}, systems=["mfb"], dimensions=["valence"])
    found = sheets(shown)["ccc-curves"]
    drawn = [[ax.get_title() for ax in sheet.draw().axes] for sheet in found.values()]
    assert drawn == [[f"street {i}" for i in range(start, start + 4)] for start in (0, 4, 8)]
    assert list(found) == ["ccc-curves-1", "ccc-curves-2", "ccc-curves-3"]
    assert [ax.get_title() for ax in draw(shown, "wer-curves").axes] == [f"street {i}" for i in range(12)]


def test_a_condition_that_stands_alone_is_no_curve_and_has_clean_speech_beside_it(run):
    shown = run({"babble": [10.0, 0.0], "reverb": [0.6]}, systems=["mfb", "text"], dimensions=["valence"])
    assert [ax.get_title() for ax in draw(shown, "ccc-curves").axes] == ["valence in babble"]
    assert [ax.get_title() for ax in draw(shown, "wer-curves").axes] == ["babble", "reverb"]
    assert len(draw(shown, "ccc-retention").axes) == 2
    (ax,) = draw(shown, "ccc-conditions").axes
    starts = {line[0][0] for lines in ax.collections if hasattr(lines, "get_segments") for line in lines.get_segments()}
    assert {
        run_score.value for name in ("mfb", "text") if (run_score := shown.score("ccc", name, "valence", "clean"))
    } <= starts


def test_a_run_with_one_noise_shows_its_dimensions_side_by_side(run):
    shown = run({"babble": [10.0, 0.0]}, systems=["mfb", "text"])
    figure = draw(shown, "ccc-curves")
    assert [ax.get_title() for ax in figure.axes] == [
        f"{name} in babble" for name in ("activation", "valence", "dominance")
    ]


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


@given(
    levels=st.lists(st.floats(-60, 60, width=32), min_size=1, max_size=12, unique=True),
    levelless=st.booleans(),
)
def test_points_never_touch_and_clean_comes_first(levels, levelless):
    points = [Point(f"x@{level}", level) for level in sorted(levels)]
    sweep = Sweep("x", "level", (*([Point("x", None)] if levelless else []), *points))
    positions = _positions(sweep)
    assert len(positions) == len(sweep.points) + 1
    assert positions[0] < 0 == positions[1]
    assert np.diff(positions).min() > 0.05


def systems_of(counts):
    families = ("acoustic", "lexical", "multimodal", "student", "control")
    pairs = [(family, i) for family, count in zip(families, counts, strict=True) for i in range(count)]
    return [System(f"{family} {i}", family, "") for family, i in pairs]


@given(counts=st.lists(st.integers(0, 5), min_size=5, max_size=5), data=st.data())
def test_no_two_systems_on_one_panel_share_a_colour_and_controls_are_grey(counts, data):
    systems = systems_of(counts)
    heard = [system.name for system in systems if system.family != "control"]
    size = min(CROWD, len(heard))
    together = data.draw(st.lists(st.sampled_from(heard), max_size=size, unique=True)) if heard else []
    found = looks(systems, [together])
    assert len({found[name].colour for name in together}) == len(together)
    for system in systems:
        if system.family == "control":
            red, green, blue = re.findall("..", found[system.name].colour[1:])
            assert red == green == blue


def test_where_colours_run_out_no_two_of_a_family_share_one():
    systems = systems_of([9, 9, 9, 9, 0])
    found = looks(systems, [[system.name for system in systems]])
    assert len({(look.colour, look.marker) for look in found.values()}) == 36


def test_few_systems_are_on_one_figure_controls_too(run):
    shown = run({"babble": [10.0, 0.0]})
    assert [(cast.title, cast.names) for cast in casts(shown)] == [("", tuple(shown.systems))]


def test_of_many_systems_those_that_are_compared_stand_together(papers):
    found = {cast.title: cast.names for cast in casts(papers)}
    assert found["distillation"] == ("acoustic", "acoustic-noisy", "student", "student-noisy")
    assert found["others: acoustic and multimodal"] == (
        "mfb", "fusion-gated", "fusion-gated-dropout", "fusion-confidence"
    )  # fmt: skip
    assert all(len(names) <= CROWD for names in found.values())
    for pairs in COMPARE.values():
        assert all(any({*pair} <= {*names} for names in found.values()) for pair in pairs)
    shown = {name for names in found.values() for name in names} | {"lexical-clean-asr", "lexical-oracle"}
    assert shown == {name for name, one in papers.systems.items() if one.family != "control"}


def test_a_group_of_many_is_drawn_in_parts_and_no_pair_is_torn(run_folder, table):
    names = [f"system {i}" for i in range(20)]
    described = {name: {"family": "student", "description": ""} for name in ["mfb", *names]}
    folder = run_folder(table({"babble": [10.0, 0.0]}, systems=["mfb"]))
    (folder / "systems.json").write_text(json.dumps(described))
    one = comparisons().iloc[:1].assign(group="all", against="mfb")
    pd.concat([one.assign(system=name) for name in names]).to_parquet(folder / "comparisons.parquet")
    found = casts(read_run(folder))
    assert [cast.title for cast in found] == ["all, 1", "all, 2", "all, 3"]
    assert all("mfb" in cast.names and len(cast.names) <= CROWD for cast in found)
    assert {name for cast in found for name in cast.names} == {"mfb", *names}


def test_a_system_that_heard_noise_has_a_hollow_marker(papers):
    found = run_looks(papers)
    assert [name for name, look in found.items() if look.hollow] == [
        name for name, system in papers.systems.items() if system.heard == "noisy"
    ]


def test_the_ladder_goes_from_the_best_words_down(papers):
    figure = draw(papers, "ladder")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "lexical-oracle: reference transcript",
        "lexical-clean-asr: ASR of clean speech",
        "lexical: ASR of what is heard",
        "lexical-noisy: ASR of what is heard",
    ]


def test_a_run_whose_lexical_systems_all_read_asr_has_no_ladder(run):
    assert FIGURES["ladder"].sheets(run({"babble": [10.0, 0.0]})) == []


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


def test_runs_of_older_versions_have_no_new_figures(run):
    found = sheets(run({"babble": [10.0, 0.0]}))
    assert list(found) == ["ccc-curves", "ccc-retention", "ccc-auc", "ccc-clean", "wer-curves"]
