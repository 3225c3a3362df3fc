"""Whatever is given to what reads: a result, or an error of ours. ``make fuzz`` tries many more than the tests do."""

import os
import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.corpora.corpus import Corpus
from bench.corpora.manifest import COLUMNS, ManifestError, read_manifest, read_table
from bench.suite.file import SuiteError
from bench.suite.suite import Suite, load_suite
from corruptions import CORRUPTIONS, AudioError, Condition, parse_condition, read_audio

EXAMPLES = int(os.environ.get("EMONOISE_FUZZ_EXAMPLES", "40"))
fuzz = settings(
    max_examples=EXAMPLES, derandomize=EXAMPLES <= 40, suppress_health_check=list(HealthCheck), deadline=None
)
RATE = 16_000


def read_or_refused(read: Callable[[], Any], error: type[Exception], named: str) -> Any:
    """Return what was read, None if that was refused with an error of ours that names what it is about."""
    try:
        return read()
    except error as refused:
        message = str(refused)
    assert named in message
    return None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


# ---- conditions

PIECES = [
    *CORRUPTIONS,
    "clean",
    "@",
    "+",
    "-",
    "dB",
    "-dry",
    "s",
    "%",
    "kbit/s",
    "5",
    "-5",
    "0.6",
    "1e9",
    "nan",
    "inf",
    " ",
]


@fuzz
@given(text=st.one_of(st.text(max_size=40), st.lists(st.sampled_from(PIECES), max_size=9).map("".join)))
def test_a_condition_is_read_and_written_the_same_or_refused(text: str) -> None:
    condition = read_or_refused(lambda: parse_condition(text), ValueError, "")
    if condition is not None:
        assert isinstance(condition, Condition)
        assert parse_condition(str(condition)) == condition


# ---- suites

KEYS = [*Suite.model_fields, "base", "sytems"]
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-9, 99),
        st.floats(),
        st.sampled_from([*PIECES, "mfb", "whisper", "probe", "quick", "white@5dB", "../x", "tc-gru"]),
        st.text(max_size=9),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["noise", "snr_db", "corruption", "level", "probe", "manifest", "scale", "kind", "name"]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=9,
)
WHOLE = {"name": "mine", "corpus": "probe", "systems": ["mfb"], "conditions": ["clean"]}


@fuzz
@given(changes=st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4))
def test_a_suite_is_valid_or_refused_by_its_file(folder: Path, changes: dict[str, object]) -> None:
    path = folder / "suite.yaml"
    path.write_text(yaml.safe_dump(WHOLE | changes), encoding="utf-8")
    suite = read_or_refused(lambda: load_suite(path), SuiteError, "suite")
    if suite is not None:
        path.write_text(suite.to_yaml(), encoding="utf-8")
        assert load_suite(path) == suite


@fuzz
@given(text=st.one_of(st.text(max_size=200), st.binary(max_size=200)))
def test_what_is_no_suite_is_refused_by_its_file(folder: Path, text: str | bytes) -> None:
    path = folder / "text.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "replace"))
    with pytest.raises(SuiteError, match=r"text\.yaml"):
        load_suite(path)


# ---- tables

FIELDS = st.sampled_from(
    ["", "a", "a.wav", "train", "test", "Unknown", "4", "2,5", "nan", "9", '"', "\n", ";", "#", "\0", "é"]
)


@fuzz
@given(
    rows=st.lists(st.lists(FIELDS, min_size=6, max_size=9), max_size=5),
    separator=st.sampled_from([",", ";", "\t"]),
    columns=st.sampled_from([COLUMNS, COLUMNS[:3], (*COLUMNS, "transcript"), (*COLUMNS, "id"), ()]),
)
def test_a_manifest_is_a_corpus_or_refused_by_its_file(
    folder: Path, rows: list[list[str]], separator: str, columns: tuple[str, ...]
) -> None:
    (folder / "a.wav").touch()
    path = folder / "table.csv"
    path.write_text("\n".join(separator.join(row) for row in (list(columns), *rows)), encoding="utf-8")
    corpus = read_or_refused(lambda: read_manifest(path, (1, 7)), ManifestError, "table.csv")
    assert corpus is None or isinstance(corpus, Corpus)


@fuzz
@given(content=st.binary(max_size=300), suffix=st.sampled_from([".csv", ".parquet"]))
def test_what_is_no_table_is_refused_by_its_file(folder: Path, content: bytes, suffix: str) -> None:
    path = folder / f"bytes{suffix}"
    path.write_bytes(content)
    with pytest.raises(ManifestError, match="bytes"):
        read_table(path, COLUMNS, COLUMNS[:4], "table of predictions")


# ---- audio

CONTAINERS = ["AIFF", "AU", "FLAC", "MP3", "OGG", "RF64", "W64", "WAV"]


def encoded(container: str) -> bytes:
    file = BytesIO()
    sound = 0.1 * np.random.default_rng(0).standard_normal(RATE // 2)
    soundfile.write(file, sound, RATE, format=container)
    return file.getvalue()


ENCODED = {container: encoded(container) for container in CONTAINERS}


@fuzz
@given(data=st.data())
def test_a_damaged_recording_is_a_waveform_or_refused_by_its_file(folder: Path, data: st.DataObject) -> None:
    container = data.draw(st.sampled_from(CONTAINERS))
    content = bytearray(ENCODED[container])
    for _ in range(data.draw(st.integers(1, 6))):
        # Most of what can be wrong is in the first bytes.
        place = data.draw(st.one_of(st.integers(0, 60), st.integers(0, len(content) - 5)))
        value = data.draw(st.one_of(st.integers(0, 255), st.sampled_from([2**31 - 1, 2**32 - 1, 0])))
        content[place : place + 1 + 3 * (value > 255)] = struct.pack("<I", value)[: 1 + 3 * (value > 255)]
    content = content[: data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))]
    path = folder / f"damaged.{container.lower()}"
    path.write_bytes(content)
    audio = read_or_refused(lambda: read_audio(path), AudioError, "damaged")
    if audio is not None:
        assert audio.dtype == np.float32
        assert np.isfinite(audio).all()
        # A rate that is wrong makes more of half a second; nothing makes more than is there.
        assert len(audio) <= RATE * len(content)
