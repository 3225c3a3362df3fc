import re
from pathlib import Path

import pytest
import soundfile

from corruptions import AudioError
from corruptions.room.corpora import ROOM_CORPORA, read_room_corpus
from corruptions.sound.audio import audio_names
from corruptions.sound.public import find_corpus, members_of

from ..signals import decaying

# Of every corpus a few files as they lie in it, with their rooms; None for what is no response.
TREES: dict[str, dict[str, str | None]] = {
    "rirs-noises-simulated": {
        "RIRS_NOISES/simulated_rirs/smallroom/Room001/Room001-00001.wav": "smallroom/Room001",
        "RIRS_NOISES/simulated_rirs/smallroom/Room001/Room001-00100.wav": "smallroom/Room001",
        "RIRS_NOISES/simulated_rirs/largeroom/Room001/Room001-00001.wav": "largeroom/Room001",
        "RIRS_NOISES/simulated_rirs/mediumroom/Room200/Room200-00007.wav": "mediumroom/Room200",
        "RIRS_NOISES/pointsource_noises/noise-free-sound-0000.wav": None,
        "RIRS_NOISES/real_rirs_isotropic_noises/RWCP_type4_rir_p30r.wav": None,
    },
    "rirs-noises-real": {
        "RIRS_NOISES/real_rirs_isotropic_noises/RVB2014_type1_rir_largeroom1_far_angla.wav": "largeroom1",
        "RIRS_NOISES/real_rirs_isotropic_noises/RVB2014_type2_rir_simroom1_near_angla.wav": None,
        "RIRS_NOISES/real_rirs_isotropic_noises/air_type1_air_binaural_aula_carolina_1_1_90_3.wav": "aula_carolina",
        "RIRS_NOISES/real_rirs_isotropic_noises/air_type1_air_phone_office_hfrp_1.wav": "office",
        "RIRS_NOISES/real_rirs_isotropic_noises/RWCP_type4_rir_p30r.wav": "RWCP",
        "RIRS_NOISES/real_rirs_isotropic_noises/RVB2014_type1_noise_largeroom1_1.wav": None,
        "RIRS_NOISES/simulated_rirs/smallroom/Room001/Room001-00001.wav": None,
    },
    "but-reverbdb": {
        "VUT_FIT_L207/MicID01/SpkID01_20170616_S/01/RIR/IR_sweep_15s_45Hzto22kHz_FS16kHz.v00.wav": "VUT_FIT_L207",
        "VUT_FIT_Q301/MicID01/SpkID02_20170517_S/31/RIR/IR_sweep_15s_45Hzto22kHz_FS16kHz.v00.wav": "VUT_FIT_Q301",
        "Hotel_SkalskyDvur_Room112/MicID01/SpkID01_20170906_S/27/RIR/IR_sweep_15s_45Hzto22kHz_FS16kHz.v00.wav": (
            "Hotel_SkalskyDvur_Room112"
        ),
        "VUT_FIT_L207/MicID01/SpkID01_20170616_S/01/silence/silence_FS16kHz.v00.wav": None,
    },
    "ace": {
        "Single/Office_1/1/Single_403_1_RIR.wav": "Office_1",
        "Single/Lecture_Room_2/2/Single_403a_2_RIR.wav": "Lecture_Room_2",
        "EM32/Building_Lobby/1/EM32_Lobby_1_RIR.wav": "Building_Lobby",
        "Single/Office_1/1/Single_403_1_Babble.wav": None,
    },
    "folder": {"a/kitchen.wav": "a/kitchen", "b/kitchen.wav": "b/kitchen"},
}


def plant(name: str, root: Path) -> dict[str, str]:
    """Make the tree of a corpus, and return the rooms of its responses."""
    for number, path in enumerate(TREES[name]):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(root / path, decaying(0.1, number), 16_000, subtype="FLOAT")
    return {path: room for path, room in sorted(TREES[name].items()) if room is not None}


def test_every_corpus_has_a_tree():
    assert set(TREES) == set(ROOM_CORPORA)


def found(name: str, root: Path) -> dict[str, str]:
    return {one.name: one.source for one in members_of(ROOM_CORPORA[name], audio_names(root))}


@pytest.mark.parametrize("name", ROOM_CORPORA)
def test_responses_are_found_with_their_rooms_and_nothing_else_is(name: str, tmp_path: Path):
    rooms = plant(name, tmp_path)
    assert found(name, tmp_path) == rooms
    assert [one.name for one in read_room_corpus(name, tmp_path)] == list(rooms)


@pytest.mark.parametrize("name", sorted(set(ROOM_CORPORA) - {"folder"}))
def test_the_root_may_be_the_folder_itself_or_any_above(name: str, tmp_path: Path):
    rooms = plant(name, tmp_path / "corpora" / "v1")
    assert list(found(name, tmp_path).values()) == list(rooms.values())


@pytest.mark.parametrize("name", ROOM_CORPORA)
def test_splits_share_no_room_and_leave_nothing_out(name: str, tmp_path: Path):
    rooms = plant(name, tmp_path)
    of_split = {}
    for split in ("train", "dev", "test"):
        try:
            of_split[split] = [one.name for one in read_room_corpus(name, tmp_path, split)]
        except AudioError as error:
            assert f"the {split} split of {name} is empty" in str(error)  # noqa: PT017 - a tree is tiny
    assert sorted(path for paths in of_split.values() for path in paths) == list(rooms)
    seen = [{rooms[path] for path in paths} for paths in of_split.values()]
    assert sum(map(len, seen)) == len(set(rooms.values()))


@pytest.mark.parametrize("name", ROOM_CORPORA)
def test_an_entry_says_what_people_need(name: str):
    corpus = find_corpus(ROOM_CORPORA, name)
    assert corpus.description
    assert corpus.licence
    assert corpus.layout
    assert "source" in re.compile(corpus.pattern).groupindex
    if name != "folder":
        assert corpus.citation
        assert corpus.url.startswith("https://")
    if corpus.splits is not None:
        assert set(corpus.splits.values()) == {"train", "dev", "test"}


def test_another_name_or_another_folder_is_an_error(tmp_path: Path):
    with pytest.raises(ValueError, match="no corpus is called 'air'; there are rirs-noises-simulated"):
        find_corpus(ROOM_CORPORA, "air")
    with pytest.raises(AudioError, match=r"no recordings of ace are here; they would lie in \{Chromebook"):
        read_room_corpus("ace", tmp_path)
    with pytest.raises(AudioError, match="no such folder"):
        read_room_corpus("ace", tmp_path / "nowhere")
