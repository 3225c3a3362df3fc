"""The table Robustness in numbers, of invented ones."""

import numpy as np
import pandas as pd
import pytest

from reports.page.page import page
from reports.run.files import ReportError
from reports.run.run import read_run
from reports.run.words import GAP, MINUS
from reports.tables.robustness import METRICS, OPEN, robustness_tables
from reports.tables.text_tables import write_text_table

LEVELS = {"white": (20.0, 0.0), "speech-shaped": (10.0, -5.0)}
SYSTEMS = ("mfb", "text", "random")
# metric, corruption, system: value, ends, note; half of clean CCC is censored, open on a side, or known.
NUMBERS = [
    ("snr50", "white", "mfb", 7.25, 2.5, 11.04, None),
    ("snr50", "white", "text", np.nan, np.nan, 3.0, "below 0 dB"),
    ("snr50", "speech-shaped", "mfb", -0.04, np.nan, 4.0, "interval goes on below -5 dB"),
    ("snr50", "speech-shaped", "text", np.nan, np.nan, np.nan, "above 10 dB; interval goes on below -5 dB"),
    ("ccc_worst", None, "mfb", -0.1, -0.3, 0.1, "speech-shaped"),
    ("ccc_worst", None, "text", 0.4, 0.3, 0.5, "white"),
    ("mean_corruption_error", None, "mfb", 1.0, 1.0, 1.0, None),
    ("mean_corruption_error", None, "text", 0.847, 0.8, 0.9, "without white"),
    ("mean_relative_corruption_error", None, "text", np.nan, np.nan, np.nan, "mfb loses less than 0.05"),
    ("corruption_error", "white", "text", 0.9, 0.8, 1.0, None),
]


@pytest.fixture
def links():
    row = {"system": "text", "transcriber": "whisper-tiny.en", "dimension": "valence", "corruption": None}
    row |= {"condition": None, "level": np.nan, "level_unit": None, "n_utterances": 120, "n_speakers": 30, "note": None}
    ends = {"value": -0.9, "ci_low": -1.0, "ci_high": -0.7}
    place = {"corruption": "white", "condition": "white@0dB", "level": 0.0, "level_unit": "SNR (dB)"}
    rows = [
        row | {"metric": "over_conditions"} | ends,
        row | {"metric": "over_utterances", "value": 0.3, "ci_low": 0.1, "ci_high": 0.5},
        row | {"metric": "over_utterances", "value": 0.2, "ci_low": 0.0, "ci_high": 0.4} | place,
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def folder(run_folder, table, links):
    invented = table(LEVELS, systems=SYSTEMS, dimensions=("valence",))
    more = [
        dict(zip(("metric", "corruption", "system", "value", "ci_low", "ci_high", "note"), one, strict=True))
        | {"dimension": "valence", "n_utterances": 120, "n_speakers": 30, "level_unit": "SNR (dB)"}
        for one in NUMBERS
    ]
    kept = invented[invented["metric"] == "ccc"].assign(metric="ccc_retention", value=0.5)
    kept = kept[kept["level"].notna() & kept["seed"].isna()]
    folder = run_folder(pd.concat([invented, kept, pd.DataFrame(more)], ignore_index=True), reference="mfb")
    links.to_parquet(folder / "links.parquet", index=False)
    return folder


def test_a_row_shows_what_is_known_and_why_the_rest_is_not(folder):
    [shown] = robustness_tables(read_run(folder))
    unit = ", SNR (dB)"
    halves = (f"half, white{unit}", f"half, speech-shaped{unit}")
    assert shown.heads == ("", *halves, "worst noise", "mCE", "relative mCE", "WER and CCC", "WER and error")
    rows = {name: cells for name, *cells in shown.rows}
    assert rows["mfb"][:3] == [
        "7.2 [2.5, 11.0]", f"0.0 [{OPEN}, 4.0]", f"{MINUS}0.10 speech-shaped [{MINUS}0.30, 0.10]"
    ]  # fmt: skip
    assert rows["mfb"][3:] == [f"100{GAP}% [100, 100]", "missing", "missing", "missing"]
    assert rows["text"] == [
        "below 0 dB", "above 10 dB", "0.40 white [0.30, 0.50]", f"85{GAP}% [80, 90]", "mfb loses less than 0.05",
        f"{MINUS}0.90 [{MINUS}1.00, {MINUS}0.70]", "0.30 [0.10, 0.50]",
    ]  # fmt: skip
    assert set(rows["random"]) == {"missing"}


def test_the_csv_has_every_number_of_its_metrics_and_links_unrounded(folder, links, tmp_path):
    run = read_run(folder)
    [shown] = robustness_tables(run)
    write_text_table(shown, run, tmp_path)
    written = pd.read_csv(tmp_path / "robustness-valence.csv")
    results = pd.read_parquet(folder / "results.parquet")
    results = results[results["metric"].isin(METRICS) & results["seed"].isna()]
    for expected in (results, links):
        keys = ["system", "metric", "corruption", "condition"]
        rows = written.merge(expected[[*keys, "value", "ci_low", "ci_high", "note"]], on=keys, suffixes=("", "_said"))
        assert len(rows) == len(expected)
        for name in ("value", "ci_low", "ci_high"):
            np.testing.assert_array_equal(rows[name], rows[f"{name}_said"])
        assert rows["note"].fillna("").tolist() == rows["note_said"].fillna("").tolist()
    assert len(written) == len(results) + len(links)
    assert r"0.40 white {\scriptsize [0.30, 0.50]}" in (tmp_path / "robustness-valence.tex").read_text()


def test_the_page_shows_it_and_says_relative_to_whom(folder):
    text = page(read_run(folder), {}, [])
    assert "Robustness in numbers: valence" in text
    assert "divided by that of <code>mfb</code>" in text
    assert "<td>below 0 dB</td>" in text


def test_a_run_without_such_numbers_has_no_such_table(run_folder, table):
    run = read_run(run_folder(table(LEVELS, systems=SYSTEMS, dimensions=("valence",))))
    assert robustness_tables(run) == []
    assert "Robustness in numbers" not in page(run, {}, [])


def test_a_link_of_a_system_that_is_not_described_is_refused(folder, links):
    links.assign(system="nobody").to_parquet(folder / "links.parquet", index=False)
    with pytest.raises(ReportError, match=r"does not describe nobody, of which links\.parquet speaks"):
        read_run(folder)
