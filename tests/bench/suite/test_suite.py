from pathlib import Path

import pytest

from bench.suite.file import SUITES, SuiteError
from bench.suite.recordings import MarkedNoise
from bench.suite.suite import Suite, load_suite
from bench.suite.training_options import FitOptions

from .written import OWN, SMALL, write


def test_conditions_expand_noise_by_noise_in_the_order_of_the_file(tmp_path: Path):
    expanded = load_suite(write(tmp_path)).expanded()
    assert [str(one) for one in expanded] == ["clean", "white@10dB", "white@0dB", "babble@10dB", "babble@0dB"]


def test_a_suite_written_out_reads_back_the_same(tmp_path: Path):
    suite = load_suite(write(tmp_path))
    again = tmp_path / "again.yaml"
    again.write_text(suite.to_yaml())
    assert load_suite(again) == suite


def test_a_single_value_may_stand_for_a_list(tmp_path: Path):
    suite = load_suite(write(tmp_path, conditions=[{"noise": "white", "snr_db": 5}]))
    assert [str(one) for one in suite.expanded()] == ["white@5dB"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sytems": ["mfb"]}, "  sytems: there is no such key; there are name, corpus, "),
        ({"sytems": ["mfb"]}, "did you mean systems?"),
        ({"reference": "whisper"}, "reference: 'whisper' is not tested here; there are "),
        ({"seeds": 3}, "seeds: 3 may mean the one seed 3, which is written [3], or so many: [0, 1, 2]"),
        ({"conditions": ["bable@5dB"]}, "did you mean babble?"),
        ({"conditions": ["mp3@17kbit/s"]}, "mp3@17kbit/s: "),
        ({"conditions": ["babble@200dB"]}, "babble@200dB: an SNR is within +-100 dB, not 200"),
        ({"training": {"conditions": ["pink@-101dB"]}}, "pink@-101dB: an SNR is within"),
        ({"systems": [False]}, "systems"),
        ({"systems": ["mfb", "hubert-huge"]}, "systems: there is no 'hubert-huge'; there are mfb,"),
        ({"systems": ["mfb", "mfb"]}, "named more than once: mfb"),
        ({"systems": []}, "at least 1 item"),
        ({"conditions": [{"noise": "rain", "snr_db": 5}]}, "no corruption is called 'rain'; there are "),
        ({"conditions": ["street@5dB"]}, "your own noises need a folder: in a suite noises: {street: FOLDER}"),
        ({"conditions": ["lounge+white@5dB"]}, "your own rooms need a folder: in a suite rooms: {lounge: FOLDER}"),
        ({"conditions": [{"noise": "white", "snr_db": 5, "level": 2}]}, "level"),
        ({"conditions": ["clean", "clean"]}, "named more than once: clean"),
        ({"conditions": ["babble@5"]}, "'babble@5': the level of babble is given in dB"),
        ({"conditions": ["babble@5s"]}, "given in dB, as in babble@5dB, not 's'"),
        ({"conditions": [{"snr_db": 5}]}, "or a block of noise, reverb_s or corruption"),
        ({"conditions": [{"noise": ["white", "mp3"], "snr_db": 24}]}, "mp3 is no noise"),
        ({"conditions": [5]}, "or a block of noise, reverb_s or corruption"),
        ({"conditions": [{"reverb_s": "long"}]}, "valid number"),
        ({"conditions": [{"noise": "white", "snr_db": [float("inf")]}]}, "less than or equal to 100, not inf"),
        ({"conditions": [{"noise": "white", "snr_db": [5, 5.0]}]}, "named more than once: 5"),
        ({"noises": {"white": "recordings"}}, "noises: a name that is taken: white;"),
        ({"noises": {"white": "a", "pink": "b"}}, "noises: a name that is taken: pink, white; call yours something"),
        ({"noises": {"hall": "a"}, "rooms": {"hall": "b"}}, "rooms: a name that is taken: hall"),
        ({"noises": {"street": {"corpus": "esc", "root": "."}}}, "no corpus is called 'esc'; there are musan"),
        ({"noises": {"street": {"corpus": "esc-50", "root": ".", "split": "eval"}}}, "'train', 'dev' or 'test'"),
        ({"bootstrap": 10}, "greater than or equal to 100"),
        ({"snr": "loudness"}, "'active' or 'rms'"),
        ({"seeds": [-1]}, "greater than or equal to 0"),
        ({"name": "../escape"}, "name"),
        ({"corpus": {"probe": {"tests": 3}}}, "corpus.probe.tests: there is no such key"),
        ({"corpus": {"manifest": "a.csv"}}, "scale"),
        (
            {"corpus": "msp"},
            "corpus: no corpus is called 'msp'; there are probe; any other is a table: {manifest: FILE",
        ),
        ({"corpus": "prob"}, "corpus: no corpus is called 'prob'; there are probe; did you mean probe?"),
        ({"corpus": ["probe"]}, "corpus: no corpus is called a list; any other"),
    ],
)
def test_a_wrong_suite_is_refused_with_key_value_and_what_is_allowed(tmp_path: Path, changes: dict, message: str):
    with pytest.raises(SuiteError) as refused:
        load_suite(write(tmp_path, **changes))
    assert message in str(refused.value)
    assert "suite.yaml" in str(refused.value)


