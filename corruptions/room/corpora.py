"""The public corpora of impulse responses: one entry of ``ROOM_CORPORA`` each. Their splits are disjoint by room."""

from pathlib import Path

from corruptions.ground.progress import Stage, unseen
from corruptions.room.responses import Response, list_responses
from corruptions.sound.public import BY_HASH, PublicCorpus, Split, choose_recordings


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
    return list_responses(root, choose_recordings(ROOM_CORPORA, name, root, split), stage)


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

ROOM_CORPORA: dict[str, PublicCorpus] = {
    "rirs-noises-simulated": PublicCorpus(
        description="60 000 responses, simulated with image sources: 200 small, 200 medium and 200 large rooms",
        licence="Apache 2.0",
        citation="Ko et al. 2017, A Study on Data Augmentation of Reverberant Speech for Robust Speech Recognition",
        url="https://www.openslr.org/28/",
        layout="simulated_rirs/{small,medium,large}room/Room<001-200>/Room<001-200>-<00001-00100>.wav",
        pattern=r"simulated_rirs/(?P<source>(?:small|medium|large)room/Room\d+)/Room\d+-\d+",
        split_rule=f"by folder: {BY_HASH}",
    ),
    "rirs-noises-real": PublicCorpus(
        description="measured responses of RWCP, the 2014 REVERB challenge and the Aachen database (AIR)",
        licence="Apache 2.0",
        citation="Ko et al. 2017, A Study on Data Augmentation of Reverberant Speech for Robust Speech Recognition",
        url="https://www.openslr.org/28/",
        layout="real_rirs_isotropic_noises/{air,RVB2014,RWCP}_*.wav, without *_noise_*",
        pattern=rf"real_rirs_isotropic_noises/(?![^/]*_noise_)(?=[^/]*?(?P<source>{_REAL_ROOMS}))[^/]+",
        split_rule=f"by room of AIR or REVERB, and all of RWCP: {BY_HASH}",
    ),
    "but-reverbdb": PublicCorpus(
        description="nine rooms, from a hotel room to a lecture room and a staircase, with 31 microphones in each",
        licence="CC BY 4.0",
        citation="Szöke et al. 2019, Building and Evaluation of a Real Room Impulse Response Dataset, IEEE JSTSP 13",
        url="https://speech.fit.vut.cz/software/but-speech-fit-reverb-database",
        layout="<ROOM>/MicID<01>/SpkID<01>_<date>_<kind>/<01-31>/RIR/*.wav",
        pattern=rf"(?P<source>(?P<part>{'|'.join(_BUT_SPLITS)}))/MicID\d+/SpkID[^/]+/\d+/RIR/[^/]+",
        split_rule="by room: five train, two are dev, two test",
        splits=_BUT_SPLITS,
    ),
    "ace": PublicCorpus(
        description="seven rooms, two places in each, with microphones of 1 to 32 channels",
        licence="CC BY-ND 4.0",
        citation="Eaton et al. 2016, Estimation of Room Acoustic Parameters: The ACE Challenge, IEEE/ACM TASLP 24",
        url="https://zenodo.org/records/6257551",
        layout="{Chromebook,Crucif,EM32,Lin8Ch,Mobile,Single}/<ROOM>/<1-2>/*_RIR.wav",
        pattern=rf"(?:Chromebook|Crucif|EM32|Lin8Ch|Mobile|Single)/(?P<source>(?P<part>{'|'.join(_ACE_SPLITS)}))/\d/[^/]+_RIR",
        split_rule="by room: three train, one is dev, three test",
        splits=_ACE_SPLITS,
    ),
    "folder": PublicCorpus(
        description="any folder of impulse responses, in any format",
        licence="yours to know",
        citation="",
        url="",
        layout="any audio file, in any subfolder",
        pattern=r"(?P<source>.+)",
        split_rule=f"by file: {BY_HASH}",
    ),
}
