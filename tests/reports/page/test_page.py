import json
import os
import re
import shutil
from urllib.parse import unquote, urlsplit

import numpy as np
import pandas as pd
import pytest

from bench.stages.provenance import described
from corruptions import Material, parse_condition
from reports.figures.catalog import FIGURES
from reports.page.page import Drawn, build_report, page
from reports.run.files import ReportError
from reports.run.run import read_run

from ..reading import Links, words


@pytest.fixture
def read(run_folder):
    """What one reads on the page of a run; its figures are not drawn."""
    return lambda *arguments, **options: words(page(read_run(run_folder(*arguments, **options)), {}, []))


@pytest.fixture
def said(reported):
    return words((reported / "report" / "index.html").read_text(encoding="utf-8"))


def test_what_is_missing_has_its_reason_under_the_tables(read, table):
    rows = table({"white": (20.0, 0.0)})
    weak = (rows["metric"] == "ccc_retention") & rows["value"].isna()
    said = read(rows.assign(note=np.where(weak, "undefined: clean <CCC> is below 0.1", None)))
    count = int(weak.sum())
    assert f"undefined: clean &lt;CCC&gt; is below 0.1 ({count} numbers, the first of them ccc_retention of" in said


def test_where_nothing_is_missing_no_reason_is_given(read, table):
    rows = table({"white": (20.0, 0.0)})
    # Under which noise it is says no reason.
    worst = rows[rows["metric"] == "ccc_mean_noisy"].assign(metric="ccc_worst", note="white")
    assert "Why numbers" not in read(pd.concat([rows.assign(note=None), worst], ignore_index=True))


def test_everything_the_page_needs_lies_beside_it(reported):
    text = (reported / "report" / "index.html").read_text(encoding="utf-8")
    links = Links(text).found
    assert links
    for link in links:
        parts = urlsplit(link)
        assert not parts.scheme
        assert not parts.netloc
        if parts.path:
            assert (reported / "report" / unquote(parts.path)).is_file(), link
        else:
            assert f'id="{parts.fragment}"' in text
    assert "http" not in text
    assert "url(" not in text


def test_every_figure_comes_in_three_formats_and_every_table_in_two(reported):
    figures = {path.stem for path in (reported / "report" / "figures").iterdir()}
    assert {"ccc-curves", "ccc-retention", "ccc-auc", "ccc-clean", "wer-curves", "spectrograms"} == figures
    for stem in figures:
        assert all(
            (reported / "report" / "figures" / f"{stem}.{suffix}").stat().st_size for suffix in ("pdf", "svg", "png")
        )
    tables = sorted(path.name for path in (reported / "report" / "tables").iterdir())
    assert {path.rpartition(".")[0] for path in tables if path.endswith("csv")} == {
        path.rpartition(".")[0] for path in tables if path.endswith("tex")
    }
    assert {"ccc-clean.tex", "ccc-valence-babble.csv", "wer-white.tex", "ccc-retention-valence.tex"} <= set(tables)


def test_a_synthetic_corpus_is_called_synthetic_and_its_note_is_shown(reported, said):
    assert "This corpus is synthetic." in said
    assert "every label is invented &amp; so is every number on this page" in said
    assert "synthetic corpus invented" in (reported / "report" / "tables" / "ccc-clean.tex").read_text()


def test_what_a_recogniser_heard_is_text_and_never_markup(run_folder, table):
    heard = "</blockquote><script>alert(1)</script><img src=http://elsewhere>"
    example = {"condition": "clean", "file": "a.wav", "utterance": heard, "text": heard, "heard": {heard: heard}}
    folder = run_folder(
        table({}, systems=["mfb"]),
        examples=[example],
        corpus={"name": heard, "synthetic": False, "note": heard},
        notes=[heard],
        suite=heard,
    )
    text = build_report(folder).read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert not any("elsewhere" in link for link in Links(text).found)


def test_the_numbers_of_single_seeds_are_not_shown(said):
    assert "9.00" not in said


def test_the_same_run_gives_the_same_bytes(reported, tmp_path):
    again = shutil.copytree(reported, tmp_path / "elsewhere")
    build_report(again)
    files = sorted(path.relative_to(reported) for path in (reported / "report").rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(again) for path in (again / "report").rglob("*") if path.is_file())
    for path in files:
        assert (reported / path).read_bytes() == (again / path).read_bytes(), path


def test_a_new_report_replaces_the_old_one_whole(run_folder, table):
    folder = run_folder(table({}, systems=["mfb"]))
    (folder / "report").mkdir()
    (folder / "report" / "stale.txt").write_text("of an earlier run")
    build_report(folder)
    assert sorted(path.name for path in folder.iterdir() if "report" in path.name) == ["report"]
    assert not (folder / "report" / "stale.txt").exists()