def test_a_suite_is_frozen(tmp_path: Path):
    with pytest.raises(ValueError, match="frozen"):
        load_suite(write(tmp_path)).name = "other"


def test_the_defaults_are_written_out():
    assert "bootstrap: 2000" in Suite.model_validate(SMALL).to_yaml()


def test_conditions_are_written_one_by_one_or_in_blocks(tmp_path: Path):
    conditions = [
        "clean",
        "reverb@0.60s+babble@5dB-dry",
        {"reverb_s": [0.3, 0.6]},
        {"noise": ["white", "pink"], "snr_db": 0, "reverb_s": [0.3, 0.6]},
        {"noise": "white", "snr_db": 0, "reverb_s": 0.3, "snr_of": "dry"},
        {"corruption": "pink", "level": [3, 2]},
        {"corruption": ["gsm", "telephone"]},
    ]
    suite = load_suite(write(tmp_path, conditions=conditions))
    assert [str(one) for one in suite.expanded()] == [
        "clean",
        "reverb@0.6s+babble@5dB-dry",
        "reverb@0.3s",
        "reverb@0.6s",
        "reverb@0.3s+white@0dB",
        "reverb@0.3s+pink@0dB",
        "reverb@0.6s+white@0dB",
        "reverb@0.6s+pink@0dB",
        "reverb@0.3s+white@0dB-dry",
        "pink@3dB",
        "pink@2dB",
        "gsm",
        "telephone",
    ]
    again = tmp_path / "again.yaml"
    again.write_text(suite.to_yaml())
    assert load_suite(again) == suite


def test_a_suite_may_bring_models_representations_and_systems_of_its_own(tmp_path: Path):
    suite = load_suite(write(tmp_path, **OWN))
    assert suite.tested == ("mfb", "own")
    assert suite.representations_needed == ("mfb", "heard")
    again = tmp_path / "again.yaml"
    again.write_text(suite.to_yaml())
    assert load_suite(again) == suite


def test_a_system_that_only_teaches_is_trained_and_not_tested(tmp_path: Path):
    teacher = {"name": "teacher", "description": "", "family": "acoustic", "inputs": ["mfb"], "tested": False}
    taught = {"name": "taught", "description": "", "family": "student", "inputs": ["mfb"], "head": "student"}
    suite = load_suite(write(tmp_path, systems=[teacher, taught | {"teacher": "teacher"}]))
    assert (suite.tested, suite.needed) == (("taught",), ("teacher", "taught"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"systems": [{"name": "own", "family": "acoustic", "inputs": ["mfb"]}]}, "systems.0.description"),
        ({"systems": [OWN["systems"][1] | {"inptus": []}]}, "systems.0.inptus: there is no such key"),
        ({"systems": [OWN["systems"][1] | {"family": "noise"}]}, "systems.0.family"),
        ({"representations": {"heard": {"layer": 3}}}, "a representation is {speech: MODEL}"),
        ({"representations": {"heard": {"speech": "yours"}}}, "representations.heard.speech: there is no 'yours'"),
        ({"models": {"mine": {"kind": "hubert"}}}, "models.mine.kind: there is no 'hubert'; there are "),
        (
            {"training": {"conditions": [{"noise": "rain", "snr_db": 5}]}},
            "training.conditions: no corruption is called",
        ),
        ({"training": {"fit": {"epoch": 3}}}, "training.fit.epoch: there is no such key"),
        (
            {"rooms": {"hall": "b"}, "conditions": ["clean", "hall"], "training": {"conditions": ["hall"]}},
            "training.conditions: the recordings of hall are those of the test, too",
        ),
        ({"compare": {"a": [["own", "text"]]}}, "compare.a: 'text' is not tested here; there are mfb, own"),
        ({"compare": {"a": [["own", "own"]]}}, "compare.a: [own, own] is one system"),
        ({"compare": {"a": [["own", "mfb"], ["own", "mfb"]]}}, "compare.a: [own, mfb] is there more than once"),
    ],
)
def test_what_is_wrong_with_a_suites_own_systems_is_said_with_its_place(tmp_path: Path, changes: dict, message: str):
    with pytest.raises(SuiteError) as refused:
        load_suite(write(tmp_path, **(OWN | changes)))
    assert message in str(refused.value)


