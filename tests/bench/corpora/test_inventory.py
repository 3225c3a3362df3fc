from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
from rich.console import Console

from bench.corpora.corpus import Corpus
from bench.corpora.inventory import RecordingsError, inspect
from bench.corpora.manifest import read_manifest
from bench.store.progress import Stages

from ..spoken import SCALE, write_corpus

Spoil = Callable[[Path], object]
SPOILED: dict[str, tuple[Spoil, str]] = {
    "cut": (lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]), "promises"),
    "text": (lambda path: path.write_text("not audio"), "cannot be read"),
    "empty": (lambda path: path.write_bytes(b""), "an empty file"),
    "silent": (lambda path: soundfile.write(path, np.zeros(1600), 16_000), "silent"),
    "one sample": (lambda path: soundfile.write(path, [0.5], 16_000), "lasts 0.06"),
    "out of scale": (lambda path: soundfile.write(path, np.full(800, 9e3), 16_000, subtype="FLOAT"), "peaks at 9000"),
    "opposite": (lambda path: soundfile.write(path, np.tile([0.5, -0.5], (1600, 1)), 16_000), "opposite"),
}


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return read_manifest(write_corpus(tmp_path), SCALE)


@pytest.mark.parametrize(("spoil", "message"), SPOILED.values(), ids=SPOILED)
def test_a_recording_that_cannot_be_used_is_named_or_left_out_by_name(
    corpus: Corpus, pool: ProcessPoolExecutor, spoil: Spoil, message: str
):
    spoiled = corpus.utterances[0]
    spoil(spoiled.path)
    others = [one for one in corpus.utterances if one.path != spoiled.path]
    with pytest.raises(
        RecordingsError, match=rf"(?s){spoiled.path.name}.*{message}.*--allow-missing of .* leaves them out"
    ):
        inspect(corpus, pool, Stages())
    console = Console(record=True, width=400)
    left, recordings = inspect(corpus, pool, Stages(console), allow_missing=True)
    assert [*left.utterances] == others
    assert set(recordings) == {one.id for one in others}
    assert spoiled.path.name in console.export_text()


def test_the_same_bytes_in_two_splits_are_refused_whatever_they_are_called(corpus: Corpus, pool: ProcessPoolExecutor):
    train, test = corpus.split("train")[0], corpus.split("test")[0]
    test.path.write_bytes(train.path.read_bytes())
    with pytest.raises(RecordingsError, match="recordings of corpus that are in several splits: 1") as refused:
        inspect(corpus, pool, Stages(), allow_missing=True)
    assert f"{test.path} (test) is {train.path} (train)" in str(refused.value)
