"""Pretrained models by name: where their files are, which they are exactly, and a network that holds all of them.

A model is named by what a suite writes (``models.types.Pretrained``): a name in ``EMBEDDED``, a folder, or a repository
on the Hugging Face hub, looked up in this order. A folder is laid out as the hub lays out a repository. What was found
is named by the SHA-256 of its files: a moved branch, an edited folder or another revision never passes for the same.

The hub is asked for the newest commit unless one is named. A full commit hash that is in the hub's cache needs no
network, and neither does anything in the cache where there is no network or ``HF_HUB_OFFLINE`` is 1.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.types import Pretrained
from models.weights.embedded import EMBEDDED, WeightsError, find
from models.weights.files import file_sha256, hashed_files, state_of
from models.weights.torchaudio_cpu import import_torchaudio

PICKLED = "pytorch_model*.bin"
"""Weights of older repositories: neither fetched nor read where there are safetensors."""

FILES = ("*.json", "*.txt", "model.safetensors", "model-*.safetensors", PICKLED, "*.model", "*.bpe")
"""What can change a result; readmes, weights of other frameworks or precisions and states of training are left."""

_LFS = b"version https://git-lfs"


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
        files: patterns of the files that matter; ``PICKLED`` is left out where safetensors are there.

    Raises:
        ValueError: if no weights are named.
        WeightsError: if they are nowhere, or are not what they should be; the message says what would help.

    Examples:
        >>> located = locate(Pretrained("minilm"))
        >>> (located.folder / "model.safetensors").is_file(), located.sha256 == EMBEDDED["minilm"].sha256
        (True, True)
    """
    name, revision = pretrained.weights, pretrained.revision
    if name is None:
        raise ValueError("this kind of model needs `weights`: a packaged name, a folder or a hub repository")
    if name in EMBEDDED:
        if revision not in (None, EMBEDDED[name].revision):
            raise WeightsError(f"{name}: what is packaged is revision {EMBEDDED[name].revision}, not {revision}")
        return Located(find(name), EMBEDDED[name].revision, EMBEDDED[name].sha256)
    if Path(name).is_file():
        raise WeightsError(f"{name}: a file; weights are named by the folder that they and their config.json lie in")
    if Path(name).is_dir():
        if revision is not None:
            raise WeightsError(f"{name}: a folder has no revision, and {revision} is asked for")
        return Located(Path(name), None, _digest(Path(name), files))
    folder = _fetch(name, revision, files)
    return Located(folder, folder.name, _digest(folder, files))


@contextmanager
def unchanged() -> Iterator[None]:
    """Refuse weights, located and loaded in the block, of which a file has changed since it was hashed.

    Raises:
        WeightsError: naming the file.
    """
    with hashed_files() as files:
        yield
    for path, state in files.items():
        if not path.exists() or state_of(path) != state:
            raise WeightsError(f"{path}: changed while it was loaded: run again")


def load_network(
    network: Any, folder: Path, *, dtype: Any, unused: Sequence[str] = (), spare: Sequence[str] = (), **options: Any
) -> Any:
    """Return ``network.from_pretrained(folder)`` in evaluation mode, with every weight read from the folder.

    Args:
        network: a class of transformers.
        folder: where config and weights lie.
        dtype: torch's type of the weights.
        unused: beginnings of names of weights in the folder that the network has no use for.
        spare: names of weights that the folder may lack, because what is asked of the network never reads them. They
            are zero then.
        options: for ``from_pretrained``.

    Raises:
        WeightsError: if a weight is missing, has another shape, is there for nothing, or is no finite number;
            transformers would make a random one, or say nothing. Also if the files cannot be read.
    """
    import_torchaudio()
    import torch

    # Initial weights that are thrown away draw from the global generator.
    with reading(folder), torch.random.fork_rng(devices=[]), _without_report():
        loaded, report = network.from_pretrained(
            folder,
            dtype=dtype,
            output_loading_info=True,
            local_files_only=True,
            trust_remote_code=False,
            ignore_mismatched_sizes=True,  # they are in the report, and refused below
            **options,
        )
    problems = {
        "missing": {name for name in report["missing_keys"] if name not in spare},
        "of another shape": {name for name, *_shapes in report["mismatched_keys"]},
        "unexpected": {name for name in report["unexpected_keys"] if not name.startswith(tuple(unused))},
    }
    wrong = [f"{kind}: {', '.join(sorted(names)[:5])}" for kind, names in problems.items() if names]
    if wrong:
        raise WeightsError(f"{folder}: not the weights of a {network.__name__}: {'; '.join(wrong)}")
    for name in report["missing_keys"]:
        loaded.get_parameter(name).data.zero_()
    broken = [name for name, weight in loaded.named_parameters() if not torch.isfinite(weight).all()]
    if broken:
        more = f", and so do {len(broken) - 1} more" if len(broken) > 1 else ""
        raise WeightsError(f"{folder}: {broken[0]} holds what is no finite number{more}")
    return in_own_memory(loaded.eval())