def test_rooms_of_a_test_split_may_not_be_trained_on(tmp_path: Path):
    def rooms(**split: str) -> dict:
        return {"rooms": {"hall": {"corpus": "but-reverbdb", "root": "rooms", **split}}}

    heard = {"training": {"conditions": ["hall+pink@5dB"]}}
    with pytest.raises(SuiteError, match=r"training\.conditions: hall is the test split of but-reverbdb"):
        load_suite(write(tmp_path, **rooms(), **heard))
    assert load_suite(write(tmp_path, **rooms(split="train"), **heard)).training.conditions


def test_a_folder_may_be_marked_as_noise_for_training(tmp_path: Path):
    suite = load_suite(write(tmp_path, noises={"street": {"root": "recordings", "split": "train"}}))
    assert suite.noises["street"] == MarkedNoise(root=tmp_path / "recordings", split="train")


def test_options_of_fitting_have_the_names_and_defaults_of_the_fit_loop():
    from dataclasses import fields

    from models.heads.fitting import FitConfig

    assert set(FitOptions.model_fields) == {field.name for field in fields(FitConfig)}
    assert FitOptions().config() == FitConfig()
    assert FitOptions(batch=512, weights=(1, 0, 0)).config() == FitConfig(batch=512, weights=(1, 0, 0))


def test_what_a_suite_is_without_is_neither_tested_nor_compared_and_may_still_teach(tmp_path: Path):
    suite = load_suite(SUITES / "mitra2023.yaml", changes={"without": "[fusion-late, lexical-oracle]"})
    assert {"fusion-late", "lexical-oracle"}.isdisjoint(suite.tested)
    assert "fusion-late" in suite.needed
    assert ("fusion-early", "acoustic") in suite.compared["fusion against its parts"]
    assert not any("fusion-late" in pair for pairs in suite.compared.values() for pair in pairs)
    again = tmp_path / "again.yaml"
    again.write_text(suite.to_yaml(), encoding="utf-8")
    assert load_suite(again) == suite


QUICK = load_suite(SUITES / "quick.yaml").tested


@pytest.mark.parametrize(("without", "message"), [
    ("[nobody]", "without: no such system: nobody; there are mfb,"),
    (f"[{', '.join(QUICK)}]", "no system is left|is not one of"),
])  # fmt: skip
def test_a_suite_is_not_without_what_it_does_not_have_nor_without_everything(without: str, message: str):
    with pytest.raises(SuiteError, match=message):
        load_suite(SUITES / "quick.yaml", changes={"without": without})


@pytest.mark.parametrize(("key", "named"), [
    ("models", {"kind": "whisper"}),
    ("representations", {"speech": "whisper-encoder"}),
    ("noises", "x"),
    ("rooms", "x"),
    ("compare", []),
])  # fmt: skip
def test_a_name_with_control_characters_is_refused_and_shown_written_out(tmp_path: Path, key: str, named: object):
    with pytest.raises(SuiteError, match=r"'mine\\x1b' cannot be a name") as refused:
        load_suite(write(tmp_path, **{key: {"mine\x1b": named}}))
    assert "\x1b" not in str(refused.value)


def test_a_suite_names_a_corpus_with_what_can_be_shown(tmp_path: Path):
    corpus = {"manifest": "a.csv", "scale": [1, 7], "name": "two\nlines"}
    with pytest.raises(SuiteError, match=r"corpus.name: 'two\\nlines' cannot be a name"):
        load_suite(write(tmp_path, corpus=corpus))


@pytest.mark.parametrize(("systems", "said", "expected"), [
    (["text", "whisper", "mfb"], None, "mfb"),
    (["text", "whisper"], None, "whisper"),
    (["text", "whisper", "mfb"], "text", "text"),
    (["text", "random"], None, None),
    (["mfb"], None, None),
])  # fmt: skip
def test_errors_are_relative_to_the_usual_system_unless_another_is_named(systems, said, expected):
    suite = Suite.model_validate(SMALL | {"systems": systems} | ({"reference": said} if said else {}))
    assert suite.reference_system == expected
