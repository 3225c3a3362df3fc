"""A content-addressed store: a value's name says everything that could change it, so what is there is never stale.

Files are written under a temporary name and renamed, so a file that exists is whole, whatever killed its writer. They
lie in a folder of their generation, in which a note says which versions of code and libraries that is.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bench.store.keys import GENERATION_DIGITS, Generation
from corruptions.sound.files import replacing
from models.weights.embedded import user_cache

NOTE = "versions.json"


def cache_root() -> Path:
    """Return the folder for everything that can be made again; see ``models.weights.embedded.user_cache``."""
    return user_cache()


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
        generation, rest = key[:GENERATION_DIGITS], key[GENERATION_DIGITS:]
        return self.root / generation / kind / rest[:2] / f"{key}{suffix}"

    def note(self, generation: Generation) -> None:
        """Write down which versions a generation is made with; do it before anything of it is stored."""
        path = self.root / generation.name / NOTE
        if not path.exists():
            with replacing(path) as temporary:
                temporary.write_text(json.dumps(dict(sorted(generation.versions)), indent=2), encoding="utf-8")

    def tables(self, kind: str, keys: Sequence[str]) -> pd.DataFrame:
        """Return the tables of ``keys``, one under the other in that order; those that are not there are left out.

        Raises:
            FileNotFoundError: if none of them is there.
        """
        paths = [path for key in keys if (path := self.path(kind, key)).exists()]
        if not paths:
            raise FileNotFoundError(f"none of {len(keys)} {kind} is in {self.root}; the first is {keys[0]}")
        return read_tables(paths)
