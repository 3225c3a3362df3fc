from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from bench.commands.main import app
from bench.corpora.manifest import ManifestError, read_manifest
from bench.corpora.offenders import write_offenders

from ..spoken import SCALE, write_corpus


def spoilt(folder: Path) -> Path:
    """A corpus of which twelve labels are off the scale and one recording is not there."""
    path = write_corpus(folder)
    table = pd.read_csv(path)
    table.loc[:11, "valence"] = 9
    table.to_csv(path, index=False)
    (folder / "wav" / "3.wav").unlink()
    return path


def test_all_that_is_wrong_is_in_the_table_however_little_the_message_names(tmp_path: Path):
    with pytest.raises(ManifestError, match="12 x valence that is not a number from 1 to 7") as refused:
        read_manifest(spoilt(tmp_path), SCALE)
    write_offenders(refused.value, tmp_path / "all.csv")
    found = pd.read_csv(tmp_path / "all.csv")
    assert found["problem"].value_counts().tolist() == [12, 1]
    assert found["where"].str.contains("row 12").sum() == 1
    assert found["where"].iloc[-1].endswith("3.wav")


def test_the_command_says_where_all_of_it_is(tmp_path: Path):
    path = spoilt(tmp_path)
    said = CliRunner().invoke(app, ["corpus", "check", "manifest", str(path)])
    assert said.exit_code == 1
    assert "--all FILE.csv writes down every one: 13" in said.output
    written = tmp_path / "all.csv"
    said = CliRunner().invoke(app, ["corpus", "check", "manifest", str(path), "--all", str(written)])
    assert said.exit_code == 1
    assert "every one is in" in said.output
    assert len(pd.read_csv(written)) == 13
