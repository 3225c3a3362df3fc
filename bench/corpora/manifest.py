"""Any corpus that a table describes, as CSV or parquet: one row for each recording.

A CSV file, which may be called ``.tsv``, too, is UTF-8; its fields are separated by commas, semicolons or tabs, numbers
may have a decimal comma, and lines before the header that begin with # are passed over.

Columns: ``id, path, split, speaker, activation, valence, dominance`` and, if there are any, ``transcript``, ``emotion``
(a category, such as "angry"), and ``start`` and ``end``, for rows that are parts of files (``bench.corpora.times``).
Further columns are ignored, for tables that other tools write carry their own. Ids, speakers and categories are text
(``001`` stays ``001``). Paths are absolute, or relative to the table's folder. An empty transcript or emotion means
that there is none. The speaker ``Unknown`` may be several people, and is the only one who may occur in several splits.
"""

import csv
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
from pandas.api.types import is_integer_dtype, is_string_dtype

from bench.corpora.cells import numbers, shown
from bench.corpora.corpus import DIMENSIONS, Corpus, Utterance
from bench.corpora.leaks import leaks, part_of
from bench.corpora.offenders import OffendersError
from bench.corpora.times import Times, read_times
from corruptions.ground.names import a_name, is_name, written_out
from corruptions.ground.problems import counted
from corruptions.noise.talk import UNKNOWN
from corruptions.sound.public import SPLITS

_NAMED = ("id", "path", "split", "speaker")
COLUMNS = (*_NAMED, *DIMENSIONS)
TEXT_COLUMNS = (*_NAMED, "transcript", "emotion")

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}

FURTHEST_LABEL = 1e6
NARROWEST_SCALE = 1e-3

_ABSENT = "recording that is not there"

# How many offenders of each kind an error names.
_SHOWN = 3


class ManifestError(OffendersError):
    """A manifest that cannot be used; the message lists everything that is wrong with it."""


def read_manifest(
    path: Path, scale: tuple[float, float], name: str | None = None, *, allow_missing: bool = False
) -> Corpus:
    r"""Return the corpus that a table describes.

    Args:
        path: a ``.csv``, ``.tsv`` or ``.parquet`` file.
        scale: the lowest and highest possible label.
        name: the corpus's name; the file's name without suffix unless given.
        allow_missing: read it although recordings are not there, which ``bench.corpora.inventory.inspect`` leaves out.

    Returns:
        The corpus, its utterances sorted by id.

    Raises:
        ManifestError: if the file cannot be read, lacks a column or is empty; if the corpus, an id or a speaker cannot
            have its name (see ``corruptions.ground.names``), an id occurs twice, a split is unknown, a label is missing
            or off the scale, a recording is not there, a start or end is none, or a recording (see
            ``bench.corpora.leaks``) or speaker is in more than one split. All problems are reported together, a few
            examples and the count of each.
        ValueError: for a scale that ``check_scale`` refuses.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp())
        >>> (folder / "a.wav").touch()
        >>> header = "id,path,split,speaker,activation,valence,dominance,transcript"
        >>> _ = (folder / "mine.csv").write_text(f"{header}\n001,a.wav,test,Ann,2,6.5,4,I am glad\n")
        >>> corpus = read_manifest(folder / "mine.csv", scale=(1, 7))
        >>> corpus.name, corpus.utterances[0].id, corpus.utterances[0].valence
        ('mine', '001', 6.5)
    """
    low, high = check_scale(scale)
    table = read_table(path, COLUMNS, TEXT_COLUMNS)
    labels = table[list(DIMENSIONS)].apply(numbers)
    files = [_found(path.parent / one) for one in table["path"]]
    ids = map(written_out, table["id"])
    names = [f"row {number} ({one})" if one else f"row {number}" for number, one in enumerate(ids, start=1)]
    times = read_times(table, names)
    corpus = path.stem if name is None else name
    try:
        a_name(corpus)
    except ValueError as error:
        raise ManifestError(f"{written_out(str(path))}: the corpus: {error}; give it another") from error
    given = table.to_dict("records")
    rows = zip(given, files, labels.to_numpy().tolist(), times.start_s, times.end_s, strict=True)
    utterances = [
        Utterance(
            id=row["id"],
            corpus=corpus,
            split=row["split"],
            speaker=row["speaker"],
            path=file,
            activation=activation,
            valence=valence,
            dominance=dominance,
            transcript=row.get("transcript") or None,
            emotion=row.get("emotion") or None,
            start_s=start_s,
            end_s=end_s,
        )
        for row, file, (activation, valence, dominance), start_s, end_s in rows
    ]
    problems = _problems(table, names, labels, scale, utterances, times)
    if allow_missing:
        problems.pop(_ABSENT, None)
    if problems:
        lines = [summarised(kind, offenders) for kind, offenders in problems.items()]
        every = ((kind, one) for kind, offenders in problems.items() for one in offenders)
        raise ManifestError("\n  ".join([f"{path}: not a usable manifest:", *lines]), every)
    return Corpus(corpus, (float(low), float(high)), tuple(sorted(utterances, key=lambda one: one.id)))


