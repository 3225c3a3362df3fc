import json
import math
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.run.run import read_run
from reports.run.words import slugs
from reports.tables.latex import booktabs, escape_latex, needs
from reports.tables.tables import latex, tables, write_table


def test_csv_holds_the_numbers_of_the_run_unrounded(reported):
    run = read_run(reported)
    written = pd.read_csv(reported / "report" / "tables" / "ccc-valence-babble.csv", dtype=str)
    assert len(written) == len(run.systems) * 6
    for row in written.itertuples():
        score = run.score("ccc", row.system, "valence", row.condition)
        assert (float(row.value), float(row.ci_low), float(row.ci_high)) == (score.value, score.low, score.high)


def test_csv_leaves_undefined_numbers_empty(reported):
    written = pd.read_csv(reported / "report" / "tables" / "ccc-retention-activation.csv")
    assert written.loc[written["system"] == "text", "value"].isna().all()
    assert written.loc[written["system"] == "mfb", "value"].notna().all()


def test_latex_is_balanced_and_every_row_is_as_wide_as_the_head(run_folder, table):
    run = read_run(run_folder(table({"a_b & {50 %}": [10.0, 0.0]}, systems=["mfb", "text"])))
    for group in tables(run).values():
        for one in group:
            text = latex(one, "corpus x")
            bare = re.sub(r"\\[{}&%$#_]", "", text)
            assert bare.count("{") == bare.count("}")
            body = bare.split("\\toprule")[1].split("\\bottomrule")[0]
            rows = [line for line in body.splitlines() if line.endswith("\\\\")]
            assert len(rows) == len(one.rows) + 1
            assert {row.count("&") for row in rows} == {len(one.columns)}


@given(text=st.text())
def test_escaped_latex_has_no_sign_with_a_meaning(text):
    bare = re.sub(r"\\text[a-z]+\{\}|\\[{}&%$#_]|\$-\$|(?<=-)\{\}", "", escape_latex(text))
    assert not re.search(r"[\\{}&%$#_^<>|]", bare)


@given(names=st.lists(st.text(max_size=12), unique=True, max_size=8))
def test_file_names_are_safe_and_no_two_are_the_same(names):
    found = slugs(names)
    assert list(found) == names
    assert len(set(found.values())) == len(names)
    assert all(re.fullmatch(r"[a-z0-9.-]+", slug) and not slug.startswith(".") for slug in found.values())


def test_a_system_without_any_score_still_has_its_row(run_folder, table):
    folder = run_folder(table({"hum": [10.0, 0.0]}, systems=["mfb"], dimensions=["valence"]))
    described = {name: {"family": "lexical", "description": ""} for name in ("mfb", "text")}
    (folder / "systems.json").write_text(json.dumps(described))
    (one,) = tables(read_run(folder))["ccc"]
    assert list(one.rows) == ["mfb", "text"]
    assert [cell.score for cell in one.rows["text"]] == [None] * 3


def test_word_errors_above_one_hundred_per_cent_are_not_hidden(reported):
    assert "115 {\\scriptsize [111, 119]}" in (reported / "report" / "tables" / "wer-babble.tex").read_text()
    written = pd.read_csv(reported / "report" / "tables" / "wer-babble.csv")
    assert written["value"].max() == pytest.approx(1.15)
    assert not any(math.isnan(value) for value in written["value"])


@pytest.mark.parametrize(("text", "said"), [
    ("plain", []),
    ("Sch\u00f6n \u0142 \u201ca\u201d \u20ac", ["T1"]),
    ("\u65e5\u672c", ["lualatex", "font that has \u65e5\u672c"]),
    ("\u03b1 \u2264 1", ["lualatex", "font that has \u03b1\u2264"]),
])  # fmt: skip
def test_a_table_says_in_its_first_lines_what_compiles_it(text, said):
    booktabs_line, *more = needs(escape_latex(f"{text} \N{MINUS SIGN}1"))
    assert booktabs_line == "% needs \\usepackage{booktabs}"
    assert len(more) == bool(said)
    assert all(word in more[0] for word in said)


def test_accents_are_composed_for_latex_and_lines_are_joined():
    assert escape_latex("cafe\u0301\n\nx") == "caf\u00e9  x"


def test_a_row_is_no_argument_of_the_row_before():
    rows = booktabs("x", "x", ["", "a"], [["[b]", "1"], ["*c", "2"]]).splitlines()
    assert [row for row in rows if row.startswith("{}")] == ["{}[b] & 1 \\\\", "{}*c & 2 \\\\"]


def test_no_text_of_a_csv_is_a_formula_and_numbers_are_numbers(run_folder, table, tmp_path):
    results = table({"hum": [-5.0]}, systems=["mfb"], dimensions=["valence"]).replace({"mfb": "=mfb", "hum": "+hum"})
    folder = run_folder(results)
    (folder / "systems.json").write_text(json.dumps({"=mfb": {"family": "acoustic"}}))
    run = read_run(folder)
    (one,) = tables(run)["ccc"]
    write_table(one, run, tmp_path)
    written = pd.read_csv(tmp_path / f"{one.name}.csv")
    assert [*written["system"].unique()] == ["'=mfb"]
    assert written["corruption"].tolist() == ["clean", "'+hum"]
    assert written["level"].tolist()[1] == -5
