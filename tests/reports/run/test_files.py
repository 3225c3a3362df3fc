import re

import numpy as np
import pytest

from reports.page.page import build_report
from reports.run.files import ReportError


@pytest.mark.parametrize("name", ["results.parquet", "provenance.json", "systems.json"])
def test_a_file_that_is_not_there_is_named(run_folder, table, name):
    folder = run_folder(table({}, systems=["mfb"]))
    (folder / name).unlink()
    with pytest.raises(ReportError, match=re.escape(str(folder / name))):
        build_report(folder)


@pytest.mark.parametrize(("name", "text", "message"), [
    ("provenance.json", "{", "not valid JSON"),
    ("provenance.json", "[" * 30 + "]" * 30, r"provenance\.json: nested too deeply; 20 levels are allowed"),
    ("provenance.json", "[" * 100_000, r"provenance\.json: nested too deeply; 20 levels are allowed"),
    ("provenance.json", '{"corpus": {"name": "own"}}', "corpus.synthetic: Field required"),
    ("systems.json", "[]", "all of it: Input should be a valid dictionary"),
    ("systems.json", "{}", "does not describe mfb"),
    ("systems.json", '{"mfb": {"family": "magic"}}', "mfb.family: .*'acoustic', 'lexical', .*or 'control'"),
    ("examples/examples.json", '[{"condition": "x", "utterance": "u", "file": "../suite.yaml"}]', "is not a file in"),
    ("examples/examples.json", '[{"condition": "x"}]', "0.file: Field required"),
], ids=lambda one: one[:30])  # fmt: skip
def test_a_file_that_does_not_hold_what_it_must_is_refused(run_folder, table, name, text, message):
    folder = run_folder(table({}, systems=["mfb"]))
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    with pytest.raises(ReportError, match=message):
        build_report(folder)


def test_two_values_for_one_number_are_refused(run_folder, table):
    results = table({}, systems=["mfb"])
    folder = run_folder(results.loc[np.repeat(results.index, 2)])
    with pytest.raises(ReportError, match=r"two values for .*'mfb'"):
        build_report(folder)
