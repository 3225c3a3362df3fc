"""What a public corpus is, of noise or of rooms: how it lies on disk, what may be done with it, how it is split.

The splits of a corpus are disjoint by source, which is a source recording or a room, so that nothing that a model was
trained on comes back in its test. A source's split depends on its name alone: in a part of a corpus it is what it is in
the whole. Where a corpus does not say, a hash of the name decides: 60 % of the sources train, 20 % dev, 20 % test.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from corruptions.ground.problems import counted, those_there_are
from corruptions.sound.audio import audio_names
from corruptions.sound.promises import AudioError

Split = Literal["train", "dev", "test"]
SPLITS: tuple[Split, ...] = ("train", "dev", "test")
BY_HASH = "by a hash of its name 60 % train, 20 % are dev, 20 % test"

_TRAIN_SHARE, _DEV_SHARE = 0.6, 0.2


@dataclass(frozen=True)
class Archive:
    """A file that a corpus is distributed in.

    Attributes:
        url: where it is downloaded.
        checksum: as pooch writes it: ``md5:`` and 32 hexadecimal digits, or ``sha256:`` and 64. An MD5, which is all
            that is published of most corpora, tells a damaged file; it would not tell a forged one.
        gigabytes: roughly how large it is.
    """

    url: str
    checksum: str
    gigabytes: float

    @property
    def name(self) -> str:
        """What the file is called."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True)
class Table:
    """A table of a corpus that lists its recordings.

    Attributes:
        path: where it lies in the corpus.
        recording: where the recording of a row lies; braces hold names of columns.
    """

    path: str
    recording: str


@dataclass(frozen=True)
class PublicCorpus:
    """A corpus of recordings of noise, or of impulse responses.

    Attributes:
        description: what it holds.
        licence: its terms, in short.
        citation: whom to cite.
        url: where to read about it.
        layout: how it lies on disk, for people; folders above it do not matter.
        pattern: the same as a regular expression over a recording's path, less suffix. The group ``source`` is the
            source recording or the room, what must not be torn apart; the group ``part`` is a key of ``splits``.
        split_rule: what is kept together, and which split it is in, for people.
        splits: of each part; None where a hash of the source decides.
        n_recordings: how many there are, where that is known for sure.
        tables: lists of the recordings that come with the corpus.
        home: the folder that ``emonoise noise fetch`` makes for it.
        archives: what is downloaded; empty where there is no fetch.
        by_hand: how to get it where there is no fetch, or without it; ``{folder}`` is where it should lie.
    """

    description: str
    licence: str
    citation: str
    url: str
    layout: str
    pattern: str
    split_rule: str
    splits: Mapping[str, Split] | None = None
    n_recordings: int | None = None
    tables: tuple[Table, ...] = ()
    home: str = ""
    archives: tuple[Archive, ...] = ()
    by_hand: str = ""


@dataclass(frozen=True)
class Member:
    """A recording's place in a corpus: its path under a root, its path in the corpus less suffix, and its source."""

    name: str
    place: str
    source: str
    part: str | None
    split: Split


def find_corpus(corpora: Mapping[str, PublicCorpus], name: str) -> PublicCorpus:
    """Return the corpus of that name.

    Raises:
        ValueError: if there is none; the message says which there are.
    """
    if name not in corpora:
        raise ValueError(f"no corpus is called {name!r}; {those_there_are(name, corpora)}")
    return corpora[name]


def choose_recordings(corpora: Mapping[str, PublicCorpus], name: str, root: Path, split: Split | None) -> list[str]:
    """Return the recordings of a corpus, or of one split of it, as paths under ``root``.

    Args:
        corpora: where the name is looked up.
        name: of the corpus.
        root: the folder it lies in, or any folder above; a part of the corpus is enough.
        split: ``train``, ``dev`` or ``test``; None for all of it.

    Raises:
        AudioError: if there is no such folder, nothing there is laid out like the corpus, or the split is empty.
        ValueError: for an unknown name.
    """
    corpus = find_corpus(corpora, name)
    members = members_of(corpus, audio_names(root))
    if not members:
        raise AudioError(f"{root}: no recordings of {name} are here; they would lie in {corpus.layout}")
    chosen = [member.name for member in members if split in (None, member.split)]
    if not chosen:
        raise AudioError(
            f"{root}: the {split} split of {name} is empty: of {counted(len(members), 'recording')}, none is in it "
            f"({corpus.split_rule})"
        )
    return chosen


def members_of(corpus: PublicCorpus, names: Iterable[str]) -> list[Member]:
    """Return the recordings of a corpus among ``names``, paths of audio files; others are passed over.

    Examples:
        >>> from corruptions import NOISE_CORPORA
        >>> [member] = members_of(NOISE_CORPORA["demand"], ["DEMAND/TCAR/ch01.wav", "DEMAND/TCAR/ch02.wav"])
        >>> print(member.place, member.source, member.split)
        TCAR/ch01 TCAR train
    """
    pattern = re.compile(rf"(?:.*?/)??(?P<place>{corpus.pattern})\.\w+")
    matches = [(name, pattern.fullmatch(name)) for name in names]
    found = [_member(corpus, name, match) for name, match in matches if match]
    return [member for member in found if member is not None]


def split_of(source: str) -> Split:
    """Return the split of a source recording, decided by a hash of its name.

    Examples:
        >>> split_of("100032"), split_of("103051"), split_of("156993")
        ('train', 'dev', 'train')
    """
    share = int(sha256(source.encode()).hexdigest()[:16], 16) / 16**16
    if share < _TRAIN_SHARE:
        return "train"
    return "dev" if share < _TRAIN_SHARE + _DEV_SHARE else "test"


def _member(corpus: PublicCorpus, name: str, match: re.Match[str]) -> Member | None:
    groups = match.groupdict()
    source, part = groups["source"], groups.get("part")
    split = split_of(source) if corpus.splits is None else corpus.splits.get(part or "")
    return None if split is None else Member(name, groups["place"], source, part, split)
