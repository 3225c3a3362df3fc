"""A config of wrong types is refused where the model is loaded, by file, key and value, whatever library reads it."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from models.asr.ctc import ctc
from models.asr.whisper import whisper_transcriber
from models.speech.self_supervised import self_supervised
from models.speech.whisper_encoder import whisper_encoder
from models.text.encoder import transformers_text
from models.types import Pretrained
from models.weights.embedded import WeightsError
from models.weights.hub import read_json

from .. import tiny
from ..text import checkpoints

LOADERS: Mapping[str, tuple[Callable[..., Any], Callable[[Path], Path], str]] = {
    "self-supervised": (self_supervised, tiny.self_supervised, "num_hidden_layers"),
    "ctc": (ctc, tiny.ctc, "num_hidden_layers"),
    "transformers": (transformers_text, lambda folder: checkpoints.save(folder, "BertModel"), "num_hidden_layers"),
    "whisper": (whisper_transcriber, tiny.whisper, "encoder_layers"),
    "whisper encoder": (whisper_encoder, tiny.whisper, "encoder_layers"),
}
WRONG = ["six", "6", [6], {"a": 1}, 1.5, -1, True, "9" * 50]


@pytest.fixture(scope="module", params=LOADERS)
def kind(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    return request.param, LOADERS[request.param][1](tmp_path_factory.mktemp("whole"))


def changed(folder: Path, out: Path, **changes: object) -> Path:
    shutil.copytree(folder, out)
    path = out / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return out


@pytest.mark.parametrize("value", WRONG, ids=str)
def test_a_number_of_another_type_is_refused_by_its_folder_key_and_value(
    kind: tuple[str, Path], tmp_path: Path, value: object
):
    name, folder = kind
    load, _, key = LOADERS[name]
    with pytest.raises(WeightsError) as refused:
        load("cpu", Pretrained(str(changed(folder, tmp_path / "changed", **{key: value}))))
    assert str(refused.value).startswith(str(tmp_path / "changed"))
    if value != -1:  # which is a number: that of no layer, for which the folder has too many weights
        assert f"'{key}'" in str(refused.value)
        assert f"value: {value!r}" in str(refused.value)


@pytest.mark.parametrize("kind", ["self-supervised", "ctc", "transformers"], indirect=True)  # Whisper's asks for none
@pytest.mark.parametrize("value", [["hubert"], {"a": 1}, 3, None], ids=str)
def test_a_model_type_that_is_no_text_is_refused(kind: tuple[str, Path], tmp_path: Path, value: object):
    name, folder = kind
    with pytest.raises(WeightsError, match=str(tmp_path / "changed")):
        LOADERS[name][0]("cpu", Pretrained(str(changed(folder, tmp_path / "changed", model_type=value))))


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"a": ' * 100_000, "", "[]", '"six"', "\0", '{"n": ' + "9" * 5000 + "}"],
    ids=lambda text: text[:9],
)
def test_json_that_is_none_is_refused_by_its_file(tmp_path: Path, text: str):
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(WeightsError, match=r"config\.json: "):
        read_json(tmp_path / "config.json")
