"""Makes ``import torchaudio`` work beside a CPU build of PyTorch.

The torchaudio wheels on PyPI are linked against CUDA. Beside a CPU build of torch their extension cannot be loaded
(``libc10_cuda.so`` is not there), so ``import torchaudio`` fails; and since transformers imports torchaudio whenever
it is installed, ``from transformers import WhisperModel`` fails with it. Nothing we use is in that extension: mel
spectrograms, resampling and the model definitions are plain PyTorch. Where it cannot be loaded, torchaudio is told
what it would find out by itself if it had been built without one.

Call :func:`import_torchaudio` instead of ``import torchaudio``, and before anything is imported from transformers.
"""

import importlib
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, Never

EXTENSION = "torchaudio._extension"


def import_torchaudio() -> ModuleType:
    """Return torchaudio, without its compiled extension if that cannot be loaded here.

    Raises:
        ImportError: if torchaudio is not installed.

    Examples:
        >>> import_torchaudio().__name__
        'torchaudio'
    """
    try:
        return importlib.import_module("torchaudio")
    except OSError:  # a shared library that the extension is linked against is missing
        sys.modules[EXTENSION] = _no_extension()
        return importlib.import_module("torchaudio")


def _no_extension() -> ModuleType:
    """Return what torchaudio's own module holds when it was built without a compiled part."""

    def fail_if_no_align(function: Callable[..., Any]) -> Callable[..., Never]:
        def fail(*_args: Any, **_kwargs: Any) -> Never:
            raise RuntimeError(
                f"{function.__name__} needs torchaudio's compiled extension, which cannot be loaded here"
            )

        return fail

    module = ModuleType(
        EXTENSION, "Stands in for the compiled part of torchaudio: see models/weights/torchaudio_cpu.py."
    )
    vars(module).update(
        _IS_TORCHAUDIO_EXT_AVAILABLE=False,
        _IS_ALIGN_AVAILABLE=False,
        _check_cuda_version=lambda: None,
        fail_if_no_align=fail_if_no_align,
    )
    return module
