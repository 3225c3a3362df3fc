"""Scores of the same export beside each other, against the same differences computed literally."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.corpora.corpus import DIMENSIONS
from bench.outside.compare import cautions, check_same_test, compare_runs, differences, only_one_has
from bench.outside.measured import Measured, read_measured
from bench.outside.score import score_predictions
from bench.outside.tables import OutsideError
from bench.stages.outputs import changed_files
from bench.store.folders import FolderError
from bench.store.progress import Stages
from bench.uncertainty.intervals import Jackknife
from corruptions.ground.seals import SealError
from reports.page.compared import build_comparison

from ...reports.reading import words
from ..scores.scored import inferred, literal_ccc, without_each


@pytest.fixture(scope="module")
def pair(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Scores of two systems with two seeds, and the same with other errors."""
    folder = tmp_path_factory.mktemp("pair")
    rng = np.random.default_rng(3)
    for name, error in (("one", 1.0), ("other", 0.6)):
        files = pd.read_csv(exported)[["id", "condition", "draw", *DIMENSIONS]]
        tables = [files.assign(system=system, seed=seed) for system in ("heard", "read") for seed in (0, 1)]
        table = pd.concat(tables, ignore_index=True)
        table[[*DIMENSIONS]] += rng.normal(0, error, (len(table), 3))
        table.to_csv(folder / f"{name}.csv", index=False)
        score_predictions(folder / f"{name}.csv", exported, folder / name, families={}, stages=Stages())
    return folder / "one", folder / "other"


@pytest.fixture(scope="module")
def measured(pair: tuple[Path, Path]) -> tuple[Measured, Measured]:
    one, other = pair
    return read_measured(one, "one"), read_measured(other, "other")


def with_rows(run: Measured, change) -> Measured:
    return replace(run, predictions=change(run.predictions.copy()))


def literal(predictions: pd.DataFrame, conditions: list[str], utterances: list[str]) -> float:
    """The mean over conditions, seeds and draws of the CCC of valence of the system ``heard``."""
    return float(np.mean([literal_ccc(predictions, "heard", "valence", one, utterances) for one in conditions]))


@pytest.mark.parametrize(
    ("metric", "corruption", "conditions"),
    [
        ("ccc", "clean", ["clean"]),
        ("ccc_auc", "babble", ["babble@5dB"]),
        ("ccc_mean_noisy", None, ["babble@5dB", "street@-30dB", "lounge+speech-shaped@0dB"]),
    ],
)
def test_a_difference_between_runs_is_paired_by_speaker(measured, metric, corruption, conditions):
    one, other = measured
    table = differences(one, other, Jackknife())
    place = table["corruption"].isna() if corruption is None else table["corruption"] == corruption
    rows = table[place & table["seed"].isna()]
    found = rows.query("metric == @metric and system == 'heard' and dimension == 'valence'").iloc[0]

    def difference(utterances):
        return literal(other.predictions, conditions, utterances) - literal(one.predictions, conditions, utterances)

    value = difference([*one.predictions["utterance"].unique()])
    again = [difference(rest) for rest in without_each(one.predictions)]
    low, high, p = inferred(value, again, one.predictions, Jackknife().of_differences())
    assert found[["value", "ci_low", "ci_high", "p"]].tolist() == pytest.approx([value, low, high, p], abs=1e-12)
    assert found[["system", "against", "run", "reference"]].tolist() == ["heard", "heard", "other", "one"]


def test_holm_counts_all_systems_dimensions_and_corruptions_of_a_pair_of_runs(measured):
    table = differences(*measured, Jackknife())
    for metric, of in table[table["seed"].isna()].groupby("metric"):
        assert len(of) == 2 * 4 * (3 if metric == "ccc_auc" else 1)
        assert of["p_holm"].min() == pytest.approx(min(1.0, of["p"].min() * len(of)))


def test_a_run_does_not_differ_from_itself(measured):
    one, _ = measured
    table = differences(one, replace(one, label="again"), Jackknife())
    assert (table["value"] == 0).all()
    assert (table.loc[table["seed"].isna(), "p_holm"] == 1).all()


def test_other_utterances_speakers_and_labels_are_refused_and_named(measured):
    one, other = measured

    def change(rows):
        rows.loc[rows["utterance"] == "u2", "speaker"] = "e9"
        rows.loc[(rows["utterance"] == "ü") & (rows["dimension"] == "valence"), "truth"] += 0.5
        return rows[rows["utterance"] != "con"]

    with pytest.raises(OutsideError) as refused:
        check_same_test(one, with_rows(other, change))
    said = str(refused.value)
    assert "1 x utterance that only one has: con" in said
    assert "1 x speaker that differs: u2: e0 and e9" in said
    assert "1 x valence that differs: ü: " in said


