"""What was read: utterances of one text are alike, and where all speakers read the same few, a test set is small."""

from collections.abc import Mapping

import pandas as pd

from bench.uncertainty.intervals import Method
from bench.uncertainty.jackknife import TwoWay

MOST = 0.5
"""More than this share is most: of the speakers who read a text, and of the utterances whose text most of them read."""


def known_texts(written: Mapping[str, str | None]) -> dict[str, str]:
    """Return the texts of utterances that have any, alike where only case and spaces differ.

    Examples:
        >>> known_texts({"a": "Kids are  talking.", "b": "kids are talking.", "c": None, "d": " "})
        {'a': 'kids are talking.', 'b': 'kids are talking.'}
    """
    plain = {one: " ".join((text or "").casefold().split()) for one, text in written.items()}
    return {one: text for one, text in plain.items() if text}


def text_notices(method: Method, predictions: pd.DataFrame, texts: Mapping[str, str]) -> list[str]:
    """Return what to be careful about: intervals of other speakers only, where most speakers read the same sentences.

    Args:
        method: of intervals.
        predictions: with the columns ``utterance`` and ``speaker``.
        texts: of utterances, as ``known_texts`` returns them.
    """
    rows = predictions[["utterance", "speaker"]].drop_duplicates()
    rows = rows.assign(text=rows["utterance"].map(dict(texts)))
    readers = rows.groupby("text")["speaker"].nunique().reindex(rows["text"]).fillna(0)
    n_speakers = rows["speaker"].nunique()
    shared = (readers > MOST * n_speakers).mean()
    if isinstance(method, TwoWay) or n_speakers < 2 or shared <= MOST:  # noqa: PLR2004
        return []
    return [
        f"Most speakers read the same {rows['text'].nunique()} sentences: intervals hold other speakers, not other "
        "sentences. `intervals: two-way` holds both."
    ]
