import struct

import numpy as np
import pytest

from models.weights.ctranslate2 import read_variables, whisper_state
from models.weights.embedded import find

VARIABLES = {
    "a/weight": np.arange(6, dtype=np.float16).reshape(2, 3),
    "a/scale": np.array(1.5, np.float32),
    "b/heads": np.array(6, np.int16),
}


def text(name):
    return struct.pack("<H", len(name) + 1) + name.encode() + b"\0"


def model_bytes(variables, aliases=(), version=6):
    """Write the format as CTranslate2's documentation of its serialisation describes it."""
    kinds = {"float32": 0, "int8": 1, "int16": 2, "int32": 3, "float16": 4}
    parts = [struct.pack("<I", version), text("WhisperSpec"), struct.pack("<II", 3, len(variables))]
    for name, values in variables.items():
        parts += [text(name), struct.pack(f"<B{values.ndim}I", values.ndim, *values.shape)]
        parts += [struct.pack("<BI", kinds[str(values.dtype)], values.nbytes), values.tobytes()]
    parts += [struct.pack("<I", len(aliases)), *(text(name) for pair in aliases for name in pair)]
    return b"".join(parts)


def write(tmp_path, content):
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    return path


def test_variables_are_read_as_they_were_written(tmp_path):
    read = read_variables(write(tmp_path, model_bytes(VARIABLES, aliases=[("c", "a/weight")])))
    assert list(read) == list(VARIABLES)
    for name, values in VARIABLES.items():
        np.testing.assert_array_equal(read[name], values, strict=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (model_bytes(VARIABLES, version=5), "its binary version is 5"),
        (model_bytes(VARIABLES)[:-10], "the file ends at byte"),
        (model_bytes(VARIABLES) + b"more", "4 bytes are left over"),
        (model_bytes(VARIABLES, aliases=[("c", "d")]), "alias 'c' stands for 'd', which is not there"),
        (b"", "the file ends at byte 0"),
    ],
)
def test_another_file_is_refused_by_name(tmp_path, content, message):
    path = write(tmp_path, content)
    with pytest.raises(ValueError, match=message) as error:
        read_variables(path)
    assert str(path) in str(error.value)


@pytest.fixture(scope="module")
def whisper():
    return read_variables(find("whisper-tiny.en") / "model.bin")


@pytest.mark.embedded
def test_every_number_is_used_exactly_once(whisper):
    stored = sum(values.size for values in whisper.values() if values.ndim)
    state = whisper_state(whisper)
    biases_of_keys = (4 + 4 + 4) * 384  # of the encoder, of the decoder, and of the decoder's look at the encoder
    assert sum(values.size for values in state.values()) == stored - biases_of_keys


@pytest.mark.embedded
@pytest.mark.parametrize("name", ["encoder/extra/weight", "decoder/embeddings/weight_scale", "other/conv1/weight"])
def test_a_variable_without_a_place_is_an_error(whisper, name):
    with pytest.raises(ValueError, match=f"{name!r} has no place in Whisper"):
        whisper_state({**whisper, name: np.zeros(3, np.float16)})


@pytest.mark.embedded
def test_a_bias_of_keys_is_an_error(whisper):
    name = "encoder/layer_2/self_attention/linear_0/bias"
    with pytest.raises(ValueError, match=r"encoder\.layers\.2\.self_attn\.k_proj\.bias is not zero"):
        whisper_state({**whisper, name: np.ones(1152, np.float16)})
