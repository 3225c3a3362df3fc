"""Pretrained models by name: where their files are, which they are exactly, and a network that holds all of them.

A model is named by what a suite writes (``types.Pretrained``): a name in ``EMBEDDED``, a folder, or a repository on the
Hugging Face hub, looked up in this order. A folder is laid out as the hub lays out a repository. What was found is
named by the SHA-256 of its files, so that a moved branch, an edited folder or another revision never passes for the same.
"""

import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.embedded import EMBEDDED, WeightsError, find
from models.torchaudio_cpu import import_torchaudio
from models.types import Pretrained

# What can change a result; readmes, other frameworks' weights and training states are not fetched.
FILES = ("*.json", "*.txt", "*.safetensors", "pytorch_model*.bin", "*.model", "*.bpe")


@dataclass(frozen=True)
class Located:
    """A model's folder, the commit it is of where a hub was asked, and one SHA-256 for all files that matter."""

    folder: Path
    revision: str | None
    sha256: str


def locate(pretrained: Pretrained, files: Sequence[str] = FILES) -> Located:
    """Return where the files of a model are, fetched from the hub if they are nowhere here.

    Args:
        pretrained: which model.
        files: patterns of the files that matter; ``pytorch_model*.bin`` is left out where safetensors are there.

    Raises:
        ValueError: if no weights are named.
        WeightsError: if they are nowhere, or are not what they should be; the message says what would help.
    """
    name, revision = pretrained.weights, pretrained.revision
    if name is None:
        raise ValueError("this kind of model needs `weights`: a packaged name, a folder or a hub repository")
    if name in EMBEDDED:
        return Located(find(name), EMBEDDED[name].revision, EMBEDDED[name].sha256)
    if Path(name).is_dir():
        return Located(Path(name), None, _digest(name, Path(name), files))
    folder = _fetch(name, revision, files)
    return Located(folder, folder.name, _digest(name, folder, files))


def load_network(network: Any, folder: Path, *, dtype: Any, unused: Sequence[str] = (), **options: Any) -> Any:
    """Return ``network.from_pretrained(folder)`` in evaluation mode, with every weight read from the folder.

    Args:
        network: a class of transformers.
        folder: where config and weights lie.
        dtype: torch's type of the weights.
        unused: beginnings of names of weights in the folder that the network has no use for.
        options: for ``from_pretrained``.

    Raises:
        WeightsError: if a weight is missing, has another shape, or is there for nothing; transformers would make a
            random one, or say nothing.
    """
    import_torchaudio()
    import torch

    with torch.random.fork_rng(devices=[]):  # initial weights that are thrown away draw from the global generator
        loaded, report = network.from_pretrained(
            folder, dtype=dtype, output_loading_info=True, local_files_only=True, **options
        )
    unexpected = [name for name in report["unexpected_keys"] if not name.startswith(tuple(unused))]
    problems = {
        "missing": sorted(map(str, report["missing_keys"])),
        "of another shape": sorted(map(str, report["mismatched_keys"])),
        "unexpected": sorted(map(str, unexpected)),
    }
    wrong = [f"{kind}: {', '.join(names[:5])}" for kind, names in problems.items() if names]
    if wrong:
        raise WeightsError(f"{folder}: not the weights of a {network.__name__}: {'; '.join(wrong)}")
    return loaded.eval()


def _fetch(repository: str, revision: str | None, files: Sequence[str]) -> Path:
    """Return the snapshot of a repository, whose folder's name is its commit; what is in the cache is not asked for."""
    from huggingface_hub import snapshot_download

    for offline in (True, False):
        try:
            return Path(
                snapshot_download(repository, revision=revision, allow_patterns=list(files), local_files_only=offline)
            )
        except Exception as error:  # of the hub's client, of its HTTP library or of the file system
            problem = error
    raise WeightsError(
        f"{repository}: not one of {', '.join(EMBEDDED)}, not a folder here, and the hub could not give it"
        f"{f' at revision {revision}' if revision else ''} ({type(problem).__name__}: {problem})"
    ) from problem


def _digest(name: str, folder: Path, files: Sequence[str]) -> str:
    found = sorted({path for pattern in files for path in folder.glob(pattern) if path.is_file()})
    if any(path.suffix == ".safetensors" for path in found):
        found = [path for path in found if path.suffix != ".bin" or "pytorch_model" not in path.name]
    if not found:
        raise WeightsError(f"{name}: {folder} holds none of {', '.join(files)}")
    sums = [(path.name, _sha256(path, path.stat().st_size, path.stat().st_mtime_ns)) for path in found]
    return hashlib.sha256(repr(sums).encode()).hexdigest()


@functools.cache
def _sha256(path: Path, _size: int, _mtime_ns: int) -> str:
    """Return the SHA-256 of a file, read once per process while its size and time of change stay the same."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
