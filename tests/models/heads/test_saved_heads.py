"""Heads in files: what they say of themselves, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from models.heads.training import load_head, save_head


def what_is_said(path: Path) -> dict[str, Any]:
    size = int.from_bytes(path.read_bytes()[:8], "little")
    said: dict[str, Any] = json.loads(json.loads(path.read_bytes()[8 : 8 + size])["__metadata__"]["emonoise"])
    return said


def test_the_same_head_is_the_same_bytes_in_every_process(trained, tmp_path):
    for k in range(5):
        save_head(trained["fusion"].head, tmp_path / f"{k}.safetensors", {"seal": "s"})
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1


def test_the_checkpoint_tells_what_it_holds(trained, tmp_path):
    path = tmp_path / "head.safetensors"
    save_head(trained["fusion"].head, path)
    said = what_is_said(path)
    assert said["kind"] == "fusion"
    assert [source["name"] for source in said["inputs"]] == ["sound", "words"]


def test_a_file_that_is_no_checkpoint_is_refused(tmp_path):
    path = tmp_path / "head.safetensors"
    path.write_bytes(b"not a head")
    with pytest.raises(ValueError, match=r"head\.safetensors: not a safetensors file"):
        load_head(path)


def test_a_missing_checkpoint_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_head(tmp_path / "head.safetensors")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "other"}, "format is 'other'"),
        ({"kind": "oracle"}, "unknown head 'oracle': there are tc-gru, multi-task, ridge, fusion"),
        ({"config": {"width": "wide"}}, "width"),
        ({"inputs": []}, "not a head"),
    ],
)
def test_metadata_that_does_not_fit_is_refused(trained, tmp_path, change, message):
    path = tmp_path / "head.safetensors"
    save_head(trained["tc-gru"].head, path)
    save_file(load_file(path), path, {"emonoise": json.dumps(what_is_said(path) | change)})
    with pytest.raises(ValueError, match=message):
        load_head(path)


@pytest.mark.parametrize("damage", ["missing", "unexpected", "shape"])
def test_weights_that_do_not_fit_are_refused(trained, tmp_path, damage):
    path = tmp_path / "head.safetensors"
    save_head(trained["tc-gru"].head, path)
    said = what_is_said(path)
    weights = load_file(path)
    if damage == "missing":
        del weights["readout.linear.bias"]
    elif damage == "unexpected":
        weights["extra"] = torch.zeros(1)
    else:
        weights["readout.linear.bias"] = torch.zeros(4)
    save_file(weights, path, {"emonoise": json.dumps(said)})
    with pytest.raises(ValueError, match=r"head\.safetensors: not a head this version can read"):
        load_head(path)
