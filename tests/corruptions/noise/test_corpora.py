from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from corruptions import AudioError
from corruptions.noise.check import check_noise_corpus
from corruptions.noise.corpora import NOISE_CORPORA, overlaps, read_noise_corpus
from corruptions.sound.public import SPLITS, Split, members_of, split_of

from .layouts import DEMAND, NAMES, PASSED_OVER, plant

# Splits that a whole corpus does not have.
EMPTY: dict[str, set[Split]] = {
    "musan-speech": {"dev"},
    "musan-noise": {"dev"},
    "ms-snsd": {"dev"},
    "rirs-noises": {"dev", "test"},
}


def test_every_corpus_has_names_in_these_tests() -> None:
    assert set(NAMES) == set(NOISE_CORPORA)


@pytest.mark.parametrize("name", NAMES)
def test_a_corpus_is_recognised_in_its_layout_and_under_other_folders(name: str) -> None:
    for above in ("", "data/noise/"):
        names = [above + one for one in NAMES[name]]
        found = {member.name: member.source for member in members_of(NOISE_CORPORA[name], names)}
        assert set(found) == set(names)
        of_file = above if name == "folder" else ""
        assert list(found.values()) == [of_file + source for source in NAMES[name].values()]


@pytest.mark.parametrize("name", PASSED_OVER)
def test_what_is_not_of_the_corpus_is_passed_over(name: str) -> None:
    assert members_of(NOISE_CORPORA[name], PASSED_OVER[name]) == []


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_splits_are_disjoint_by_source_whatever_part_of_the_corpus_is_there(name: str, data: st.DataObject) -> None:
    corpus, every = NOISE_CORPORA[name], NAMES[name]
    there = data.draw(st.lists(st.sampled_from(sorted(every)), unique=True))
    whole = {member.name: member.split for member in members_of(corpus, every)}
    part = members_of(corpus, there)
    assert {member.name: member.split for member in part} == {one: whole[one] for one in there}
    sources = {split: {every[member.name] for member in part if member.split == split} for split in SPLITS}
    assert not sources["train"] & sources["dev"] | sources["train"] & sources["test"] | sources["dev"] & sources["test"]
    assert set.union(*sources.values()) == {every[one] for one in there}


@pytest.mark.parametrize(
    ("name", "empty"),
    [(name, EMPTY.get(name, set())) for name in NAMES],
)
def test_a_whole_corpus_has_every_split_that_it_can_have(name: str, empty: set[Split]) -> None:
    assert {member.split for member in members_of(NOISE_CORPORA[name], NAMES[name])} == set(SPLITS) - empty


def test_a_hash_gives_each_split_its_share() -> None:
    splits = [split_of(str(source)) for source in range(20_000)]
    shares = [splits.count(split) / len(splits) for split in SPLITS]
    assert shares == pytest.approx([0.6, 0.2, 0.2], abs=0.01)


def test_a_freesound_recording_is_in_the_same_split_of_esc_50_and_urbansound8k() -> None:
    for source in range(100_000, 100_050):
        [one] = members_of(NOISE_CORPORA["esc-50"], [f"audio/1-{source}-A-0.wav"])
        [other] = members_of(NOISE_CORPORA["urbansound8k"], [f"audio/fold1/{source}-0-0-0.wav"])
        assert one.split == other.split


def test_recordings_of_demand_are_the_first_of_the_sixteen_simultaneous_channels(tmp_path: Path) -> None:
    plant(tmp_path, [f"DEMAND/{place}/ch{channel:02d}.wav" for place in DEMAND for channel in range(1, 17)])
    folder = read_noise_corpus("demand", tmp_path)
    assert [one.name for one in folder.recordings] == [f"DEMAND/{place}/ch01.wav" for place in DEMAND]
    assert check_noise_corpus("demand", tmp_path).others == 18 * 15


