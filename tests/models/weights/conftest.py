"""A small model in a folder, as the hub would lay it out."""

from pathlib import Path

import pytest

from .. import tiny


@pytest.fixture
def folder(tmp_path) -> Path:
    return tiny.self_supervised(tmp_path / "model")
