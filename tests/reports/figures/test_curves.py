import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.figures.casts import run_looks
from reports.figures.catalog import sheets
from reports.figures.marks import _positions
from reports.run.run import read_run
from reports.run.sweeps import Point, Sweep

from .drawn import draw


def lines(ax, colour):
    return [line for line in ax.get_lines() if line.get_color() == colour]


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
