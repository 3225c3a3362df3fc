import numpy as np
import pandas as pd
import pytest

from bench.scores.results import (
    PREDICTIONS,
    RESULTS,
    TableError,
    check_predictions,
    check_transcripts,
)

from .scored import whole_grid


@pytest.fixture
def grid(predictions, transcripts):
    return whole_grid(predictions, transcripts)


def test_the_grid_is_read_from_the_tables_clean_first_and_levels_ascending(grid):
    assert grid.systems == {"mfb": (0, 1), "text": (0, 1)}
    assert [one.condition for one in grid.conditions] == ["clean", "babble@-5dB", "babble@10dB", "white@0dB"]
    assert [one.level for one in grid.conditions] == [None, -5, 10, 0]
    assert {one.draws for one in grid.conditions} == {(0, 1)}
    assert grid.utterances == ("u1", "u2", "u3", "u4", "u5", "u6", "u7")


def test_a_whole_table_passes_and_comes_back_sorted_whatever_its_order(predictions, transcripts, grid):
    whole = check_predictions(predictions, grid)
    shuffled = check_predictions(predictions.sample(frac=1, random_state=0), grid)
    pd.testing.assert_frame_equal(whole, shuffled, check_exact=True)
    assert len(whole) == len(predictions)
    assert list(whole.columns) == list(PREDICTIONS)
    written = check_transcripts(transcripts, grid)
    pd.testing.assert_frame_equal(written, check_transcripts(transcripts[::-1], grid), check_exact=True)


def test_tables_survive_parquet(predictions, transcripts, grid, tmp_path):
    for frame, check in ((predictions, check_predictions), (transcripts, check_transcripts)):
        whole = check(frame, grid)
        whole.to_parquet(tmp_path / "table.parquet", index=False)
        pd.testing.assert_frame_equal(check(pd.read_parquet(tmp_path / "table.parquet"), grid), whole, check_exact=True)


def test_a_hole_is_an_error_that_names_it_and_counts_the_rest(predictions, grid):
    whole = check_predictions(predictions, grid)
    with pytest.raises(
        TableError, match="missing: 1 row: system mfb, seed 1, condition white@0dB, draw 0, utterance u3"
    ):
        check_predictions(
            whole.query("not (system == 'mfb' and seed == 1 and condition == 'white@0dB' and draw == 0 "
                        "and utterance == 'u3' and dimension == 'valence')"), grid
        )  # fmt: skip
    with pytest.raises(TableError, match=r"missing: 84 rows: system mfb, seed 0, condition babble@-5dB.* \.\.\."):
        check_predictions(whole.query("not (system == 'mfb' and condition == 'babble@-5dB')"), grid)


def test_a_hole_may_be_allowed(predictions, grid):
    assert len(check_predictions(predictions.iloc[5:], grid, allow_missing=True)) == len(predictions) - 5


def test_a_row_that_is_there_twice_is_an_error_even_where_holes_are_allowed(predictions, transcripts, grid):
    twice = pd.concat([predictions, predictions.iloc[[10]]])
    with pytest.raises(TableError, match="more than once: 1 row: system mfb, seed 0, condition clean"):
        check_predictions(twice, grid, allow_missing=True)
    with pytest.raises(TableError, match="more than once: 1 row: transcriber tiny"):
        check_transcripts(pd.concat([transcripts, transcripts.iloc[[3]]]), grid, allow_missing=True)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_prediction_that_is_no_number_is_an_error_that_names_it(predictions, grid, value):
    predictions.loc[0, "prediction"] = value
    message = "prediction is missing or not finite in 1 row: system mfb, seed 0, condition clean, draw 0, utterance u1"
    with pytest.raises(TableError, match=message):
        check_predictions(predictions, grid, allow_missing=True)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("system", "other", "not in the grid: 1 row: system other"),
        ("seed", 7, "not in the grid: 1 row: system mfb, seed 7"),
        ("seed", None, "not in the grid: 1 row: system mfb, seed None"),
        ("draw", 2, "not in the grid: 1 row"),
        ("draw", 0.5, "column draw does not hold int64"),
        ("dimension", "arousal", "not in the grid: .* dimension arousal"),
        ("condition", None, "condition is missing"),
        ("speaker", "Eve", "utterance u1 has more than one speaker: Eve, Ann"),
        ("truth", 1.5, "utterance u1, dimension activation has more than one truth: 1.5, "),
        ("truth", None, "truth is missing"),
        ("level", 3.0, "condition clean has more than one level: 3.0, nan"),
        ("corruption", "hum", "condition clean has more than one corruption: hum, clean"),
        ("corpus", "other", "more than one corpus: other, probe"),
    ],
)
def test_a_row_that_contradicts_the_others_is_an_error(predictions, grid, column, value, message):
    predictions[column] = predictions[column].astype(object)
    predictions.loc[0, column] = value
    with pytest.raises(TableError, match=message):
        check_predictions(predictions, grid)


def test_a_missing_column_is_an_error_that_names_it(predictions, grid):
    with pytest.raises(TableError, match="no column truth; it needs suite, corpus"):
        check_predictions(predictions.drop(columns="truth"), grid)


def test_a_system_without_seeds_has_a_null_seed(make_predictions, transcripts):
    frame = make_predictions(("constant",)).query("seed == 0").assign(seed=pd.NA)
    grid = whole_grid(frame, transcripts)
    assert grid.systems == {"constant": (None,)}
    assert check_predictions(frame, grid)["seed"].isna().all()


def test_each_transcriber_must_have_read_the_whole_grid(transcripts, grid):
    two = pd.concat([transcripts, transcripts.assign(transcriber="base").iloc[:-2]])
    with pytest.raises(
        TableError, match="missing: 2 rows: transcriber base, condition white@0dB, draw 1, utterance u6"
    ):
        check_transcripts(two, grid)


def test_a_transcript_may_be_empty_but_not_null(transcripts, grid):
    transcripts.loc[0, "text"] = ""
    check_transcripts(transcripts, grid)
    transcripts.loc[0, "text"] = None
    with pytest.raises(TableError, match="text is missing or not finite in 1 row: transcriber tiny, condition clean"):
        check_transcripts(transcripts, grid)


def test_results_have_the_columns_that_the_design_promises():
    keys = ["suite", "corpus", "split", "system", "seed", "corruption", "condition", "level", "level_unit", "draw"]
    numbers = ["dimension", "metric", "value", "ci_low", "ci_high"]
    spreads = ["seed_sd", "draw_sd", "all_low", "all_high"]
    assert list(RESULTS) == [*keys, *numbers, *spreads, "n_utterances", "n_speakers", "note"]
