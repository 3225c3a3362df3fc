import csv
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from corruptions import AudioError, write_audio
from corruptions.noise.check import check_noise_corpus
from corruptions.noise.corpora import NOISE_CORPORA, overlaps, read_noise_corpus
from corruptions.sound.public import SPLITS, Split, members_of, split_of

DEMAND = [
    *("DKITCHEN", "DLIVING", "DWASHING", "NFIELD", "NPARK", "NRIVER", "OHALLWAY", "OMEETING", "OOFFICE"),
    *("PCAFETER", "PRESTO", "PSTATION", "SCAFE", "SPSQUARE", "STRAFFIC", "TBUS", "TCAR", "TMETRO"),
]
NOISEX = [
    *("babble", "buccaneer1", "buccaneer2", "destroyerengine", "destroyerops", "f16", "factory1", "factory2"),
    *("hfchannel", "leopard", "m109", "machinegun", "pink", "volvo", "white"),
]
# Names as the corpora have them, and what of each path is the source recording, written down a second time.
NAMES = {
    "musan-music": {
        f"musan/music/{source}/music-{source}-{i:04d}.wav": source
        for source in ("fma", "fma-western-art", "hd-classical", "jamendo", "rfm")
        for i in range(3)
    },
    "musan-speech": {
        f"musan/speech/{source}/speech-{source}-{i:04d}.wav": source
        for source in ("librivox", "us-gov")
        for i in range(3)
    },
    "musan-noise": {
        f"musan/noise/{source}/noise-{source}-{i:04d}.wav": source
        for source in ("free-sound", "sound-bible")
        for i in range(3)
    },
    "demand": {f"{place}/ch01.wav": place for place in DEMAND},
    "esc-50": {
        f"ESC-50-master/audio/{source % 5 + 1}-{source}-{take}-{source % 50}.wav": str(source)
        for source in range(100_000, 100_020)
        for take in "AB"
    },
    "ms-snsd": {
        f"MS-SNSD/{part}/{noise}_{i}.wav": f"{part}/{noise}_{i}"
        for part in ("noise_train", "noise_test")
        for noise in ("Babble", "AirConditioner")
        for i in (1, 2)
    },
    "wham": {
        f"wham_noise/{part}/{name}.wav": f"{part}/{name}"
        for part in ("tr", "cv", "tt")
        for name in ("40na010x_1.9857_01xo031a_-1.9857", "011a0101_0.061105_401c020r_-0.061105")
    },
    "urbansound8k": {
        f"UrbanSound8K/audio/fold{source % 10 + 1}/{source}-{source % 10}-0-{i}.wav": str(source)
        for source in range(100_000, 100_020)
        for i in (0, 7)
    },
    "noisex-92": {
        f"{name}.wav": {"destroyerengine": "destroyer", "destroyerops": "destroyer"}.get(
            name, name if name in {"f16", "m109"} else name.rstrip("12")
        )
        for name in NOISEX
    },
    "rirs-noises": {
        f"RIRS_NOISES/pointsource_noises/noise-free-sound-{i:04d}.wav": f"noise-free-sound-{i:04d}" for i in range(3)
    },
    "folder": {f"{place}/{i}.ogg": f"{place}/{i}" for place in ("a", "b/c") for i in range(30)},
}
# Splits that a whole corpus does not have.
EMPTY: dict[str, set[Split]] = {
    "musan-speech": {"dev"},
    "musan-noise": {"dev"},
    "ms-snsd": {"dev"},
    "rirs-noises": {"dev", "test"},
}
# What lies about in the same trees.
PASSED_OVER = {
    "musan-music": ["musan/noise/free-sound/noise-free-sound-0000.wav", "musan/README"],
    "demand": ["TCAR/ch02.wav", "TCAR/ch16.wav", "OTHER/ch01.wav"],
    "esc-50": ["ESC-50-master/tests/1-100032-A-0.wav"],
    "ms-snsd": ["MS-SNSD/clean_train/clnsp1.wav", "MS-SNSD/CleanSpeech_training/clnsp1.wav"],
    "urbansound8k": ["UrbanSound8K/audio/fold1/notes.wav"],
    "noisex-92": ["white1.wav", "babbling.wav"],
    "rirs-noises": ["RIRS_NOISES/simulated_rirs/smallroom/Room001/Room001-00001.wav"],
}


def plant(root: Path, names, seconds: float = 0.02) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, 0.1 * np.random.default_rng(len(name)).standard_normal(round(seconds * 16_000)), 16_000)
    return root