def test_what_a_killed_build_left_is_removed_and_a_build_at_work_is_not(run_folder, table):
    folder = run_folder(table({}, systems=["mfb"]))
    killed, working = folder / ".report.killed", folder / ".report.working"
    for one in (killed, working):
        (one / "figures").mkdir(parents=True)
    os.utime(killed, (1_000_000_000, 1_000_000_000))
    build_report(folder)
    assert not killed.exists()
    assert working.exists()


def test_a_report_that_fails_leaves_the_old_one_alone(run_folder, table):
    example = {"condition": "clean", "file": "a.wav", "utterance": "u1"}
    folder = run_folder(table({}, systems=["mfb"]), examples=[example])
    (folder / "examples" / "a.wav").write_bytes(b"no audio")
    (folder / "report").mkdir()
    (folder / "report" / "index.html").write_text("the old one")
    with pytest.raises(ReportError, match=r"a\.wav: not readable as audio"):
        build_report(folder)
    assert (folder / "report" / "index.html").read_text() == "the old one"
    assert sorted(path.name for path in folder.iterdir() if "report" in path.name) == ["report"]


def test_a_run_on_clean_speech_alone_has_a_page_that_says_so(run_folder, table):
    folder = run_folder(table({}, systems=["mfb", "text"]))
    said = words(build_report(folder).read_text(encoding="utf-8"))
    assert "Only clean speech was scored, so this run says nothing about noise." in said
    assert "SNR" not in said
    assert sorted(path.stem for path in (folder / "report" / "figures").glob("*.svg")) == ["ccc-clean"]


def test_the_best_possible_is_a_row_and_a_sentence_where_it_is_known(run_folder, table):
    best = {"name": "invented", "synthetic": True, "best_possible_ccc": {"valence": 0.87}}
    run = read_run(run_folder(table({}, systems=["mfb"], dimensions=["activation", "valence"]), corpus=best))
    said = words(page(run, {"ccc-clean": [Drawn("ccc-clean", "", 4.0)]}, []))
    assert re.search(r"best possible undefined 0\.87 ", said)
    assert "because rater noise was planted in the labels" in said


def test_where_the_best_possible_is_unknown_nothing_is_said_of_it(said):
    assert "best possible" not in said
    assert "rater noise" not in said


def test_a_hole_in_the_grid_is_shown_as_missing(read, table):
    results = table({"babble": [10.0, 0.0]}, systems=["mfb", "text"], dimensions=["valence"])
    hole = (results["system"] == "text") & (results["condition"] == "babble@0dB")
    said = read(results[~hole])
    assert "Missing from the grid: text valence babble@0dB." in said
    assert re.search(r"babble by SNR .* text 0\.66 \[0\.60, 0\.72\] 0\.\d+ \[0\.\d+, 0\.\d+\] missing ", said)


def test_a_row_with_nothing_behind_it_is_a_hole_and_an_undefined_number_is_not(read, table):
    results = table({"babble": [10.0, 0.0]}, systems=["mfb", "text"], dimensions=["activation"])
    hole = (results["system"] == "text") & (results["condition"] == "babble@0dB")
    results.loc[hole, ["value", "ci_low", "ci_high"]] = np.nan
    results.loc[hole, ["n_utterances", "n_speakers"]] = 0
    said = read(results)
    assert "Missing from the grid: text activation babble@0dB." in said
    assert "there are 0 to" not in said
    assert "text undefined" in said


def test_the_page_shows_what_was_said_and_what_was_heard(said):
    assert "Utterance u1 : “so happy”" in said
    assert "whisper-tiny.en: (nothing)" in said


def test_a_condition_that_was_planned_and_never_scored_is_a_hole(read, table):
    planned = [
        {
            "condition": f"hum@{level}dB",
            "corruption": "hum",
            "level": level,
            "level_unit": "SNR (dB)",
            "harsher": "down",
        }
        for level in (10, 0)
    ]
    said = read(table({"hum": [10.0]}, systems=["mfb"], dimensions=["valence"]), conditions=planned)
    assert "mfb valence hum@0dB" in said


def test_a_corruption_that_is_no_noise_gets_its_own_axis_and_no_word_of_snr(read, table):
    said = read(
        table({"reverb": [0.3, 0.6]}, unit="RT60 (s)", suffix="s", systems=["mfb", "text"], dimensions=["anger"])
    )
    assert "reverb at 0.6 s RT60" in said
    assert "CCC of anger in reverb by RT60 (s)" in said
    assert "What the SNR is" not in said
    assert "Which end of reverb is the harsh one is a guess" in said


