from pathlib import Path

import pandas as pd
import pytest

from bench.corpora.corpus import Corpus
from bench.plan.corpus import CorpusError, check_corpus, load_corpus
from bench.store.progress import Stages
from bench.suite.file import suite_path
from bench.suite.suite import load_suite

COLUMNS = ["id", "path", "split", "speaker", "activation", "valence", "dominance", "transcript", "emotion"]


@pytest.mark.embedded
def test_a_corpus_that_is_checked_says_what_each_split_has(tiny_probe: Corpus, tmp_path: Path):
    table = pd.DataFrame([[getattr(one, column) for column in COLUMNS] for one in tiny_probe.utterances])
    table.columns = pd.Index(COLUMNS)
    table.loc[table["split"] == "test", "emotion"] = None
    table.to_csv(tmp_path / "mine.csv", index=False)
    _, (train, _, test) = check_corpus("manifest", tmp_path / "mine.csv", (1, 7), Stages())
    of_split = table.groupby("split").size()
    assert (train["split"], test["split"]) == ("train", "test")
    assert train["utterances"] == train["with transcript"] == train["with emotion"] == str(of_split["train"])
    assert (test["with transcript"], test["with emotion"]) == (str(of_split["test"]), "0")


@pytest.mark.parametrize("name", ["mitra2022-paper", "mitra2023-paper", "srinivasan2022-paper"])
def test_a_packaged_suite_that_needs_a_table_says_how_it_is_named(name: str):
    with pytest.raises(CorpusError, match="no such file; name the table .* with --set corpus.manifest=FILE"):
        load_corpus(load_suite(suite_path(name)), Stages())