def test_what_one_run_has_is_left_out_and_named(measured):
    one, other = measured
    less = with_rows(other, lambda rows: rows[(rows["system"] != "read") & (rows["condition"] != "babble@5dB")])
    less = with_rows(less, lambda rows: rows[(rows["condition"] != "street@-30dB") | (rows["draw"] == 0)])
    assert only_one_has(one, less) == [
        "1 system left out, which other has not:\n  read",
        "1 condition left out, which other has not:\n  babble@5dB",
        "1 draw left out, which other has not:\n  1 of street@-30dB",
    ]
    table = differences(one, less, Jackknife())
    assert {*table["system"]} == {"heard"}
    assert {*table["corruption"].dropna()} == {"clean", "street", "lounge+speech-shaped"}
    assert table["value"].notna().all()


def test_cautions_of_the_runs_are_those_of_their_comparison(measured):
    one, other = (
        replace(run, record={**run.record, "notices": lines})
        for run, lines in zip(measured, (["few speakers", "u1: left out"], ["few speakers"]), strict=True)
    )
    assert cautions([one, other]) == ["few speakers", "one: u1: left out"]
    assert cautions([other, replace(one, record={})]) == ["other: few speakers"]


def test_runs_without_a_system_in_common_are_refused(measured):
    one, other = measured
    with pytest.raises(OutsideError, match="no system is in both"):
        differences(one, with_rows(other, lambda rows: rows.assign(system="mine")), Jackknife())


def test_a_comparison_is_written_sealed_and_reported(pair, tmp_path):
    out = tmp_path / "out"
    compare_runs(pair, out, stages=Stages())
    assert changed_files(out) == []
    about = json.loads((out / "provenance.json").read_text())
    assert [*about["runs"]] == ["one", "other"]
    assert about["factors"] == []  # of one export; what made the predictions nobody knows
    page = build_comparison(out)
    said = words(page.read_text(encoding="utf-8"))
    assert "other minus one" in said
    assert "Nothing that the runs have written down." in said
    made = {path.name for path in (out / "report").rglob("*") if path.is_file()}
    stem = "comparisons-other-minus-one"
    assert made == {"index.html", *(f"{stem}.{suffix}" for suffix in ("svg", "pdf", "png", "tex", "csv"))}
    written = pd.read_csv(out / "report" / "tables" / f"{stem}.csv")
    assert written["value"].tolist() == pd.read_parquet(out / "comparisons.parquet")["value"].tolist()
    assert {*written["rests_on"].dropna()} <= {"rests on speakers", "holds for other training seeds too"}


def test_a_folder_that_is_damaged_unfinished_twice_there_or_written_to_is_refused(pair, tmp_path):
    one, other = pair
    damaged = shutil.copytree(other, tmp_path / "damaged")
    (damaged / "results.parquet").write_bytes(b"")
    with pytest.raises(SealError, match=r"damaged/results\.parquet"):
        compare_runs([one, damaged], tmp_path / "out", stages=Stages())
    (damaged / "provenance.json").unlink()
    with pytest.raises(OutsideError, match=r"damaged: no provenance\.json: .* not finished"):
        compare_runs([one, damaged], tmp_path / "out", stages=Stages())
    with pytest.raises(OutsideError, match="is named twice"):
        compare_runs([one, one], tmp_path / "out", stages=Stages())
    with pytest.raises(OutsideError, match="name two folders or more"):
        compare_runs([one], tmp_path / "out", stages=Stages())
    with pytest.raises(OutsideError, match="what was read does not lie in the folder of a run"):
        compare_runs(pair, tmp_path / "out", intervals="two-way", stages=Stages())
    with pytest.raises(FolderError, match="holds scores, and not a comparison"):
        compare_runs(pair, one, stages=Stages())
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("provenance.json", '{"suite": "s"', "provenance.json: not valid JSON"),
        ("provenance.json", '{"suite": "s"}', "provenance.json: does not say of which corpus"),
        ("predictions.parquet", "PAR1", "predictions.parquet: cannot be read as parquet"),
    ],
)
def test_what_an_older_version_left_and_cannot_be_read_is_refused_by_name(pair, tmp_path, name, content, message):
    old = shutil.copytree(pair[0], tmp_path / "old")
    (old / "provenance.json").write_text('{"suite": "s", "corpus": {}}')
    (old / name).write_text(content)
    with pytest.raises(OutsideError, match=message):
        read_measured(old, "old")


def test_other_runs_replace_a_comparison_only_when_told(pair, tmp_path):
    one, other = pair
    out = tmp_path / "out"
    compare_runs([one, other], out, stages=Stages())
    compare_runs([one, other], out, stages=Stages())
    with pytest.raises(FolderError, match="holds a comparison of something else"):
        compare_runs([other, one], out, stages=Stages())
    compare_runs([other, one], out, overwrite=True, stages=Stages())
    assert [*json.loads((out / "provenance.json").read_text())["runs"]] == ["other", "one"]
