import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from bench.corpora.corpus import DIMENSIONS
from bench.outside.predicted import read_development, read_predicted
from bench.outside.tables import OutsideError

COLUMNS = ["id", "condition", "draw", *DIMENSIONS]


@pytest.mark.parametrize(
    ("options", "system", "message"),
    [
        (
            {"split": "test"},
            "mine",
            "lists the split test, not dev; write it with `emonoise corrupt CORPUS OUT --split",
        ),
        ({"conditions": ["babble@5dB"]}, "mine", "lists no clean speech; write it with `emonoise corrupt CORPUS OUT"),
        ({"scale": (0, 8)}, "mine", "is of corpus, with labels from 0 to 8; what is tested is of corpus, with labels"),
        ({}, "other", "predicts with other, of which nothing is tested"),
    ],
)
def test_what_does_not_calibrate_is_refused(
    options: dict[str, object],
    system: str,
    message: str,
    exported: Path,
    write_export: Callable[..., Path],
    tmp_path: Path,
):
    given: dict[str, object] = {"split": "dev", "conditions": ["clean"]} | options
    of_dev = write_export(tmp_path / "dev", given.pop("conditions"), **given)
    pd.read_csv(of_dev)[COLUMNS].assign(system=system).to_csv(tmp_path / "dev.csv", index=False)
    pd.read_csv(exported)[COLUMNS].to_csv(tmp_path / "mine.csv", index=False)
    tested = read_predicted(tmp_path / "mine.csv", exported, "mine", allow_missing=False)
    with pytest.raises(OutsideError, match=re.escape(message)):
        read_development(tmp_path / "dev.csv", of_dev, "mine", tested)
