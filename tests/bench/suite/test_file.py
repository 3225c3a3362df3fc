from pathlib import Path

import pytest

from bench.suite.file import SuiteError, suite_path
from bench.suite.recordings import CorpusNoise
from bench.suite.suite import ManifestCorpus, load_suite

from .written import OWN, write


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


def test_a_suite_may_change_another(tmp_path: Path):
    write(tmp_path, **OWN)
    other = tmp_path / "other.yaml"
    other.write_text(f"base: {tmp_path / 'suite.yaml'}\nname: other\nmodels: {{mine: {{kind: filterbank}}}}\n")
    changed, base = load_suite(other), load_suite(tmp_path / "suite.yaml")
    assert changed.models["mine"].kind == "filterbank"
    assert changed.model_copy(update={"name": base.name, "models": base.models}) == base


def test_paths_of_a_base_stay_relative_to_its_own_folder(tmp_path: Path):
    (tmp_path / "below").mkdir()
    write(tmp_path / "below", noises={"street": "recordings"})
    other = tmp_path / "other.yaml"
    other.write_text("base: below/suite.yaml\nname: other\n")
    assert load_suite(other).noises["street"] == tmp_path / "below" / "recordings"


def test_a_suite_may_not_be_its_own_base(tmp_path: Path):
    one, other = tmp_path / "one.yaml", tmp_path / "other.yaml"
    one.write_text("base: other.yaml\n")
    other.write_text("base: one.yaml\n")
    with pytest.raises(SuiteError, match=r"other\.yaml: its base .*one\.yaml is itself based on it"):
        load_suite(one)
    one.write_text("base: one.yaml\n")
    with pytest.raises(SuiteError, match="is itself based on it"):
        load_suite(one)


def test_a_folder_of_weights_is_relative_to_the_suite_and_other_names_are_left_alone(tmp_path: Path):
    for name in ("weights/mine", "minilm"):
        (tmp_path / name).mkdir(parents=True)
    names = ["weights/mine", "minilm", "google-bert/bert-base-uncased"]
    models = {f"model-{number}": {"kind": "transformers", "weights": name} for number, name in enumerate(names)}
    found = load_suite(write(tmp_path, models=models)).models.values()
    assert [one.weights for one in found] == [str(tmp_path / names[0]), *names[1:]]
