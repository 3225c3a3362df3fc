"""The page and the tables of a run with many systems, comparisons and costs."""

import json
import math
import re
import shutil

import pandas as pd
import pytest

from reports.figures.catalog import sheets
from reports.figures.costs import costs
from reports.page.page import Drawn, page
from reports.run.files import ReportError
from reports.run.paired import HIGHER, LOWER, UNSURE, Difference, groups
from reports.run.run import read_run
from reports.run.words import GAP, Score
from reports.tables.latex import booktabs
from reports.tables.text_tables import comparison_tables, cost_tables, write_text_table
from reports.words.headline import headline

from .papers import COMPARE, DIMENSIONS, SYSTEMS
from .reading import words


def text_of(run):
    """Return the page of a run, without drawing its figures."""
    drawn = {
        kind: [Drawn(name, sheet.title, 7.0) for name, sheet in there.items()] for kind, there in sheets(run).items()
    }
    return page(run, drawn, [])


@pytest.fixture(scope="module")
def text(papers):
    return text_of(papers)


@pytest.fixture
def changed(papers_folder, tmp_path):
    """A function that returns a copy of the folder in which one file was changed."""

    def change(name, of):
        folder = shutil.copytree(papers_folder, tmp_path / "changed", dirs_exist_ok=True)
        if name.endswith("json"):
            (folder / name).write_text(json.dumps(of(json.loads((folder / name).read_text()))))
        else:
            of(pd.read_parquet(folder / name)).to_parquet(folder / name)
        return folder

    return change


def section(text, name):
    (found,) = re.findall(rf'<section id="{name}">(.*?)</section>', text, flags=re.DOTALL)
    return words(found)


def test_a_system_is_shown_with_its_family_teacher_paper_and_our_reading(text):
    said = section(text, "systems")
    assert (
        "student-noisy Invented: student-noisy . trained on clean and noisy speech, taught by fusion-late "
        "our reading All of student-noisy, &lt;and&gt; more." in said
    )
    assert "mfb Invented: mfb . trained on clean speech re-runs Nobody 2030: the acoustic system." in said
    families = ["acoustic", "lexical", "multimodal", "student", "control"]
    assert re.findall(r'<tr class="family"><th[^>]*>(\w+)<', text) == families


def test_what_our_reading_means_is_explained_once(text, papers_folder, changed):
    assert words(text).count("“Our reading” marks") == 1
    nobody = {name: {"family": family, "description": ""} for name, (family, *_) in SYSTEMS.items()}
    run = read_run(changed("systems.json", lambda _: nobody))
    assert "reading" not in section(text_of(run), "systems")


def test_a_control_is_not_said_to_be_trained_on_speech(text):
    assert "random Invented: random . re-runs" in section(text, "systems")


@pytest.mark.parametrize(("score", "p_holm", "outcome", "holds", "note"), [
    (Score(0.1, 0.05, 0.15), 0.01, HIGHER, True, ""),
    (Score(-0.1, -0.15, -0.05), 0.01, LOWER, True, ""),
    (Score(0.1, 0.05, 0.15), 0.051, HIGHER, False, f"not after correction, p{GAP}={GAP}0.051"),
    (Score(0.1, 0.05, 0.15), math.nan, HIGHER, False, "unknown after correction"),
    (Score(0.1, 0.0, 0.2), 0.01, UNSURE, False, ""),
    (Score(0.1, -0.1, 0.3), 0.01, UNSURE, False, ""),
    (Score(0.1), 0.01, UNSURE, False, ""),
    (Score(math.nan), math.nan, UNSURE, False, ""),
])  # fmt: skip
def test_a_difference_is_called_one_only_where_its_interval_is_off_zero(score, p_holm, outcome, holds, note):
    one = Difference(score, p_holm)
    assert (one.outcome, one.holds, one.note) == (outcome, holds, note)


def test_the_verdict_on_a_pair_is_that_of_its_intervals(text, papers):
    said = section(text, "comparisons")
    pair = groups(papers)[0].pairs[1]
    assert (pair.system, pair.against) == ("fusion-early", "lexical")
    found = re.search(r"fusion-early minus lexical clean speech (.*?) all corruptions (.*?) fusion-late minus", said)
    assert found is not None
    for part, place in zip(found.groups(), groups(papers)[0].headline, strict=True):
        outcomes = [one.outcome for one in pair.differences[place].values()]
        assert re.findall("higher|lower|not told apart", part) == outcomes
    assert set(re.findall("higher|lower|not told apart", found[1])) == {UNSURE}


def test_places_are_in_the_order_of_the_sweeps_with_all_noise_last(papers):
    places = [place.words for place in groups(papers)[0].places]
    assert places == [
        "clean speech",
        "white",
        "speech-shaped",
        "babble",
        f"reverb at 0.6{GAP}s RT60",
        "all corruptions",
    ]


def test_the_csv_of_comparisons_is_the_table_unrounded(papers, tmp_path):
    for group, table in comparison_tables(papers).items():
        write_text_table(table, papers, tmp_path)
        written = pd.read_csv(tmp_path / f"{table.name}.csv")
        expected = papers.extras["comparisons"].query("group == @group").reset_index(drop=True)
        numbers = written.drop(columns="rests_on")
        pd.testing.assert_frame_equal(numbers, expected, check_exact=True, check_dtype=False)
        rows = len(COMPARE[group]) * 6
        assert len(table.rows) == rows
        assert list(table.breaks) == list(range(6, rows, 6))


