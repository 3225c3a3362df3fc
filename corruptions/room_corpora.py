"""The public corpora of impulse responses: how each lies on disk, what may be done with it, how it is split.

A corpus is one entry of ``ROOM_CORPORA``. Its splits are disjoint by room, so that no room that speech was trained in
comes back in the test. A room's split depends on its name alone: in a part of a corpus it is what it is in the whole.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from corruptions.audio import AudioError
from corruptions.noise_folders import Split, audio_names
from corruptions.noise_splits import split_of
from corruptions.progress import Stage, unseen
from corruptions.rooms import Response, list_responses


@dataclass(frozen=True)
class RoomCorpus:
    """A corpus of impulse responses.

    Attributes:
        description: what it holds.
        licence: its terms, in short.
        citation: whom to cite.
        url: where to read about it and download it.
        layout: how it lies on disk, for people; folders above it do not matter.
        pattern: the same as a regular expression over a response's path, less suffix; the group ``room`` is its room.
        grouping: what a room is, and which split it is in, for people.
        splits: of each room; None where a hash of its name decides.
    """

    description: str
    licence: str
    citation: str
    url: str
    layout: str
    pattern: str
    grouping: str
    splits: Mapping[str, Split] | None = None


def read_room_corpus(name: str, root: Path, split: Split | None = None, stage: Stage = unseen) -> tuple[Response, ...]:
    """Return the impulse responses of a corpus, or of one split of it; only those are read.

    Args:
        name: a key of ``ROOM_CORPORA``.
        root: the folder it lies in, or any folder above; a part of the corpus is enough.
        split: ``train``, ``dev`` or ``test``; all of it unless said.
        stage: shows how far the reading is.

    Raises:
        AudioError: if nothing there is laid out like the corpus, the split is empty, or as in ``read_responses``.
        ValueError: for an unknown name.
    """
    corpus = find_room_corpus(name)
    rooms = find_rooms(corpus, root)
    if not rooms:
        raise AudioError(f"{root}: no responses of {name} are here; they would lie in {corpus.layout}")
    chosen = [path for path, room in rooms.items() if split in (None, _split(corpus, room))]
    if not chosen:
        raise AudioError(
            f"{root}: the {split} split of {name} is empty: there are {len(set(rooms.values()))} rooms, and none of "
            f"them is in it (a room is {corpus.grouping})"
        )
    return list_responses(root, chosen, stage)


def find_room_corpus(name: str) -> RoomCorpus:
    """Return the corpus of that name.

    Raises:
        ValueError: if there is none; the message says which there are.
    """
    if name not in ROOM_CORPORA:
        raise ValueError(f"no corpus of rooms is called {name!r}; there are {', '.join(ROOM_CORPORA)}")
    return ROOM_CORPORA[name]


def find_rooms(corpus: RoomCorpus, root: Path) -> dict[str, str]:
    """Return the room of each response under ``root``, by path; other audio files there are passed over.

    Raises:
        AudioError: if there is no such folder.
    """
    pattern = re.compile(rf"(?:.*?/)??{corpus.pattern}\.\w+")
    matches = [(name, pattern.fullmatch(name)) for name in audio_names(root)]
    return {name: match["room"] for name, match in matches if match}


def _split(corpus: RoomCorpus, room: str) -> Split:
    return split_of(room) if corpus.splits is None else corpus.splits[room]


_BY_HASH = "60 % of the rooms train, 20 % dev, 20 % test, by a hash of the name"

# Those of the Aachen database, by the word that names them, and the numbered rooms of the REVERB challenge.
_REAL_ROOMS = (
    "aula_carolina|bathroom|booth|corridor|kitchen|lecture|meeting|office|stairway|(?:small|medium|large)room[0-9]|RWCP"
)

_BUT_SPLITS: dict[str, Split] = {
    "VUT_FIT_C236": "train",
    "VUT_FIT_E112": "train",
    "VUT_FIT_L207": "train",
    "VUT_FIT_L227": "train",
    "Hotel_SkalskyDvur_ConferenceRoom2": "train",
    "VUT_FIT_D105": "dev",
    "VUT_FIT_L212": "dev",
    "VUT_FIT_Q301": "test",
    "Hotel_SkalskyDvur_Room112": "test",
}

_ACE_SPLITS: dict[str, Split] = {
    "Lecture_Room_1": "train",
    "Meeting_Room_1": "train",
    "Office_1": "train",
    "Lecture_Room_2": "dev",
    "Building_Lobby": "test",
    "Meeting_Room_2": "test",
    "Office_2": "test",
}

ROOM_CORPORA: dict[str, RoomCorpus] = {
    "rirs-noises-simulated": RoomCorpus(
        description="60 000 responses, simulated with image sources: 200 small, 200 medium and 200 large rooms",
        licence="Apache 2.0",
        citation="Ko et al. 2017, A Study on Data Augmentation of Reverberant Speech for Robust Speech Recognition",
        url="https://www.openslr.org/28/",
        layout="simulated_rirs/{small,medium,large}room/Room<001-200>/Room<001-200>-<00001-00100>.wav",
        pattern=r"simulated_rirs/(?P<room>(?:small|medium|large)room/Room\d+)/Room\d+-\d+",
        grouping=f"a folder; {_BY_HASH}",
    ),
    "rirs-noises-real": RoomCorpus(
        description="measured responses of RWCP, the 2014 REVERB challenge and the Aachen database (AIR)",
        licence="Apache 2.0",
        citation="Ko et al. 2017, A Study on Data Augmentation of Reverberant Speech for Robust Speech Recognition",
        url="https://www.openslr.org/28/",
        layout="real_rirs_isotropic_noises/{air,RVB2014,RWCP}_*.wav, without *_noise_*",
        pattern=rf"real_rirs_isotropic_noises/(?![^/]*_noise_)(?=[^/]*?(?P<room>{_REAL_ROOMS}))[^/]+",
        grouping=f"a room of AIR or REVERB, or all of RWCP; {_BY_HASH}",
    ),
    "but-reverbdb": RoomCorpus(
        description="nine rooms, from a hotel room to a lecture room and a staircase, with 31 microphones in each",
        licence="CC BY 4.0",
        citation="Szöke et al. 2019, Building and Evaluation of a Real Room Impulse Response Dataset, IEEE JSTSP 13",
        url="https://speech.fit.vut.cz/software/but-speech-fit-reverb-database",
        layout="<ROOM>/MicID<01>/SpkID<01>_<date>_<kind>/<01-31>/RIR/*.wav",
        pattern=rf"(?P<room>{'|'.join(_BUT_SPLITS)})/MicID\d+/SpkID[^/]+/\d+/RIR/[^/]+",
        grouping="a room; five train, two are dev, two test",
        splits=_BUT_SPLITS,
    ),
    "ace": RoomCorpus(
        description="seven rooms, two places in each, with microphones of 1 to 32 channels",
        licence="CC BY-ND 4.0",
        citation="Eaton et al. 2016, Estimation of Room Acoustic Parameters: The ACE Challenge, IEEE/ACM TASLP 24",
        url="https://zenodo.org/records/6257551",
        layout="{Chromebook,Crucif,EM32,Lin8Ch,Mobile,Single}/<ROOM>/<1-2>/*_RIR.wav",
        pattern=rf"(?:Chromebook|Crucif|EM32|Lin8Ch|Mobile|Single)/(?P<room>{'|'.join(_ACE_SPLITS)})/\d/[^/]+_RIR",
        grouping="a room; three train, one is dev, three test",
        splits=_ACE_SPLITS,
    ),
    "folder": RoomCorpus(
        description="any folder of impulse responses, in any format",
        licence="yours to know",
        citation="",
        url="",
        layout="any audio file, in any subfolder",
        pattern=r"(?P<room>.+)",
        grouping=f"a file; {_BY_HASH}",
    ),
}
