"""Runs whose files were altered: a report, or an error that names the file. ``make fuzz`` tries many more."""

import json
import os
import re
import shutil
from pathlib import Path
from random import Random

import pandas as pd
import pytest

from reports.figures.catalog import sheets
from reports.page.page import page
from reports.run.files import ReportError
from reports.run.run import Run, read_run
from reports.tables.tables import tables, write_table
from reports.tables.text_tables import comparison_tables, cost_tables, write_text_table

from .altered import alter_json, alter_table, damaged
from .conftest import EXAMPLES, PROVENANCE, write_examples
from .papers import write_papers

TRIED = int(os.environ.get("EMONOISE_FUZZ_EXAMPLES", "12"))
# Drawing takes seconds: the figures are drawn by ``make fuzz`` alone.
DRAWN = TRIED > 12
KEPT = ("acoustic", "lexical", "lexical-oracle", "constant", "whisper-tiny.en")
FEWER = {
    "system": KEPT,
    "against": KEPT,
    "dimension": ("activation", "mean"),
    "corruption": ("clean", "white", "reverb"),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of few systems with every file that a report knows."""
    folder = write_papers(tmp_path_factory.mktemp("altered") / "run", PROVENANCE)
    for path in folder.glob("*.parquet"):
        table = pd.read_parquet(path)
        for column, few in FEWER.items():
            if column in table:
                table = table[table[column].isin(few) | table[column].isna()]
        table.to_parquet(path, index=False)
    systems = json.loads((folder / "systems.json").read_text(encoding="utf-8"))
    (folder / "systems.json").write_text(
        json.dumps({name: systems[name] for name in KEPT if name in systems}), encoding="utf-8"
    )
    provenance = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    best = provenance["corpus"] | {"best_possible_ccc": {"valence": 0.9}, "limit": 12}
    grid = {"condition": "white@5dB", "corruption": "white", "level": 5.0, "level_unit": "SNR (dB)", "harsher": "down"}
    more = {"corpus": best, "conditions": [grid], "languages": {"whisper-zh": "zh"}, "notices": ["Take care."]}
    (folder / "provenance.json").write_text(json.dumps(provenance | more), encoding="utf-8")
    write_examples(folder / "examples", EXAMPLES)
    return folder


def show(run: Run, folder: Path) -> None:
    """Make everything that a report consists of."""
    found = sheets(run)
    page(run, {}, [{"example": one, "sound": "", "image": ""} for one in run.examples])
    for table in (table for group in tables(run).values() for table in group):
        write_table(table, run, folder)
    for text_table in (*comparison_tables(run).values(), *cost_tables(run)):
        write_text_table(text_table, run, folder)
    if DRAWN:
        for sheet in (sheet for there in found.values() for sheet in there.values()):
            sheet.draw().draw_without_rendering()


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in {".parquet", ".json", ".wav"})


@pytest.mark.parametrize("seed", range(TRIED))
def test_an_altered_run_has_a_report_or_is_refused_by_its_file(whole: Path, tmp_path: Path, seed: int):
    random = Random(seed)  # noqa: S311 - nothing is kept secret by it
    folder = shutil.copytree(whole, tmp_path / "run")
    there = files(folder)
    # Every file in turn, those that are always there twice as often.
    path = [
        *there,
        *(one for one in there if one.parent == folder and one.stem in {"results", "provenance", "systems"}),
    ][seed % (len(there) + 3)]
    done = path.name
    if path.suffix == ".wav" or random.random() < 0.2:
        path.write_bytes(damaged(path.read_bytes(), random))
    else:
        done = (alter_table if path.suffix == ".parquet" else alter_json)(path, random)
    try:
        show(read_run(folder), tmp_path / "report")
    except ReportError as refused:
        assert re.search(r"\w+\.(parquet|json|wav|yaml)", str(refused)), done  # noqa: PT017
    except Exception as error:
        raise AssertionError(done) from error
