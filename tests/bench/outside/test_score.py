import hashlib
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import audmetric
import numpy as np
import pandas as pd
import pytest

from bench.corpora.corpus import DIMENSIONS
from bench.outside import predicted
from bench.outside.score import score_predictions
from bench.stages.outputs import changed_files
from bench.stages.recipe import read_corruptions, write_corruptions
from bench.store.progress import Stages
from corruptions.sound.inputs import ChangedError
from reports.page.page import build_report

COLUMNS = ["id", "condition", "draw", *DIMENSIONS]


@pytest.fixture
def predictions(exported: Path) -> pd.DataFrame:
    """Predictions for every file of the export, in disorder."""
    rng = np.random.default_rng(3)
    files = pd.read_csv(exported)[COLUMNS]
    files[[*DIMENSIONS]] += rng.normal(0, 1, (len(files), 3))
    return files.sample(frac=1, random_state=1).reset_index(drop=True)


def scored(predictions: pd.DataFrame, manifest: Path, folder: Path, **options: object) -> Path:
    """Score a table that is written as CSV; return the folder of the results."""
    folder.mkdir(exist_ok=True)
    predictions.to_csv(folder / "mine.csv", index=False)
    given = {"families": {}, "bootstrap": 100, "stages": Stages()} | options
    score_predictions(folder / "mine.csv", manifest, folder / "scores", **given)
    return folder / "scores"


def overall(run: Path) -> pd.DataFrame:
    results = pd.read_parquet(run / "results.parquet")
    return results[results["draw"].isna() & results["seed"].isna()]


def wide_of(path: Path) -> pd.DataFrame:
    """The predictions of a run as a system of another make would write them."""
    long = pd.read_parquet(path).rename(columns={"utterance": "id"})
    by = ["system", "seed", "id", "condition", "draw", "dimension"]
    return long.set_index(by)["prediction"].unstack().reset_index()  # noqa: PD010 - nothing to aggregate


def test_predictions_from_elsewhere_get_the_tables_and_the_report_of_a_run(
    predictions: pd.DataFrame, exported: Path, tmp_path: Path
):
    run = scored(predictions, exported, tmp_path)
    truth = pd.read_csv(exported)[COLUMNS]
    both = truth.merge(predictions, on=["id", "condition", "draw"], suffixes=("", "_predicted"))
    results = pd.read_parquet(run / "results.parquet").query("metric == 'ccc'")
    by_file = results.dropna(subset=["condition", "draw"]).set_index(["condition", "draw", "dimension"])["value"]
    for (condition, draw), rows in both.groupby(["condition", "draw"]):
        for dimension in DIMENSIONS:
            expected = audmetric.concordance_cc(rows[dimension].to_numpy(), rows[f"{dimension}_predicted"].to_numpy())
            assert by_file[condition, draw, dimension] == pytest.approx(expected, abs=1e-12)
    assert set(results["system"]) == {"mine"}
    assert set(results["corruption"]) == {"clean", "babble", "street", "lounge+speech-shaped"}
    assert set(results["level_unit"].dropna()) == {"SNR (dB)"}
    page = build_report(run).read_text(encoding="utf-8")
    assert "Corpus corpus" in page
    assert "This corpus is synthetic" not in page
    about = json.loads((run / "provenance.json").read_text())
    assert (about["snr"], about["policy"], about["draws"]) == ("active", "per-utterance", 2)
    assert about["intervals"].startswith("Student's t on the jackknife over speakers")
    assert (run / "corruptions.parquet").read_bytes() == exported.with_name("corruptions.parquet").read_bytes()


def test_a_system_of_a_run_scores_the_same_from_outside(
    control_run: Path, write_export: Callable[..., Path], tmp_path: Path
):
    tested, development = (wide_of(control_run / name) for name in ("predictions.parquet", "dev_predictions.parquet"))
    listed = write_export(tmp_path / "out", [*tested["condition"].unique()], draws=2)
    of_dev = write_export(tmp_path / "dev", ["clean"], split="dev")
    development.to_csv(tmp_path / "dev.csv", index=False)
    given = {"family": "control", "development": (tmp_path / "dev.csv", of_dev)}
    run = scored(tested, listed, tmp_path / "outside", **given)
    theirs, ours = (pd.read_parquet(where / "results.parquet").drop(columns="suite") for where in (control_run, run))
    pd.testing.assert_frame_equal(ours, theirs, check_exact=True)
    assert ours.query("metric == 'ccc_calibrated'")["value"].notna().any()
    assert not changed_files(run)
    again = scored(tested, listed, tmp_path / "outside", family="control")
    assert not (again / "dev_predictions.parquet").exists()


