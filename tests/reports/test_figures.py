import re
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.transforms import Bbox

from reports.figures import FIGURES, save_figure, sheets
from reports.panels import _positions, inches, wrapped
from reports.run import System, read_run
from reports.style import looks, paper
from reports.sweeps import Point, Sweep
from reports.words import GAP


@pytest.fixture
def run(run_folder, table):
    return lambda *arguments, **options: read_run(run_folder(table(*arguments, **options)))


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
    (ax,) = FIGURES["ccc-curves"].draw(shown, shown.sweeps).axes
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
    (ax,) = FIGURES["ccc-curves"].draw(shown, shown.sweeps).axes
    drawn = [list(line.get_xdata()) for line in lines(ax, looks(list(shown.systems.values()))["mfb"].colour)]
    _, mildest, _, *harsher = ax.get_xticks()
    assert [mildest] in drawn
    assert harsher in drawn
    # Only the way from clean speech ends at the mildest level.
    assert [max(xs) for xs in drawn if mildest in xs] == [mildest] * 2


def test_what_is_drawn_is_what_the_table_says(run):
    shown = run({"babble": [20.0, 0.0]}, systems=["text"], dimensions=["valence"])
    (ax,) = FIGURES["ccc-curves"].draw(shown, shown.sweeps).axes
    line = max(lines(ax, looks(list(shown.systems.values()))["text"].colour), key=lambda line: line.get_xdata()[-1])
    expected = [shown.score("ccc", "text", "valence", f"babble@{level}dB").value for level in (20, 0)]
    assert line.get_ydata().tolist() == expected


def test_a_panel_without_any_number_is_drawn_empty(run_folder, table):
    results = table({"babble": [20.0, 0.0]}, systems=["mfb", "text"])
    results.loc[results["dimension"] == "valence", ["value", "ci_low", "ci_high"]] = np.nan
    shown = read_run(run_folder(results))
    activation, valence, _ = FIGURES["ccc-curves"].draw(shown, shown.sweeps).axes
    colour = looks(list(shown.systems.values()))["mfb"].colour
    assert lines(activation, colour)
    assert not lines(valence, colour)


def test_on_clean_speech_no_two_systems_stand_at_one_place(run):
    shown = run({"babble": [20.0, 10.0, 5.0, 0.0]})
    ax, *_ = FIGURES["ccc-curves"].draw(shown, shown.sweeps).axes
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
    activation, valence = FIGURES["ccc-curves"].draw(shown, shown.sweeps).axes
    assert [text.get_text() for text in activation.texts] == ["best possible"]
    assert [0.9, 0.9] in [list(line.get_ydata()) for line in activation.get_lines()]
    assert not valence.texts


def test_twelve_noises_fill_three_sheets_and_none_is_lost(run):
    shown = run({f"street {i}": [10.0, 0.0] for i in range(12)}, systems=["mfb"], dimensions=["valence"])
    found = sheets(shown)
    drawn = [sweep.name for name, (kind, sweeps) in found.items() if kind == "ccc-curves" for sweep in sweeps]
    assert drawn == [f"street {i}" for i in range(12)]
    assert [name for name in found if name.startswith("ccc-curves")] == ["ccc-curves-1", "ccc-curves-2", "ccc-curves-3"]
    assert max(len(sweeps) for _, (kind, sweeps) in found.items() if kind == "ccc-curves") <= 4
    figure = FIGURES["wer-curves"].draw(shown, shown.sweeps)
    assert [ax.get_title() for ax in figure.axes] == drawn


def test_a_condition_that_stands_alone_is_no_curve_and_has_clean_speech_beside_it(run):
    shown = run({"babble": [10.0, 0.0], "reverb": [0.6]}, systems=["mfb", "text"], dimensions=["valence"])
    found = {name: [sweep.name for sweep in sweeps] for name, (_, sweeps) in sheets(shown).items()}
    assert found["ccc-curves"] == ["babble"]
    assert found["ccc-conditions"] == ["reverb"]
    assert found["ccc-retention"] == found["wer-curves"] == ["babble", "reverb"]
    alone = [sweep for sweep in shown.sweeps if sweep.name == "reverb"]
    (ax,) = FIGURES["ccc-conditions"].draw(shown, alone).axes
    starts = {line[0][0] for lines in ax.collections if hasattr(lines, "get_segments") for line in lines.get_segments()}
    assert {
        run_score.value for name in ("mfb", "text") if (run_score := shown.score("ccc", name, "valence", "clean"))
    } <= starts


def test_a_run_with_one_noise_shows_its_dimensions_side_by_side(run):
    shown = run({"babble": [10.0, 0.0]}, systems=["mfb", "text"])
    figure = FIGURES["ccc-curves"].draw(shown, shown.sweeps)
    assert [ax.get_title() for ax in figure.axes] == [
        f"{name} in babble" for name in ("activation", "valence", "dominance")
    ]


def test_names_with_dollars_and_formulas_are_drawn_as_they_are(run, tmp_path):
    shown = run({r"5 $\frac noise$": [10.0, 0.0]}, systems=["mfb"], dimensions=["$x$"])
    save_figure(FIGURES["ccc-curves"].draw(shown, shown.sweeps), tmp_path, "odd")
    assert (tmp_path / "odd.svg").stat().st_size


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_every_figure_says_which_corpus_it_shows(run, name):
    shown = run({"babble": [10.0, 0.0]}, systems=["mfb", "text"])
    figure = FIGURES[name].draw(shown, shown.sweeps)
    assert re.match("synthetic corpus invented .* 120 test utterances of 30 speakers", figure.get_supxlabel())


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
    shown = run(LONG, systems=systems, dimensions=dimensions)
    figure = FIGURES[name].draw(shown, shown.sweeps)
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
def test_a_figure_that_is_said_to_have_the_line_of_the_best_possible_has_it(run_folder, table, name):
    corpus = {"name": "invented", "synthetic": True, "best_possible_ccc": {"valence": 0.87}}
    results = table({"babble": [10.0, 0.0]}, systems=["mfb", "text"], dimensions=["valence"])
    shown = read_run(run_folder(results, corpus=corpus))
    figure = FIGURES[name].draw(shown, shown.sweeps)
    drawn = [line for ax in figure.axes for line in ax.get_lines() if 0.87 in (*line.get_xdata(), *line.get_ydata())]
    assert bool(drawn) == FIGURES[name].best_possible


def test_ratios_that_leave_the_panel_are_marked_and_undefined_ones_say_so(run_folder, table):
    results = table({"babble": [10.0, 0.0]}, systems=["mfb", "text"], dimensions=["activation"])
    wide = (results["metric"] == "ccc_retention") & (results["system"] == "mfb")
    results.loc[wide, ["ci_low", "ci_high"]] = [-3.0, 4.0]
    shown = read_run(run_folder(results))
    (ax,) = FIGURES["ccc-retention"].draw(shown, shown.sweeps).axes
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


@given(counts=st.lists(st.integers(0, 5), min_size=5, max_size=5))
def test_no_two_systems_that_listen_share_a_colour_and_controls_are_grey(counts):
    families = ("acoustic", "lexical", "multimodal", "student", "control")
    systems = [
        System(f"{family} {i}", family, "")
        for family, count in zip(families, counts, strict=True)
        for i in range(count)
    ]
    found = looks(systems)
    heard = [found[system.name].colour for system in systems if system.family != "control"]
    assert len(set(heard)) == len(heard)
    for system in systems:
        if system.family == "control":
            red, green, blue = re.findall("..", found[system.name].colour[1:])
            assert red == green == blue
