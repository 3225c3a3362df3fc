from pathlib import Path

import pandas as pd
import pytest

from bench.corpora.corpus import DIMENSIONS
from bench.outside.tables import OutsideError, read_export, read_predictions

HIDDEN = "a\x1b[31m"
SHOWN = r"a\\x1b\[31m"


def test_a_system_whose_name_breaks_tables_is_refused_and_shown_written_out(exported: Path, tmp_path: Path):
    files = pd.read_csv(exported)[["id", "condition", "draw", *DIMENSIONS]]
    files.assign(system=HIDDEN).to_csv(tmp_path / "mine.csv", index=False)
    files.to_csv(tmp_path / "unnamed.csv", index=False)
    for table in ("mine.csv", "unnamed.csv"):
        with pytest.raises(OutsideError, match=rf"{table}(.|\n)*system that cannot be a name.*: {SHOWN}") as refused:
            read_predictions(tmp_path / table, read_export(exported), HIDDEN)
        assert "\x1b" not in str(refused.value)
