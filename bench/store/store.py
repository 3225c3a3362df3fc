"""A content-addressed store: a value's name says everything that could change it, so what is there is never stale.

Files are written under a temporary name and renamed, so a file that exists is whole, whatever killed its writer.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import platformdirs

from corruptions.sound.files import replacing


def cache_root() -> Path:
    """Return the folder for everything that can be made again: ``EMONOISE_CACHE``, or the platform's user cache."""
    chosen = os.environ.get("EMONOISE_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("emonoise")


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a data frame as parquet, whole or not at all."""
    with replacing(path) as temporary:
        frame.to_parquet(temporary, index=False)


def read_tables(paths: Sequence[Path]) -> pd.DataFrame:
    """Return parquet tables one under the other; a column may be empty in some of them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    shards = [pq.ParquetFile(path).read() for path in paths]
    table: pd.DataFrame = pa.concat_tables(shards, promote_options="permissive").to_pandas()
    return table


@dataclass(frozen=True)
class Store:
    """Tables, features and trained heads by kind and key.

    Attributes:
        root: the folder; ``cache_root() / "store"`` unless a test says otherwise.
    """

    root: Path

    def path(self, kind: str, key: str, suffix: str = ".parquet") -> Path:
        """Return where the value of this kind and key lies, or will lie."""
        return self.root / kind / key[:2] / f"{key}{suffix}"

    def tables(self, kind: str, keys: Sequence[str]) -> pd.DataFrame:
        """Return the tables of ``keys``, one under the other in that order; those that are not there are left out.

        Raises:
            FileNotFoundError: if none of them is there.
        """
        paths = [path for key in keys if (path := self.path(kind, key)).exists()]
        if not paths:
            raise FileNotFoundError(f"none of {len(keys)} {kind} is in {self.root}; the first is {keys[0]}")
        return read_tables(paths)
