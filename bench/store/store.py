"""A content-addressed store: a value's name says everything that could change it, so what is there is never stale.

Files are written under a temporary name and renamed, so a file that exists is whole, whatever killed its writer; what
became of it since, its seal tells (``corruptions.ground.seals``). They lie in a folder of their generation, in which a
note says which versions of code and libraries that is.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bench.store.keys import GENERATION_DIGITS, Generation
from corruptions.ground.files import replacing, write_text
from corruptions.ground.seals import BLANK, check_seal, is_sealed, sealing
from models.weights.embedded import user_cache

NOTE = "versions.json"
NONE: Mapping[str, str] = {}


def cache_root() -> Path:
    """Return the folder for everything that can be made again; see ``models.weights.embedded.user_cache``."""
    return user_cache()


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a data frame as parquet, whole or not at all."""
    with replacing(path) as temporary:
        frame.to_parquet(temporary, index=False)


def write_sealed(frame: pd.DataFrame, path: Path, name: str, metadata: Mapping[str, str] = NONE) -> None:
    """Write a data frame as sealed parquet.

    Args:
        frame: the table; its index is left out.
        path: the file.
        name: what the seal says it is.
        metadata: what else the file says of itself.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    own = {key.encode(): text.encode() for key, text in {**metadata, "seal": BLANK}.items()}
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), **own})
    with sealing(path, name) as temporary:
        pq.write_table(table, temporary)


def read_tables(paths: Sequence[Path]) -> pd.DataFrame:
    """Return parquet tables one under the other; a column may be empty in some of them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    shards = [pq.ParquetFile(path).read() for path in paths]
    table: pd.DataFrame = pa.concat_tables(shards, promote_options="permissive").to_pandas()
    return table


@dataclass(frozen=True)
class Entry:
    """Something in the store, or that will be: where it lies, and what its seal says it is."""

    path: Path
    name: str

    @property
    def is_there(self) -> bool:
        """Whether there is anything in it; whether it is whole, ``is_whole`` says."""
        try:
            return self.path.stat().st_size > 0
        except FileNotFoundError:
            return False

    @property
    def is_whole(self) -> bool:
        """Whether it is there, as it was written."""
        return is_sealed(self.path, self.name)

    def checked(self) -> Path:
        """Return its path.

        Raises:
            SealError: if it is not as it was written.
        """
        check_seal(self.path, self.name)
        return self.path

    @contextmanager
    def sealing(self) -> Iterator[Path]:
        """Yield a temporary path to write it to, with a blank seal in it; see ``corruptions.ground.seals.sealing``."""
        with sealing(self.path, self.name) as temporary, _os_errors():
            yield temporary

    def write(self, frame: pd.DataFrame) -> None:
        """Store a table."""
        write_sealed(frame, self.path, self.name)

    def read(self) -> pd.DataFrame:
        """Return the table that is stored.

        Raises:
            SealError: if it is not as it was written.
        """
        return read_tables([self.checked()])


@contextmanager
def _os_errors() -> Iterator[None]:
    """Raise what the system said to safetensors as what it is: a disk that is full is no fault of the weights."""
    from safetensors import SafetensorError

    try:
        yield
    except SafetensorError as error:
        if number := re.search(r"\(os error (\d+)\)", str(error)):
            raise OSError(int(number[1]), os.strerror(int(number[1]))) from error
        raise


@dataclass(frozen=True)
class Store:
    """Tables, features and trained heads by kind and key.

    Attributes:
        root: the folder; ``cache_root() / "store"`` unless a test says otherwise.
    """

    root: Path

    def entry(self, kind: str, key: str, suffix: str = ".parquet") -> Entry:
        """Return the entry of this kind and key, which may not be there yet."""
        generation, rest = key[:GENERATION_DIGITS], key[GENERATION_DIGITS:]
        file = f"{key}{suffix}"
        return Entry(self.root / generation / kind / rest[:2] / file, f"{kind}/{file}")

    def note(self, generation: Generation) -> None:
        """Write down which versions a generation is made with; do it before anything of it is stored."""
        path = self.root / generation.name / NOTE
        text = json.dumps(dict(sorted(generation.versions)), indent=2)
        if not path.exists() or path.read_bytes() != text.encode():
            write_text(path, text)

    def tables(self, kind: str, keys: Sequence[str]) -> pd.DataFrame:
        """Return the tables of ``keys``, one under the other in that order; those that are not there are left out.

        Raises:
            FileNotFoundError: if none of them is there.
            SealError: if one is not as it was written.
        """
        there = [one for key in keys if (one := self.entry(kind, key)).is_there]
        if not there:
            raise FileNotFoundError(f"none of {len(keys)} {kind} is in {self.root}; the first is {keys[0]}")
        return read_tables([one.checked() for one in there])