def test_a_synthetic_corpus_is_called_synthetic_from_outside_too(
    predictions: pd.DataFrame, exported: Path, tmp_path: Path
):
    shutil.copyfile(exported, tmp_path / "manifest.csv")
    rows, recipe = read_corruptions(exported.with_name("corruptions.parquet"))
    corpus = replace(recipe.corpus, synthetic=True, note="No evidence about people.")
    write_corruptions(rows, replace(recipe, corpus=corpus), tmp_path / "corruptions.parquet")
    run = scored(predictions, tmp_path / "manifest.csv", tmp_path / "scored")
    page = build_report(run).read_text(encoding="utf-8")
    assert "This corpus is synthetic.</strong> No evidence about people." in page
    assert "Synthetic corpus corpus" in page


def test_several_systems_and_seeds_each_have_their_family(predictions: pd.DataFrame, exported: Path, tmp_path: Path):
    both = pd.concat(
        [predictions.assign(system="heard", seed=seed) for seed in (0, 1)]
        + [predictions.assign(system="read", seed="")]
    )
    run = scored(both, exported, tmp_path, families={"read": "lexical"})
    assert json.loads((run / "provenance.json").read_text())["reference"] == "heard"
    results = overall(run)
    assert (results.query("metric == 'mean_corruption_error' and system == 'heard'")["value"] == 1).all()
    described = json.loads((run / "systems.json").read_text())
    assert {name: one["family"] for name, one in described.items()} == {"heard": "acoustic", "read": "lexical"}
    table = pd.read_parquet(run / "predictions.parquet")
    assert table.groupby("system")["seed"].agg(lambda seeds: sorted(seeds.dropna().unique())).to_dict() == {
        "heard": [0, 1],
        "read": [],
    }


def test_the_reference_of_errors_is_the_one_that_is_named(predictions: pd.DataFrame, exported: Path, tmp_path: Path):
    both = pd.concat([predictions.assign(system=name) for name in ("heard", "read")])
    run = scored(both, exported, tmp_path, reference="read")
    assert json.loads((run / "provenance.json").read_text())["reference"] == "read"
    with pytest.raises(ValueError, match=r"mine\.csv: no system is called 'other'; there are heard, read"):
        scored(both, exported, tmp_path / "again", reference="other")


def test_one_system_alone_has_nobody_to_be_compared_with(predictions: pd.DataFrame, exported: Path, tmp_path: Path):
    run = scored(predictions, exported, tmp_path)
    assert json.loads((run / "provenance.json").read_text())["reference"] is None
    assert not overall(run)["metric"].str.contains("error").any()


def changed(table: pd.DataFrame, column: str, value: object) -> pd.DataFrame:
    table = table.astype({column: "object"})
    table.loc[2, column] = value
    return table


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="draw"), "no column draw"),
        (lambda t: t.drop(index=[0, 1]), r"2 x file without a prediction .*under .*, draw \d, mine"),
        (lambda t: pd.concat([t, t.iloc[[4]]]), r"1 x row that is there twice: row 43 \("),
        (lambda t: changed(t, "id", "u9"), r"1 x id that is not in the manifest: row 3 \(u9\)"),
        (lambda t: changed(t, "condition", "white@5dB"), r"not in the manifest: row 3 .*: .* under white@5dB, draw"),
        (lambda t: changed(t, "condition", "babble@5"), r"1 x condition that is none: row 3 \(.*\): babble@5"),
        (lambda t: changed(t, "draw", 7), "condition and draw that are not in the manifest: row 3"),
        (lambda t: changed(t, "draw", 0.5), "1 x draw that is not a whole number: row 3"),
        (lambda t: changed(t, "valence", "loud"), r"1 x valence that is not a number within \+-1e\+09: row 3"),
        (lambda t: changed(t, "valence", np.nan), r"1 x valence that is not a number within \+-1e\+09: row 3"),
        (lambda t: changed(t, "dominance", np.inf), r"1 x dominance that is not a number within \+-1e\+09: row 3"),
        (
            lambda t: t.assign(seed="zero"),
            r"42 x seed that is not a whole number from 0 to 9223372036854775807: row 1",
        ),
        (lambda t: changed(t.assign(system="a"), "system", ""), "1 x row without the name of its system: row 3"),
    ],
)
def test_predictions_that_cannot_be_trusted_are_refused_row_by_row(
    predictions: pd.DataFrame,
    exported: Path,
    tmp_path: Path,
    change: Callable[[pd.DataFrame], pd.DataFrame],
    message: str,
):
    with pytest.raises(ValueError, match=message):
        scored(change(predictions), exported, tmp_path)
    assert not (tmp_path / "scores").exists()


def test_where_all_read_the_same_the_page_says_so_and_intervals_may_hold_other_sentences(
    predictions: pd.DataFrame, exported: Path, tmp_path: Path
):
    export = tmp_path / "export"
    shutil.copytree(exported.parent, export)
    files = pd.read_csv(export / exported.name)
    turn = files.groupby("speaker")["id"].transform(lambda ids: pd.factorize(ids)[0])
    files.assign(transcript=[f"Sentence {k}." for k in turn]).to_csv(export / exported.name, index=False)
    notices, widths = {}, {}
    for name in ("auto", "two-way"):
        run = scored(predictions, export / exported.name, tmp_path / name, intervals=name)
        notices[name] = json.loads((run / "provenance.json").read_text())["notices"]
        results = overall(run).query("metric == 'rmse'")
        widths[name] = (results["ci_high"] - results["ci_low"]).to_numpy()
    assert [one.partition(":")[0] for one in notices["auto"]] == [
        f"Most speakers read the same {turn.nunique()} sentences"
    ]
    assert notices["two-way"] == []
    assert np.isfinite(widths["two-way"]).all()
    assert (widths["two-way"] != widths["auto"]).any()


