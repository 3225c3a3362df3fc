import hashlib
import socket
import zipfile
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from bench.commands.main import app
from corruptions import write_audio
from corruptions.noise.corpora import NOISE_CORPORA
from corruptions.sound.public import Archive, PublicCorpus

NOISEX = [
    *("babble", "buccaneer1", "buccaneer2", "destroyerengine", "destroyerops", "f16", "factory1", "factory2"),
    *("hfchannel", "leopard", "m109", "machinegun", "pink", "volvo", "white"),
]


def invoke(*arguments: str | Path):
    return CliRunner().invoke(app, [str(one) for one in arguments], env={"COLUMNS": "200", "TERM": "dumb"})


def rows(output: str) -> list[list[str]]:
    """Return the cells of the tables in ``output``."""
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in output.splitlines() if "│" in line]


def noise(seed: int) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal(16_000)).astype(np.float32)


@pytest.fixture
def noisex(tmp_path: Path) -> Path:
    (tmp_path / "NOISEX-92").mkdir()
    for seed, name in enumerate(NOISEX):
        write_audio(tmp_path / "NOISEX-92" / f"{name}.wav", noise(seed))
    return tmp_path


def test_a_whole_corpus_passes_and_shows_its_splits(noisex: Path) -> None:
    result = invoke("noise", "check", "noisex-92", noisex)
    assert result.exit_code == 0, result.output
    assert rows(result.output) == [
        ["train", "8", "6", "0.00"],
        ["dev", "3", "3", "0.00"],
        ["test", "4", "3", "0.00"],
        ["all", "15", "12", "0.00"],
    ]
    assert "Nothing is missing, and everything can be used." in result.output


def test_what_is_missing_or_broken_is_told_and_the_status_is_1(noisex: Path) -> None:
    for name in NOISEX[:5]:
        (noisex / "NOISEX-92" / f"{name}.wav").unlink()
    (noisex / "NOISEX-92" / "white.wav").write_text("not audio")
    write_audio(noisex / "street.wav", noise(0))
    result = invoke("noise", "check", "noisex-92", noisex)
    assert result.exit_code == 1
    told = rows(result.output)
    assert ["missing", "5", "all of babble"] in told
    assert ["", "", "..."] in told
    assert any(row[:2] == ["unreadable", "1"] for row in told)
    assert "1 other audio files are not part of noisex-92." in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "esc50", "."], "no corpus is called 'esc50'; there are musan-music, "),
        (["check", "esc-50", "absent"], "absent: no such folder"),
        (["fetch", "esc50"], "no corpus is called 'esc50'"),
        (
            ["fetch", "wham", "--to", "here"],
            "download wham_noise.zip (18 GB) from http://wham.whisper.ai/ and",
        ),
        (["fetch", "noisex-92", "--to", "here"], "put your copy, as .wav files, in here"),
    ],
)
def test_wrong_input_is_answered_with_one_plain_message(arguments: list[str], message: str) -> None:
    result = invoke("noise", *arguments)
    assert result.exit_code == 1
    assert message in result.output
    assert "Traceback" not in result.output


def test_fetch_tells_what_to_put_where_and_then_goes_on_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_audio(tmp_path / "a.wav", noise(0))
    packed = tmp_path / "tiny.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(tmp_path / "a.wav", "tiny/a.wav")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/tiny.zip"
    md5 = hashlib.md5(packed.read_bytes(), usedforsecurity=False).hexdigest()
    corpus = PublicCorpus(
        *("one noise", "CC0", "Us 2026", "nowhere", "tiny/*.wav", r"tiny/(?P<source>\w)", "by file"),
        n_recordings=1,
        home="TINY",
        archives=(Archive(url, f"md5:{md5}", 0.001),),
    )
    monkeypatch.setitem(NOISE_CORPORA, "tiny", corpus)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("EMONOISE_CACHE", str(tmp_path / "cache"))
    place = tmp_path / "cache" / "noises" / "TINY" / "tiny.zip"

    result = invoke("noise", "fetch", "tiny")
    assert result.exit_code == 1
    assert "tiny: CC0. Cite Us 2026." in result.output
    assert f"{url} (0.001 GB, md5:{md5})" in result.output
    assert f"as {place}" in result.output

    place.write_bytes(packed.read_bytes())
    result = invoke("noise", "fetch", "tiny")
    assert result.exit_code == 0, result.output
    assert f"tiny: {place.parent}" in result.output
    assert ["all", "1", "1", "0.00"] in rows(result.output)


def test_noises_are_listed_with_licence_and_split() -> None:
    output = invoke("list", "noises").output
    for name, corpus in NOISE_CORPORA.items():
        assert f" {name} " in output
        assert corpus.licence.split(";")[0] in " ".join(output.split())