@pytest.mark.parametrize("name", NAMES)
def test_a_split_is_read_and_says_which_it_is(name: str, tmp_path: Path) -> None:
    plant(tmp_path, (one for one in NAMES[name] if one.endswith(".wav")))
    plant(tmp_path, (one for one in NAMES[name] if one.endswith(".ogg")), seconds=0.2)
    everything = read_noise_corpus(name, tmp_path)
    assert everything.split is None
    assert {one.name for one in everything.recordings} == set(NAMES[name])
    training = read_noise_corpus(name, tmp_path, "train")
    assert training.split == "train"
    assert set(training.recordings) <= set(everything.recordings)
    for split in sorted(EMPTY.get(name, set())):
        with pytest.raises(AudioError, match=f"the {split} split of {name} is empty"):
            read_noise_corpus(name, tmp_path, split)


def test_only_the_recordings_of_the_split_are_read(tmp_path: Path) -> None:
    plant(tmp_path, NAMES["wham"])
    for path in (tmp_path / "wham_noise" / "tr").iterdir():
        path.write_text("damaged")
    assert len(read_noise_corpus("wham", tmp_path, "test").recordings) == 2
    with pytest.raises(AudioError, match=r"2 of 2 recordings in .* cannot be noise:\n.*tr/011a0101"):
        read_noise_corpus("wham", tmp_path, "train")


def test_an_empty_split_says_so_and_why(tmp_path: Path) -> None:
    plant(tmp_path, NAMES["musan-noise"])
    with pytest.raises(
        AudioError, match="dev split of musan-noise is empty: of 6 recordings, none.*by folder: free-sound train"
    ):
        read_noise_corpus("musan-noise", tmp_path, "dev")


def test_a_folder_of_something_else_is_refused_with_the_layout(tmp_path: Path) -> None:
    plant(tmp_path, ["street/1.wav"])
    with pytest.raises(AudioError, match="no recordings of demand are here; they would lie in <ENVIRONMENT>/ch01.wav"):
        read_noise_corpus("demand", tmp_path)
    with pytest.raises(AudioError, match="absent: no such folder"):
        read_noise_corpus("demand", tmp_path / "absent")
    with pytest.raises(ValueError, match="no corpus is called 'demnd'; there are musan-music, "):
        read_noise_corpus("demnd", tmp_path)


def test_the_two_channels_of_wham_are_averaged(tmp_path: Path) -> None:
    path = tmp_path / "wham_noise" / "tt" / "a.wav"
    path.parent.mkdir(parents=True)
    left = 0.1 * np.random.default_rng(0).standard_normal(800)
    soundfile.write(path, np.stack([left, -left], axis=1), 16_000)
    with pytest.raises(AudioError, match="opposite"):
        read_noise_corpus("wham", tmp_path, "test")


def test_noisex_is_listed_at_16_khz(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "babble.wav", 0.1 * np.random.default_rng(0).standard_normal(19_980), 19_980)
    assert [one.n_samples for one in read_noise_corpus("noisex-92", tmp_path).recordings] == [16_000]


def test_progress_is_told_recording_by_recording(tmp_path: Path) -> None:
    from contextlib import contextmanager

    steps: list[object] = []

    @contextmanager
    def stage(name: str, total: int, unit: str):
        steps.append((name, total, unit))
        yield steps.append

    read_noise_corpus("noisex-92", plant(tmp_path, NAMES["noisex-92"]), "test", stage)
    assert steps == [("Reading noise", 4, "recordings"), 1, 1, 1, 1]


def test_overlaps_name_both_corpora_once() -> None:
    assert overlaps(["esc-50", "noisex-92", "folder"]) == []
    [sentence] = overlaps(["urbansound8k", "esc-50"])
    assert sentence.startswith("esc-50 and urbansound8k: both were cut from Freesound")
    assert len(overlaps(["musan-noise", "rirs-noises", "demand", "ms-snsd"])) == 3


@pytest.mark.real_data
def test_real_recordings_are_split_and_checked(real_data: Path) -> None:
    found = check_noise_corpus("esc-50", real_data / "noise" / "ESC-50")
    assert found.problems == {"missing": ("1995 of 2000 recordings; nothing says which",)}
    assert [size.n_recordings for size in found.sizes] == [4, 1, 0]
    train = read_noise_corpus("esc-50", real_data / "noise", "train")
    assert [one.name for one in train.recordings if "4-156993" in one.name] == ["ESC-50/audio/4-156993-A-19.wav"]
    own = check_noise_corpus("folder", real_data / "noise" / "recordings")
    assert own.problems == {}
    assert sum(size.n_recordings for size in own.sizes) == 6
