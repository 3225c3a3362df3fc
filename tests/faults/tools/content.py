"""What a folder holds, as far as it must be the same whatever happened on the way: all but times and machines."""

from pathlib import Path
from typing import Any

import pandas as pd
from safetensors.numpy import load_file

Content = dict[str, object]

# Times, and where they are shown.
_OF_THE_SESSION = {"costs.parquet", "provenance.json", "report/tables/costs.csv"}
_REPORTED = ".csv"


def content(folder: Path, root: Path | None = None) -> Content:
    """Return what lies in a folder by its place: tables as data frames, the rest as bytes.

    Hidden files are left out, and so is what holds times. Of a report its tables count. Where a ``root`` is given, the
    files may name what lies under it, and another root makes no difference.
    """
    found: Content = {}
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        name = path.relative_to(folder).as_posix()
        if name in _OF_THE_SESSION or any(part.startswith(".") for part in Path(name).parts):
            continue
        if name.startswith("report/") and path.suffix != _REPORTED:
            continue
        whole = _read(path)
        found[name] = whole if root is None else _without(str(root), whole)
    return found


def _read(path: Path) -> Any:
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    if path.suffix == ".safetensors":  # which writes what it says of itself in any order
        return {name: (one.shape, one.dtype.str, one.tobytes()) for name, one in load_file(path).items()}
    return path.read_bytes()


def differences(found: Content, expected: Content) -> list[str]:
    """Return the places at which two folders differ; tables are compared to the bit."""
    names = [*expected, *(name for name in found if name not in expected)]
    return [name for name in names if not _same(found.get(name), expected.get(name))]


def _same(left: object, right: object) -> bool:
    if isinstance(left, pd.DataFrame) and isinstance(right, pd.DataFrame):
        return left.equals(right) and list(left.dtypes) == list(right.dtypes)
    return type(left) is type(right) and bool(left == right)


def _without(root: str, whole: Any) -> Any:
    if isinstance(whole, bytes):
        return whole.replace(root.encode(), b"")
    if not isinstance(whole, pd.DataFrame):
        return whole
    texts = whole.select_dtypes(["object", "string"]).columns
    return whole.assign(**{name: whole[name].map(lambda one: _cut(root, one)) for name in texts})


def _cut(root: str, one: object) -> object:
    return one.replace(root, "") if isinstance(one, str) else one
