import json
import math
import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.run.run import read_run
from reports.run.words import slugs
from reports.tables.latex import escape_latex
from reports.tables.tables import latex, tables


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
    bare = re.sub(r"\\text[a-z]+\{\}|\\[{}&%$#_]|\$-\$", "", escape_latex(text))
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