def check_scale(scale: tuple[float, float]) -> tuple[float, float]:
    """Return the scale; a ``ValueError`` unless it is two ascending numbers that labels can be told apart between.

    Examples:
        >>> check_scale((1, 7))
        (1, 7)
    """
    low, high = scale
    if not (-FURTHEST_LABEL <= low <= high - NARROWEST_SCALE and high <= FURTHEST_LABEL):
        raise ValueError(
            f"scale {low:g} to {high:g}: the lowest label must be below the highest, by {NARROWEST_SCALE:g} or more, "
            f"and both within +-{FURTHEST_LABEL:g}"
        )
    return scale


def _found(path: Path) -> Path:
    """Return the file, under the other spelling of its accents where it lies there: systems compose them otherwise."""
    spelt = (Path(unicodedata.normalize(form, str(path))) for form in ("NFC", "NFD"))
    return path if path.exists() else next((other for other in spelt if other.exists()), path)


def read_table(path: Path, columns: Sequence[str], text: Sequence[str], what: str = "manifest") -> pd.DataFrame:
    """Return a table as it is written: all columns of a CSV file, and the ``text`` columns of any, are text.

    Args:
        path: a ``.csv``, ``.tsv`` or ``.parquet`` file.
        columns: what must be there.
        text: columns that hold text or whole numbers, and become text if they are there; what is missing becomes "".
        what: what errors call the table.

    Raises:
        ManifestError: if the file cannot be read, lacks a column or is empty.
    """
    readers: dict[str, Callable[[Path], pd.DataFrame]] = {
        ".csv": _read_csv,
        ".tsv": _read_csv,
        ".parquet": _read_parquet,
    }
    if path.suffix.lower() not in readers:
        raise ManifestError(f"{path}: a {what} is a {', '.join(readers)} file; save the table as one of them")
    if not path.is_file():
        raise ManifestError(f"{path}: no such file")
    try:
        table = readers[path.suffix.lower()](path)
    except UnicodeDecodeError as error:
        raise ManifestError(f"{path}: cannot be read: it is not UTF-8 ({error.reason}); save it as UTF-8") from error
    except (ValueError, OSError, csv.Error) as error:  # pyarrow's errors are ValueErrors
        raise ManifestError(f"{path}: cannot be read: {error}") from error
    missing = [column for column in columns if column not in table]
    if missing:
        raise ManifestError(f"{path}: no column {', '.join(missing)}; there are {', '.join(map(str, table.columns))}")
    if table.empty:
        raise ManifestError(f"{path}: the table has no rows")
    for column in text:
        if column in table:
            kind = table[column].dropna()
            if len(kind) and not (is_string_dtype(kind) or is_integer_dtype(kind)):
                raise ManifestError(f"{path}: column {column} holds {kind.dtype}; text or whole numbers are needed")
            table[column] = table[column].astype("str").fillna("")
    return table.reset_index(drop=True)


def _read_parquet(path: Path) -> pd.DataFrame:
    """Return a table with what names its rows among its columns: audformat names them by file, start and end."""
    import pyarrow.parquet as pq

    _refuse_repeated(pq.read_schema(path).names)
    table = pd.read_parquet(path)
    return table.reset_index([name for name in table.index.names if name is not None and name not in table])