def test_a_star_stands_only_where_a_difference_holds(papers):
    for table, group in zip(comparison_tables(papers).values(), groups(papers), strict=True):
        differences = [
            pair.differences[place][dimension]
            for pair in group.pairs
            for place in group.places
            for dimension in (*DIMENSIONS, "mean")
        ]
        cells = [cell for row in table.rows for cell in row[2:]]
        assert ["*" in cell for cell in cells] == [one.holds for one in differences]


def test_latex_of_words_is_balanced_and_every_row_is_as_wide_as_the_head(papers):
    for table in (*comparison_tables(papers).values(), *cost_tables(papers)):
        bare = re.sub(
            r"\\[{}&%$#_]", "", booktabs(table.name, "about", table.heads, table.rows, breaks=table.breaks, left=2)
        )
        assert bare.count("{") == bare.count("}")
        body = bare.split("\\toprule")[1].split("\\bottomrule")[0]
        rows = [line for line in body.splitlines() if line.endswith("\\\\")]
        assert len(rows) == len(table.rows) + 1
        assert {row.count("&") for row in rows} == {len(table.heads) - 1}


def test_costs_stand_beside_the_mean_that_the_table_says_with_its_interval(papers):
    for one in costs(papers):
        assert one.clean == papers.score("ccc", one.system, "mean", "clean")
        assert one.noisy == papers.score("ccc_mean_noisy", one.system, "mean", None)
        assert one.noisy.has_interval


def test_the_mean_of_the_dimensions_is_no_dimension(papers):
    assert papers.dimensions == DIMENSIONS


def test_a_mean_that_is_not_there_is_missing(changed):
    def without(table):
        return table[~((table["system"] == "mfb") & (table["metric"] == "ccc_mean_noisy"))]

    run = read_run(changed("results.parquet", without))
    (row,) = (row for row in cost_tables(run)[0].rows if row[0] == "mfb")
    assert row[-1] == "missing"
    assert row[-2] != "missing"


def test_a_number_of_parameters_that_nobody_knows_is_missing_and_zero_is_zero(papers):
    rows = {row[0]: row for row in cost_tables(papers)[0].rows}
    assert rows["fusion-late"][2] == "missing"
    assert rows["mfb"][2] == "0"
    assert rows["lexical"][1:4] == (f"60{GAP}k", f"60{GAP}M", "0.22")


def test_costs_say_on_what_they_were_measured(papers, changed):
    assert cost_tables(papers)[0].caption.endswith("on one thread of an invented processor")
    on_gpu = read_run(changed("costs.parquet", lambda table: table.assign(device="cuda")))
    assert cost_tables(on_gpu)[0].caption.endswith("per second of speech, on a GPU")


def test_noises_that_training_had_are_a_caution_that_names_who_heard_them(papers):
    (said,) = (one for one in headline(papers).cautions if "heard in training" in one)
    assert said.startswith("babble: also heard in training by acoustic-noisy, lexical-noisy,")
    assert "pink" not in said


def test_with_paired_differences_the_findings_do_not_compare_by_overlap(papers):
    assert not any("average CCC of fusion" in line for one in headline(papers).findings for line in one.robust)


def test_recognisers_are_shown_with_all_that_is_counted_of_them(text):
    said = section(text, "tables")
    for words_ in ("Word error rate", "Insertion rate", "Repetition rate", "Low-confidence rate", "No-speech rate"):
        assert f"{words_} in babble (%) by SNR (dB)" in said


def test_what_a_recogniser_writes_where_nobody_speaks_stands_by_its_word_errors(text):
    assert "heard invents words for 4 of 6 clips of silence" in text
    assert "&lt;you&gt;" in text


def test_training_is_folded(text):
    (found,) = re.findall(r'<section id="training">(.*?)</section>', text, flags=re.DOTALL)
    assert re.search(r'<details class="figures">.*<img src="figures/training\.svg".*</details>', found, re.DOTALL)


@pytest.mark.parametrize(("name", "of", "message"), [
    ("comparisons.parquet", lambda table: table.drop(columns="p_holm"), "has no column p_holm"),
    ("comparisons.parquet", lambda table: pd.concat([table, table[:1]]), "two rows for .*fusion against its parts"),
    ("comparisons.parquet", lambda table: table[:1].assign(against="nobody"), "does not describe nobody"),
    ("costs.parquet", lambda table: table.assign(system="mfb"), "two rows for .*mfb"),
    ("no_speech.parquet", lambda table: pd.concat([table, table[:1]]), "two rows for .*heard"),
    ("training.parquet", lambda table: table.drop(columns="kept"), "has no column kept"),
    ("systems.json", lambda said: said | {"mfb": {"family": "acoustic", "heard": "loud"}}, "mfb.heard: .*'noisy'"),
    ("systems.json", lambda said: said | {"mfb": {"family": "lexical", "ladder": "x"}}, "mfb.ladder: .*'reference'"),
])  # fmt: skip
def test_a_table_that_does_not_hold_what_it_must_is_refused(changed, name, of, message):
    with pytest.raises(ReportError, match=message):
        read_run(changed(name, of))


@pytest.mark.parametrize("name", ["comparisons", "training", "costs", "layers"])
def test_a_table_without_rows_or_even_columns_is_no_figure(changed, name):
    for of in (lambda table: table[:0], lambda table: table.iloc[:0, :0]):
        run = read_run(changed(f"{name}.parquet", of))
        assert name not in sheets(run)
        assert f'id="{name}"' not in text_of(run)