def test_holes_are_shown_as_holes_where_that_is_asked_for(predictions: pd.DataFrame, exported: Path, tmp_path: Path):
    gone = predictions["condition"].eq("babble@5dB") | predictions.index.isin([0])
    run = scored(predictions[~gone], exported, tmp_path, allow_missing=True)
    assert "Missing from the grid" in build_report(run).read_text(encoding="utf-8")
    assert overall(run).query("condition == 'babble@5dB'")["value"].isna().all()


def test_a_condition_is_known_however_its_level_is_spelled(predictions: pd.DataFrame, exported: Path, tmp_path: Path):
    spelled = predictions.assign(condition=predictions["condition"].str.replace("@5dB", "@5.00dB"))
    assert len(overall(scored(spelled, exported, tmp_path)).query("condition == 'babble@5dB'"))


def test_predictions_may_leave_the_scale_but_another_scale_is_warned_about(
    predictions: pd.DataFrame, exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    predictions.loc[0, "valence"] = 9
    predictions["dominance"] = (predictions["dominance"] - 1) / 6
    scored(predictions, exported, tmp_path)
    said = " ".join(capsys.readouterr().err.split())
    assert "most of what mine predicts of dominance is beyond the labels' 1 to 7" in said


def test_what_would_not_be_right_is_said_before_anything_is_written(
    predictions: pd.DataFrame, exported: Path, tmp_path: Path
):
    for options, message in (
        ({"family": "visual"}, "no family is called 'visual'; there are acoustic, lexical"),
        ({"families": {"yours": "lexical"}}, "predicts nothing with 'yours', but with mine"),
    ):
        with pytest.raises(ValueError, match=message):
            scored(predictions, exported, tmp_path, **options)
    (tmp_path / "scores").mkdir()
    (tmp_path / "scores" / "suite.yaml").touch()
    with pytest.raises(ValueError, match=r"scores: suite\.yaml lies there"):
        scored(predictions, exported, tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(index=3), "1 x file that is not listed: .* under clean, draw 0"),
        (lambda t: changed(t, "id", "u9"), "1 x row that corruptions.parquet beside it lacks"),
        (lambda t: changed(t, "valence", 8), "1 x valence that is not a number from 1 to 7: row 3"),
        (lambda t: pd.concat([t, t.iloc[[3]]]), "1 x row that is there twice: row 43"),
    ],
)
def test_a_manifest_that_is_no_export_is_refused(
    predictions: pd.DataFrame,
    exported: Path,
    tmp_path: Path,
    change: Callable[[pd.DataFrame], pd.DataFrame],
    message: str,
):
    change(pd.read_csv(exported)).to_csv(tmp_path / "manifest.csv", index=False)
    with pytest.raises(ValueError, match=re.escape(str(tmp_path / "corruptions.parquet"))):
        scored(predictions, tmp_path / "manifest.csv", tmp_path / "scored")
    shutil.copyfile(exported.with_name("corruptions.parquet"), tmp_path / "corruptions.parquet")
    with pytest.raises(ValueError, match=message):
        scored(predictions, tmp_path / "manifest.csv", tmp_path / "scored")


@pytest.mark.parametrize("which", ["mine.csv", "manifest.csv", "corruptions.parquet"])
def test_a_table_that_changes_while_it_is_read_is_not_scored(
    predictions: pd.DataFrame, exported: Path, tmp_path: Path, which: str, monkeypatch: pytest.MonkeyPatch
):
    for name in ("manifest.csv", "corruptions.parquet"):
        shutil.copyfile(exported.with_name(name), tmp_path / name)
    read = predicted.read_predictions

    def read_and_change(*given: object, **options: object) -> pd.DataFrame:
        table = read(*given, **options)
        (tmp_path / which).write_bytes((tmp_path / which).read_bytes())
        return table

    monkeypatch.setattr(predicted, "read_predictions", read_and_change)
    with pytest.raises(ChangedError, match=f"{which}: changed while it was read: run again"):
        scored(predictions, tmp_path / "manifest.csv", tmp_path)
    assert not (tmp_path / "scores").exists()


def test_the_digests_of_what_was_scored_are_those_of_what_was_read(
    predictions: pd.DataFrame, exported: Path, tmp_path: Path
):
    files = {"predictions": tmp_path / "mine.csv", "manifest": exported}
    provenance = json.loads((scored(predictions, exported, tmp_path) / "provenance.json").read_text())
    for name, path in files.items():
        assert provenance[name] == {"file": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