def _read_csv(path: Path) -> pd.DataFrame:
    """Return a table as text: fields are separated by commas, semicolons or tabs; lines that begin with # are none."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = next((line for line in file if line.strip() and not line.startswith("#")), "")
        separator = max(_SEPARATORS, key=first.count)
        if not first:
            raise ValueError("there is nothing in it")
        header, *rows = [row for row in csv.reader(chain([first], file), delimiter=separator, strict=True) if row]
    while len(header) > 1 and not header[-1].strip():  # a separator at the end of every line
        header.pop()
    _refuse_repeated(header)
    for number, row in enumerate(rows, start=1):
        if len(row) > len(header) and any(field.strip() for field in row[len(header) :]):
            raise ValueError(
                f"row {number} has {len(row)} fields, and there are {counted(len(header), 'column')}; put text that "
                f"contains {_SEPARATORS[separator]} into quotes"
            )
    whole = [(row + [""] * len(header))[: len(header)] for row in rows]
    return pd.DataFrame(whole, columns=pd.Index(header), dtype="str")


def _refuse_repeated(columns: Sequence[str]) -> None:
    if repeated := sorted(name for name, times in Counter(columns).items() if times > 1):
        raise ValueError(f"column {', '.join(repeated[:_SHOWN])} is there twice")


def _problems(
    table: pd.DataFrame,
    names: list[str],
    labels: pd.DataFrame,
    scale: tuple[float, float],
    utterances: Sequence[Utterance],
    times: Times,
) -> dict[str, list[str]]:
    given = table != ""

    def values(column: str, bad: "pd.Series[bool]") -> list[str]:
        return [f"{shown(table[column][k])} in {names[k]}" for k in np.flatnonzero(bad)]

    found = {f"empty {column}": [names[k] for k in np.flatnonzero(~given[column])] for column in _NAMED}
    for column in ("id", "speaker"):
        found[f"{column} that cannot be a name, for it has control characters"] = values(
            column, ~table[column].map(is_name).astype("bool")
        )
    found["id that occurs twice"] = table["id"][table["id"].duplicated() & given["id"]].tolist()
    found[f"unknown split (there are {', '.join(SPLITS)})"] = values(
        "split", ~table["split"].isin(SPLITS) & given["split"]
    )
    for dimension in DIMENSIONS:
        allowed = f"a number from {scale[0]:g} to {scale[1]:g}"
        found[f"{dimension} that is not {allowed}"] = values(dimension, ~labels[dimension].between(*scale))
    found[_ABSENT] = [
        str(one.path) for one, named in zip(utterances, given["path"], strict=True) if named and not one.path.is_file()
    ]
    found |= {kind: [text for _, text in rows] for kind, rows in times.problems.items()}
    known = table["speaker"] != UNKNOWN
    found["speaker in more than one split"] = _in_several_splits(
        table["speaker"], table["split"], known & given["speaker"]
    )
    unsaid = {k for rows in times.problems.values() for k, _ in rows} | {*np.flatnonzero(~given["path"])}
    parts = (part_of(one, str(one.path)) for k, one in enumerate(utterances) if k not in unsaid)
    found["recording in more than one split"] = leaks(parts)
    return {kind: offenders for kind, offenders in found.items() if offenders}


def _in_several_splits(values: "pd.Series[str]", split: "pd.Series[str]", where: "pd.Series[bool]") -> list[str]:
    pairs = pd.DataFrame({"value": values, "split": split})[where].drop_duplicates()
    several = pairs[pairs.duplicated("value", keep=False)].groupby("value")["split"]
    return [f"{value} in {', '.join(sorted(of))}" for value, of in several]


def summarised(kind: str, offenders: Sequence[str]) -> str:
    """Return a line that counts what is wrong in one way and names the first of it.

    Examples:
        >>> summarised("id that occurs twice", ["a", "b", "c", "d"])
        '4 x id that occurs twice: a; b; c; ...'
    """
    more = "; ..." if len(offenders) > _SHOWN else ""
    return f"{len(offenders)} x {kind}: {'; '.join(offenders[:_SHOWN])}{more}"
