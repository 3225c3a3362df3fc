import subprocess
import sys

import pytest


def test_transformers_can_be_imported_afterwards():
    from models.weights.torchaudio_cpu import import_torchaudio

    import_torchaudio()
    from transformers import HubertModel, WhisperModel  # noqa: F401


def test_where_the_extension_loads_nothing_is_touched():
    # An extension that loads is simulated by a torch that can open any library, in a fresh interpreter.
    code = """
import torch
torch.ops.load_library = lambda path: None
torch.ops._torchaudio.cuda_version = lambda: None
torch.ops._torchaudio.is_align_available = lambda: True
torch.ops.torchaudio._lfilter_core_loop = torch.ops.torchaudio._overdrive_core_loop = None
from models.weights.torchaudio_cpu import import_torchaudio
assert import_torchaudio()._extension.__file__.endswith("__init__.py")
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_needs_the_extension_says_so():
    import torch

    from models.weights.torchaudio_cpu import import_torchaudio

    torchaudio = import_torchaudio()
    if torchaudio._extension._IS_ALIGN_AVAILABLE:
        pytest.skip("the extension loads here")
    with pytest.raises(RuntimeError, match="forced_align needs torchaudio's compiled extension"):
        torchaudio.functional.forced_align(torch.zeros(1, 2, 3), torch.ones(1, 1))