def table(path: Path, rows: list[dict[str, object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


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
        AudioError, match="dev split of musan-noise is empty: 6 recordings.*by folder: free-sound train"
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
    with pytest.raises(AudioError, match="silent"):
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


class TestCheck:
    def test_a_whole_corpus_has_no_problems(self, tmp_path: Path) -> None:
        for name in ("demand", "noisex-92"):
            found = check_noise_corpus(name, plant(tmp_path / name, NAMES[name]))
            assert found.problems == {}
            assert sum(size.n_recordings for size in found.sizes) == len(NAMES[name])
            assert sum(size.n_sources for size in found.sizes) == len(set(NAMES[name].values()))
            assert sum(size.duration_s for size in found.sizes) == pytest.approx(0.02 * len(NAMES[name]))

    def test_missing_parts_are_named(self, tmp_path: Path) -> None:
        plant(tmp_path, [name for name in NAMES["demand"] if not name.startswith("T")])
        assert check_noise_corpus("demand", tmp_path).problems == {
            "missing": ("all of TBUS", "all of TCAR", "all of TMETRO")
        }

    @pytest.mark.parametrize(
        ("name", "where", "row"),
        [
            ("esc-50", "ESC-50-master/meta/esc50.csv", lambda one: {"filename": one.rpartition("/")[2], "fold": 1}),
            (
                "urbansound8k",
                "UrbanSound8K/metadata/UrbanSound8K.csv",
                lambda one: {"slice_file_name": one.split("/")[3], "fold": one.split("/")[2].removeprefix("fold")},
            ),
        ],
    )
    def test_what_the_corpus_itself_lists_is_missed(self, name: str, where: str, row, tmp_path: Path) -> None:
        table(tmp_path / where, [row(one) for one in NAMES[name]])
        lost, *there = NAMES[name]
        plant(tmp_path, there)
        [missing] = check_noise_corpus(name, tmp_path).problems["missing"]
        assert lost.endswith(missing)

    def test_what_wham_lists_is_missed(self, tmp_path: Path) -> None:
        for part in ("tr", "cv", "tt"):
            rows = [one.rpartition("/")[2] for one in NAMES["wham"] if f"/{part}/" in one]
            table(tmp_path / f"wham_noise/metadata/noise_meta_{part}.csv", [{"utterance_id": one} for one in rows])
        lost, *there = NAMES["wham"]
        found = check_noise_corpus("wham", plant(tmp_path, there))
        assert found.problems == {"missing": (lost.removeprefix("wham_noise/"),)}

    def test_a_missing_table_is_missing(self, tmp_path: Path) -> None:
        plant(tmp_path, NAMES["esc-50"])
        assert check_noise_corpus("esc-50", tmp_path).problems["missing"] == ("meta/esc50.csv",)

    def test_a_table_of_something_else_is_named(self, tmp_path: Path) -> None:
        plant(tmp_path, NAMES["esc-50"])
        table(tmp_path / "ESC-50-master/meta/esc50.csv", [{"file": "a"}])
        with pytest.raises(AudioError, match="esc50.csv: has no column 'filename'"):
            check_noise_corpus("esc-50", tmp_path)

    def test_a_number_that_is_too_small_or_too_large_is_told(self, tmp_path: Path) -> None:
        plant(tmp_path, NAMES["musan-speech"])
        assert check_noise_corpus("musan-speech", tmp_path).problems["missing"] == (
            "420 of 426 recordings; nothing says which",
        )
        for copy in ("one", "two"):
            plant(tmp_path / copy, NAMES["noisex-92"])
        [told] = check_noise_corpus("noisex-92", tmp_path).problems["too many"]
        assert told.startswith("30 recordings where there should be 15")

    def test_every_bad_file_is_told_and_none_stops_the_check(self, tmp_path: Path) -> None:
        write_audio(tmp_path / "silent.wav", np.zeros(1600, np.float32))
        write_audio(tmp_path / "brief.wav", np.full(100, 0.1, np.float32))
        for i in range(3):
            (tmp_path / f"text{i}.wav").write_text("not audio")
        soundfile.write(tmp_path / "nan.wav", np.full(1600, np.nan), 16_000, subtype="FLOAT")
        plant(tmp_path, ["good.wav"])
        found = check_noise_corpus("folder", tmp_path)
        assert {kind: len(messages) for kind, messages in found.problems.items()} == {
            "not finite": 1,
            "silent": 1,
            "too short": 1,
            "unreadable": 3,
        }
        assert sum(size.n_recordings for size in found.sizes) == 1

    def test_an_empty_root_is_all_missing(self, tmp_path: Path) -> None:
        [missing] = check_noise_corpus("wham", tmp_path).problems["missing"]
        assert missing.endswith("no recordings are laid out as {tr,cv,tt}/*.wav")


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
