from pathlib import Path

import pytest
import yaml

from bench.recordings import CorpusNoise
from bench.suite import SUITES, ManifestCorpus, Suite, SuiteError, load_suite, suite_path

SMALL = {
    "name": "small",
    "corpus": "probe",
    "systems": ["mfb-ridge"],
    "conditions": ["clean", {"noise": ["white", "babble"], "snr_db": [10, 0]}],
}


def write(folder: Path, **changes: object) -> Path:
    path = folder / "suite.yaml"
    path.write_text(yaml.safe_dump(SMALL | changes))
    return path


@pytest.mark.parametrize("path", sorted(SUITES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_packaged_suite_is_valid_and_named_after_its_file(path: Path):
    assert load_suite(path).name == path.stem


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
        ({"sytems": ["mfb"]}, "sytems: Extra inputs are not permitted"),
        ({"systems": ["mfb", "hubert-huge"]}, "systems: there is no 'hubert-huge'; there are mfb,"),
        ({"systems": ["mfb", "mfb"]}, "named more than once: mfb"),
        ({"systems": []}, "at least 1 item"),
        ({"conditions": [{"noise": "rain", "snr_db": 5}]}, "no corruption is called 'rain'; there are "),
        ({"conditions": [{"noise": "white", "snr_db": 5, "level": 2}]}, "level"),
        ({"conditions": ["clean", "clean"]}, "named more than once: clean"),
        ({"conditions": ["babble@5"]}, "'babble@5': the level of babble is given in dB"),
        ({"conditions": ["babble@5s"]}, "given in dB, as in babble@5dB, not 's'"),
        ({"conditions": [{"snr_db": 5}]}, "or a block of noise, reverb_s or corruption"),
        ({"conditions": [{"noise": ["white", "mp3"], "snr_db": 24}]}, "mp3 is no noise"),
        ({"conditions": [5]}, "or a block of noise, reverb_s or corruption"),
        ({"conditions": [{"reverb_s": "long"}]}, "valid number"),
        ({"conditions": [{"noise": "white", "snr_db": [float("inf")]}]}, "finite"),
        ({"conditions": [{"noise": "white", "snr_db": [5, 5.0]}]}, "named more than once: 5"),
        ({"noises": {"white": "recordings"}}, "white is a name that is taken"),
        ({"noises": {"hall": "a"}, "rooms": {"hall": "b"}}, "rooms: hall is a name that is taken"),
        ({"noises": {"street": {"corpus": "esc", "root": "."}}}, "no corpus is called 'esc'; there are musan"),
        ({"noises": {"street": {"corpus": "esc-50", "root": ".", "split": "eval"}}}, "'train', 'dev' or 'test'"),
        ({"bootstrap": 10}, "greater than or equal to 100"),
        ({"snr": "loudness"}, "'active' or 'rms'"),
        ({"seeds": [-1]}, "greater than or equal to 0"),
        ({"name": "../escape"}, "name"),
        ({"corpus": {"probe": {"tests": 3}}}, "tests"),
        ({"corpus": {"manifest": "a.csv"}}, "scale"),
    ],
)
def test_a_wrong_suite_is_refused_with_key_value_and_what_is_allowed(tmp_path: Path, changes: dict, message: str):
    with pytest.raises(SuiteError) as refused:
        load_suite(write(tmp_path, **changes))
    assert message in str(refused.value)
    assert "suite.yaml" in str(refused.value)


def test_paths_in_a_suite_are_relative_to_its_file(tmp_path: Path):
    path = write(
        tmp_path,
        corpus={"manifest": "test.csv", "scale": [1, 5]},
        noises={"street": "noise/street", "sounds": {"corpus": "esc-50", "root": "noise/ESC-50"}},
        conditions=[{"noise": ["street"], "snr_db": [0]}],
    )
    suite = load_suite(path)
    assert isinstance(suite.corpus, ManifestCorpus)
    assert suite.corpus.manifest == tmp_path / "test.csv"
    assert suite.noises["street"] == tmp_path / "noise" / "street"
    assert suite.noises["sounds"] == CorpusNoise(corpus="esc-50", root=tmp_path / "noise" / "ESC-50", split="test")


def test_values_can_be_replaced_from_the_command_line(tmp_path: Path):
    suite = load_suite(write(tmp_path), changes={"seeds": "[4]", "corpus.probe.test": "24"})
    assert suite.seeds == (4,)
    assert suite.model_dump()["corpus"]["probe"]["test"] == 24


def test_a_noise_from_the_command_line_joins_every_noise_block(tmp_path: Path):
    suite = load_suite(write(tmp_path), noises={"street": tmp_path})
    assert "street@0dB" in [str(one) for one in suite.expanded()]


def test_a_file_that_is_not_yaml_is_refused_by_name(tmp_path: Path):
    path = tmp_path / "broken.yaml"
    path.write_text("name: [")
    with pytest.raises(SuiteError, match=r"broken\.yaml: not valid YAML"):
        load_suite(path)


def test_an_unknown_suite_is_answered_with_those_there_are():
    with pytest.raises(SuiteError, match="no suite is called 'quikc'.*quick"):
        suite_path("quikc")


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
