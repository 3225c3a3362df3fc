"""Which recordings of a corpus are there, and which of them train and which test.

The splits of a corpus are disjoint by source recording, so that no noise a model was trained on comes back in its
test. A source's split depends on its name alone: in a part of a corpus it is what it is in the whole. Where a corpus
does not say, a hash of the name decides: 60 % of the sources train, 20 % dev, 20 % test.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from corruptions.audio import AudioError
from corruptions.noise_corpora import NoiseCorpus, find_noise_corpus
from corruptions.noise_folders import NoiseFolder, Split, audio_names, read_recordings
from corruptions.progress import Stage, unseen

_TRAIN_SHARE, _DEV_SHARE = 0.6, 0.2


@dataclass(frozen=True)
class Member:
    """A recording's place in a corpus: its path under a root, its path in the corpus less suffix, and its source."""

    name: str
    place: str
    source: str
    part: str | None
    split: Split


def read_noise_corpus(name: str, root: Path, split: Split | None = None, stage: Stage = unseen) -> NoiseFolder:
    """Return the recordings of a corpus, or of one split of it; only those are read.

    Args:
        name: a key of ``NOISE_CORPORA``.
        root: the folder it lies in, or any folder above; a part of the corpus is enough.
        split: ``train``, ``dev`` or ``test``; all of it unless said.
        stage: shows how far the reading is.

    Raises:
        AudioError: if nothing there is laid out like the corpus, the split is empty, or as in
            ``read_noise_folder``.
        ValueError: for an unknown name.
    """
    corpus = find_noise_corpus(name)
    members = members_of(corpus, audio_names(root))
    if not members:
        raise AudioError(f"{root}: no recordings of {name} are here; they would lie in {corpus.layout}")
    chosen = [member.name for member in members if split in (None, member.split)]
    if not chosen:
        raise AudioError(
            f"{root}: the {split} split of {name} is empty: {len(members)} recordings, and none of them is in it "
            f"({corpus.split_rule})"
        )
    return NoiseFolder(root, read_recordings(root, chosen, stage), split)


def members_of(corpus: NoiseCorpus, names: Iterable[str]) -> list[Member]:
    """Return the recordings of a corpus among ``names``, paths of audio files; others are passed over.

    Examples:
        >>> [member] = members_of(find_noise_corpus("demand"), ["DEMAND/TCAR/ch01.wav", "DEMAND/TCAR/ch02.wav"])
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


def _member(corpus: NoiseCorpus, name: str, match: re.Match[str]) -> Member | None:
    groups = match.groupdict()
    source, part = groups["source"], groups.get("part")
    split = split_of(source) if corpus.splits is None else corpus.splits.get(part or "")
    return None if split is None else Member(name, groups["place"], source, part, split)