@pytest.mark.parametrize(("snr", "policy", "expected"), [
    ("active", "per-utterance", "active speech level (ITU-T P.56"),
    ("rms", "floor", "RMS level of the whole utterance"),
    (None, None, "How the level of speech was measured is not recorded"),
])  # fmt: skip
def test_the_page_says_what_its_snr_is(read, table, snr, policy, expected):
    said = read(table({"hum": [0.0]}, systems=["mfb"], dimensions=["valence"]), snr=snr, policy=policy)
    assert expected in said
    assert "is the added SNR" in said


@pytest.mark.parametrize(("conditions", "expected"), [
    (["babble@0dB", "reverb@0.6s", "babble@0dB+reverb@0.6s"], ""),
    (["reverb@0.6s+babble@0dB"], "refers to the speech as it arrives, with all reflections."),
    (["reverb@0.6s+babble@0dB-dry+mp3@16kbit/s"], "refers to the direct sound of the speech alone, without"),
    (["reverb@0.6s+babble@0dB", "reverb@0.6s+babble@0dB-dry"], "where its name ends in -dry , to the direct sound"),
])  # fmt: skip
def test_the_page_says_what_an_snr_in_a_room_refers_to(read, table, conditions, expected):
    planned = [described(parse_condition(one), Material()) for one in conditions]
    said = read(table({"hum": [0.0]}, systems=["mfb"], dimensions=["valence"]), conditions=planned)
    assert expected in said
    assert ("after a room" in said) == bool(expected)


def test_the_best_possible_is_explained_only_under_figures_that_show_it(run_folder, table):
    best = {"name": "invented", "synthetic": True, "best_possible_ccc": {"valence": 0.87}}
    results = table({"babble": [10.0, 0.0], "reverb": [0.6]}, systems=["mfb"], dimensions=["valence"])
    text = page(
        read_run(run_folder(results, corpus=best)),
        {kind: [Drawn(kind, "", 4.0)] for kind in FIGURES if kind != "comparisons"},
        [],
    )
    sections = dict(re.findall(r'<section id="([^"]+)">(.*?)</section>', text, flags=re.DOTALL))
    explained = {kind for kind in sections if "no system can expect a higher CCC" in sections[kind]}
    assert explained == {"ccc-curves", "ladder", "ccc-clean"}


@pytest.mark.parametrize("known", [{}, {"snr": None, "policy": None}])
def test_no_sentence_sticks_to_the_one_before(run_folder, table, known):
    folder = run_folder(table({"hum": [0.0]}, systems=["mfb"], dimensions=["valence"], speakers=8), **known)
    inline = re.sub(r"</?(strong|em|code)>", "", page(read_run(folder), {}, []))
    assert re.findall(r"[a-z]\.[A-Z]\w*", inline) == []


def test_one_of_a_thing_is_singular(read, table):
    said = read(table({}, systems=["mfb"], speakers=1))
    assert "How well 1 system reads " in said
    assert "The test set has 1 speaker. With fewer than 8 the intervals are rough." in said
    assert "the jackknife over speakers (1 test speaker)," in said


def test_with_few_speakers_the_intervals_are_called_rough(read, table):
    said = read(table({}, systems=["mfb"], speakers=7))
    assert "The test set has 7 speakers. With fewer than 8 the intervals are rough." in said


def test_what_provenance_does_not_say_is_not_made_up(run_folder, table):
    folder = run_folder(table({"hum": [0.0]}, systems=["mfb"], dimensions=["valence"]))
    (folder / "provenance.json").write_text(json.dumps({"corpus": {"name": "own", "synthetic": False}}))
    (folder / "suite.yaml").unlink()
    said = words(page(read_run(folder), {}, []))
    assert said.count("not recorded") == 5
    assert "corpus is synthetic" not in said
    assert "Synthetic corpus" not in said
    assert "has no suite.yaml" in said


def test_the_page_says_what_was_done_to_the_speech(run_folder, table):
    results = table({"reverb": [0.6]}, systems=["mfb"], dimensions=["valence"])
    page = build_report(run_folder(results, corruptions={"reverb": "A room <of boards>."})).read_text(encoding="utf-8")
    assert "<dt>reverb</dt><dd>A room &lt;of boards&gt;.</dd>" in page


def test_the_page_says_which_language_the_recogniser_of_a_system_hears(run_folder, table):
    folder = run_folder(table({"white": (10.0, 0.0)}))
    systems = json.loads((folder / "systems.json").read_text())
    systems["text"]["languages"] = ["fr"]
    (folder / "systems.json").write_text(json.dumps(systems))
    assert "reads what a recogniser hears in the language fr<" in build_report(folder).read_text()