def in_own_memory(network: Any) -> Any:
    """Return the network with each weight copied to memory of PyTorch's own, which begins at a multiple of 64 bytes.

    Where a weight begins decides in which order it is added up, and so the last bits of a result. In a mapped file that
    follows from the length of its header, in memory of numpy's from chance.
    """
    for weight in (*network.parameters(), *network.buffers()):
        weight.data = weight.data.clone()
    return network


def read_json(path: Path) -> dict[str, Any]:
    """Return what a JSON file of a model says.

    Raises:
        WeightsError: if it is absent, or holds something else than a JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise WeightsError(f"{path}: cannot be read as JSON ({error})") from error
    if not isinstance(content, dict):
        raise WeightsError(f"{path}: holds a {type(content).__name__}, not an object")
    return content


def model_type(folder: Path, known: Collection[str]) -> str:
    """Return the ``model_type`` of a folder's config.json.

    Raises:
        WeightsError: if it is none of those that are ``known``.
    """
    path = folder / "config.json"
    found = read_json(path).get("model_type")
    if not isinstance(found, str) or found not in known:
        raise WeightsError(f"{path}: model_type is {found!r}, not one of {', '.join(known)}")
    return found


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what a library says of files, whatever error it has for that, into one of ours that names them.

    Raises:
        WeightsError: if anything is raised within.
    """
    try:
        yield
    except WeightsError:
        raise
    except Exception as error:  # of transformers, safetensors, pickle or the file system
        raise WeightsError(f"{path}: cannot be read ({type(error).__name__}: {error})") from error


def _fetch(repository: str, revision: str | None, files: Sequence[str]) -> Path:
    """Return the hub's snapshot of a repository in its cache, whose folder's name is the commit."""
    from huggingface_hub import snapshot_download

    try:
        folder = snapshot_download(
            repository, revision=revision, allow_patterns=[pattern for pattern in files if pattern != PICKLED]
        )
        if not _has_safetensors(Path(folder)):
            folder = snapshot_download(repository, revision=Path(folder).name, allow_patterns=list(files))
    except Exception as error:  # of the hub's client, of its HTTP library or of the file system
        raise WeightsError(
            f"{repository}: not one of {', '.join(EMBEDDED)}, not a folder here, and the hub could not give it"
            f"{f' at revision {revision}' if revision else ''} ({type(error).__name__}: {error}). "
            f"Without a network: `hf download {repository}{f' --revision {revision}' if revision else ''}` where there "
            "is one, and bring its cache along (`HF_HOME`), or name the folder and no revision"
        ) from error
    return Path(folder)


def _digest(folder: Path, files: Sequence[str]) -> str:
    patterns = [pattern for pattern in files if pattern != PICKLED or not _has_safetensors(folder)]
    found = sorted({path for pattern in patterns for path in folder.glob(pattern) if path.is_file()})
    if not found:
        raise WeightsError(f"{folder}: holds none of {', '.join(files)}")
    for path in found:
        if _is_lfs_pointer(path):
            raise WeightsError(f"{path}: a pointer of Git LFS in the place of the file; `git lfs pull` fetches it")
    return hashlib.sha256(repr([(path.name, file_sha256(path)) for path in found]).encode()).hexdigest()


def _is_lfs_pointer(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_LFS)) == _LFS


def _has_safetensors(folder: Path) -> bool:
    return any(folder.glob("model*.safetensors"))


@contextmanager
def _without_report() -> Iterator[None]:
    """Keep transformers from printing a bar and a table of what it did not find: that is our error's to say."""
    from transformers.utils import logging

    verbosity, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bar:
            logging.enable_progress_bar()
