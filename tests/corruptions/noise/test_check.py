from pathlib import Path

import numpy as np
import pytest
import soundfile

from corruptions import AudioError, write_audio
from corruptions.noise.check import check_noise_corpus

from .layouts import NAMES, plant, table


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
