"""Reads the weights out of a CTranslate2 ``model.bin``, so that PyTorch can run the very network the recogniser runs.

The file (binary version 6, little-endian) is a header and a list of variables:

    version uint32 | name of the specification | revision uint32 | number of variables uint32
    per variable: name | rank uint8 | rank x uint32 | type uint8 | number of bytes uint32 | bytes
    number of aliases uint32 | per alias: its name | the name of the variable it stands for

Every name is a uint16 length, which counts a closing zero byte, and that many bytes.
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

BINARY_VERSION = 6
TYPES: dict[int, np.dtype[Any]] = {
    0: np.dtype("<f4"),
    1: np.dtype("i1"),
    2: np.dtype("<i2"),
    3: np.dtype("<i4"),
    4: np.dtype("<f2"),
}
"""The numbers of CTranslate2's data types; 5 is bfloat16, which numpy cannot read."""


MODULES = {
    "conv1": ("conv1",),
    "conv2": ("conv2",),
    "embeddings": ("embed_tokens",),
    "position_encodings": ("embed_positions",),
    "layer_norm": ("layer_norm",),
    "self_attention/layer_norm": ("self_attn_layer_norm",),
    "self_attention/linear_0": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),  # one above the other
    "self_attention/linear_1": ("self_attn.out_proj",),
    "attention/layer_norm": ("encoder_attn_layer_norm",),
    "attention/linear_0": ("encoder_attn.q_proj",),
    "attention/linear_1": ("encoder_attn.k_proj", "encoder_attn.v_proj"),
    "attention/linear_2": ("encoder_attn.out_proj",),
    "ffn/layer_norm": ("final_layer_norm",),
    "ffn/linear_0": ("fc1",),
    "ffn/linear_1": ("fc2",),
}
"""CTranslate2's names of the parts of Whisper, and those of transformers."""

PARAMETERS = {"weight": "weight", "bias": "bias", "gamma": "weight", "beta": "bias", "encodings": "weight"}

Variables = Mapping[str, npt.NDArray[np.generic]]


@dataclass
class _Cursor:
    """A place in the bytes of a file, which moves as values are read."""

    data: memoryview
    at: int = 0

    def take(self, n_bytes: int) -> memoryview:
        if self.at + n_bytes > len(self.data):
            raise ValueError(f"the file ends at byte {len(self.data)}, {n_bytes} bytes were expected at byte {self.at}")
        self.at += n_bytes
        return self.data[self.at - n_bytes : self.at]

    def number(self, code: str) -> int:
        layout = struct.Struct(f"<{code}")
        return int(layout.unpack(self.take(layout.size))[0])

    def text(self) -> str:
        return bytes(self.take(self.number("H"))).rstrip(b"\0").decode()


def read_variables(path: Path) -> dict[str, npt.NDArray[np.generic]]:
    """Return every variable of a CTranslate2 model, by name, without copying: read-only views of the file's bytes.

    Args:
        path: a ``model.bin`` of binary version 6.

    Returns:
        The arrays as they are stored; aliases are left out, for they name variables that are there already.

    Raises:
        ValueError: if the file is not of that version, is cut short, or holds bytes that belong to nothing.
    """
    cursor = _Cursor(memoryview(path.read_bytes()))
    try:
        return _read(cursor)
    except ValueError as error:
        raise ValueError(f"{path} is not a CTranslate2 model of binary version {BINARY_VERSION}: {error}") from error


def whisper_state(variables: Variables) -> dict[str, npt.NDArray[np.float32]]:
    """Return the weights under the names that transformers' ``WhisperForConditionalGeneration`` gives them.

    Each variable is used exactly once. Loading the state strictly shows that none is missing.

    Args:
        variables: of a Whisper model.

    Raises:
        ValueError: if a variable has no place in transformers' Whisper, as those of weights quantised to int8.
    """
    state: dict[str, npt.NDArray[np.float32]] = {}
    for name, values in variables.items():
        if not values.ndim:  # a setting, such as the number of heads
            continue
        match = re.fullmatch(r"(encoder|decoder)/(?:layer_(\d+)/)?(.+)/(\w+)", name)
        if match is None or match[3] not in MODULES or match[4] not in PARAMETERS:
            raise ValueError(f"variable {name!r} has no place in Whisper")
        layer = f"layers.{match[2]}." if match[2] else ""
        targets = MODULES[match[3]]
        for target, block in zip(targets, np.split(values.astype(np.float32), len(targets)), strict=True):
            state[f"model.{match[1]}.{layer}{target}.{PARAMETERS[match[4]]}"] = block
    for name in [name for name in state if name.endswith("k_proj.bias")]:
        if state.pop(name).any():
            raise ValueError(f"{name} is not zero, but the keys of Whisper's attention have no bias")
    return state


def whisper_sizes(variables: Variables) -> dict[str, int]:
    """Return the sizes of the network under the names that transformers' ``WhisperConfig`` gives them.

    Raises:
        KeyError: for a variable that every Whisper has, and these do not.
    """

    def count_layers(half: str) -> int:
        return len({match[1] for name in variables if (match := re.match(rf"{half}/(layer_\d+)/", name))})

    return {
        "d_model": variables["encoder/conv1/weight"].shape[0],
        "num_mel_bins": variables["encoder/conv1/weight"].shape[1],
        "max_source_positions": len(variables["encoder/position_encodings/encodings"]),
        "encoder_layers": count_layers("encoder"),
        "encoder_attention_heads": int(variables["encoder/num_heads"]),
        "encoder_ffn_dim": len(variables["encoder/layer_0/ffn/linear_0/weight"]),
        "max_target_positions": len(variables["decoder/position_encodings/encodings"]),
        "decoder_layers": count_layers("decoder"),
        "decoder_attention_heads": int(variables["decoder/num_heads"]),
        "decoder_ffn_dim": len(variables["decoder/layer_0/ffn/linear_0/weight"]),
        "vocab_size": len(variables["decoder/embeddings/weight"]),
    }


def _read(cursor: _Cursor) -> dict[str, npt.NDArray[np.generic]]:
    if (version := cursor.number("I")) != BINARY_VERSION:
        raise ValueError(f"its binary version is {version}")
    cursor.text()  # the specification's name and revision say nothing that the variables' names do not
    cursor.number("I")
    variables = dict(_read_variable(cursor) for _ in range(cursor.number("I")))
    for _ in range(cursor.number("I")):
        alias, target = cursor.text(), cursor.text()
        if target not in variables:
            raise ValueError(f"alias {alias!r} stands for {target!r}, which is not there")
    if cursor.at != len(cursor.data):
        raise ValueError(f"{len(cursor.data) - cursor.at} bytes are left over")
    return variables


def _read_variable(cursor: _Cursor) -> tuple[str, npt.NDArray[np.generic]]:
    name = cursor.text()
    shape = tuple(cursor.number("I") for _ in range(cursor.number("B")))
    if (kind := cursor.number("B")) not in TYPES:
        raise ValueError(f"variable {name!r} has data type {kind}, allowed are {sorted(TYPES)}")
    data = np.frombuffer(cursor.take(cursor.number("I")), TYPES[kind])
    if data.size != np.prod(shape, dtype=int):
        raise ValueError(
            f"variable {name!r} has {data.size} values, its shape {shape} needs {np.prod(shape, dtype=int)}"
        )
    return name, data.reshape(shape)
