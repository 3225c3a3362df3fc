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


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name: " + "[" * 3000, "nested too deeply"),
        ("name: " + "{a: " * 3000, "nested too deeply"),
        ("a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}]\n" for n in range(1, 12)), "1,000,000"),
        ("a0: &a0 {x: y}\n" + "".join(f"a{n}: &a{n} {{<<: [{f'*a{n - 1}, ' * 9}]}}\n" for n in range(1, 12)), "1,000,"),
        ("name: &mine [*mine]", "1,000,000 values, aliases written out"),
        ("name: one\n---\nname: two\n", "single document"),
        ("name:\n\t- x\n", "cannot start any token"),
        ("name: \0", "special characters are not allowed"),
        ("a, b", "a suite is a mapping of keys to values, not str"),
        ("", "a suite is a mapping of keys to values, not NoneType"),
        ("? [a, b]\n: c\n", "unhashable key"),
        ("? {a: b}\n: c\n", "unhashable key"),
        ("1: a\nnull: b\n", "Keys should be strings"),
        ("noises: {1: here}", "noises.1: Input should be a valid string, not 1"),
        ("name: !!python/object/apply:os.getcwd []", "python/object/apply"),
        ("systems: !!set {mfb, text}", "could not determine a constructor for the tag 'tag:yaml.org,2002:set'"),
        ("name: !!int x", "a value is not what its tag says: invalid literal"),
        ("name: !!bool x", "a value is not what its tag says"),
        ("name: !!int ''", "a value is not what its tag says"),
        ("seed: " + "9" * 5000, "a value is not what its tag says: Exceeds the limit"),
        ("seed: 0x" + "f" * 5000, "too large for a number"),
        ("base: [a]", "base: a suite is named by text, not list"),
        ("noises: {street: [a]}", "noises.street"),
        ("noises: {street: {root: [a], split: train}}", "noises.street.root"),
        ("corpus: !!binary aGVsbG8=", "could not determine a constructor"),
    ],
    ids=lambda one: one[:30],
)  # fmt: skip
def test_what_is_hostile_is_refused_by_the_name_of_its_file(tmp_path: Path, text: str, message: str):
    path = tmp_path / "hostile.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SuiteError) as refused:
        load_suite(path)
    assert str(refused.value).startswith(str(path))
    assert message in str(refused.value)
    assert len(str(refused.value)) < 3000


@pytest.mark.parametrize("content", [b"\xff\xfen\0a\0", "näme: x".encode("latin-1"), b"\x93NUMPY\x01\x00"])
def test_a_file_that_is_not_utf_8_is_refused_as_such(tmp_path: Path, content: bytes):
    (tmp_path / "latin.yaml").write_bytes(content)
    with pytest.raises(SuiteError, match=r"latin\.yaml: not valid YAML: it is not UTF-8"):
        load_suite(tmp_path / "latin.yaml")


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path):
    with (tmp_path / "huge.yaml").open("wb") as file:
        file.truncate(10**9)  # of zeros that take no room
    with pytest.raises(SuiteError, match=r"huge\.yaml: 1,000,000,000 bytes; a suite has 4,000,000 at most"):
        load_suite(tmp_path / "huge.yaml")


def test_a_base_and_a_change_are_refused_by_their_own_name(tmp_path: Path):
    (tmp_path / "deep.yaml").write_text("[" * 3000)
    path = write(tmp_path, base="deep.yaml")
    with pytest.raises(SuiteError, match=r"deep\.yaml: not valid YAML: it is nested too deeply"):
        load_suite(path)
    with pytest.raises(SuiteError, match="--set seeds: not valid YAML"):
        load_suite(write(tmp_path), changes={"seeds": "[1"})


def test_aliases_dates_and_exponents_are_read_as_they_are_meant(tmp_path: Path):
    path = write(tmp_path)
    text = path.read_text().replace("name: small", "name: 2026-11-27")
    path.write_text(text + "seeds: &few [0, 1]\ntraining: {fit: {learning_rate: 1e-3, weights: [1, 1, 0x1]}}\n")
    suite = load_suite(path)
    assert (suite.name, suite.training.fit.learning_rate) == ("2026-11-27", 1e-3)
