import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from safetensors.numpy import save_file

from corruptions.ground.seals import BLANK, SealError, check_seal, is_sealed, sealing


def write_parquet(path: Path) -> None:
    # A text of the table may look like a seal.
    table = pa.table({"text": [BLANK, None, "c"], "value": [1.5, 2.5, 3.5]})
    pq.write_table(table.replace_schema_metadata({"seal": BLANK, "other": "x" * 500}), path)


def write_safetensors(path: Path) -> None:
    save_file({"000000": np.arange(20, dtype=np.float32), "000001": np.zeros((2, 3))}, path, {"seal": BLANK})


def write_wav(path: Path) -> None:
    with soundfile.SoundFile(path, "w", 16_000, 1, "PCM_16", format="WAV") as file:
        file.comment = BLANK
        file.write(np.arange(100, dtype=np.int16))


def write_json(path: Path) -> None:
    path.write_text(json.dumps({"seal": BLANK, "rooms": [{"direct": 3, "text": BLANK}]}))


@pytest.fixture(params=[write_parquet, write_safetensors, write_wav, write_json])
def whole(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A sealed file of each format."""
    write: Callable[[Path], None] = request.param
    path = tmp_path / f"file.{request.param.__name__.removeprefix('write_')}"
    with sealing(path, "it") as temporary:
        write(temporary)
    return path


def test_a_sealed_file_is_one_of_its_format(whole: Path):
    assert is_sealed(whole, "it")
    if whole.suffix == ".parquet":
        assert pq.read_table(whole)["text"].to_pylist() == [BLANK, None, "c"]
    elif whole.suffix == ".wav":
        assert soundfile.read(whole, dtype="int16")[0].tolist() == list(range(100))
    elif whole.suffix == ".json":
        assert json.loads(whole.read_text())["rooms"][0]["text"] == BLANK


def test_no_flipped_bit_passes(whole: Path):
    data = whole.read_bytes()
    for place in range(0, len(data), 1 + len(data) // 700):
        flipped = bytearray(data)
        flipped[place] ^= 1 << place % 8
        whole.write_bytes(flipped)
        assert not is_sealed(whole, "it"), place


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[:0], lambda data: data[:-1], lambda data: data[: len(data) // 2], lambda data: bytes(len(data))],
)
def test_what_is_cut_or_zeroed_does_not_pass(whole: Path, damage: Callable[[bytes], bytes]):
    whole.write_bytes(damage(whole.read_bytes()))
    with pytest.raises(SealError, match=whole.name):
        check_seal(whole, "it")


def test_a_file_in_the_place_of_another_does_not_pass(whole: Path):
    assert not is_sealed(whole, "another")
    assert not is_sealed(whole.with_name("nothing"), "it")


def test_what_has_no_room_for_a_seal_is_not_written(tmp_path: Path):
    def write() -> None:
        with sealing(tmp_path / "a.txt", "it") as temporary:
            temporary.write_text("plain")

    with pytest.raises(ValueError, match="no blank seal"):
        write()
    assert not [*tmp_path.iterdir()]
