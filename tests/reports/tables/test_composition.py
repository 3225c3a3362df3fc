import pandas as pd
import pytest

from reports.page.page import build_report
from reports.run.run import MEAN, read_run
from reports.tables.composition import PARTS, composition_tables, harshest
from reports.tables.text_tables import write_text_table

NOISES = {"white": (10.0, 0.0), "babble": (10.0, -5.0)}


def with_parts(results: pd.DataFrame) -> pd.DataFrame:
    """Return a results table in which every CCC has its parts, the n-th n tenths more; of one there is no number."""
    ccc = results[(results["metric"] == "ccc") & results["condition"].notna()]
    parts = [
        ccc.assign(metric=name, **{column: ccc[column] + k / 10 for column in ("value", "ci_low", "ci_high")})
        for k, name in enumerate(PARTS)
        if name != "ccc"
    ]
    mean = ccc[ccc["dimension"] == "valence"].assign(dimension=MEAN)
    table = pd.concat([results, *parts, mean], ignore_index=True)
    unknown = (table["metric"] == "ccc_calibrated") & (table["system"] == "text")
    numbers = ["value", "ci_low", "ci_high"]
    table[numbers] = table[numbers].mask(unknown)
    return table.assign(note=pd.Series(None, table.index, "str").mask(unknown, "no predictions of it"))


@pytest.fixture
def run(run_folder, table):
    return read_run(run_folder(with_parts(table(NOISES, systems=("mfb", "text")))))


def test_there_is_a_row_for_clean_speech_and_for_the_harshest_noise_of_every_system(run):
    made = {one.name: one for one in composition_tables(run)}
    assert [*made] == ["parts-activation", "parts-valence", "parts-dominance"]
    table = made["parts-valence"]
    assert len(table.heads) == 2 + len(PARTS)
    rows = {row[:2]: row[2:] for row in table.rows}
    where = harshest(run).where
    assert [*rows] == [("mfb", "clean"), ("mfb", where), ("text", "clean"), ("text", where)]
    score = run.score("scale_ratio", "mfb", "valence", "clean")
    assert rows["mfb", "clean"][2] == f"{score.value:.2f} [{score.low:.2f}, {score.high:.2f}]"
    assert rows["text", where][4] == "undefined"
    assert table.breaks == (2,)


def test_the_harshest_noise_is_where_the_best_system_scores_least(run):
    ends = [sweep.harshest.condition for sweep in run.sweeps]
    best = {end: max(run.score("ccc", name, MEAN, end).value for name in run.systems) for end in ends}
    assert harshest(run).harshest.condition == min(best, key=best.get)
    assert len(set(best.values())) == 2


def test_the_csv_has_every_number_unrounded_and_why_one_is_missing(run, tmp_path):
    table = composition_tables(run)[1]
    write_text_table(table, run, tmp_path)
    written = pd.read_csv(tmp_path / f"{table.name}.csv")
    assert len(written) == 2 * 2 * len(PARTS)
    known = written[written["value"].notna()]
    for row in known.itertuples():
        score = run.score(row.metric, row.system, "valence", row.condition)
        assert (row.value, row.ci_low, row.ci_high) == (score.value, score.low, score.high)
    missing = written[written["value"].isna()]
    assert set(zip(missing["system"], missing["metric"], missing["note"], strict=True)) == {
        ("text", "ccc_calibrated", "no predictions of it")
    }
    assert set(known["family"]) == {"acoustic", "lexical"}
    tex = (tmp_path / f"{table.name}.tex").read_text(encoding="utf-8")
    assert "\\label{tab:parts-valence}" in tex


def test_a_run_of_before_there_were_such_numbers_has_no_such_table(run_folder, table):
    assert composition_tables(read_run(run_folder(table(NOISES, systems=("mfb",))))) == []


def test_a_run_on_clean_speech_alone_has_its_row(run_folder, table):
    made = composition_tables(read_run(run_folder(with_parts(table({}, systems=("mfb",))))))
    assert [row[:2] for row in made[0].rows] == [("mfb", "clean")]


def test_the_page_says_what_the_parts_are_and_which_ccc_is_meant(run_folder, table):
    text = build_report(run_folder(with_parts(table({"white": (0.0,)}, systems=("mfb",))))).read_text(encoding="utf-8")
    assert "<h3>What CCC is made of</h3>" in text
    assert "tables/parts-valence.tex" in text
    assert "every other CCC is over all utterances together" in text
